"""Perturbations: each does what its name says to a stage that stands, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from policies.policy import Policy
from robot.configuration import load
from robot.transforms import angle_between, from_xyz_rpy, transform
from sensors.faults import MODES
from sim.bullet import pybullet
from sim.evaluate import SCHEMAS
from sim.layout import ObjectConfig
from sim.perturbations.catalogue import perturbations
from sim.perturbations.disturbances import _named
from sim.perturbations.perturbation import Perturbation
from sim.perturbations.probes import blanked
from sim.perturbations.things import Distractors
from sim.stage import Stage, StageConfig
from tests.policies.tabletop import at_home, block, observe

SENTENCES = ["put the red block to the left of the blue bowl"]
OBJECTS = [
    ObjectConfig(kind="block", colour="red", x=0.45, y=-0.15, yaw=0.0),
    ObjectConfig(kind="bowl", colour="blue", x=0.55, y=0.15, yaw=0.0),
]


def config() -> StageConfig:
    loaded, _ = load("evaluate", [], SCHEMAS)
    base = StageConfig(robot=loaded.robot, sensors=loaded.sensors, agreement=None)
    return replace(base, scene=replace(loaded.scene, objects=OBJECTS, always=[], settle_s=0.1))


CONFIG = config()
ALL = perturbations(CONFIG.sensors)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    made = Stage(CONFIG)
    yield made
    made.close()


def begun(stage: Stage, name: str):
    """The stage under a perturbation, and what is called once a policy tick."""
    perturbation = ALL[name]
    harder = perturbation.config(CONFIG, SENTENCES, random())
    stage.reset(3, harder, perturbation.light(), perturbation.placed(harder.sensors, random()))
    return perturbation.begin(stage, SENTENCES, random())


def random() -> np.random.Generator:
    return np.random.default_rng(5)


def position(stage: Stage, name: str) -> np.ndarray:
    return stage.scene.pose(stage.scene.object(name))[:3, 3]


def front(stage: Stage) -> np.ndarray:
    """What the front camera sees first, (H, W, 3)."""
    frames = [packet for source in stage.robot.sources for packet in source.read() if packet.sensor == "front"]
    return frames[0].rgb


def test_there_is_one_for_every_sensor_and_every_fault() -> None:
    for name in ("front", "wrist", "lidar", "imu"):
        assert {f"{name}_{mode}" for mode in MODES} | {f"{name}_blanked"} <= set(ALL)
    assert {"none", "push", "sentence_swapped", "front_moved_5cm", "wrist_turned_5deg"} <= set(ALL)


def test_none_changes_nothing() -> None:
    nothing = ALL["none"]
    assert type(nothing) is Perturbation
    assert nothing.config(CONFIG, SENTENCES, random()) is CONFIG and nothing.placed(CONFIG.sensors, random()) is CONFIG.sensors


def test_a_fault_is_that_of_its_sensor_alone() -> None:
    (fault,) = ALL["lidar_stuck"].config(CONFIG, SENTENCES, random()).sensors.faults
    assert (fault.sensor, fault.mode) == ("lidar", "stuck") and not CONFIG.sensors.faults


@pytest.mark.parametrize(("name", "metres", "degrees"), [("front_moved_5cm", 0.05, 0.0), ("wrist_turned_5deg", 0.0, 5.0)])
def test_a_camera_is_moved_by_so_much(name: str, metres: float, degrees: float) -> None:
    camera = name.partition("_")[0]
    moved = ALL[name].placed(CONFIG.sensors, random())
    old, new = (from_xyz_rpy(each.cameras[camera].xyz, each.cameras[camera].rpy) for each in (CONFIG.sensors, moved))
    assert np.linalg.norm(new[:3, 3] - old[:3, 3]) == pytest.approx(metres, abs=1e-9)
    assert np.degrees(angle_between(old, new)) == pytest.approx(degrees, abs=0.01)
    others = [each for each in CONFIG.sensors.cameras if each != camera]
    assert all(moved.cameras[each] == CONFIG.sensors.cameras[each] for each in others)


def test_a_moved_camera_sees_from_elsewhere_and_fusion_does_not_know(stage: Stage) -> None:
    begun(stage, "none")
    plain, believed = front(stage), stage._believed.cameras["front"].T_mount_sensor
    begun(stage, "front_moved_5cm")
    assert (np.abs(front(stage).astype(int) - plain) > 30).any(axis=2).mean() > 0.02
    np.testing.assert_array_equal(stage._believed.cameras["front"].T_mount_sensor, believed)


def test_dim_light_is_dimmer_and_light_from_the_side_is_another(stage: Stage) -> None:
    begun(stage, "none")
    plain = front(stage)
    begun(stage, "dim_light")
    assert front(stage).mean() < 0.8 * plain.mean()
    begun(stage, "side_light")
    assert (np.abs(front(stage).astype(int) - plain) > 20).any(axis=2).mean() > 0.05


def test_distractors_are_neither_named_nor_twins() -> None:
    for seed in range(20):
        harder = Distractors(3).config(CONFIG, SENTENCES, np.random.default_rng(seed)).scene
        assert harder.objects[:2] == OBJECTS and len(harder.objects) == 5
        colours = [each.colour for each in harder.objects]
        assert len(set(colours)) == 5 and not {each.kind for each in harder.objects[2:]} & {"block", "bowl"}


def test_where_the_scene_draws_its_own_objects_it_draws_more() -> None:
    free = replace(CONFIG, scene=replace(CONFIG.scene, objects=[]))
    assert Distractors(3).config(free, SENTENCES, random()).scene.num_objects_max == free.scene.num_objects_max + 3


def test_physics_changes_every_mass_and_friction_within_its_bounds(stage: Stage) -> None:
    def dynamics() -> np.ndarray:
        bodies = [thing.body_id for thing in stage.scene.objects]
        return np.array([pybullet.getDynamicsInfo(body, -1, physicsClientId=stage.world.client)[:2] for body in bodies])

    begun(stage, "none")
    plain = dynamics()
    begun(stage, "physics")
    factor = dynamics() / plain
    assert (factor != 1).all() and (factor >= [0.5, 0.6]).all() and (factor <= [2.0, 1.4]).all()


def test_a_push_moves_the_arm_and_the_arm_comes_back(stage: Stage) -> None:
    def track(name: str) -> np.ndarray:
        begun(stage, name)
        angles = []
        for _ in range(600):
            stage.world.step()
            angles.append(stage.robot.body.state().joint_position)
        return np.array(angles)

    away = np.abs(track("push") - track("none")).max(axis=1)
    assert away[:475].max() == 0.0 and away[480:500].max() > 0.02
    assert away[-1] < 1e-6


def test_the_object_that_is_spoken_of_first_is_moved_once(stage: Stage) -> None:
    disturb = begun(stage, "object_moved")
    block, bowl = position(stage, "red block"), position(stage, "blue bowl")
    for tick in range(20):
        stage.world.wait_until((tick + 1) * 100_000_000)
        disturb()
        if tick < 8:
            assert np.linalg.norm(position(stage, "red block") - block) < 0.005
    assert np.linalg.norm(position(stage, "red block") - block) == pytest.approx(0.08, abs=0.01)
    assert np.linalg.norm(position(stage, "blue bowl") - bowl) < 0.005


def test_what_is_spoken_of_is_known_in_whatever_words(stage: Stage) -> None:
    for sentence in ("lay the blue dish beside the red cube", "the dish", "bowls"):
        assert _named(stage.scene.objects, sentence)[0] is stage.scene.object("blue bowl"), sentence
    assert _named(stage.scene.objects, "move the red cube left of the blue dish")[0] is stage.scene.object("red block")


def test_progress_is_undone_once(stage: Stage) -> None:
    disturb = begun(stage, "progress_undone")
    block = stage.scene.object("red block")
    began = stage.scene.pose(block)
    there = stage.scene.T_world_base @ transform(began[:3, 3] + [0.0, 0.1, 0.0], began[:3, :3])
    for expected in (0.0, 0.1):
        stage.world.place(block.body_id, there)
        disturb()
        assert np.linalg.norm(stage.scene.pose(block)[:3, 3] - began[:3, 3]) == pytest.approx(expected, abs=1e-6)


def test_another_sentence_is_heard() -> None:
    assert ALL["sentence_swapped"].sentence("pick up the can", "go home") == "go home"
    assert ALL["push"].sentence("pick up the can", "go home") == "pick up the can"


def test_a_blanked_camera_is_dark_and_leaves_no_points(stage: Stage) -> None:
    begun(stage, "none")
    packets = [packet for source in stage.robot.sources for packet in source.read()]
    seen = stage.robot.fusion.observe(packets, stage.robot.body.state(), stage.world.now_ns())
    dark = blanked(seen, ("front",), imu=True)  # type: ignore[arg-type]
    assert not dark.cameras["front"].rgb.any() and np.isnan(dark.cameras["front"].depth).all()
    assert dark.cameras["wrist"] is seen.cameras["wrist"]
    which = seen.cloud.sources.index("front")
    assert (seen.cloud.source == which).any() and not (dark.cloud.source == which).any()
    assert len(dark.cloud) == (seen.cloud.source != which).sum() and len(dark.imu.stamp_ns) == 0


def test_a_late_policy_answers_two_ticks_later_and_forgets_at_a_reset() -> None:
    said = iter(range(10))
    quick = SimpleNamespace(reset=lambda: None, plan=lambda observation, instruction: next(said), explain=lambda: None)
    late: Policy = ALL["latency"].policy(quick)  # type: ignore[arg-type]
    late.reset()
    observation = observe(block("red", 0.5, 0.0), state=at_home(0))
    assert [late.plan(observation, "go home") for _ in range(4)] == [None, None, 0, 1]
    late.reset()
    assert [late.plan(observation, "go home") for _ in range(3)] == [None, None, 4]
