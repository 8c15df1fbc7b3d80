"""Session: one simulated world in which sentences are performed, one after another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policies.catalogue import build_policy
from policies.controls import HELP
from policies.grounding.attribute_grounder import AttributeGrounder, AttributeGrounderConfig
from policies.grounding.naming import i_see
from policies.language.describe import describe
from policies.language.grammar.refusals import IsItMeant
from policies.language.parser import RuleParser
from policies.observers.pictures import Pictures
from policies.observers.progress import Progress
from policies.observers.recorder import Recorder
from policies.observers.run_folder import RunFolder
from policies.observers.video import Video
from policies.observers.when_moving import WhenMoving
from policies.policy import Answers, Remembers
from policies.rollout import Observer, Rollout, Step, rollout
from policies.teleoperation import Guided, TeleoperationConfig
from policies.vla.policy_config import VlaPolicyConfig
from robot.errors import InstructionRefused, InvalidInput
from robot.guard.ladder import Level
from robot.trajectory import PlanStatus
from sensors.observation import Observation
from sim.stage import Stage, StageConfig
from sim.taken_words import OwnWord, PersonsWord
from sim.tasks.instruction import InstructionTask
from sim.tasks.task import Task, Verdict


@dataclass
class CommandConfig(StageConfig):
    """The YAML of handsight-command: a stage, a policy, and what a run leaves; an empty `out` is named by the time."""

    policy: Any = None
    out: str = ""
    video: bool = True
    picture: bool = True
    record: bool = True
    time_limit_s: float = 120.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a sentence ended.

    Attributes:
        verdict: the judge's.
        exit_code: 0 succeeded, 1 not.
        folder: what it left.
    """

    verdict: Verdict
    exit_code: int
    folder: Path


class Session:
    """A world, its robot and a policy; `say` is where lines for the user go."""

    def __init__(self, config: CommandConfig, config_yaml: str, say: Callable[[str], None] = print) -> None:
        """Hold the configuration; the world is built when it is first needed."""
        self._config, self._config_yaml, self._say = config, config_yaml, say
        self._parser = RuleParser()
        self._grounder = AttributeGrounder(AttributeGrounderConfig())
        self._folder: RunFolder | None = None
        self._undo: list[tuple[object, object]] = []
        self._count = 0
        self._stage: Stage | None = None
        self._guided: Guided | None = None

    @property
    def stage(self) -> Stage:
        """The world, built at the first call."""
        if self._stage is None:
            self._stage = Stage(self._config)
            self._policy = build_policy(self._config.policy, self._stage.model, self._stage.kinematics)
            self._guided = self._policy if isinstance(self._policy, Guided) else None
        return self._stage

    def perform(self, sentence: str, newer: Callable[[], str | None] = lambda: None) -> Outcome:
        """Do what a sentence says and judge it.

        Args:
            sentence: the instruction.
            newer: asked once a policy tick for a sentence that takes its place while it moves.

        Raises:
            InstructionRefused: nothing was done and the world is as it was.
        """
        self._say(self._understood(sentence))
        stage = self.stage
        if self._guided is not None:
            self._say(HELP)
        before = stage.save()
        errand = _Errand(self, sentence, newer)
        result = rollout(stage.robot, self._policy, errand.sentence_now, [errand, *self._observers(errand)], errand.until)
        if not result.moved:
            stage.rewind(before)
            raise InstructionRefused(result.reason)
        self._undo.append((before, errand.policy_before))
        return self._judged(errand, result)

    def objects(self) -> str:
        """What it sees, as a sentence."""
        return self.sees(self._look())

    def sees(self, observation: Observation) -> str:
        """What lies on the table in an observation, as a sentence."""
        return i_see(self._grounder.things(observation)) + "."

    def ask(self, question: str) -> str:
        """The policy's answer to a question about what it sees, and how sure it is.

        Raises:
            InvalidInput: it can't answer questions.
        """
        observation = self._look()
        if not isinstance(self._policy, Answers):
            raise InvalidInput(f"ask: {self._config.policy.name} answers no questions; a policy that does: policy=vla")
        answer = self._policy.ask(observation, question)
        return f"{answer.text} ({answer.confidence:.0%} sure)"

    def _look(self) -> Observation:
        """What it sees now."""
        stage = self.stage
        packets = [packet for source in stage.robot.sources for packet in source.read()]
        return stage.robot.fusion.observe(packets, stage.robot.body.state(), stage.world.now_ns())

    def undo(self) -> bool:
        """Take the last sentence back: the world and what the policy remembers are as before; False if there is none."""
        if not self._undo:
            return False
        world, memory = self._undo.pop()
        self.stage.rewind(world)  # type: ignore[arg-type]
        if isinstance(self._policy, Remembers):
            self._policy.restore(memory)
        return True

    def judge(self, sentence: str) -> Task:
        """A judge of a sentence, from how things are now; of words that only the one who acts understands, that one."""
        try:
            task: Task = InstructionTask(self._parser.parse(sentence), self.stage.scene, self.stage.world)
        except InstructionRefused:
            if not self._takes_any_words or not sentence.strip():
                raise
            task = OwnWord(sentence) if self._guided is None else PersonsWord(sentence, self._guided)
        task.reset()
        return task

    def close(self) -> None:
        """Let the world go."""
        if self._guided is not None:
            self._guided.close()
        if self._stage is not None:
            self._stage.close()

    def _understood(self, sentence: str) -> str:
        """What is understood of a sentence; a person, or a policy that learnt words, may be told anything.

        Raises:
            IsItMeant: whether it is that, whoever acts.
            InstructionRefused: it isn't understood by who acts.
        """
        try:
            return f"I understand: {describe(self._parser.parse(sentence))}"
        except IsItMeant:
            if isinstance(self._config.policy, TeleoperationConfig):
                return f"I note down: {sentence}"
            raise
        except InstructionRefused:
            if not self._takes_any_words or not sentence.strip():
                raise
            return f"I note down: {sentence}"

    @property
    def _takes_any_words(self) -> bool:
        """Whether who acts may understand what the built-in grammar does not."""
        return isinstance(self._config.policy, TeleoperationConfig | VlaPolicyConfig)

    def _observers(self, errand: "_Errand") -> Sequence[Observer]:
        """Who watches; files are begun with the first motion."""
        return [Progress(self._say), WhenMoving(lambda: self._filing_observers(errand))]

    def _filing_observers(self, errand: "_Errand") -> Sequence[Observer]:
        """Those that leave something in the run's folder."""
        config, render = self._config, self.stage.spectator.render
        folder, sentence, guided = self._new_folder(), errand.sentence, self._guided
        attributes = {"instruction": sentence, "seed": config.seed, "policy": config.policy.name, "config": self._config_yaml}
        observers: list[Observer] = []
        if config.video:
            observers.append(Video(folder / "video.mp4", render))
        if config.picture:
            observers.append(Pictures(folder / "picture.png", self._policy, render))
        if config.record:
            recorder = Recorder(
                folder / "episode",
                "episode_000000",
                attributes,
                at_end=lambda: {"success": errand.task.success().success},
                taken_over=lambda: guided is not None and guided.taken_over,
            )
            observers.append(recorder)
        return observers

    def _new_folder(self) -> Path:
        """The run's folder for the first sentence, a numbered one inside it for each later one."""
        if self._folder is None:
            self._folder = RunFolder(self._config.out, self._config_yaml, self._config.seed)
        self._count += 1
        return self._folder.path if self._count == 1 else self._folder.path / f"{self._count:03d}"

    def _judged(self, errand: "_Errand", result: Rollout) -> Outcome:
        """The verdict, said and written down."""
        assert self._folder is not None
        verdict = errand.task.success()
        folder = self._folder.path if self._count == 1 else self._folder.path / f"{self._count:03d}"
        plan = result.last_plan
        ended_badly = plan is not None and plan.status is not PlanStatus.DONE
        reason = f"{verdict.reason} {result.reason}" if ended_badly and not verdict.success else verdict.reason
        record = {"success": verdict.success, "stage": verdict.stage, "reason": reason, "seconds": result.num_steps / 10}
        self._folder.write(str((folder / "verdict.json").relative_to(self._folder.path)), record)
        self._say(f"{'succeeded' if verdict.success else 'failed'} after {result.num_steps / 10:.1f} s: {reason}")
        for name in ("video.mp4", "picture.png", "episode/episode_000000.json"):
            if (folder / name).exists():
                self._say(f"  {folder / name}")
        return Outcome(verdict=verdict, exit_code=0 if verdict.success else 1, folder=folder)


class _Errand:
    """One sentence under way: watches for a newer one, lets the judge watch, says when it is over."""

    def __init__(self, session: Session, sentence: str, newer: Callable[[], str | None]) -> None:
        """Begin."""
        self._session, self.sentence, self._newer = session, sentence, newer
        self.task = session.judge(sentence)
        policy = session._policy
        self.policy_before = policy.save() if isinstance(policy, Remembers) else None
        self._num_steps = 0

    def sentence_now(self) -> str:
        """The sentence that holds now; a newer one is taken over if it is understood."""
        newer = self._newer()
        if newer is not None:
            try:
                self.task = self._session.judge(newer)
                self.sentence = newer
            except InstructionRefused as refusal:
                self._session._say(f"{refusal} I go on as before.")
        return self.sentence

    def on_step(self, step: Step) -> None:
        """Say what is seen, once; let the judge watch."""
        if self._num_steps == 0:
            self._session._say(self._session.sees(step.observation))
        self._num_steps += 1
        if isinstance(self.task, OwnWord):
            self.task.hear(step.plan)
        self.task.observe()

    def on_end(self, rollout: Rollout) -> None:
        """Nothing more."""

    def until(self, step: Step) -> str | None:
        """Why it is over, or None."""
        if step.plan is not None and step.plan.status is not PlanStatus.RUNNING:
            return step.plan.reason
        if step.report.level is Level.ESTOP:
            return f"emergency stop: {step.report.reason}"
        limit_s = self._session._config.time_limit_s
        return f"it was not done after {limit_s:.0f} s" if self._num_steps / 10 >= limit_s else None
