"""Teleoperation: a Policy whose plan is the next fraction of a second of a person's hand.

    handsight-command policy=teleoperation "put the red block in the blue bowl"                  the sentence is for the log
    handsight-command policy=teleoperation policy.device=/dev/input/js0 "put the red block in the blue bowl"

`policies/controls.py` names the keys. A wish becomes small Cartesian steps and those a jerk-limited joint motion
(`robot/jog.py`), which goes through motion, controller and safety filter like any policy's. `policies/corrected.py` lets a
person correct another policy.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from policies.controls import Control, Wish, open_control
from policies.policy import Explanation
from robot.errors import HandsightError
from robot.jog import Jog
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.motion import MotionConfig, MotionStart
from robot.obstacles import Box
from robot.state import RobotState
from robot.trajectory import Contact, JointTrajectory, Plan, PlanStatus
from robot.transforms import transform
from sensors.observation import Observation

STEP_S = 0.1  # what one look's wish is worth
SOON_NS = 50_000_000  # a look so soon after a plan asks for nothing more
LAG = 0.05  # rad: so far the robot may be from where it was sent before a motion begins at where it is measured
GRACE_NS = 500_000_000  # a motion that is over this long has expired: a mind that is silent holds nothing
ALWAYS_S = 1e6


def _gentle() -> MotionConfig:
    """Two fifths of what the robot can: a person sees late."""
    return MotionConfig(velocity_scale=0.4, acceleration_scale=0.4, jerk=100.0)


@dataclass
class TeleoperationConfig:
    """A person's YAML.

    Attributes:
        name: of the policy.
        device: "keyboard", or a joystick device such as /dev/input/js0.
        speed: of the tool at a full wish, m/s.
        turn_speed: rad/s.
        touch_speed: the tool's greatest speed anywhere, as it may touch things everywhere, m/s.
        motion: how quickly the joints follow.
    """

    name: str = "teleoperation"
    device: str = "keyboard"
    speed: float = 0.12
    turn_speed: float = 0.6
    touch_speed: float = 0.3
    motion: MotionConfig = field(default_factory=_gentle)


@runtime_checkable
class Guided(Protocol):
    """A policy that a person has a hand on.

    Attributes:
        taken_over: whether the last plan was the person's.
        ended: what the person said of the instruction: True done, False given up, None nothing.
    """

    taken_over: bool
    ended: bool | None

    def close(self) -> None:
        """Give the device back. Idempotent."""
        ...


class Pace:
    """Waits until as much wall time has passed between two looks as between their stamps; on hardware it always has."""

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._last: tuple[int, float] | None = None

    def __call__(self, stamp_ns: int) -> None:
        """Be at this stamp."""
        if self._last is not None:
            due_s = self._last[1] + (stamp_ns - self._last[0]) * 1e-9
            time.sleep(min(max(0.0, due_s - time.monotonic()), STEP_S))
        self._last = stamp_ns, time.monotonic()


class Teleoperation:
    """A person as a Policy: holds unless something is asked for; see the Policy contract."""

    def __init__(
        self,
        model: RobotModel,
        kinematics: Kinematics,
        config: TeleoperationConfig,
        control: Control | None = None,
        pace: Callable[[int], None] | None = None,
    ) -> None:
        """Move this robot as a control says, by default the config's, at a person's pace.

        Raises:
            InvalidInput: there is no such control.
        """
        self._model, self._kinematics, self._config = model, kinematics, config
        self._jog = Jog(model, kinematics, config.motion)
        middle, size = (model.workspace_lower + model.workspace_upper) / 2, model.workspace_upper - model.workspace_lower
        anywhere = Box(pose=transform(middle.tolist()), size=size + 0.2)
        self._contact = Contact(box_base=anywhere, start_s=0.0, end_s=ALWAYS_S, speed=config.touch_speed)
        self._control = control or open_control(config.device)
        self._pace = pace or Pace()
        self._epoch = 0
        self.taken_over = True
        self.reset()

    def reset(self) -> None:
        """Begin anew from wherever the robot will be."""
        self._epoch += 1
        self._request_id = 0
        self._sent: JointTrajectory | None = None
        self._moving = False
        self.ended: bool | None = None

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next step of the hand; None while nothing is asked for."""
        return self.answer(observation, self.wish(observation))

    def wish(self, observation: Observation) -> Wish:
        """What the person asks for at this stamp."""
        self._pace(observation.stamp_ns)
        return self._control.wish()

    def answer(self, observation: Observation, wish: Wish) -> Plan | None:
        """The plan for a wish: a motion, a stop, an end, or None."""
        if wish.ended is not None:
            self.ended = wish.ended
            status = PlanStatus.DONE if wish.ended else PlanStatus.REFUSED
            return self._still(observation, status, "done, as the person says" if wish.ended else "The person gave it up.")
        if not any(health.valid for health in observation.health.values()):
            return self._still(observation, PlanStatus.REFUSED, "I see nothing: no sensor is alive.")
        if not wish.held and not self._moving:
            return None
        if wish.held and self._sent is not None and observation.stamp_ns - self._sent.stamp_ns < SOON_NS:
            return None
        start = self._start(observation)
        if not self._moving:
            self._jog.reset(start.q, start.gripper_width)
        self._moving = wish.held
        refused = self._aim(wish, start)
        try:
            return self._towards_aim(observation, start, refused or "a person's hand moves the tool")
        except HandsightError:  # no smooth way leads there: the motion before goes on to its rest
            return None

    def save(self) -> object:
        """Nothing: a person remembers by themselves."""

    def restore(self, saved: Any) -> None:
        """Begin anew."""
        self.reset()

    def explain(self) -> Explanation | None:
        """A person does not say why."""
        return None

    def close(self) -> None:
        """Give the device back."""
        self._control.close()

    def _aim(self, wish: Wish, start: MotionStart) -> str:
        """Move the aim on, or, of no wish, back to where the tool can stop; a sentence if it is out of reach."""
        jog, config = self._jog, self._config
        if not wish.held:
            return jog.go_to(start.q, self._stop(start))
        refused = ""
        if wish.motion[:6].any():
            step, turn = config.speed * STEP_S * wish.motion[:3], config.turn_speed * STEP_S * wish.motion[3:6]
            refused = jog.step_tool(start.q, step, turn)
        jog.set_gripper(jog.aim.gripper_width + wish.motion[6] * self._model.gripper_speed * STEP_S)
        return refused

    def _stop(self, start: MotionStart) -> np.ndarray:
        """The tool's pose (4, 4) on the way to the aim where it can stand soonest: it stays on the line that was asked for."""
        acceleration = self._config.motion.acceleration_scale * self._model.acceleration
        soonest = self._kinematics.forward(start.q + start.v * np.abs(start.v) / (2 * acceleration))[:3, 3]
        way = soonest - self._kinematics.forward(start.q)[:3, 3]
        along = way / max(float(np.linalg.norm(way)), 1e-9)
        T_base_stop = self._jog.aim.T_base_ee.copy()
        T_base_stop[:3, 3] -= along * max(0.0, along @ (T_base_stop[:3, 3] - soonest))
        return T_base_stop

    def _towards_aim(self, observation: Observation, start: MotionStart, reason: str) -> Plan:
        """The motion to the aim, as a plan."""
        time_s, q, v = self._jog.samples(start)
        self._request_id += 1
        held = observation.state.attached
        opens = self._jog.aim.gripper_width > observation.state.gripper_width
        self._sent = JointTrajectory(
            stamp_ns=observation.stamp_ns,
            time_s=time_s,
            joint_position=q,
            joint_velocity=v,
            gripper_width=np.full(len(time_s), self._jog.aim.gripper_width),
            expires_ns=observation.stamp_ns + round(time_s[-1] * 1e9) + GRACE_NS,
        )
        return Plan(
            joints=self._sent,
            contacts=(self._contact,),
            attached=None if opens else held,
            reason=reason,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=self._sent.expires_ns,
            epoch=self._epoch,
            request_id=self._request_id,
        )

    def _still(self, observation: Observation, status: PlanStatus, reason: str) -> Plan:
        """The end, without motion."""
        stamp_ns = observation.stamp_ns
        return Plan(
            status=status, reason=reason, observation_stamp_ns=stamp_ns, expires_ns=stamp_ns + GRACE_NS, epoch=self._epoch
        )

    def _start(self, observation: Observation) -> MotionStart:
        """Where the robot was sent to be by now, so that motion goes on smoothly; where it is, if it did not come along."""
        state, sent = observation.state, self._sent
        if sent is not None:
            elapsed_s = (observation.stamp_ns - sent.stamp_ns) * 1e-9
            q, v = _at(sent, sent.joint_position, elapsed_s), _at(sent, sent.joint_velocity, elapsed_s)
            before = _at(sent, sent.joint_velocity, elapsed_s - self._model.period_s)
            if np.abs(q - state.joint_position).max() < LAG:
                width = self._jog.aim.gripper_width
                return MotionStart(q=q, v=v, a=(v - before) / self._model.period_s, gripper_width=width)
        still = np.zeros_like(state.joint_position)
        return MotionStart(q=state.joint_position, v=state.joint_velocity, a=still, gripper_width=_grip(state))


def _at(trajectory: JointTrajectory, rows: np.ndarray, time_s: float) -> np.ndarray:
    """Positions or velocities (J,) of the rows (T, J) of a trajectory at one of its times; outside of it, at its nearer end."""
    return np.array([np.interp(time_s, trajectory.time_s, column) for column in rows.T])


def _grip(state: RobotState) -> float:
    """The width to keep the gripper at, m; what is held stays pressed."""
    return state.gripper_width if state.attached is None else 0.0
