"""The OpenGL camera is the ray-cast camera drawn by somebody else: same frames, same depth; without EGL it is refused."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pybullet
import pytest
from mirror_stage import TINY_OFFSET_PX, add_box

import sim.opengl
from robot.errors import HandsightError
from robot.transforms import from_xyz_rpy, transform
from sensors.calibration import Calibration, CameraConfig, SensorsConfig
from sim.cameras import SimulatedCamera
from sim.noise import CameraNoise
from sim.opengl import OpenGlCamera, Twin
from sim.raycast import RaycastMirror
from sim.shading import Light
from sim.world import World
from tests.contracts.source_contract import source_contract

CONFIG = CameraConfig(
    xyz=[0.0, 0.0, 0.0], rpy=[-np.pi / 2, 0.0, -np.pi / 2], width=96, height=64, vertical_fov=0.8, near=0.1, far=3.0
)
RED = (0.9, 0.1, 0.1, 1)


@pytest.fixture
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture
def tiny() -> Iterator[Twin]:
    twin = Twin(pybullet.ER_TINY_RENDERER)
    yield twin
    twin.close()


def _room(world: World) -> int:
    """A wall askew, and a red box before it, which is returned."""
    add_box(world.client, from_xyz_rpy([1.8, 0.1, 0], [0.1, 0.2, 0.3]), (0.1, 6, 6))
    return add_box(world.client, from_xyz_rpy([1.0, 0.15, 0.1], [0.3, 0.2, 0.5]), (0.2, 0.2, 0.2), RED)


def _cameras(
    world: World, twin: Twin, offset_px: tuple[float, float], light: Light | None = None
) -> tuple[OpenGlCamera, SimulatedCamera]:
    """One of each in the same place; the ray-cast one samples pixels where the other does, `offset_px` from their corner."""
    mounted = Calibration.from_config(SensorsConfig(cameras={"front": CONFIG})).cameras["front"]
    K = mounted.K.copy()
    K[:2, 2] -= np.array(offset_px) - 0.5
    mirror = RaycastMirror(world.client, light)
    drawn = OpenGlCamera(twin, mirror, world, "front", mounted, lambda: np.eye(4), CONFIG)
    cast = SimulatedCamera(mirror, world, "front", replace(mounted, K=K), lambda: np.eye(4), CONFIG)
    return drawn, cast


def _assert_same(drawn: OpenGlCamera, cast: SimulatedCamera) -> None:
    """Depth agrees to a millimetre but at silhouettes, and what is red in one is in the other."""
    (rgb, depth), (rgb_cast, depth_cast) = drawn.render(), cast.render()
    assert rgb.shape == rgb_cast.shape and rgb.dtype == np.uint8 and depth.dtype == np.float32
    red, red_cast = (picture[..., 0] > 2.0 * picture[..., 1] for picture in (rgb, rgb_cast))
    assert red.sum() > 200
    assert (red == red_cast).mean() > 0.99
    inside = np.abs(np.diff(depth_cast, axis=1, append=0)) + np.abs(np.diff(depth_cast, axis=0, append=0)) < 0.1
    error = np.abs(depth - depth_cast)[inside & (red == red_cast)]
    assert error.size > 0.8 * depth.size
    assert np.nanmax(error) < 1e-3


def test_depth_and_colours_agree_with_the_ray_cast_by_the_software_renderer(world: World, tiny: Twin) -> None:
    box = _room(world)
    drawn, cast = _cameras(world, tiny, TINY_OFFSET_PX)
    _assert_same(drawn, cast)
    pybullet.resetBasePositionAndOrientation(box, [1, -0.2, 0], [0, 0, 0, 1], physicsClientId=world.client)
    _assert_same(drawn, cast)


def test_depth_and_colours_agree_with_the_ray_cast_by_opengl(world: World) -> None:
    try:
        twin = Twin()
    except HandsightError as refusal:
        pytest.skip(str(refusal))
    _room(world)
    _assert_same(*_cameras(world, twin, (0.5, 0.5)))
    twin.close()


def test_what_is_lit_less_is_darker_for_both(world: World, tiny: Twin) -> None:
    _room(world)
    dim = Light(sun=0.3 * Light().sun, sky=0.3 * Light().sky, ground=0.3 * Light().ground)
    usual, dark = (
        np.array([each.render()[0].mean() for each in _cameras(world, tiny, TINY_OFFSET_PX, light)]) for light in (None, dim)
    )
    assert dark / usual == pytest.approx(np.sqrt(0.3), abs=0.1)


def test_it_keeps_the_contract_of_a_source(world: World, tiny: Twin) -> None:
    _room(world)
    drawn, _ = _cameras(world, tiny, TINY_OFFSET_PX)
    source_contract(drawn, world, lambda: world.wait_until(world.now_ns() + 40_000_000))


def test_incidence_comes_from_the_depth_of_the_neighbours(world: World, tiny: Twin) -> None:
    add_box(world.client, transform([1.0, 0, 0]), (0.1, 9, 9))
    cosine = _cameras(world, tiny, TINY_OFFSET_PX)[0].draw()[2]().reshape(64, 96)
    assert cosine[32, 48] == pytest.approx(1.0, abs=1e-3)
    corner = np.array([48, 32]) / Calibration.from_config(SensorsConfig(cameras={"front": CONFIG})).cameras["front"].K[0, 0]
    assert cosine[0, 0] == pytest.approx(1 / np.sqrt(1 + corner @ corner), abs=5e-3)


def test_the_noise_is_that_of_the_ray_cast_camera(world: World, tiny: Twin) -> None:
    _room(world)
    config = replace(CONFIG, depth_noise=0.01, grazing_cosine=0.1)
    mounted = Calibration.from_config(SensorsConfig(cameras={"front": config})).cameras["front"]
    noise = CameraNoise(config, np.random.default_rng(0))
    drawn = OpenGlCamera(tiny, RaycastMirror(world.client), world, "front", mounted, lambda: np.eye(4), config, noise=noise)
    assert drawn.render(1)[1].tobytes() == drawn.render(1)[1].tobytes()
    assert drawn.render(1)[1].tobytes() != drawn.render(2)[1].tobytes()


def test_without_egl_it_is_refused_in_one_sentence_that_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sim.opengl, "PROBE", "import os; os.abort()")  # as the renderer does where it finds no display
    sim.opengl._egl_library.cache_clear()
    try:
        with pytest.raises(HandsightError, match=r"can't be opened here.*sensors\.renderer=raycast"):
            Twin()
    finally:
        sim.opengl._egl_library.cache_clear()
