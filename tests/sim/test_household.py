"""The household scene: its drawer slides, its handle can be held, its crumbs stay where they fell."""

from collections.abc import Iterator

import numpy as np
import pybullet
import pytest

from robot.configuration import load
from robot.errors import InvalidInput
from robot.transforms import transform
from sim.fixtures import FixtureConfig, load_fixtures
from sim.motors import JointMotors
from sim.stage import SCHEMAS, Stage, StageConfig
from sim.world import World

HANDLE_BASE = np.array([0.66, 0.24, 0.072])


@pytest.fixture
def stage() -> Iterator[Stage]:
    config, _ = load("env", ["scene=household"], {"env": StageConfig, **SCHEMAS})
    made = Stage(config)
    yield made
    made.close()


def drawer(stage: Stage) -> float:
    """How far it stands out, m."""
    return pybullet.getJointState(stage.scene.fixtures["cabinet"], 0, physicsClientId=stage.world.client)[0]


def pull(stage: Stage, force: float, steps: int) -> None:
    for _ in range(steps):
        pybullet.applyExternalForce(
            stage.scene.fixtures["cabinet"],
            0,
            [-force, 0, 0],
            [0, 0, 0],
            pybullet.LINK_FRAME,
            physicsClientId=stage.world.client,
        )
        stage.world.step()


def test_the_drawer_moves_under_one_newton_but_not_under_a_tenth(stage: Stage) -> None:
    assert abs(drawer(stage)) < 1e-4
    pull(stage, 0.1, 120)
    assert abs(drawer(stage)) < 1e-3
    pull(stage, 1.0, 240)
    assert drawer(stage) > 0.13


def test_the_gripper_holds_the_handle_and_opens_the_drawer(stage: Stage) -> None:
    motors = JointMotors(stage.world, stage.scene.robot_body, stage.model)
    down = np.diag([1.0, -1.0, -1.0])
    q = stage.kinematics.inverse(transform(HANDLE_BASE.tolist(), down), stage.model.home)
    assert q is not None
    motors.teleport(q, 0.06)
    for tick in range(720):
        x = HANDLE_BASE[0] - 0.1 * np.clip((tick - 240) / 400, 0, 1)
        following = stage.kinematics.descend(transform([x, *HANDLE_BASE[1:]], down), q)
        assert following is not None
        motors.track(following, (following - q) * 240, 0.0)
        q = following
        stage.world.step()
    assert motors.read()[3] > 0.015
    assert 0.08 < drawer(stage) < 0.12


def test_a_dozen_crumbs_and_the_dustpan_lie_still_on_the_table(stage: Stage) -> None:
    bodies = [*stage.scene.crumbs, stage.scene.fixtures["dustpan"]]
    assert len(stage.scene.crumbs) == 12
    before = [stage.world.pose(body)[:3, 3] for body in bodies]
    for _ in range(120):
        stage.world.step()
    for body, place in zip(bodies, before, strict=True):
        assert np.linalg.norm(stage.world.pose(body)[:3, 3] - place) < 2e-3
        assert 0.62 < place[2] < 0.66


def test_an_unknown_fixture_is_refused_with_the_known_ones() -> None:
    world = World()
    with pytest.raises(InvalidInput, match=r"'sofa'; available: .*cabinet"):
        load_fixtures(world, [FixtureConfig(asset="sofa")], np.eye(4))
    world.close()
