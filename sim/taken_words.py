"""Judges who take somebody's word for it, where no judge understands the sentence: see the Task contract."""

from policies.teleoperation import Guided
from robot.trajectory import Plan, PlanStatus
from sim.tasks.task import Verdict


class PersonsWord:
    """Takes the word of the person who acts."""

    def __init__(self, instruction: str, guided: Guided) -> None:
        """Of an instruction that this person carries out."""
        self.instruction, self._guided = instruction, guided

    def reset(self) -> None:
        """Nothing to note."""

    def observe(self) -> None:
        """The person looks."""

    def success(self) -> Verdict:
        """What the person said."""
        match self._guided.ended:
            case True:
                return Verdict(success=True, stage="", reason=f'The person says that "{self.instruction}" is done.')
            case False:
                return Verdict(success=False, stage=self.instruction, reason="The person gave it up.")
        return Verdict(success=False, stage=self.instruction, reason="The person did not say that it is done.")


class OwnWord:
    """Takes the word of the policy that acts."""

    def __init__(self, instruction: str) -> None:
        """Of an instruction that only the policy may understand."""
        self.instruction = instruction
        self._said: PlanStatus | None = None

    def hear(self, plan: Plan | None) -> None:
        """What the policy says of how it stands."""
        self._said = self._said if plan is None else plan.status

    def reset(self) -> None:
        """Nothing to note."""

    def observe(self) -> None:
        """Nobody looks."""

    def success(self) -> Verdict:
        """What the policy said."""
        unjudged = f'no judge understands "{self.instruction}"'
        if self._said is PlanStatus.DONE:
            return Verdict(success=True, stage="", reason=f"The policy says that it is done; {unjudged}.")
        return Verdict(success=False, stage=self.instruction, reason=f"The policy did not say that it is done; {unjudged}.")
