"""EpisodeResult: what one episode came to, with everything needed to run it again."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EpisodeResult:
    """One judged episode.

    Attributes:
        suite: the set of tasks it belongs to.
        task: which task of the suite.
        split: "train", "validation" or "test".
        perturbation: what was made harder; "none" if nothing was.
        policy: who acted.
        seed: of scene, sensors and policy.
        instruction: the sentence.
        success: the judge's verdict on the final state of the simulator.
        stage: how far it came: the first step of the instruction whose goal is not met; empty on success.
        reason: a sentence that says why.
        duration_s: simulated seconds.
        num_steps: policy ticks.
        num_interventions: control ticks at which the safety filter changed the command.
    """

    suite: str
    task: str
    split: str
    perturbation: str
    policy: str
    seed: int
    instruction: str
    success: bool
    stage: str
    reason: str
    duration_s: float
    num_steps: int
    num_interventions: int
