"""Truth: what the simulator knows of a scene, as a judge reads it; everything in base, m and s."""

import numpy as np

from robot.transforms import invert
from sim.bullet import pybullet
from sim.motors import JointMotors
from sim.objects import SceneObject
from sim.scene import Scene
from sim.world import World

STANDING = 0.9999
AT_REST_SPEED = 0.01
AT_REST_JOINT_SPEED = 0.05


class Truth:
    """Reads poses, contacts and joints from physics; changes nothing."""

    def __init__(self, scene: Scene, world: World) -> None:
        """Find the hand and the fingers of the scene's robot."""
        self.scene = scene
        self.client = world.client
        self._world = world
        self._motors = JointMotors(world, scene.robot_body, scene.model)
        count = pybullet.getNumJoints(scene.robot_body, physicsClientId=world.client)
        links = [pybullet.getJointInfo(scene.robot_body, i, physicsClientId=world.client)[12].decode() for i in range(count)]
        self._tool_link = links.index(scene.model.tool_link)

    def pose(self, body: int, link: int = -1) -> np.ndarray:
        """T_world_link (4, 4) of any body, its root link by default."""
        return self._world.pose(body, link)

    def position(self, thing: SceneObject) -> np.ndarray:
        """The middle (3,) of an object."""
        return self.scene.pose(thing)[:3, 3]

    def upright(self, thing: SceneObject) -> bool:
        """Whether its own z axis points up, within 37°."""
        return bool(self.scene.pose(thing)[2, 2] > 0.8)

    def bottom_and_top(self, thing: SceneObject) -> tuple[float, float]:
        """The heights between which it lies; PyBullet's boxes, up to 3 mm too large, serve only for what does not stand."""
        T_base_thing = self.scene.pose(thing)
        if T_base_thing[2, 2] > STANDING:
            return float(T_base_thing[2, 3]) - thing.half_height, float(T_base_thing[2, 3]) + thing.half_height
        lower, upper = pybullet.getAABB(thing.body_id, physicsClientId=self._world.client)
        return lower[2] - self.scene.T_world_base[2, 3], upper[2] - self.scene.T_world_base[2, 3]

    def at_rest(self, thing: SceneObject) -> bool:
        """Whether it moves by less than 1 cm/s."""
        linear, _ = pybullet.getBaseVelocity(thing.body_id, physicsClientId=self._world.client)
        return float(np.linalg.norm(linear)) < AT_REST_SPEED

    def held(self, thing: SceneObject) -> bool:
        """Whether every finger touches it."""
        robot, client = self.scene.robot_body, self._world.client
        return all(
            pybullet.getContactPoints(robot, thing.body_id, link, physicsClientId=client) for link in self._motors.gripper.links
        )

    def touching(self, thing: SceneObject, other: SceneObject) -> bool:
        """Whether one object presses on another."""
        return self._pressing(thing.body_id, other.body_id)

    def pressed_by_robot(self, thing: SceneObject) -> bool:
        """Whether the robot presses on an object with any part of it."""
        return self._pressing(self.scene.robot_body, thing.body_id)

    def _pressing(self, body: int, other: int, link: int | None = None) -> bool:
        """Whether there is a contact with force between two bodies; PyBullet also lists contacts that are only near."""
        of_link = {} if link is None else {"linkIndexA": link}
        contacts = pybullet.getContactPoints(body, other, **of_link, physicsClientId=self._world.client)
        return any(contact[9] > 0 for contact in contacts)

    def tool(self) -> np.ndarray:
        """T_base_ee (4, 4)."""
        T_world_tool_link = self._world.pose(self.scene.robot_body, self._tool_link)
        return invert(self.scene.T_world_base) @ T_world_tool_link @ self.scene.model.T_tool_link_ee

    def joint_position(self) -> np.ndarray:
        """(J,) rad."""
        return self._motors.read()[0]

    def arm_at_rest(self) -> bool:
        """Whether every joint moves by less than 0.05 rad/s."""
        return bool(np.abs(self._motors.read()[1]).max() < AT_REST_JOINT_SPEED)

    def gripper_width(self) -> float:
        """Distance between the finger pads."""
        return self._motors.read()[3]
