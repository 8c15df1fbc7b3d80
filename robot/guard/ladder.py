"""Level, Intervention and Ladder: how bad it is, why, and when it is over."""

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
            "obstacle", "not_finite", "stale_state", "tracking", "watchdog", "expired", "protective", "degraded",
            "blocked", "time", "exception", "driver", "hold",
            "epoch", "joints", "disarmed", "estop".
        detail: a sentence for a person.
    """

    code: str
    detail: str


class Ladder:
    """The latched level: it rises at once; from HOLD and STOP it comes down only for a new trajectory.

    Order of calls, once per control tick: `raise_to` for every cause that is present, then `close_tick`. A new
    trajectory is announced by `renew`; it takes effect where no cause for HOLD or more was present in the last tick.
    """

    def __init__(self) -> None:
        """Begin at OK, without a cause."""
        self._latched: tuple[Level, Intervention | None] = (Level.OK, None)
        self._present: list[tuple[Level, Intervention]] = []
        self._stopped: Intervention | None = None  # of its own, so that a signal handler may set it in the middle of a tick
        self._renewed = False

    @property
    def level(self) -> Level:
        """Where the ladder stands: what is latched, or what is present in this tick if that is worse."""
        return self._worst[0]

    @property
    def reason(self) -> str:
        """Why it is not at OK, a sentence; empty at OK."""
        return "" if self._worst[1] is None else self._worst[1].detail

    @property
    def causes(self) -> tuple[Intervention, ...]:
        """What is present in this tick, and what is latched where nothing is."""
        present = [cause for _, cause in self._present]
        latched = self._stopped or (None if present else self._latched[1])
        return (*present, *([] if latched is None else [latched]))

    @property
    def _worst(self) -> tuple[Level, Intervention | None]:
        """The most severe of all that holds now."""
        if self._stopped is not None:
            return Level.ESTOP, self._stopped
        return max([self._latched, *self._present], key=lambda cause: cause[0])

    def raise_to(self, level: Level, code: str, detail: str) -> None:
        """One cause is present now; ESTOP stays from here on."""
        cause = Intervention(code=code, detail=detail)
        if level == Level.ESTOP:
            self._stopped = self._stopped or cause
        else:
            self._present.append((level, cause))

    def renew(self) -> None:
        """A new trajectory has come: HOLD and STOP end with it, once their cause is gone."""
        self._renewed = True

    def close_tick(self) -> None:
        """Latch what this tick has shown; let DEGRADED go with its cause, HOLD and STOP also with a new trajectory."""
        worst = max(self._present, key=lambda cause: cause[0], default=(Level.OK, None))
        latched = self._latched[0]
        released = latched <= Level.DEGRADED or (self._renewed and worst[0] < Level.HOLD)
        if released or worst[0] > latched:
            self._latched = worst
        self._renewed = self._renewed and Level.HOLD <= worst[0] <= latched
        self._present = []

    def rearm(self) -> None:
        """Forget everything, ESTOP included: a person has looked."""
        self.__init__()
