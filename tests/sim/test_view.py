"""What a view remembers changes nothing: its pictures are, to the byte, those made from nothing."""

from collections.abc import Iterator

import numpy as np
import pybullet
import pytest
from mirror_stage import add_box, add_shipped, intrinsics

from robot.transforms import from_xyz_rpy, transform
from sim.bounds import Balls
from sim.cameras import look_at, pixel_directions
from sim.grids import Grid, PictureGrid, TurnGrid
from sim.lidar import beam_directions
from sim.raycast import RaycastMirror
from sim.rays import RayBundle
from sim.view import View
from sim.world import World

SIZE = 96
DIRECTIONS = pixel_directions(intrinsics(SIZE), SIZE, SIZE)
EYE = look_at([1.2, -0.7, 0.7], [0.2, 0, 0.25])
TURNED = [0.0, 0.6, 0.0]


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    """A table, an arm over it and a box that can fall."""
    shared_world.reset(0)
    add_shipped(shared_world.client, "table/table.urdf", (0.5, 0, -0.625))
    add_shipped(shared_world.client, "kuka_iiwa/model.urdf")
    add_box(shared_world.client, transform([0.4, 0.3, 0.1]), (0.1, 0.1, 0.1), mass=1.0)
    return shared_world


def _move(world: World, step: int) -> None:
    """Put the arm and the box elsewhere."""
    for joint in range(7):
        pybullet.resetJointState(1, joint, 0.8 * np.sin(0.7 * step + joint), physicsClientId=world.client)
    pybullet.resetBasePositionAndOrientation(2, [0.4, 0.3 - 0.1 * step, 0.2], [0, 0, 0, 1], physicsClientId=world.client)


def _same_as_from_nothing(view: View, world: World, T_world_sensor: np.ndarray, directions: np.ndarray = DIRECTIONS) -> None:
    """Compare a view with a new mirror into which every ray is cast."""
    rays, fresh = RayBundle(directions).at(T_world_sensor), RaycastMirror(world.client)
    hits = fresh.cast(rays)
    sight = view.look(T_world_sensor)
    assert sight.distance.tobytes() == hits.distance.tobytes()
    assert sight.each(lambda rays, hits: hits.body).tobytes() == hits.body.tobytes()
    for shadows in (True, False):
        assert sight.colours(shadows).tobytes() == fresh.colours(rays, hits, shadows).tobytes()


def test_a_fixed_cameras_pictures_of_a_moving_arm_are_those_made_from_nothing(world: World) -> None:
    view = View(RaycastMirror(world.client), PictureGrid(DIRECTIONS, SIZE))
    pictures = set()
    for step in range(6):
        _move(world, step)
        _same_as_from_nothing(view, world, EYE)
        pictures.add(view.look(EYE).colours(True).tobytes())
    assert len(pictures) == 6


def test_a_camera_on_the_arm_sees_what_one_made_from_nothing_sees(world: World) -> None:
    view = View(RaycastMirror(world.client), PictureGrid(DIRECTIONS, SIZE))
    for step in range(4):
        _move(world, step)
        _same_as_from_nothing(view, world, world.pose(1, 6) @ from_xyz_rpy([0.06, 0, 0.05], [0.1 * step, 0, 0]))


def test_a_lidar_that_stands_still_measures_what_one_made_from_nothing_does(world: World) -> None:
    directions = beam_directions(np.radians(np.arange(-15, 16, 2)).tolist(), 180)
    view, T_world_lidar = (
        View(RaycastMirror(world.client), TurnGrid(directions, 16)),
        from_xyz_rpy([0.5, 0.9, 0.45], [0, 0.5, -1.57]),
    )
    for step in range(4):
        _move(world, step)
        _same_as_from_nothing(view, world, T_world_lidar, directions)


def test_furniture_that_is_put_elsewhere_is_seen_there(world: World) -> None:
    view = View(RaycastMirror(world.client), PictureGrid(DIRECTIONS, SIZE))
    for place in ([0.5, 0, -0.625], [0.5, 0.2, -0.5], [0.5, 0, -0.625]):
        pybullet.resetBasePositionAndOrientation(0, place, [0, 0, 0, 1], physicsClientId=world.client)
        _same_as_from_nothing(view, world, EYE)


def test_a_body_that_comes_is_seen_by_a_view_that_was_there_before(world: World) -> None:
    view = View(RaycastMirror(world.client), PictureGrid(DIRECTIONS, SIZE))
    _same_as_from_nothing(view, world, EYE)
    add_box(world.client, transform([0.6, -0.2, 0.1]), (0.2, 0.2, 0.2))
    _same_as_from_nothing(view, world, EYE)


def test_what_was_is_seen_again_by_the_poses_of_then(world: World) -> None:
    mirror = RaycastMirror(world.client)
    view = View(mirror, PictureGrid(DIRECTIONS, SIZE))
    _move(world, 0)
    then, before = mirror.poses(), view.look(EYE).distance
    _move(world, 3)
    assert view.look(EYE).distance.tobytes() != before.tobytes()
    assert view.look(EYE, then).distance.tobytes() == before.tobytes()


def test_what_stands_still_is_cast_once_however_often_the_arm_moves(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = RaycastMirror(world.client)
    view, counts = View(mirror, PictureGrid(DIRECTIONS, SIZE)), []
    cast, nearer = mirror.still.cast, mirror.moving.nearer
    monkeypatch.setattr(mirror.still, "cast", lambda rays: (counts.append(("still", len(rays))), cast(rays))[1])
    monkeypatch.setattr(
        mirror.moving,
        "nearer",
        lambda rays, pairs, d: (counts.append(("moving", len(np.unique(pairs[1])))), nearer(rays, pairs, d))[1],
    )
    for step in range(5):
        _move(world, step)
        view.look(EYE)
    assert [count for tree, count in counts if tree == "still"] == [SIZE**2]
    assert max(count for tree, count in counts if tree == "moving") < 0.7 * SIZE**2


def test_every_face_that_can_move_lies_in_a_ball_of_its_part(world: World) -> None:
    surfaces = RaycastMirror(world.client).cast(RayBundle(DIRECTIONS).at(EYE)).surfaces
    balls = Balls.around(surfaces)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), size=20).astype(np.float32)  # points all over each face
    first = surfaces.face_ranges[surfaces.num_still]
    for face in range(first, surfaces.sky, 7):
        points = weights @ surfaces.vertices_part[surfaces.faces[face]]
        own = balls.part == surfaces.part[face]
        away = np.linalg.norm(points[:, None] - balls.centre_part[own], axis=2) - balls.radius[own]
        assert (away.min(axis=1) <= 1e-6).all()
    assert balls.radius.max() < 0.12


BEAMS = beam_directions(np.radians(np.arange(-15, 16, 2)).tolist(), 180)
GRIDS = {"camera": PictureGrid(DIRECTIONS, SIZE), "lidar": TurnGrid(BEAMS, 16), "half a turn": TurnGrid(BEAMS[: 90 * 16], 16)}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_no_ray_that_meets_a_ball_is_left_out(grid: Grid) -> None:
    rng = np.random.default_rng(0)
    unit = grid.directions / np.linalg.norm(grid.directions, axis=1, keepdims=True)
    for _ in range(200):
        centre, radius = rng.normal(size=3) * [0.5, 0.5, 1], rng.uniform(0.005, 0.3)
        along = np.maximum(unit @ centre, 0)
        meets = np.linalg.norm(along[:, None] * unit - centre, axis=1) < radius
        near = np.zeros(len(unit), dtype=bool)
        near[grid.near(centre[None].astype(np.float32), np.array([radius], np.float32), np.zeros(1, int), 1)[1]] = True
        assert not (meets & ~near).any()


def test_few_rays_are_cast_that_meet_no_ball() -> None:
    centre, radius = np.array([[0.1, -0.05, 1.0]], np.float32), np.array([0.1], np.float32)
    for grid in (GRIDS["camera"], TurnGrid(BEAMS, 16)):
        place = centre if grid is GRIDS["camera"] else centre[:, [2, 0, 1]]
        near = grid.near(place, radius, np.zeros(1, int), 1)[1]
        unit = grid.directions / np.linalg.norm(grid.directions, axis=1, keepdims=True)
        meets = (np.linalg.norm((unit @ place[0])[:, None] * unit - place, axis=1) < radius) & (unit @ place[0] > 0)
        assert meets.sum() <= len(np.unique(near)) < 2.2 * meets.sum()
