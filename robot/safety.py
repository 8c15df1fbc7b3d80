"""SafetyFilter: the only maker of SafeCommand, and the ladder it may climb."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """The safety ladder; the most severe wins, and ESTOP stays until it is re-armed."""

    OK = 0
    DEGRADED = 1
    HOLD = 2
    STOP = 3
    ESTOP = 4


@dataclass(frozen=True, kw_only=True)
class Intervention:
    """One thing that the filter changed.

    Attributes:
        code: a word for statistics: "joint_limit", "velocity", "tool_speed", "workspace", "self_collision",
            "obstacle", "not_finite", "stale_state", "tracking", "watchdog", "expired", "protective", "disarmed", "estop".
        detail: a sentence for a person.
    """

    code: str
    detail: str
