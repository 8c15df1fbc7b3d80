"""VlaPolicyConfig: the learned policy's YAML; nothing heavy is imported to read it."""

from dataclasses import dataclass, field
from pathlib import Path

from policies.grounding.attribute_grounder import AttributeGrounderConfig

SHIPPED = Path(__file__).parent / "shipped"


@dataclass
class VlaPolicyConfig:
    """The policy's YAML; m, rad, s.

    Attributes:
        name: of the policy.
        checkpoint: a folder that handsight-train wrote; "" = the one that is shipped.
        device: "auto", "cpu" or "cuda"; threads: of torch, 0 = as it likes.
        precision: "float32", or "int8" on a CPU: a little faster, a little less exact.
        server: the address of one that reads for many robots at once, see `server.serving`; "" = this process does.
        restate: whether the model reads a sentence that the grammar understands in plain words ("pick up the can" for "fetch me
            the tin") and not as it was said; a dense policy always reads it as it was said.
        looks: so many times, 1 to 9, is each decision read, from a base moved a little or in a mirror; what most say is done.
        think: whether it says in words what it is about to do.
        present: below this likelihood that there is such a thing as a sentence names, it asks instead of moving; 0 = never.
        sure: below this likelihood of the place that it points at first, it asks instead of moving.
        arrived, arrived_angle, still: when a plan counts as done.
        patience_s: beyond four times a plan's time; stuck_s: at rest on the way, before it looks again.
        steps: of a dense plan that are done before it looks again.
        blend: whether a dense plan's steps are the means of all that was said of their instants; for numbers, not for choices.
        chunk: keyposes of a decision that are done before it decides anew; less where the arm stood, or took nothing.
        plans: at most so many for one sentence.
        expires_s: after that nothing of a plan is executed.
        grounding: how things are told apart, to know what is held.
    """

    name: str = "vla"
    checkpoint: str = ""
    device: str = "auto"
    threads: int = 0
    precision: str = "float32"
    server: str = ""
    restate: bool = True
    looks: int = 1
    think: bool = False
    present: float = 0.3
    sure: float = 0.15
    arrived: float = 0.012
    arrived_angle: float = 0.10
    still: float = 0.03
    patience_s: float = 6.0
    stuck_s: float = 0.5
    steps: int = 1
    blend: bool = False
    chunk: int = 4
    plans: int = 120
    expires_s: float = 60.0
    grounding: AttributeGrounderConfig = field(default_factory=AttributeGrounderConfig)

    @property
    def folder(self) -> Path:
        """Where the checkpoint is."""
        return Path(self.checkpoint) if self.checkpoint else SHIPPED
