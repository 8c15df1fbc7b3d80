"""Task: the contract of something to be done that can be judged."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the judge says of an episode.

    Attributes:
        success: whether everything that was asked for is so.
        stage: the first thing that is not, such as "step 2 of 2: put it in the blue bowl"; empty on success.
        reason: a sentence that says why.
    """

    success: bool
    stage: str
    reason: str


class Task(Protocol):
    """Something to be done in a scene; judged from the simulator's own state, never from what a policy says.

    Order of calls: `reset` once the scene stands, `observe` once per policy tick, `success` at any time; the
    verdict after the last tick is the episode's.
    """

    instruction: str

    def reset(self) -> None:
        """Note how things are before anybody acts."""
        ...

    def observe(self) -> None:
        """Watch the world at this tick; what must not happen on the way is noticed here."""
        ...

    def success(self) -> Verdict:
        """The verdict on the world as it is now and as it was watched."""
        ...
