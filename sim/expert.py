"""Expert: a policy that knows the truth and does an errand's script, move by move; what it can't do, no policy need do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from policies.policy import Explanation
from robot.errors import InstructionRefused
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box
from robot.state import RobotState
from robot.trajectory import CartesianTrajectory, Contact, Plan, PlanStatus
from robot.transforms import angle_between, is_near
from sensors.observation import Observation
from sim.scene import Scene
from sim.tasks.family import Errand, Move, Script
from sim.world import World

ARRIVED = 0.012  # m
ARRIVED_ANGLE = 0.10  # rad
STILL = 0.03  # rad/s
STILL_WIDTH = 5e-4  # m in one tick
STUCK_S = 0.3
PATIENCE_S = 6.0
RETRIES = 3
TURN_SPEED = 2.0  # rad/s
CONTACT_SPEED = 0.15  # m/s: the most that the filter allows where a move may touch
SETTLE_S = 0.15
EXPIRES_S = 60.0


class Expert:
    """A Policy that reads no sensor but its joints: it moves through motion, filter and loop like any other.

    The sentence that it is told does not matter to it; it does the errand that it was built with.
    """

    def __init__(self, errand: Errand, scene: Scene, world: World, model: RobotModel, kinematics: Kinematics) -> None:
        """Be ready for one errand in a scene that stands."""
        self._errand, self._scene, self._world = errand, scene, world
        self._gripper_speed, self._kinematics = model.gripper_speed, kinematics
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Begin the errand anew, from the world as it is at the next plan."""
        self._epoch += 1
        self._request_id = 0
        self._script: Script | None = None
        self._stretch: Stretch | None = None
        self._holds: Box | None = None
        self._width = 0.0

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next move once the present one has ended; None while it is on its way."""
        if self._script is None:
            self._script, self._width = self._errand.script(self._scene, self._world), observation.state.gripper_width
        if not self.is_due(observation.state):
            return None
        try:
            if self._stretch is not None and not self._stretch.is_done:
                return self._again(self._stretch, observation)
            move = next(self._script)
        except StopIteration:
            return self._ended(observation, PlanStatus.DONE, "the script is at its end")
        except InstructionRefused as refusal:
            return self._ended(observation, PlanStatus.REFUSED, str(refusal))
        began_ns = observation.state.stamp_ns
        return self._begin(Stretch(move, self._course(move, move.waypoints, observation), began_ns), observation)

    def is_due(self, state: RobotState) -> bool:
        """Whether it has a new plan, as the arm is now; to be asked about every tenth of a second, in order."""
        if self._stretch is None:
            return True
        self._stretch.follow(state, self._kinematics.forward(state.joint_position))
        return self._stretch.is_over

    def _again(self, stretch: "Stretch", observation: Observation) -> Plan:
        """What is left of a stretch that the body has broken off.

        Raises:
            InstructionRefused: it should have ended long ago.
        """
        if stretch.is_overdue:
            raise InstructionRefused(f"something keeps the arm from {stretch.move.saying}")
        T_now = self._kinematics.forward(observation.state.joint_position)
        return self._begin(stretch.rest(T_now), observation)

    def explain(self) -> Explanation | None:
        """Nothing: it knows."""
        return None

    def _course(
        self, move: Move, waypoints: Sequence[np.ndarray] | np.ndarray, observation: Observation
    ) -> CartesianTrajectory:
        """Straight lines from the present pose through the waypoints, with the width wanted at their end all along.

        Fingers that move begin at once, and get the time that they need before the first waypoint; a hand that stands still
        for them stays a moment longer.
        """
        T_now = self._kinematics.forward(observation.state.joint_position)
        poses = np.stack([T_now, *waypoints])
        lengths = np.linalg.norm(np.diff(poses[:, :3, 3], axis=0), axis=1)
        turns = np.array([angle_between(a, b) for a, b in pairwise(poses)])
        spans_s = np.maximum(lengths / move.speed, turns / TURN_SPEED) + 0.01
        fingers_s = abs(move.gripper_width - self._width) / self._gripper_speed
        settle_s = SETTLE_S if fingers_s > spans_s.sum() else 0.05
        spans_s[0] = max(spans_s[0], fingers_s)
        self._width = move.gripper_width
        return CartesianTrajectory(
            stamp_ns=observation.stamp_ns,
            time_s=np.concatenate([[0.0], np.cumsum([*spans_s, settle_s])]),
            T_base_ee=np.concatenate([poses, poses[-1:]]),
            gripper_width=np.full(len(poses) + 1, move.gripper_width),
        )

    def _begin(self, stretch: "Stretch", observation: Observation) -> Plan:
        """The plan for a stretch, or for what is left of it."""
        move = stretch.move
        if stretch.retries:
            stretch.course = self._course(move, stretch.waypoints, observation)
        self._stretch, self._holds = stretch, move.holds
        end_s = float(stretch.course.time_s[-1])
        contacts = () if move.room is None else (Contact(box_base=move.room, start_s=0.0, end_s=end_s, speed=CONTACT_SPEED),)
        self._request_id += 1
        return Plan(
            arm=stretch.course,
            contacts=contacts,
            attached=move.holds,
            reason=move.saying,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + round(EXPIRES_S * 1e9),
            epoch=self._epoch,
            request_id=self._request_id,
        )

    def _ended(self, observation: Observation, status: PlanStatus, reason: str) -> Plan:
        """A plan without motion that ends the errand."""
        self._stretch = None
        return Plan(
            status=status,
            reason=reason,
            attached=self._holds,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + round(EXPIRES_S * 1e9),
            epoch=self._epoch,
            request_id=self._request_id + 1,
        )


@dataclass
class Stretch:
    """A move under way, and how it gets on."""

    move: Move
    course: CartesianTrajectory
    began_ns: int
    waypoints: np.ndarray = field(default_factory=lambda: np.zeros((0, 4, 4)))
    retries: int = 0
    last_width: float = -1.0
    followed_ns: int = -1
    still_since_ns: int | None = None
    is_done: bool = False
    is_overdue: bool = False
    is_stuck: bool = False

    @property
    def is_over(self) -> bool:
        """Whether it is done, should have ended long ago, or has been broken off."""
        return self.is_done or self.is_overdue or self.is_stuck

    def follow(self, state: RobotState, T_now: np.ndarray) -> None:
        """See how it gets on; a state that was seen already is no news."""
        if state.stamp_ns == self.followed_ns:
            return
        passed_s, planned_s = (state.stamp_ns - self.began_ns) * 1e-9, float(self.course.time_s[-1])
        width, self.last_width, self.followed_ns = self.last_width, state.gripper_width, state.stamp_ns
        resting = np.abs(state.joint_velocity).max() < STILL
        still = resting and abs(width - self.last_width) < STILL_WIDTH
        near = is_near(T_now, self.move.waypoints[-1], ARRIVED, ARRIVED_ANGLE)
        self.is_done = bool(passed_s >= planned_s and still and near)
        self.is_overdue = passed_s > 4 * planned_s + PATIENCE_S
        self.still_since_ns = (self.still_since_ns or state.stamp_ns) if resting else None
        waited_s = 0.0 if self.still_since_ns is None else (state.stamp_ns - self.still_since_ns) * 1e-9
        self.is_stuck = passed_s > planned_s and waited_s > STUCK_S and self.retries < RETRIES

    def rest(self, T_now: np.ndarray) -> "Stretch":
        """What is left of it: the waypoints that lie farther along the way than the arm does."""
        corners = self.course.T_base_ee[:-1, :3, 3]
        ends = self.course.T_base_ee[1:-1]
        ways = [_off(T_now[:3, 3], a, b) for a, b in pairwise(corners)]
        left = ends[int(np.argmin(ways)) :]
        return Stretch(self.move, self.course, self.began_ns, left, self.retries + 1)


def _off(point: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """How far a point (3,) is from the straight line between two others."""
    line = b - a
    share = np.clip((point - a) @ line / max(float(line @ line), 1e-12), 0.0, 1.0)
    return float(np.linalg.norm(a + share * line - point))
