"""GripperMotors: the fingers of a simulated hand: which joints move them, and how wide they stand."""

from bisect import bisect_left

from robot.errors import InvalidInput
from robot.model import RobotModel
from sim.bullet import pybullet

FINGER_GAIN = 0.2
FINGER_FRICTION = 1.0
FINGER_SPINNING_FRICTION = 0.005
GEAR_FORCE = 100.0
FOLLOWER_EFFORT = 20.0  # N·m: a rod that does not bend
FOLLOWER_GAIN = 0.5


class GripperMotors:
    """Drives the fingers' joints to the positions that belong to a width, geared to each other as by the hand's one motor.

    Attributes:
        links: PyBullet's link indices of the pads.
    """

    def __init__(self, client: int, body: int, model: RobotModel) -> None:
        """Find the joints and links that the model names.

        Raises:
            InvalidInput: the body lacks one of them.
        """
        self._client, self._body = client, body
        count = pybullet.getNumJoints(body, physicsClientId=client)
        infos = [pybullet.getJointInfo(body, index, physicsClientId=client) for index in range(count)]
        joints = {info[1].decode(): info[0] for info in infos}
        links = {info[12].decode(): info[0] for info in infos}
        simulated = model.simulated
        self._joints = _indices("joints", simulated.finger_joints, joints)
        self.links = _indices("links", simulated.finger_links, links)
        followers = _indices("joints", list(simulated.followers), joints)
        leaders = _indices("joints", list(simulated.followers.values()), joints)
        self._followers = list(zip(followers, leaders, strict=True))
        self._joint_of_width = _rising(simulated.travel_width, simulated.travel_joint)
        self._width_of_joint = _rising(simulated.travel_joint, simulated.travel_width)
        self._effort = [simulated.finger_effort or infos[index][10] for index in self._joints]
        self._gear_erp = simulated.gear_erp
        self._gains, self._dampings = [FINGER_GAIN] * len(self._joints), [1.0] * len(self._joints)
        self._axes = {info[0]: list(info[13]) for info in infos}

    def prepare(self) -> None:
        """Once after loading: friction of the pads; gears between the fingers."""
        for link in self.links:
            pybullet.changeDynamics(
                self._body,
                link,
                lateralFriction=FINGER_FRICTION,
                spinningFriction=FINGER_SPINNING_FRICTION,
                frictionAnchor=1,
                physicsClientId=self._client,
            )
        for other in self._joints[1:]:
            self._gear(self._joints[0], other)

    def teleport(self, width: float) -> None:
        """Stand at this width at once."""
        for joint in [*self._joints, *(follower for follower, _ in self._followers)]:
            pybullet.resetJointState(self._body, joint, self._position(width), 0.0, physicsClientId=self._client)

    def track(self, width: float) -> None:
        """Aim at this width."""
        if self._joints:
            pybullet.setJointMotorControlArray(
                self._body,
                self._joints,
                pybullet.POSITION_CONTROL,
                targetPositions=[self._position(width)] * len(self._joints),
                forces=self._effort,
                positionGains=self._gains,
                velocityGains=self._dampings,
                physicsClientId=self._client,
            )
        self._follow()

    def width(self) -> float:
        """The distance between the pads now, m."""
        if not self._joints:
            return 0.0
        states = pybullet.getJointStates(self._body, self._joints, physicsClientId=self._client)
        return _along(sum(state[0] for state in states) / len(states), *self._width_of_joint)

    def _follow(self) -> None:
        """Hold every follower where its leader is: a gear of PyBullet's would give way under a finger's load."""
        if not self._followers:
            return
        followers, leaders = (list(each) for each in zip(*self._followers, strict=True))
        states = pybullet.getJointStates(self._body, leaders, physicsClientId=self._client)
        pybullet.setJointMotorControlArray(
            self._body,
            followers,
            pybullet.POSITION_CONTROL,
            targetPositions=[state[0] for state in states],
            targetVelocities=[state[1] for state in states],
            forces=[FOLLOWER_EFFORT] * len(followers),
            positionGains=[FOLLOWER_GAIN] * len(followers),
            velocityGains=[1.0] * len(followers),
            physicsClientId=self._client,
        )

    def _position(self, width: float) -> float:
        """Where the finger joints are at a width."""
        return _along(float(width), *self._joint_of_width)

    def _gear(self, joint: int, leader: int) -> None:
        """Let a joint be where its leader is."""
        gear = pybullet.createConstraint(
            self._body,
            joint,
            self._body,
            leader,
            pybullet.JOINT_GEAR,
            self._axes[joint],
            [0, 0, 0],
            [0, 0, 0],
            physicsClientId=self._client,
        )
        pybullet.changeConstraint(gear, gearRatio=-1, erp=self._gear_erp, maxForce=GEAR_FORCE, physicsClientId=self._client)


def _rising(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    """A table from xs to ys, its xs rising."""
    pairs = sorted(zip(map(float, xs), map(float, ys), strict=True))
    return [x for x, _ in pairs], [y for _, y in pairs]


def _along(value: float, xs: list[float], ys: list[float]) -> float:
    """Linear between the points of a table whose xs rise, and on in the direction of its ends."""
    index = min(max(bisect_left(xs, value) - 1, 0), len(xs) - 2)
    share = (value - xs[index]) / (xs[index + 1] - xs[index])
    return ys[index] + share * (ys[index + 1] - ys[index])


def _indices(what: str, names: list[str], known: dict[str, int]) -> list[int]:
    """PyBullet's numbers of names."""
    missing = [name for name in names if name not in known]
    if missing:
        raise InvalidInput(f"robot: the simulated body lacks the {what} {missing}; it has {list(known)}")
    return [known[name] for name in names]
