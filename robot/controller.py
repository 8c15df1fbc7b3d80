"""Controller: one tick at a time, from the trajectory through the filter to the driver; the watchdog and the black box."""

from collections import deque
from dataclasses import dataclass, replace

from robot.clock import Clock
from robot.driver import Driver
from robot.errors import BodyFault
from robot.following import Following
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.records import CommandRecord
from robot.safety import Intervention, Level, SafeCommand, SafetyConfig, SafetyFilter
from robot.state import RobotState
from robot.trajectory import JointTrajectory

_KEPT = 50


@dataclass(frozen=True, eq=False, kw_only=True)
class BlackBox:
    """What was measured and commanded before a fault.

    Attributes:
        stamp_ns: the tick of the fault.
        reason: what the fault was, a sentence.
        states: the last 50 measured states, oldest first; None where the driver gave none.
        commands: the commands of the same ticks.
    """

    stamp_ns: int
    reason: str
    states: tuple[RobotState | None, ...]
    commands: tuple[CommandRecord, ...]


class Controller:
    """Follows the newest valid trajectory, one filtered command per tick.

    Attributes:
        filter: the safety filter; its ladder says how bad things are.
        black_box: of the last fault, None if there was none.
        watchdog_s: silence of `accept` after which the robot brakes; None only where time is simulated.
        degraded: why the robot may go at half speed only; empty = full speed.
    """

    def __init__(self, model: RobotModel, filter: SafetyFilter, driver: Driver, clock: Clock, config: SafetyConfig) -> None:
        """Command this driver at the model's rate; nothing moves before `arm` and `accept`."""
        self.model, self.filter, self.driver, self.clock, self.config = model, filter, driver, clock, config
        self.watchdog_s: float | None = config.watchdog_s(model.period_s)
        self.black_box: BlackBox | None = None
        self.degraded = ""
        self._following = Following(model.period_s)
        self._obstacles: Obstacles | None = None
        self._fed_ns: int | None = None
        self._epoch = 0
        self._dropped: list[Intervention] = []
        self._trace: deque[tuple[RobotState | None, CommandRecord]] = deque(maxlen=_KEPT)
        self._level = Level.OK

    def arm(self) -> None:
        """Start from where the robot is measured to be."""
        self.filter.arm(self.driver.state())

    def rearm(self) -> None:
        """Leave ESTOP: forget the trajectory, start anew from where the robot is; a person has looked."""
        self._following = Following(self.model.period_s)
        self._fed_ns = None
        self.filter.rearm(self.driver.state())

    def stop(self) -> None:
        """Brake from the next tick on and latch ESTOP."""
        self.filter.ladder.raise_to(Level.ESTOP, "estop", "the emergency stop was pressed; re-arm to go on")

    def state(self) -> RobotState:
        """The driver's newest measured state, with what the present trajectory says is held."""
        state = self.driver.state()
        held = self._following.attached
        return state if state.attached is not None or held is None else replace(state, attached=held)

    def hold(self, reason: str) -> None:
        """Brake at the next tick and hold until a new trajectory comes."""
        self.filter.ladder.raise_to(Level.HOLD, "hold", reason)

    def accept(self, trajectory: JointTrajectory | None, obstacles: Obstacles) -> None:
        """Take what is seen now and what to follow from its stamp on; this feeds the watchdog.

        A trajectory of an older epoch, an expired one, or one for other joints is dropped with a reason.
        """
        self._fed_ns = self.clock.now_ns()
        self._obstacles = obstacles
        if trajectory is None:
            return
        code, refusal = self._refusal(trajectory, self._fed_ns)
        if refusal:
            self._dropped.append(Intervention(code=code, detail=refusal))
            return
        self._epoch = trajectory.epoch
        self._following.accept(trajectory)
        self.filter.ladder.renew()

    def tick(self) -> CommandRecord:
        """One control period: measure, sample the trajectory, filter, command, remember.

        Raises:
            BodyFault: the driver refuses commands or gives no state at all; it was told to stop.
        """
        stamp_ns = self.clock.now_ns()
        state = self._state()
        self._judge(stamp_ns)
        rate = self.config.degraded_scale if self.degraded else 1.0
        wanted = self._following.advance(stamp_ns, rate)
        command = self.filter.step(
            state,
            wanted,
            obstacles=self._obstacles if self._fed_ns is not None else Obstacles.none(stamp_ns),
            contacts=self._following.contacts,
            attached=self._following.attached if state is None else state.attached,
            degraded=self.degraded,
            stamp_ns=stamp_ns,
            dt_s=self.model.period_s,
        )
        record = _record(command, tuple(self._dropped))
        self._dropped = []
        self._remember(state, record)
        self._send(command)
        return record

    def _refusal(self, trajectory: JointTrajectory, now_ns: int) -> tuple[str, str]:
        """Why a trajectory is not followed: a code and a sentence, empty if it is."""
        if trajectory.joint_position.shape[1] != self.model.num_joints:
            return (
                "joints",
                f"a trajectory for {trajectory.joint_position.shape[1]} joints came; expected {self.model.num_joints}",
            )
        if trajectory.epoch < self._epoch:
            return "epoch", f"a trajectory of epoch {trajectory.epoch} came in epoch {self._epoch} and was dropped"
        if trajectory.expires_ns <= now_ns:
            return "expired", "a trajectory came after its expiry and was dropped"
        return "", ""

    def _state(self) -> RobotState | None:
        """The measured state, or None with the reason on the ladder."""
        try:
            return self.state()
        except Exception as error:  # whatever a vendor's client raises must end in braking
            self.filter.ladder.raise_to(Level.STOP, "driver", f"the driver gives no state: {error}")
            return None

    def _judge(self, stamp_ns: int) -> None:
        """Raise the ladder for silence and for a trajectory that is over before it was done."""
        ladder = self.filter.ladder
        silence_s = 0.0 if self._fed_ns is None else (stamp_ns - self._fed_ns) * 1e-9
        if self.watchdog_s is not None and silence_s > self.watchdog_s:
            ladder.raise_to(Level.HOLD, "watchdog", f"nothing was heard from the policy for {silence_s * 1e3:.0f} ms")
        if self._following.expire(stamp_ns):
            ladder.raise_to(Level.HOLD, "expired", "the trajectory expired before its end")

    def _remember(self, state: RobotState | None, record: CommandRecord) -> None:
        """Keep the last ticks; where the ladder rises to HOLD or above, keep them for good."""
        self._trace.append((state, record))
        if record.level >= Level.HOLD and record.level > self._level:
            states, commands = zip(*self._trace, strict=True)
            reason = record.interventions[0].detail if record.interventions else self.filter.ladder.reason
            self.black_box = BlackBox(stamp_ns=record.stamp_ns, reason=reason, states=states, commands=commands)
        self._level = record.level

    def _send(self, command: SafeCommand) -> None:
        """Hand the command to the driver; a driver that fails is told to stop."""
        try:
            self.driver.command(command)
        except Exception as error:
            self.filter.ladder.raise_to(Level.ESTOP, "driver", f"the driver refused a command: {error}")
            self.driver.stop()
            raise BodyFault(f"the driver refused a command and was told to stop: {error}") from error

    @property
    def trace(self) -> tuple[tuple[RobotState | None, CommandRecord], ...]:
        """The last 50 states and commands, fault or not, oldest first."""
        return tuple(self._trace)


def _record(command: SafeCommand, dropped: tuple[Intervention, ...]) -> CommandRecord:
    """What observers see of a command, with the trajectories that were dropped before it."""
    return CommandRecord(
        stamp_ns=command.stamp_ns,
        joint_position=command.joint_position,
        joint_velocity=command.joint_velocity,
        gripper_width=command.gripper_width,
        interventions=(*command.interventions, *dropped),
        level=command.level,
    )
