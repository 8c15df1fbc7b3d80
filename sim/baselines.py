"""The floor of every table: a policy that does nothing, and one that moves at random."""

from dataclasses import dataclass, field

import numpy as np

from policies.policy import Explanation
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Contact, Plan, PlanStatus
from robot.transforms import from_xyz_rpy, transform
from sensors.observation import Observation

TRIES = 50
EXPIRES_NS = 60_000_000_000


@dataclass
class NothingConfig:
    """The do-nothing policy's YAML: it waits so long, s, and takes that for done."""

    name: str = "nothing"
    wait_s: float = 1.0


@dataclass
class RandomConfig:
    """The random policy's YAML: one drawn pose after another, for so long, s; m and m/s.

    `lower` and `upper` are the corners of the box in base from which it draws where the tool goes.
    """

    name: str = "random"
    duration_s: float = 20.0
    speed: float = 0.25
    lower: list[float] = field(default_factory=lambda: [0.30, -0.30, 0.03])
    upper: list[float] = field(default_factory=lambda: [0.65, 0.30, 0.40])


class NothingPolicy:
    """A Policy that holds still."""

    def __init__(self, config: NothingConfig) -> None:
        """Hold how long it waits."""
        self._wait_ns = round(config.wait_s * 1e9)
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Begin to wait."""
        self._epoch += 1
        self._began_ns: int | None = None

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """None, and done once the time is over."""
        if self._began_ns is None:
            self._began_ns = observation.stamp_ns
        if observation.stamp_ns - self._began_ns < self._wait_ns:
            return None
        return _ended(observation, self._epoch, PlanStatus.DONE, "I have done nothing.")

    def explain(self) -> Explanation | None:
        """Nothing."""
        return None


class RandomPolicy:
    """A Policy that sends the hand to one drawn pose after another, pointing down, and may touch anything there."""

    def __init__(self, model: RobotModel, kinematics: Kinematics, config: RandomConfig, random: np.random.Generator) -> None:
        """Draw everything from these random numbers."""
        self._model, self._kinematics, self._config, self._random = model, kinematics, config, random
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Begin anew; the random numbers go on."""
        self._epoch += 1
        self._request_id = 0
        self._began_ns: int | None = None
        self._busy_until_ns = 0

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next drawn pose once the present one should be reached; done once the time is over."""
        now_ns = observation.stamp_ns
        if not any(health.valid for health in observation.health.values()):
            return _ended(observation, self._epoch, PlanStatus.REFUSED, "I see nothing: no sensor is alive.")
        if self._began_ns is None:
            self._began_ns = now_ns
        if now_ns - self._began_ns >= self._config.duration_s * 1e9:
            return _ended(observation, self._epoch, PlanStatus.DONE, "I have moved at random.")
        return None if now_ns < self._busy_until_ns else self._go(observation)

    def explain(self) -> Explanation | None:
        """Nothing."""
        return None

    def _go(self, observation: Observation) -> Plan | None:
        """A plan to a drawn pose that the arm reaches."""
        config, q = self._config, observation.state.joint_position
        for _ in range(TRIES):
            xyz = self._random.uniform(config.lower, config.upper).tolist()
            T_base_ee = from_xyz_rpy(xyz, [np.pi, 0.0, float(self._random.uniform(-np.pi / 2, np.pi / 2))])
            if self._kinematics.inverse(T_base_ee, q) is not None:
                break
        else:
            return None
        T_now = self._kinematics.forward(q)
        width = float(self._random.uniform(0.0, self._model.gripper_width_max))
        duration_s = max(1.0, float(np.linalg.norm(T_base_ee[:3, 3] - T_now[:3, 3])) / config.speed)
        self._busy_until_ns = observation.stamp_ns + round((duration_s + 0.5) * 1e9)
        self._request_id += 1
        return Plan(
            arm=CartesianTrajectory(
                stamp_ns=observation.stamp_ns,
                time_s=np.array([0.0, duration_s]),
                T_base_ee=np.stack([T_now, T_base_ee]),
                gripper_width=np.array([observation.state.gripper_width, width]),
            ),
            contacts=(Contact(box_base=self._reach(), start_s=0.0, end_s=duration_s),),
            reason="moving at random",
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + EXPIRES_NS,
            epoch=self._epoch,
            request_id=self._request_id,
        )

    def _reach(self) -> Box:
        """The whole workspace: it may touch wherever it goes."""
        lower, upper = np.array(self._model.workspace_lower), np.array(self._model.workspace_upper)
        return Box(pose=transform((lower + upper) / 2, np.eye(3)), size=upper - lower)


def _ended(observation: Observation, epoch: int, status: PlanStatus, reason: str) -> Plan:
    """A plan without motion that ends the instruction."""
    return Plan(
        status=status,
        reason=reason,
        observation_stamp_ns=observation.stamp_ns,
        expires_ns=observation.stamp_ns + EXPIRES_NS,
        epoch=epoch,
        request_id=2**31,
    )
