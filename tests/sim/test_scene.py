from itertools import combinations

import numpy as np
import pybullet
import pytest

from robot.errors import InvalidInput
from robot.transforms import transform
from sim.layout import ObjectConfig
from sim.objects import ASSETS, KINDS
from sim.scene import Scene, SceneConfig
from sim.world import World
from tests.sim.stages import move, panda, scene_with, tabletop


@pytest.fixture(scope="module")
def world():
    with World() as world:
        yield world


@pytest.mark.parametrize("seed", range(4))
def test_objects_rest_in_the_region_with_gaps_between_them(world, seed):
    config = tabletop()
    scene = Scene.build(world, config, panda(), seed)
    assert world.now_ns() == 0
    assert config.num_objects_min <= len(scene.objects) <= config.num_objects_max
    for thing in scene.objects:
        pose = scene.pose(thing)
        assert pose[2, 3] == pytest.approx(thing.half_height, abs=5e-4), thing.name
        assert pose[2, 2] > 0.9999 or thing.kind == "ball", f"{thing.name} does not stand upright"
        assert (pose[:2, 3] >= np.array(config.region_lower) + thing.radius - 2e-3).all()
        assert (pose[:2, 3] <= np.array(config.region_upper) - thing.radius + 2e-3).all()
        assert np.linalg.norm(pybullet.getBaseVelocity(thing.body_id, physicsClientId=world.client)[0]) < 0.01
    for one, other in combinations(scene.objects, 2):
        apart = np.linalg.norm((scene.pose(one) - scene.pose(other))[:2, 3])
        assert apart - one.radius - other.radius >= config.gap - 4e-3


def test_every_seed_has_one_red_block_and_one_blue_bowl_and_no_twins(world):
    config = tabletop()
    config.settle_s = 0.0
    for seed in range(12):
        looks = [(thing.kind, thing.colour) for thing in Scene.build(world, config, panda(), seed).objects]
        assert ("block", "red") in looks
        assert ("bowl", "blue") in looks
        assert len(set(looks)) == len(looks)


def test_same_seed_same_scene_and_other_seed_another(world):
    config = tabletop()
    config.settle_s = 0.1
    marks = []
    for seed in (5, 5, 6):
        Scene.build(world, config, panda(), seed)
        marks.append(world.fingerprint())
    assert marks[0] == marks[1] != marks[2]


def test_explicit_objects_take_precedence_and_stay_where_they_were_put(world):
    config = tabletop()
    config.objects = [ObjectConfig("can", "green", "normal", 0.45, -0.1, 0.0), ObjectConfig("block", "pink", "large")]
    scene = Scene.build(world, config, panda(), 0)
    assert [thing.name for thing in scene.objects] == ["green can", "pink block"]
    np.testing.assert_allclose(scene.pose(scene.object("green can"))[:3, 3], [0.45, -0.1, 0.035], atol=1e-3)
    assert scene.pose(scene.object("pink block"))[2, 3] == pytest.approx(0.025, abs=5e-4)


def test_table_surface_is_base_zero_below_the_whole_region(world):
    config = SceneConfig(objects=[ObjectConfig("block", "red", x=0.2, y=0.4)], settle_s=0.0)
    scene = Scene.build(world, config, panda(), 0)
    ends = [(x, y) for x in np.linspace(-0.1, 0.85, 5) for y in np.linspace(-0.35, 0.35, 4)]
    starts = [(scene.T_world_base @ transform([x, y, 0.1]))[:3, 3].tolist() for x, y in ends]
    stops = [(scene.T_world_base @ transform([x, y, -0.1]))[:3, 3].tolist() for x, y in ends]
    for hit in pybullet.rayTestBatch(starts, stops, physicsClientId=world.client):
        if hit[0] == scene.table_body:
            assert hit[3][2] - scene.T_world_base[2, 3] == pytest.approx(0.0, abs=1e-3)
    table_hits = pybullet.rayTestBatch(starts[4:], stops[4:], physicsClientId=world.client)
    assert all(hit[0] == scene.table_body for hit in table_hits)


def test_a_block_falls_into_the_bowl_and_stays(world):
    scene = scene_with(world, ObjectConfig("block", "red", x=0.6, y=-0.2), ObjectConfig("bowl", "blue", x=0.45, y=0.1))
    block, bowl = scene.objects
    move(world, scene, block, (0.45, 0.115, 0.13), yaw=0.4, steps=240)
    offset = (scene.pose(block) - scene.pose(bowl))[:3, 3]
    assert np.linalg.norm(offset[:2]) < 0.02
    assert -0.005 < offset[2] < 0.02
    assert np.linalg.norm(pybullet.getBaseVelocity(block.body_id, physicsClientId=world.client)[0]) < 0.005


def test_a_pushed_ball_comes_to_rest_on_the_table(world):
    scene = scene_with(world, ObjectConfig("ball", "red", x=0.5, y=0.0))
    ball = scene.objects[0]
    pybullet.resetBaseVelocity(ball.body_id, [0.1, 0.0, 0.0], [0.0, 0.0, 0.0], physicsClientId=world.client)
    for _ in range(480):
        world.step()
    assert np.linalg.norm(pybullet.getBaseVelocity(ball.body_id, physicsClientId=world.client)[0]) < 0.005
    assert scene.pose(ball)[0, 3] < 0.65


@pytest.mark.parametrize("kind", ["bowl", "plate", "mug", "can"])
def test_every_mesh_measures_what_its_kind_says(kind):
    lines = (ASSETS / f"{kind}.obj").read_text().splitlines()
    points = np.array([line.split()[1:] for line in lines if line.startswith("v ")], dtype=float)
    radius = np.linalg.norm(points[:, :2], axis=1)
    assert points[:, 2].max() == -points[:, 2].min() == pytest.approx(KINDS[kind].half_height)
    assert radius.max() == pytest.approx(KINDS[kind].radius, abs=1e-4)
    if KINDS[kind].hollow_radius:
        rim = radius[(np.abs(points[:, 2] - points[:, 2].max()) < 1e-9)]
        assert rim.min() == pytest.approx(KINDS[kind].hollow_radius, abs=1e-4)
        floor = points[(radius < 1e-9) & (points[:, 2] > points[:, 2].min()), 2]
        np.testing.assert_allclose(floor, -KINDS[kind].floor, atol=1e-4)


def test_unknown_names_and_crowds_are_refused_in_a_sentence(world):
    for field, value, message in (
        ("kind", "banana", "scene: kind: unknown 'banana'; available: block"),
        ("colour", "mauve", "scene: colour: unknown 'mauve'; available: red"),
        ("size", "huge", "scene: size: unknown 'huge'; available: small"),
    ):
        with pytest.raises(InvalidInput, match=message):
            Scene.build(world, SceneConfig(objects=[ObjectConfig(**{field: value})]), panda(), 0)
    crowd = SceneConfig(objects=[ObjectConfig("plate", colour) for colour in ("red", "green", "blue")] * 4)
    with pytest.raises(InvalidInput, match=r"12 objects 0\.06 m apart do not fit"):
        Scene.build(world, crowd, panda(), 0)
    with pytest.raises(InvalidInput, match="object: unknown 'red cup'; available: red block"):
        scene_with(world, ObjectConfig("block", "red"), settle_s=0.0).object("red cup")
