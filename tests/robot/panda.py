"""The Panda as its YAML describes it, for tests; and PyBullet's own Panda to judge it by."""

from functools import cache
from importlib.resources import files

import numpy as np
import pybullet
import pybullet_data
import yaml

from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.model import CapsuleConfig, RobotConfig, RobotModel, SimulatedBodyConfig


@cache
def config() -> RobotConfig:
    """The YAML as its schema."""
    fields = yaml.safe_load((files("configs") / "robot" / "panda.yaml").read_text())
    fields.pop("defaults")
    fields["capsules"] = [CapsuleConfig(**capsule) for capsule in fields["capsules"]]
    fields["simulated"] = SimulatedBodyConfig(**fields["simulated"])
    return RobotConfig(**fields)


@cache
def body() -> tuple[RobotModel, Kinematics, CollisionShapes]:
    """Model, kinematics and shapes, made once."""
    model = RobotModel.from_config(config())
    kinematics = Kinematics(model)
    return model, kinematics, CollisionShapes(model, kinematics)


def random_joints(count: int, seed: int) -> np.ndarray:
    """Postures (count, 7) within the limits."""
    model = body()[0]
    return np.random.default_rng(seed).uniform(model.position_lower, model.position_upper, (count, model.num_joints))


class Judge:
    """PyBullet's Panda: its own kinematics and its own distances, on its meshes."""

    def __init__(self) -> None:
        """Load it in a client of its own."""
        self.client = pybullet.connect(pybullet.DIRECT)
        path = f"{pybullet_data.getDataPath()}/franka_panda/panda.urdf"
        self.robot = pybullet.loadURDF(path, useFixedBase=True, physicsClientId=self.client)
        self.links = {"panda_link0": -1}
        for joint in range(pybullet.getNumJoints(self.robot, physicsClientId=self.client)):
            info = pybullet.getJointInfo(self.robot, joint, physicsClientId=self.client)
            self.links[info[12].decode()] = joint

    def pose(self, q: np.ndarray, gripper_width: float = 0.0) -> None:
        """Put the joints and fingers there."""
        for joint, position in [*enumerate(q), (9, gripper_width / 2), (10, gripper_width / 2)]:
            pybullet.resetJointState(self.robot, joint, float(position), physicsClientId=self.client)

    def link(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Origin (3,) and rotation (3, 3) of a link's frame in base, good to float32: the door rounds them."""
        state = pybullet.getLinkState(self.robot, self.links[name], computeForwardKinematics=True, physicsClientId=self.client)
        return np.array(state[4]), np.array(pybullet.getMatrixFromQuaternion(state[5])).reshape(3, 3)

    def mass_center(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """A link's centre of mass in the link's frame and in base, each (3,), good to float64."""
        state = pybullet.getLinkState(self.robot, self.links[name], computeForwardKinematics=True, physicsClientId=self.client)
        return np.array(state[2]), np.array(state[0])

    def distance_to_ball(self, center: np.ndarray, radius: float) -> float:
        """From the nearest mesh of a link that moves to a ball, m."""
        shape = pybullet.createCollisionShape(pybullet.GEOM_SPHERE, radius=radius, physicsClientId=self.client)
        ball = pybullet.createMultiBody(0.0, shape, basePosition=list(map(float, center)), physicsClientId=self.client)
        closest = pybullet.getClosestPoints(self.robot, ball, 5.0, physicsClientId=self.client)
        pybullet.removeBody(ball, physicsClientId=self.client)
        return min(point[8] for point in closest if point[3] >= 0)

    def distance_between(self, link: str, other: str) -> float:
        """Between the meshes of two links, m."""
        closest = pybullet.getClosestPoints(
            self.robot, self.robot, 5.0, self.links[link], self.links[other], physicsClientId=self.client
        )
        return min(point[8] for point in closest)

    def close(self) -> None:
        """Leave PyBullet."""
        pybullet.disconnect(self.client)
