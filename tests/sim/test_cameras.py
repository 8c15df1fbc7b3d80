"""Simulated cameras keep the sensors' conventions: frames, pixels, stamps, and the contract of a source."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from mirror_stage import add_box

from robot.clock import tick_ns
from robot.errors import InvalidInput
from robot.transforms import apply, invert, transform
from sensors.calibration import Calibration, CameraConfig, SensorsConfig
from sim.cameras import SimulatedCamera, SpectatorCamera, look_at
from sim.rated import latest_tick
from sim.raycast import RaycastMirror
from sim.world import World
from tests.contracts.source_contract import source_contract

# At the origin of base, looking along base x: optical z = base x, optical x = -base y, optical y = -base z.
FORWARD = CameraConfig(
    xyz=[0.0, 0.0, 0.0], rpy=[-np.pi / 2, 0.0, -np.pi / 2], width=64, height=48, vertical_fov=0.8, near=0.1, far=2.0
)


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.reset(0)
    return shared_world


def _camera(world: World, config: CameraConfig = FORWARD, T_world_base: np.ndarray | None = None) -> SimulatedCamera:
    mounted = Calibration.from_config(SensorsConfig(cameras={"front": config})).cameras["front"]
    pose = np.eye(4) if T_world_base is None else T_world_base
    return SimulatedCamera(RaycastMirror(world.client), world, "front", mounted, lambda: pose, config)


def test_camera_keeps_the_contract_of_a_source(world: World) -> None:
    add_box(world.client, transform([1, 0, 0]), (0.2, 0.2, 0.2))
    source_contract(_camera(world), world, lambda: world.wait_until(world.now_ns() + 40_000_000))


def test_what_is_right_of_the_axis_lands_right_of_the_centre_and_what_is_above_lands_above(world: World) -> None:
    right = add_box(world.client, transform([1, -0.2, 0]), (0.1, 0.1, 0.1))
    above = add_box(world.client, transform([1, 0, 0.2]), (0.1, 0.1, 0.1))
    mask = _camera(world).body_mask()
    rows, columns = np.nonzero(mask == right)
    assert columns.min() > 32 and abs(rows.mean() + 0.5 - 24) < 0.51
    rows, columns = np.nonzero(mask == above)
    assert rows.max() < 24 and abs(columns.mean() + 0.5 - 32) < 0.51


def test_unprojected_pixels_lie_on_the_surface_that_was_seen(world: World) -> None:
    add_box(world.client, transform([1.0, 0, 0]), (0.2, 3, 3))
    T_world_base = transform([0.1, 0.2, 0.3])
    camera = _camera(world, T_world_base=T_world_base)
    K = Calibration.from_config(SensorsConfig(cameras={"front": FORWARD})).cameras["front"].K
    depth = camera.render()[1]
    v, u = np.mgrid[:48, :64] + 0.5
    points_camera = np.stack([(u - K[0, 2]) / K[0, 0] * depth, (v - K[1, 2]) / K[1, 1] * depth, depth], axis=-1)
    points_world = apply(camera.T_world_camera(), points_camera.reshape(-1, 3))
    np.testing.assert_allclose(points_world[:, 0], 0.9, atol=1e-5)
    np.testing.assert_allclose(depth, 0.8, atol=1e-5)  # along the axis: the same in every pixel of a flat wall


def test_depth_out_of_range_is_no_return(world: World) -> None:
    add_box(world.client, transform([0.05, -0.02, 0]), (0.02, 0.02, 0.02))
    add_box(world.client, transform([3, 0, 0]), (0.1, 9, 0.5))
    rgb, depth = _camera(world).render()
    assert np.isnan(depth).all()
    assert len(np.unique(rgb.reshape(-1, 3), axis=0)) > 1  # it is seen all the same


def test_stamps_lie_on_the_grid_of_the_rate_and_a_late_reader_gets_only_the_newest(world: World) -> None:
    camera = _camera(world)
    assert [frame.stamp_ns for frame in camera.read()] == [0]
    stamps = []
    for _ in range(24):
        world.step()
        stamps += [frame.stamp_ns for frame in camera.read()]
    assert stamps == [tick_ns(tick, 30) for tick in (1, 2, 3)]
    world.wait_until(world.now_ns() + 200_000_000)
    assert [frame.stamp_ns for frame in camera.read()] == [tick_ns(9, 30)]


@pytest.mark.parametrize("rate_hz", [7, 30, 240])
def test_latest_tick_is_the_inverse_of_tick_ns(rate_hz: int) -> None:
    for tick in (0, 1, 7, 1_000_003):
        assert latest_tick(tick_ns(tick, rate_hz), rate_hz) == tick
        assert latest_tick(tick_ns(tick + 1, rate_hz) - 1, rate_hz) == tick


def test_restored_camera_gives_the_same_frame_again(world: World) -> None:
    add_box(world.client, transform([1, 0, 0]), (0.2, 0.2, 0.2), mass=1.0)
    camera = _camera(world)
    world.parts.append(camera)
    saved = world.save()
    frames = []
    for _ in range(2):
        world.restore(saved)
        world.wait_until(100_000_000)
        frames += camera.read()
    assert frames[0].stamp_ns == frames[1].stamp_ns
    assert frames[0].rgb.tobytes() == frames[1].rgb.tobytes()
    assert frames[0].depth.tobytes() == frames[1].depth.tobytes()


def test_same_world_in_another_mirror_gives_the_same_bytes(world: World) -> None:
    add_box(world.client, transform([1, 0.1, 0]), (0.2, 0.2, 0.2), (0.9, 0.1, 0.1, 1))
    first, second = (_camera(world).render() for _ in range(2))
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


def test_camera_moves_with_what_it_is_mounted_to(world: World) -> None:
    add_box(world.client, transform([1, 0, 0]), (0.2, 3, 3))
    config = replace(FORWARD, xyz=[0.1, 0.0, 0.0])
    mounted = Calibration.from_config(SensorsConfig(cameras={"front": config})).cameras["front"]
    carrier = {"x": 0.0}
    camera = SimulatedCamera(
        RaycastMirror(world.client), world, "front", mounted, lambda: transform([carrier["x"], 0, 0]), config
    )
    np.testing.assert_allclose(np.nanmedian(camera.render()[1]), 0.8, atol=1e-5)
    carrier["x"] = 0.4
    np.testing.assert_allclose(np.nanmedian(camera.render()[1]), 0.4, atol=1e-5)


def test_look_at_puts_the_target_on_the_axis_with_up_at_the_top() -> None:
    T_world_camera = look_at([1.0, 2.0, 3.0], [0.0, 0.5, 1.0])
    target_camera = apply(invert(T_world_camera), np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(target_camera, [0, 0, np.sqrt(1 + 2.25 + 4)], atol=1e-12)
    assert T_world_camera[2, 1] < 0  # optical y points down
    np.testing.assert_allclose(np.linalg.det(T_world_camera[:3, :3]), 1.0)
    with pytest.raises(InvalidInput, match="line of sight"):
        look_at([0, 0, 1], [0, 0, 0])


def test_spectators_picture_has_smooth_edges_and_plain_faces(world: World) -> None:
    add_box(world.client, transform([0, 0, 0]), (0.3, 0.3, 0.3), (0, 0, 0, 1))
    mirror = RaycastMirror(world.client)
    T_world_camera = look_at([0.0, -1.0, 0.0], [0.02, 0, 0.03])
    rough, smooth = (SpectatorCamera(mirror, T_world_camera, 80, 60, samples=n).render() for n in (0, 8))
    assert set(np.unique(rough[..., 0])) <= {0, 226}
    assert len(np.unique(smooth[..., 0])) > 4
    assert (rough == smooth).all(axis=2).mean() > 0.85
