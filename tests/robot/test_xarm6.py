"""The second arm: its kinematics and shapes against the model that PyBullet ships, its gripper, and the main job with it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pybullet
import pybullet_data
import pytest

from robot.collision import CollisionShapes
from robot.configuration import load
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.transforms import angle_between, apply, transform
from sim.gripper import GripperMotors
from sim.stage import SCHEMAS, StageConfig

SPARE = 0.001  # m


@cache
def body() -> tuple[RobotModel, Kinematics, CollisionShapes]:
    config, _ = load("env", ["robot=xarm6"], {"env": StageConfig, **SCHEMAS})
    model = RobotModel.from_config(config.robot)
    kinematics = Kinematics(model)
    return model, kinematics, CollisionShapes(model, kinematics)


def random_joints(count: int, seed: int) -> np.ndarray:
    model = body()[0]
    return np.random.default_rng(seed).uniform(model.position_lower, model.position_upper, (count, model.num_joints))


def loaded(client: int) -> int:
    """PyBullet's own xArm in one of its worlds."""
    path = f"{pybullet_data.getDataPath()}/{body()[0].simulated.urdf}"
    return pybullet.loadURDF(path, useFixedBase=True, physicsClientId=client)


@pytest.fixture(scope="module")
def judge() -> Iterator[tuple[int, int, dict[str, int]]]:
    """PyBullet's own xArm: client, body, and link name → index."""
    client = pybullet.connect(pybullet.DIRECT)
    arm = loaded(client)
    count = pybullet.getNumJoints(arm, physicsClientId=client)
    links = {pybullet.getJointInfo(arm, i, physicsClientId=client)[12].decode(): i for i in range(count)}
    yield client, arm, links
    pybullet.disconnect(client)


def pose(judge: tuple[int, int, dict[str, int]], q: np.ndarray) -> None:
    client, arm, links = judge
    for index, position in enumerate(q, start=links["link1"]):
        pybullet.resetJointState(arm, index, float(position), physicsClientId=client)


def test_every_link_stands_where_pybullet_puts_it(judge: tuple[int, int, dict[str, int]]) -> None:
    client, arm, links = judge
    _, kinematics, _ = body()
    for q in random_joints(30, seed=0):
        pose(judge, q)
        for name, T_base_link in kinematics.links(q).items():
            if name in links:
                state = pybullet.getLinkState(arm, links[name], computeForwardKinematics=True, physicsClientId=client)
                assert np.abs(apply(T_base_link, np.array(state[2])) - state[0]).max() < 1e-5


def test_the_hand_points_straight_down_at_home() -> None:
    model, kinematics, shapes = body()
    down = kinematics.forward(model.home)
    assert angle_between(down, transform([0, 0, 0], np.diag([1.0, -1.0, -1.0]))) < 1e-3
    assert shapes.self_distance(model.home) > 0.01


def test_the_capsules_contain_every_mesh(judge: tuple[int, int, dict[str, int]]) -> None:
    client, arm, links = judge
    model, _, shapes = body()
    pose(judge, model.home)
    for link, index in links.items():
        if link in model.simulated.finger_links or "knuckle" in link or index == 0:
            continue
        for mesh in pybullet.getCollisionShapeData(arm, index, physicsClientId=client):
            _, points = pybullet.getMeshData(arm, index, physicsClientId=client)
            assert mesh[1] == index
            state = pybullet.getLinkState(arm, index, computeForwardKinematics=True, physicsClientId=client)
            rotation = np.array(pybullet.getMatrixFromQuaternion(state[1])).reshape(3, 3)
            points_base = np.array(points) @ rotation.T + state[0]
            assert shapes.robot_mask(model.home, points_base.astype(np.float32), SPARE).mean() > 0.99, link


def test_the_gripper_opens_as_wide_as_it_is_told(judge: tuple[int, int, dict[str, int]]) -> None:
    client, arm, _ = judge
    model, _, _ = body()
    gripper = GripperMotors(client, arm, model)
    for width in (0.002, 0.02, 0.04, 0.06, model.gripper_width_max):
        gripper.teleport(width)
        assert abs(gripper.width() - width) < 1e-6
        pads = [
            pybullet.getLinkState(arm, link, computeForwardKinematics=True, physicsClientId=client) for link in gripper.links
        ]
        apart = np.linalg.norm(np.subtract(pads[0][4], pads[1][4])) - 2 * 0.026
        assert abs(apart - width) < 5e-4


def test_a_thing_off_the_middle_stops_both_fingers_as_one() -> None:
    model, client = body()[0], pybullet.connect(pybullet.DIRECT)
    arm = loaded(client)
    gripper = GripperMotors(client, arm, model)
    gripper.prepare()
    gripper.teleport(0.06)
    pads = [pybullet.getLinkState(arm, link, True, physicsClientId=client)[4] for link in gripper.links]
    shape = pybullet.createCollisionShape(pybullet.GEOM_SPHERE, radius=0.02, physicsClientId=client)
    off_the_middle = np.average(pads, axis=0, weights=[0.57, 0.43])
    pybullet.createMultiBody(0.0, shape, basePosition=off_the_middle.tolist(), physicsClientId=client)
    for _ in range(240):
        gripper.track(0.0)
        pybullet.stepSimulation(physicsClientId=client)
    width, count = gripper.width(), pybullet.getNumJoints(arm, physicsClientId=client)
    joints = {pybullet.getJointInfo(arm, i, physicsClientId=client)[1].decode(): i for i in range(count)}
    angles = [pybullet.getJointState(arm, joints[each], physicsClientId=client)[0] for each in model.simulated.finger_joints]
    pybullet.disconnect(client)
    assert 0.02 < width < 0.05
    assert abs(angles[0] - angles[1]) < 0.02


@pytest.mark.slow
def test_the_red_block_comes_into_the_blue_bowl(tmp_path: Path) -> None:
    from sim.command import SCHEMAS as COMMAND_SCHEMAS
    from sim.session import Session

    overrides = ["robot=xarm6", f"out={tmp_path / 'run'}", "video=false", "picture=false"]
    config, _ = load("command", overrides, COMMAND_SCHEMAS)
    session = Session(config, "", say=lambda line: None)
    assert session.perform("put the red block in the blue bowl").verdict.success
    session.close()
