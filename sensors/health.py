"""SensorHealth: how far each source can be believed just now."""

from dataclasses import dataclass


@dataclass(frozen=True, eq=False, kw_only=True)
class SensorHealth:
    """What is known of one source.

    Attributes:
        age_s: seconds from its newest packet to the observation; infinite if there was none.
        valid: whether what it says is used.
        reason: why not, a sentence; empty when valid.
    """

    age_s: float
    valid: bool
    reason: str = ""
