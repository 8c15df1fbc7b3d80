"""The mirror shows what PyBullet holds: its geometry, its colours, its bodies, now."""

import colorsys
from collections.abc import Iterator

import numpy as np
import pybullet
import pytest
from mirror_stage import TINY_OFFSET_PX, add_box, add_shipped, intrinsics, tiny_picture

from robot.errors import InvalidInput
from robot.transforms import from_xyz_rpy, transform
from sim.cameras import look_at, pixel_directions
from sim.hits import Hits
from sim.meshes import shape_meshes
from sim.raycast import RaycastMirror
from sim.rays import RayBundle, Rays
from sim.world import World

SIZE = 128
HUES = {"red": (1, 0, 0, 1), "yellow": (1, 1, 0, 1), "green": (0, 1, 0, 1), "blue": (0, 0, 1, 1), "magenta": (1, 0, 1, 1)}


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.reset(0)
    return shared_world


def _picture(mirror: RaycastMirror, T_world_camera: np.ndarray, offset_px: tuple = (0.5, 0.5)) -> tuple[Rays, Hits]:
    rays = RayBundle(pixel_directions(intrinsics(SIZE), SIZE, SIZE, offset_px)).at(T_world_camera)
    return rays, mirror.cast(rays)


def _colour_at(mirror: RaycastMirror, origin: tuple, direction: tuple, shadows: bool = False) -> np.ndarray:
    ray = Rays.of(np.array([[*origin, *direction]]))
    return mirror.colours(ray, mirror.cast(ray), shadows)[0]


def test_depth_equals_pybullets_own_on_boxes(world: World) -> None:
    rng = np.random.default_rng(1)
    add_box(world.client, transform([0, 0, -0.05]), (2, 2, 0.1))
    for x in (-0.3, 0.0, 0.3):
        add_box(world.client, from_xyz_rpy([x, 0.1, 0.2], rng.uniform(-1, 1, 3).tolist()), (0.1, 0.2, 0.15))
    T_world_camera = look_at([0.7, -0.9, 0.8], [0, 0, 0.1])
    depth, bodies = tiny_picture(world.client, T_world_camera, SIZE)
    _, hits = _picture(RaycastMirror(world.client), T_world_camera, TINY_OFFSET_PX)
    mask = hits.body.reshape(SIZE, SIZE)
    assert (mask == bodies).mean() > 0.995
    same = (mask == bodies) & (bodies >= 0)
    assert same.mean() > 0.5
    assert np.abs(hits.distance.reshape(SIZE, SIZE) - depth)[same].max() < 1e-3


def test_every_primitive_lies_where_pybullet_draws_it(world: World) -> None:
    shapes = (
        dict(shapeType=pybullet.GEOM_CAPSULE, radius=0.04, length=0.15),
        dict(shapeType=pybullet.GEOM_CYLINDER, radius=0.05, length=0.15),
        dict(shapeType=pybullet.GEOM_SPHERE, radius=0.06),
        dict(shapeType=pybullet.GEOM_BOX, halfExtents=[0.05, 0.08, 0.1]),
    )
    for i, shape in enumerate(shapes):
        visual = pybullet.createVisualShape(**shape, physicsClientId=world.client)
        turn = pybullet.getQuaternionFromEuler([0.5, 0.3 * i, 0.2])
        pybullet.createMultiBody(0, -1, visual, [0.3 * i - 0.45, 0, 0], turn, physicsClientId=world.client)
    T_world_camera = look_at([0.0, -1.5, 0.4], [0, 0, 0])
    _, hits = _picture(RaycastMirror(world.client), T_world_camera, TINY_OFFSET_PX)
    assert set(hits.body.tolist()) == {-1, 0, 1, 2, 3}
    assert (hits.body.reshape(SIZE, SIZE) == tiny_picture(world.client, T_world_camera, SIZE)[1]).mean() > 0.99


@pytest.mark.parametrize(("kind", "dimensions"), [(pybullet.GEOM_CAPSULE, (0.2, 0.05, 0)), (pybullet.GEOM_SPHERE, (0.05,) * 3)])
def test_round_things_are_round_to_half_a_millimetre(kind: int, dimensions: tuple[float, ...]) -> None:
    (mesh,) = shape_meshes(kind, dimensions, "", (0.0,) * 3, (0.0, 0.0, 0.0, 1.0), (1.0,) * 4)
    points = np.concatenate([mesh.vertices, mesh.vertices[mesh.faces].mean(axis=1)])
    half = dimensions[0] / 2 if kind == pybullet.GEOM_CAPSULE else 0.0
    points[:, 2] -= points[:, 2].clip(-half, half)  # to the axis
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 0.05, atol=5e-4)


def test_inertial_frames_shift_nothing(world: World) -> None:
    for i, offset in enumerate(([0, 0, 0], [0.05, -0.1, 0.2])):
        visual = pybullet.createVisualShape(
            pybullet.GEOM_BOX, halfExtents=[0.05, 0.1, 0.07], visualFramePosition=[0.1, 0, 0.1], physicsClientId=world.client
        )
        pybullet.createMultiBody(
            1.0, -1, visual, [0.4 * i, 0, 0], baseInertialFramePosition=offset, physicsClientId=world.client
        )
    T_world_camera = look_at([0.3, -1.3, 0.5], [0.2, 0, 0.1])
    _, bodies = tiny_picture(world.client, T_world_camera, SIZE)
    _, hits = _picture(RaycastMirror(world.client), T_world_camera, TINY_OFFSET_PX)
    assert (hits.body.reshape(SIZE, SIZE) == bodies).mean() > 0.995


def test_instance_mask_of_the_arm_equals_pybullets_segmentation(world: World) -> None:
    add_shipped(world.client, "plane.urdf", (0, 0, -0.625))
    add_shipped(world.client, "table/table.urdf", (0.5, 0, -0.625))
    robot = add_shipped(world.client, "franka_panda/panda.urdf")
    for joint, position in enumerate((0.3, -0.5, 0.2, -2.2, 0.1, 1.9, 0.785)):
        pybullet.resetJointState(robot, joint, position, physicsClientId=world.client)
    T_world_camera = look_at([1.3, -0.8, 0.8], [0.2, 0, 0.3])
    depth, bodies = tiny_picture(world.client, T_world_camera, SIZE)
    _, hits = _picture(RaycastMirror(world.client), T_world_camera, TINY_OFFSET_PX)
    mask = hits.body.reshape(SIZE, SIZE)
    assert (mask == robot).sum() > 500
    near = depth < 0.99 * 10
    assert (mask == bodies)[near].mean() > 0.99
    on_robot = (mask == robot) & (bodies == robot)
    assert np.quantile(np.abs(hits.distance.reshape(SIZE, SIZE) - depth)[on_robot], 0.8) < 1e-3  # along the ray


def test_ranges_equal_pybullets_ray_test(world: World) -> None:
    rng = np.random.default_rng(2)
    for _ in range(10):
        add_box(world.client, from_xyz_rpy(rng.uniform(-1, 1, 3).tolist(), rng.uniform(-3, 3, 3).tolist()), (0.3, 0.2, 0.4))
    ends = rng.normal(size=(500, 3))
    rays = np.concatenate([np.zeros((500, 3)), 2 * ends / np.linalg.norm(ends, axis=1, keepdims=True)], axis=1)
    answers = pybullet.rayTestBatch([[0, 0, 0]] * 500, rays[:, 3:].tolist(), physicsClientId=world.client)
    hits = RaycastMirror(world.client).cast(Rays.of(rays))
    same = hits.body == [answer[0] for answer in answers]
    assert same.mean() > 0.99  # the rest graze an edge
    both = same & hits.hit
    assert both.sum() > 50
    error = 2 * np.abs(hits.distance - np.array([answer[2] for answer in answers]))[both]
    assert np.median(error) < 1e-6
    assert np.quantile(error, 0.95) < 1e-3  # PyBullet's iterative test is out by a millimetre now and then


def test_moving_a_body_moves_its_image_and_moving_it_back_restores_every_byte(world: World) -> None:
    body = add_box(world.client, transform([0, 0, 0]), (0.2, 0.2, 0.2), HUES["red"])
    mirror = RaycastMirror(world.client)
    T_world_camera = look_at([0, -2, 0], [0, 0, 0])
    rays, before = _picture(mirror, T_world_camera)
    first = mirror.colours(rays, before)
    pybullet.resetBasePositionAndOrientation(body, [0.3, 0, 0], [0, 0, 0, 1], physicsClientId=world.client)
    _, moved = _picture(mirror, T_world_camera)
    columns = [np.flatnonzero(hits.hit.reshape(SIZE, SIZE).any(axis=0)).mean() for hits in (before, moved)]
    assert columns[1] - columns[0] == pytest.approx(0.3 / 1.9 * intrinsics(SIZE)[0, 0], abs=1.5)  # its front is 1.9 m away
    pybullet.resetBasePositionAndOrientation(body, [0, 0, 0], [0, 0, 0, 1], physicsClientId=world.client)
    rays, again = _picture(mirror, T_world_camera)
    assert again.distance.tobytes() == before.distance.tobytes()
    assert mirror.colours(rays, again).tobytes() == first.tobytes()


def test_bodies_that_come_and_go_are_noticed_and_an_empty_world_shows_nothing(world: World) -> None:
    mirror = RaycastMirror(world.client)
    ray = Rays.of(np.array([[0, -2, 0, 0, 1, 0]]))
    assert not mirror.cast(ray).hit[0]
    body = add_box(world.client, transform([0, 0, 0]), (0.2, 0.2, 0.2))
    assert mirror.cast(ray).body[0] == body
    pybullet.removeBody(body, physicsClientId=world.client)
    hits = mirror.cast(ray)
    assert hits.body[0] == -1
    assert np.isinf(hits.distance[0])


def test_colours_come_out_as_the_hue_they_are_named_after(world: World) -> None:
    for i, rgba in enumerate(HUES.values()):
        add_box(world.client, transform([i, 0, 0]), (0.5, 0.5, 0.5), rgba)
    mirror = RaycastMirror(world.client)
    for i, (name, rgba) in enumerate(HUES.items()):
        for direction in ((0, 0, -1), (0, 1, 0), (0, 0, 1)):  # its top, a side, its shaded underside
            rgb = _colour_at(mirror, (i, -2 * direction[1], -2 * direction[2]), direction)
            assert colorsys.rgb_to_hsv(*rgb / 255)[0] == pytest.approx(colorsys.rgb_to_hsv(*rgba[:3])[0], abs=0.01), name
            assert rgb.max() > 60, name


def test_recolouring_shows_after_refresh(world: World) -> None:
    body = add_box(world.client, transform([0, 0, 0]), (0.5, 0.5, 0.5), HUES["red"])
    mirror = RaycastMirror(world.client)
    pybullet.changeVisualShape(body, -1, rgbaColor=HUES["blue"], physicsClientId=world.client)
    mirror.refresh()
    red, _, blue = _colour_at(mirror, (0, 0, 2), (0, 0, -1))
    assert blue > 200 and red == 0


def test_textures_are_laid_where_the_mesh_says(world: World) -> None:
    add_shipped(world.client, "plane.urdf")  # a checkerboard of tiles of one metre
    mirror = RaycastMirror(world.client)
    tiles = {(x, y): _colour_at(mirror, (x, y, 1), (0, 0, -1)) for x in (0.5, 1.5, 2.5) for y in (0.5, 1.5, 2.5)}
    for (x, y), rgb in tiles.items():
        same_as_first = int(x) % 2 == int(y) % 2
        assert (np.abs(rgb.astype(int) - tiles[0.5, 0.5]).max() < 3) == same_as_first


def test_what_stands_in_the_sun_throws_a_shadow(world: World) -> None:
    add_box(world.client, transform([0, 0, -0.05]), (3, 3, 0.1))
    add_box(world.client, transform([0, 0, 0.5]), (0.2, 0.2, 0.2))
    mirror = RaycastMirror(world.client)
    sun = np.array([0.45, -0.6, 1.2])
    shadow_x, shadow_y, _ = -sun / sun[2] * 0.5
    open_ground = _colour_at(mirror, (1, 1, 1), (0, 0, -1), shadows=True)
    in_shadow = _colour_at(mirror, (shadow_x, shadow_y, 0.1), (0, 0, -1), shadows=True)
    without = _colour_at(mirror, (shadow_x, shadow_y, 0.1), (0, 0, -1), shadows=False)
    assert in_shadow.max() < 0.75 * open_ground.min()
    assert (without == open_ground).all()


def test_thinned_links_stay_within_a_millimetre_of_their_meshes(world: World) -> None:
    add_shipped(world.client, "franka_panda/panda.urdf")
    T_world_camera = look_at([0.9, 0.0, 0.5], [0, 0, 0.5])
    _, bodies = tiny_picture(world.client, T_world_camera, 512)
    mirror = RaycastMirror(world.client)
    hits = mirror.cast(RayBundle(pixel_directions(intrinsics(512), 512, 512, TINY_OFFSET_PX)).at(T_world_camera))
    mask = hits.body.reshape(512, 512)
    outline_px = (mask != bodies).sum() / (np.abs(np.diff((bodies >= 0).astype(int), axis=1)).sum())
    metres_per_px = 0.9 / intrinsics(512)[0, 0]
    assert outline_px * metres_per_px < 1e-3
    assert len(hits.surfaces.faces) < 11_000


def test_a_mesh_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"no file '/nowhere\.obj'"):
        shape_meshes(pybullet.GEOM_MESH, (1.0, 1.0, 1.0), "/nowhere.obj", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (1.0,) * 4)
    with pytest.raises(InvalidInput, match="available: box, sphere"):
        shape_meshes(99, (1.0,), "", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), (1.0,) * 4)
