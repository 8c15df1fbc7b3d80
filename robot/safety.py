"""SafetyFilter: the only maker of SafeCommand; whatever is wanted, the robot can always still stop within its limits."""

from dataclasses import InitVar, dataclass, field

import numpy as np

from robot.arrays import checked, freeze
from robot.collision import CollisionShapes
from robot.errors import BodyFault, InvalidInput
from robot.guard.bounds import Bounds
from robot.guard.clearance import Clearance
from robot.guard.judgement import judge_state, judge_surroundings, judge_time, judge_wanted
from robot.guard.ladder import Intervention, Ladder, Level
from robot.guard.outline import Outline
from robot.guard.reference import Path, Reference
from robot.guard.servo import Servo, Wanted, clipped
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box, Obstacles
from robot.state import RobotState
from robot.trajectory import Contact

__all__ = ["Intervention", "Level", "SafeCommand", "SafetyConfig", "SafetyFilter", "Wanted"]

_TOKEN = object()
_NO_TWIST = checked("base_twist", np.zeros(6), (6,))
_PACE_RATE = 2.0  # how fast the speed limit moves between full and degraded, 1/s
_BRAKING = 1.0  # with how much the tool slows down ahead of a contact region, m/s²
_TOOL_MARGIN = 0.95  # the part of the tool's speed limit that is asked for; the rest is for the bounds of the check
_CAUTION = 0.7  # what a refused step leaves of the wanted speed
_LEAST_CAUTION = 0.05


@dataclass
class SafetyConfig:
    """What the filter keeps beyond the model's own limits; the group `safety` of a program's YAML."""

    clearance: float = 0.005
    self_clearance: float = 0.005
    limit_scale: float = 0.998
    tracking_tolerance: float = 0.1
    state_max_age_ms: float = 100.0
    watchdog_ms: float = 200.0
    degraded_scale: float = 0.5
    blocked_ms: float = 100.0

    def watchdog_s(self, period_s: float) -> float:
        """The silence after which the robot brakes, s: never below one period, never above 200 ms, never off."""
        return min(max(self.watchdog_ms * 1e-3, period_s), 0.2) if self.watchdog_ms == self.watchdog_ms else period_s


@dataclass(frozen=True, eq=False, kw_only=True)
class SafeCommand:
    """A command that keeps every limit; a driver accepts nothing else, and only this module can make one.

    Attributes:
        stamp_ns: the tick at which it is given.
        joint_position: (J,) rad, to be at one control period later.
        joint_velocity: (J,) rad/s, to have one control period later.
        gripper_width: m.
        base_twist: (6,) linear m/s then angular rad/s, in base.
        interventions: what was changed of what was wanted, and why.
        level: where the safety ladder stands.
    """

    stamp_ns: int
    joint_position: np.ndarray
    joint_velocity: np.ndarray
    gripper_width: float
    base_twist: np.ndarray
    interventions: tuple[Intervention, ...]
    level: Level
    token: InitVar[object] = field(default=None, repr=False)

    def __post_init__(self, token: object) -> None:
        """Refuse every maker but the filter, then check and freeze."""
        if token is not _TOKEN:
            raise InvalidInput("SafeCommand: only the SafetyFilter makes one; hand what is wanted to Controller.accept")
        dims: dict[str, int] = {}
        freeze(
            self,
            joint_position=checked("joint_position", self.joint_position, ("J",), dims=dims),
            joint_velocity=checked("joint_velocity", self.joint_velocity, ("J",), dims=dims),
            base_twist=checked("base_twist", self.base_twist, (6,)),
        )

    def __reduce__(self) -> str:
        """A command never leaves the process of its filter: neither pickled nor copied."""
        raise TypeError("SafeCommand: can't be pickled or copied; filter and driver share a process")


class SafetyFilter:
    """(state, wanted, obstacles, dt) → SafeCommand: deterministic, without learned parts, without knowledge of the policy.

    Once per control tick the controller calls `step`; causes that it sees itself (silence, expiry) it raises on
    `ladder` before that. It starts disarmed and brakes on everything that it does not understand. A "box" model has
    no kinematics: only bounds and finiteness are kept, and its home stands for "do nothing".
    """

    def __init__(
        self, model: RobotModel, kinematics: Kinematics | None, shapes: CollisionShapes | None, config: SafetyConfig
    ) -> None:
        """Keep the limits of this model; without kinematics and shapes (a virtual body, a test) those of the joints only."""
        self.model, self.config, self.ladder = model, config, Ladder()
        self.reference = reference = Reference(model, config.limit_scale)
        self._bounds = Bounds(reference.lower, reference.upper, reference.velocity, reference.acceleration)
        self.kinematics = kinematics
        self._clearance: Clearance | None = None
        if kinematics is not None and shapes is not None:
            limits = {"to_self": config.self_clearance, "to_obstacles": config.clearance}
            self._clearance = Clearance(model, kinematics, shapes, **limits)
        self._servos: dict[float, Servo] = {}
        self._armed, self._gripper_width = False, 0.0
        self._pace, self._caution, self._blocked_s = 1.0, 1.0, 0.0

    @property
    def still(self) -> bool:
        """Whether the commanded motion has come to rest."""
        return self.reference.still

    def arm(self, state: RobotState) -> None:
        """Take the measured state as what is commanded; from now on commands move the robot."""
        self._restart(state)
        self._gripper_width = float(state.gripper_width)
        self._armed = True

    def rearm(self, state: RobotState) -> None:
        """Leave ESTOP: a person has looked, and the robot starts anew from where it is."""
        self.ladder.rearm()
        self.arm(state)

    def step(
        self,
        state: RobotState | None,
        wanted: Wanted | None,
        *,
        obstacles: Obstacles | None,
        contacts: tuple[Contact, ...] = (),
        attached: Box | None = None,
        degraded: str = "",
        stamp_ns: int,
        dt_s: float,
    ) -> SafeCommand:
        """One control tick: the command for the next period.

        Args:
            state: the newest measured state; None if the driver gave none.
            wanted: where to be at the end of the tick; None brakes and holds.
            obstacles: what is seen; None is no data, and brakes.
            contacts: regions where the tool may touch now.
            attached: box in ee of what the tool holds.
            degraded: why the robot may go at half speed only; empty if it may go at full speed.
            stamp_ns: the tick's own stamp.
            dt_s: seconds until the next tick.

        Raises:
            BodyFault: there is neither a reference nor a measured state to hold.
        """
        tick_s = dt_s if isinstance(dt_s, float | int) and 0 < dt_s < 1 else self.model.period_s
        notes: list[Intervention] = []
        try:
            reference = self.reference.now.position if self._armed and self.model.kind == "arm" else None
            age_ns = self.config.state_max_age_ms * 1e6
            judge_time(self.ladder, dt_s)
            judge_surroundings(self.ladder, obstacles, degraded)
            judge_wanted(self.ladder, wanted, self.model.num_joints, self._armed)
            tolerance = self.config.tracking_tolerance
            trusted = judge_state(self.ladder, state, self.model.num_joints, stamp_ns, age_ns, reference, tolerance)
            if state is not None and not trusted:
                self._restart(state)
            self._move(wanted, obstacles, contacts, attached, tick_s, notes)
        except Exception as error:  # whatever breaks in here must end in braking
            self.ladder.raise_to(Level.STOP, "exception", f"the safety filter failed and brakes: {error}")
            self._brake(tick_s)
        return self._command(state, notes, stamp_ns)

    def _restart(self, state: RobotState) -> None:
        """Begin the commanded motion anew at the measured state."""
        self.reference.reset(state.joint_position, state.joint_velocity, self.model.period_s)
        self._caution, self._blocked_s = 1.0, 0.0

    def _move(
        self,
        wanted: Wanted | None,
        obstacles: Obstacles | None,
        contacts: tuple[Contact, ...],
        attached: Box | None,
        tick_s: float,
        notes: list[Intervention],
    ) -> None:
        """Follow what is wanted where the ladder allows it and the step is safe, else brake."""
        if wanted is None or self.ladder.level >= Level.HOLD or obstacles is None:
            return self._brake(tick_s)
        step = tick_s * self.model.gripper_speed
        width = min(max(wanted.gripper_width, 0.0), self.model.gripper_width_max)
        self._gripper_width += min(max(width - self._gripper_width, -step), step)
        if self.model.kind == "box":
            return self._bound(wanted, notes)
        target = self.config.degraded_scale if self.ladder.level == Level.DEGRADED else 1.0
        self._pace += min(max(target - self._pace, -_PACE_RATE * tick_s), _PACE_RATE * tick_s)
        if self._clearance is not None:
            self._clearance.see(obstacles, contacts, attached)
        jerk = self._jerk(wanted, tick_s, notes)
        outline = self.reference.outline(jerk, tick_s)
        if outline is not None and (self._clearance is None or self._clearance.is_clear(outline)):
            return self._take(outline, tick_s)
        path = self._lead(jerk, tick_s, notes)
        refusal = None if self._clearance is None else self._clearance.refusal(path)
        return self._take(path, tick_s) if refusal is None else self._refuse(refusal, tick_s, notes)

    def _take(self, path: Path | Outline, tick_s: float) -> None:
        """Go where it was verified that one may go."""
        self._caution = min(1.0, self._caution + _PACE_RATE * tick_s)
        self._blocked_s = max(self._blocked_s - tick_s, 0.0)
        self.reference.take(path)

    def _jerk(self, wanted: Wanted, tick_s: float, notes: list[Intervention]) -> np.ndarray:
        """The jerk (J,) of this tick towards what is wanted, as fast as is allowed now."""
        reference = self.reference
        servo = self._servos.get(tick_s)
        if servo is None:
            servo = self._servos[tick_s] = Servo(reference.velocity, reference.acceleration, reference.jerk, tick_s)
        wanted = self._bounds.inside(wanted, notes)
        velocity = servo.velocity(reference.now, wanted)
        slower = self._slower(velocity)
        return servo.jerk(reference.now, slower * velocity, slower * wanted.acceleration)

    def _lead(self, jerk: np.ndarray, tick_s: float, notes: list[Intervention]) -> Path:
        """The path of this tick with this jerk (J,), or with what of it keeps the limits of the joints."""
        path, changed = self.reference.lead(jerk, tick_s)
        if changed.any():
            names = ", ".join(name for name, hit in zip(self.model.joint_names, changed, strict=True) if hit)
            notes.append(Intervention(code="joint_limit", detail=f"slowed down so that it can stop within the limits: {names}"))
        return path

    def _slower(self, velocity: np.ndarray) -> float:
        """By how much the velocity (J,), within its limits, is scaled down for the ladder, a refusal before, and the tool."""
        scale = self._caution
        if self._pace < 1.0:
            scale *= min(1.0, self._pace / max(float((np.abs(velocity) / self.reference.velocity).max()), 1e-9))
        if self._clearance is None:
            return scale
        now, tool = self.reference.now.position, self._clearance.tool
        limit = _TOOL_MARGIN * self._pace * tool.speed_limit(now, _BRAKING)
        return min(scale, limit / max(tool.speed(now, velocity), 1e-9))

    def _refuse(self, refusal: tuple[str, str], tick_s: float, notes: list[Intervention]) -> None:
        """Brake for one tick and ask for less in the next; hold if that goes on."""
        notes.append(Intervention(code=refusal[0], detail=refusal[1]))
        self._caution = max(_CAUTION * self._caution, _LEAST_CAUTION)
        self._blocked_s += tick_s
        if self._blocked_s > self.config.blocked_ms * 1e-3:
            self.ladder.raise_to(Level.HOLD, "blocked", refusal[1])
            self._blocked_s = 0.0
        self._brake(tick_s)

    def _bound(self, wanted: Wanted, notes: list[Intervention]) -> None:
        """A virtual body's command: what is wanted, within the bounds."""
        position = clipped(wanted.position, self.model.position_lower, self.model.position_upper)
        if (position != wanted.position).any():
            notes.append(Intervention(code="joint_limit", detail="an action was out of its bounds"))
        self.reference.reset(position, np.zeros_like(position), self.model.period_s)

    def _brake(self, tick_s: float) -> None:
        """One tick of the verified brake; a virtual body does nothing instead."""
        if self.model.kind == "box":
            self.reference.reset(self.model.home, np.zeros(self.model.num_joints), tick_s)
        elif self._armed:
            self.reference.brake_on(tick_s)

    def _command(self, state: RobotState | None, notes: list[Intervention], stamp_ns: int) -> SafeCommand:
        """The commanded reference as a SafeCommand; where there is none yet, the measured state, held."""
        if not self._armed and self.model.kind == "arm":
            if state is None or len(state.joint_position) != self.model.num_joints:
                raise BodyFault("the robot is not armed and has no measured state to hold; expected Controller.arm first")
            self.reference.reset(state.joint_position, np.zeros(self.model.num_joints), self.model.period_s)
            self._gripper_width = float(state.gripper_width)
        level, causes = self.ladder.level, self.ladder.causes
        self.ladder.close_tick()
        return SafeCommand(
            stamp_ns=stamp_ns,
            joint_position=self.reference.now.position,
            joint_velocity=self.reference.now.velocity,
            gripper_width=self._gripper_width,
            base_twist=_NO_TWIST,
            interventions=(*causes, *notes),
            level=level,
            token=_TOKEN,
        )
