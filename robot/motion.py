"""Motion: a Plan becomes a JointTrajectory that the robot can follow, or one sentence that says why none can."""

from dataclasses import dataclass, replace

import numpy as np

from robot.arrays import checked, freeze
from robot.collision import CollisionShapes
from robot.errors import InvalidInput, Unreachable
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Obstacles
from robot.paths.itinerary import Itinerary, stretched, through_joints, through_poses, tool_speeds
from robot.paths.joint_path import Clearances, Guard, OutOfReach, in_cm, postures, track
from robot.paths.timing import Brake, Course, Knots, Limits, Rest, TimedSpline, time_knots
from robot.trajectory import CartesianTrajectory, Contact, JointTrajectory, Plan
from robot.transforms import angle_between

_AT_REST = 1e-3
_CHECK_EVERY = 0.02


@dataclass
class MotionConfig:
    """How motions are made; rad, m and s.

    clearance, self_clearance: what the robot keeps off obstacles and itself. contact_margin: by how much the box of a
    Contact is grown. step, turn: between two inverse kinematics solutions on a straight line. stray: how far the
    tool may leave the straight line between two of them. velocity_scale,
    acceleration_scale: share of the robot's limits. jerk: for comfort, at most the robot's. dense_s: joint samples
    nearer to each other than this are passed on as they are, others are waypoints and timed here.
    """

    clearance: float = 0.01
    self_clearance: float = 0.005
    contact_margin: float = 0.01
    step: float = 0.015
    turn: float = 0.105
    stray: float = 0.001
    velocity_scale: float = 0.9
    acceleration_scale: float = 0.8
    jerk: float = 300.0
    dense_s: float = 0.12


@dataclass(frozen=True, eq=False, kw_only=True)
class MotionStart:
    """What the motion begins with: joint position, velocity and acceleration, each (J,), and the gripper's width in m."""

    q: np.ndarray
    v: np.ndarray
    a: np.ndarray
    gripper_width: float

    def __post_init__(self) -> None:
        """Check and freeze."""
        dims: dict[str, int] = {}
        freeze(self, **{name: checked(f"start.{name}", getattr(self, name), ("J",), dims=dims) for name in ("q", "v", "a")})

    @property
    def moving(self) -> bool:
        """Whether any joint moves."""
        return bool(max(np.abs(self.v).max(), 0.1 * np.abs(self.a).max()) > _AT_REST)


class Motion:
    """Plans motions of one robot: inverse kinematics, clear of everything, within its limits."""

    def __init__(self, model: RobotModel, kinematics: Kinematics, shapes: CollisionShapes, config: MotionConfig) -> None:
        """For a robot with these kinematics and shapes."""
        self._model, self._kinematics, self._shapes, self._config = model, kinematics, shapes, config
        self._limits = Limits(
            velocity=config.velocity_scale * model.velocity,
            acceleration=config.acceleration_scale * model.acceleration,
            jerk=np.minimum(config.jerk, model.jerk),
        )
        self._brake_limits = replace(self._limits, jerk=model.jerk)
        self._clearances = Clearances(
            obstacle=config.clearance, itself=config.self_clearance, contact_margin=config.contact_margin
        )

    def plan(self, plan: Plan, start: MotionStart, stamp_ns: int, obstacles: Obstacles) -> JointTrajectory:
        """The motion that does what the plan asks, from this start, beginning at this stamp.

        The plan's times are kept where the robot's limits allow and stretched where not; contacts and the gripper
        are stretched along. A plan that asks for no motion brings the joints to rest.

        Raises:
            Unreachable: a pose is out of reach, or the way there hits something or a limit.
            InvalidInput: joint motion with another number of joints, or beyond the position limits.
        """
        if plan.joints is not None and _is_dense(plan.joints, self._config.dense_s):
            return self._as_it_is(plan, plan.joints, stamp_ns)
        if plan.joints is None and plan.arm is None:
            return self._sampled(self._brake(start), plan, stamp_ns)
        shapes = self._shapes.holding(plan.attached)
        guard = Guard(shapes, obstacles, plan.contacts, self._clearances, start.q)
        return self._sampled(self._course(plan, start, guard), plan, stamp_ns)

    def home(self, start: MotionStart, stamp_ns: int, obstacles: Obstacles) -> JointTrajectory:
        """A straight joint motion to the home posture, as `plan` would make it; the gripper stays as it is."""
        there = JointTrajectory(
            stamp_ns=stamp_ns,
            time_s=np.zeros(1),
            joint_position=self._model.home[None],
            joint_velocity=np.zeros((1, self._model.num_joints)),
            gripper_width=np.array([start.gripper_width]),
            expires_ns=stamp_ns + 60_000_000_000,
        )
        plan = Plan(joints=there, observation_stamp_ns=stamp_ns, expires_ns=there.expires_ns)
        return self.plan(plan, start, stamp_ns, obstacles)

    def _course(self, plan: Plan, start: MotionStart, guard: Guard) -> Course:
        """Legs from the start through all waypoints, in the most natural of several postures that allows them."""
        itinerary = self._itinerary(plan, start)
        if start.moving and itinerary.still[1]:
            return self._braked(plan, start, guard)
        refusals: list[Unreachable] = []
        for posture in postures(self._kinematics, start.q) if plan.joints is None else [start.q]:
            try:
                course = self._through(itinerary, posture, plan.contacts, start, guard)
            except OutOfReach:
                raise
            except Unreachable as refusal:
                refusals.append(refusal)
            else:
                return self._braked(plan, start, guard) if course is None else course
        raise refusals[0]

    def _through(
        self, itinerary: Itinerary, posture: np.ndarray, contacts: tuple[Contact, ...], start: MotionStart, guard: Guard
    ) -> Course | None:
        """The motion with spare freedom pulled toward a posture, clear of everything; None if no timing fits the start."""
        q = itinerary.place
        if q.ndim == 3:
            q = track(self._kinematics, itinerary.place, itinerary.still, start.q, posture)
        self._refuse_hit(guard, q, itinerary.wanted_s)
        course = self._timed(itinerary, q, contacts, start)
        if course is not None:
            self._refuse_unclear(course, guard)
        return course

    def _braked(self, plan: Plan, start: MotionStart, guard: Guard) -> Course:
        """To rest first, and from there through all waypoints: for where no smooth way leads on from the start's velocity."""
        brake, still = self._brake(start), np.zeros_like(start.v)
        q, _ = brake.sample(brake.knot_s[-1:])
        course = self._course(plan, replace(start, q=q[0], v=still, a=still), guard)
        return Course(
            legs=[*brake.legs, *course.legs],
            wanted_s=np.concatenate([[0.0], course.wanted_s]),
            gripper_width=np.concatenate([[start.gripper_width], course.gripper_width]),
        )

    def _itinerary(self, plan: Plan, start: MotionStart) -> Itinerary:
        """The plan's waypoints, dense, the start first."""
        if plan.joints is not None:
            return self._joint_itinerary(plan.joints, start)
        assert plan.arm is not None
        return self._arm_itinerary(plan.arm, start)

    def _arm_itinerary(self, arm: CartesianTrajectory, start: MotionStart) -> Itinerary:
        """The tool's waypoints, the present pose first; a first waypoint that only repeats it is left out."""
        low, high = self._model.workspace_lower, self._model.workspace_upper
        for point in arm.T_base_ee[:, :3, 3]:
            if (point < low - 1e-6).any() or (point > high + 1e-6).any():
                raise Unreachable(
                    f"the tool can't go to {in_cm(point)}: its workspace reaches from {in_cm(low)} to {in_cm(high)}"
                )
        T_start, first = self._kinematics.forward(start.q), arm.T_base_ee[0]
        near = np.linalg.norm(first[:3, 3] - T_start[:3, 3]) < 3e-3 and angle_between(first, T_start) < 0.03
        skip = int(near and arm.time_s[0] < 1e-3 and len(arm.time_s) > 1)
        return through_poses(
            np.concatenate([T_start[None], arm.T_base_ee[skip:]]),
            np.concatenate([[0.0], arm.time_s[skip:]]),
            self._widths(start, arm.gripper_width[skip:]),
            self._model.gripper_speed,
            self._config.step,
            self._config.turn,
            start.moving,
        )

    def _joint_itinerary(self, joints: JointTrajectory, start: MotionStart) -> Itinerary:
        """Joint waypoints, the present posture first."""
        self._refuse_joints(joints)
        return through_joints(
            np.concatenate([start.q[None], joints.joint_position]),
            np.concatenate([[0.0], joints.time_s]),
            self._widths(start, joints.gripper_width),
            self._model.gripper_speed,
            self._config.turn,
            start.moving,
        )

    def _timed(self, itinerary: Itinerary, q: np.ndarray, contacts: tuple[Contact, ...], start: MotionStart) -> Course | None:
        """All legs with their times; None if no timing of the first leg fits the start's velocity."""
        stray = np.inf if itinerary.place.ndim == 2 else self._config.stray  # only a tool's path is asked to be straight
        caps = tool_speeds(itinerary.wanted_s, contacts, self._model.tool_speed)
        legs: list[TimedSpline | Rest | Brake] = []
        v, a = (start.v, start.a) if start.moving else (np.zeros_like(start.v), np.zeros_like(start.a))
        for leg in itinerary.legs():
            segments = slice(leg.start, leg.stop - 1)
            least_s = itinerary.least_s[segments]
            if itinerary.still[leg.start + 1]:
                legs.append(Rest(q[leg.start], np.concatenate([[0.0], np.cumsum(least_s)])))
                continue
            knots = Knots(q=q[leg], least_s=least_s, tool_speed=caps[segments], stray=stray)
            timed = time_knots(self._kinematics, knots, self._limits, v, a)
            if timed is None:
                return None
            legs.append(timed)
            v, a = np.zeros_like(v), np.zeros_like(a)
        return Course(legs=legs, wanted_s=itinerary.wanted_s, gripper_width=itinerary.gripper_width)

    def _brake(self, start: MotionStart) -> Course:
        """To rest, with the robot's own jerk; from rest, a rest of one period."""
        if start.moving:
            leg: Rest | Brake = Brake(start.q, start.v, start.a, self._brake_limits)
        else:
            leg = Rest(start.q, np.array([0.0, self._model.period_s]))
        return Course(legs=[leg], wanted_s=np.zeros(2), gripper_width=np.full(2, start.gripper_width))

    def _refuse_hit(self, guard: Guard, q: np.ndarray, wanted_s: np.ndarray, slack: float = 0.0) -> None:
        """Refuse postures (n, J) at the policy's times that are not clear."""
        hit = guard.check(q, wanted_s, slack)
        if hit is not None:
            index, reason = hit
            raise Unreachable(f"on the way to {in_cm(self._kinematics.forward(q[index])[:3, 3])}: {reason}")

    def _refuse_unclear(self, course: Course, guard: Guard) -> None:
        """Check the motion itself, between the knots too: position limits, and clearances but for a spline's strayings."""
        ticks = np.arange(0.0, course.knot_s[-1] + self._model.period_s, self._model.period_s)
        every, _ = course.sample(ticks)
        travel = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(every, axis=0)).max(axis=1))])
        chosen = np.unique(
            np.searchsorted(travel, np.arange(0.0, travel[-1] + _CHECK_EVERY, _CHECK_EVERY)).clip(max=len(ticks) - 1)
        )
        q, times = every[chosen], ticks[chosen]
        beyond = np.maximum(self._model.position_lower - q, q - self._model.position_upper).max(axis=0)
        if beyond.max() > 0:
            raise Unreachable(f"the motion is too tight: {self._model.joint_names[int(beyond.argmax())]} would pass its limit")
        self._refuse_hit(guard, q, np.interp(times, course.knot_s, course.wanted_s), slack=0.2 * self._config.clearance)

    def _refuse_joints(self, joints: JointTrajectory) -> None:
        """Refuse joint motion that is not for this robot."""
        model = self._model
        if joints.joint_position.shape[1] != model.num_joints:
            raise InvalidInput(f"plan.joints: expected {model.num_joints} joints, got {joints.joint_position.shape[1]}")
        beyond = np.maximum(
            model.position_lower - joints.joint_position, joints.joint_position - model.position_upper
        )  # (T, J)
        if beyond.max() > 1e-9:
            joint = int(beyond.max(axis=0).argmax())
            low, high = model.position_lower[joint], model.position_upper[joint]
            raise Unreachable(f"{model.joint_names[joint]} would leave its range from {low:.2f} to {high:.2f} rad")

    def _as_it_is(self, plan: Plan, joints: JointTrajectory, stamp_ns: int) -> JointTrajectory:
        """Joint motion that a policy has timed itself: checked, and given the plan's contacts and identity."""
        self._refuse_joints(joints)
        return replace(joints, stamp_ns=stamp_ns, contacts=plan.contacts, **_identity(plan))

    def _sampled(self, course: Course, plan: Plan, stamp_ns: int) -> JointTrajectory:
        """The course at every control tick until it rests, its contacts in its own time."""
        knot_s = course.knot_s
        num_ticks = max(1, int(np.ceil(knot_s[-1] / self._model.period_s - 1e-9)))
        time_s = np.arange(num_ticks + 1) * self._model.period_s
        q, v = course.sample(time_s)
        return JointTrajectory(
            stamp_ns=stamp_ns,
            time_s=time_s,
            joint_position=q,
            joint_velocity=v,
            gripper_width=np.interp(time_s, knot_s, course.gripper_width),
            contacts=tuple(stretched(contact, course.wanted_s, knot_s) for contact in plan.contacts),
            **_identity(plan),
        )

    def _widths(self, start: MotionStart, wanted: np.ndarray) -> np.ndarray:
        """The gripper's widths (T + 1,) from the present one through the wanted ones, as far as the gripper opens."""
        return np.concatenate([[start.gripper_width], np.clip(wanted, 0.0, self._model.gripper_width_max)])


def _is_dense(joints: JointTrajectory, dense_s: float) -> bool:
    """Whether joint samples lie so near to each other that the policy has timed the motion itself."""
    return len(joints.time_s) > 1 and float(np.diff(joints.time_s).max()) <= dense_s


def _identity(plan: Plan) -> dict:
    """What a trajectory inherits from its plan."""
    names = ("attached", "expires_ns", "epoch", "request_id")
    return {name: getattr(plan, name) for name in names}
