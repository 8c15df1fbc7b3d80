"""The shipped set-up's sensors see what they are there for: the table, the arm, the tool."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

import configs
from robot.transforms import apply, invert
from sensors.calibration import Calibration, MountedCamera, SensorsConfig
from sim.lidar import beam_directions


@pytest.fixture(scope="module")
def config() -> SensorsConfig:
    node = OmegaConf.load(Path(configs.__file__).parent / "sensors/tabletop.yaml")
    del node["defaults"]
    result = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(SensorsConfig), node))
    assert isinstance(result, SensorsConfig)
    return result


def _pixels(camera: MountedCamera, points_mount: np.ndarray) -> np.ndarray:
    points_camera = apply(invert(camera.T_mount_sensor), points_mount)
    assert (points_camera[:, 2] > 0.05).all()
    projected = points_camera @ camera.K.T
    return projected[:, :2] / projected[:, 2:]


def _inside(camera: MountedCamera, points_mount: np.ndarray) -> bool:
    pixels = _pixels(camera, points_mount)
    return bool(((pixels >= 0) & (pixels < [camera.width, camera.height])).all())


def test_front_camera_sees_the_whole_working_area_and_the_arms_home(config: SensorsConfig) -> None:
    front = Calibration.from_config(config).cameras["front"]
    x, y, z = np.meshgrid([0.25, 0.75], [-0.4, 0.4], [0.0, 0.1])
    assert _inside(front, np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1))
    assert _inside(front, np.array([[0.0, 0.0, 0.0], [0.307, 0.0, 0.487]]))  # the robot's foot, the tool at home


def test_wrist_camera_sees_both_fingertips_upright_and_what_lies_ahead(config: SensorsConfig) -> None:
    wrist = Calibration.from_config(config).cameras["wrist"]
    fingertips_ee = np.array([[0.0, 0.04, 0.0], [0.0, -0.04, 0.0]])
    assert _inside(wrist, fingertips_ee)
    pixels = _pixels(wrist, np.concatenate([fingertips_ee, [[0.2, 0.0, 0.2]]]))
    assert (pixels[:2, 1] > 64).all() and pixels[2, 1] < 64  # ee x ahead is up in the picture
    assert pixels[0, 0] > 64 > pixels[1, 0]


def test_lidars_forward_beams_sweep_the_table(config: SensorsConfig) -> None:
    lidar = config.lidars["lidar"]
    T_base_lidar = Calibration.from_config(config).lidars["lidar"].T_mount_sensor
    directions = beam_directions(lidar.elevations, lidar.columns) @ T_base_lidar[:3, :3].T
    down = directions[directions[:, 2] < 0]
    on_table = T_base_lidar[:2, 3] + down[:, :2] * (T_base_lidar[2, 3] / -down[:, 2:])
    on_board = (np.abs(on_table[:, 0] - 0.5) < 0.75) & (np.abs(on_table[:, 1]) < 0.5)
    assert on_board.sum() > 1500
    assert np.ptp(on_table[on_board][:, 0]) > 1.0 and np.ptp(on_table[on_board][:, 1]) > 0.8


def test_vlp16_has_sixteen_beams_two_degrees_apart(config: SensorsConfig) -> None:
    np.testing.assert_allclose(np.degrees(config.lidars["lidar"].elevations), np.arange(-15, 16, 2), atol=1e-4)


def test_protective_groups_name_sensors_that_exist(config: SensorsConfig) -> None:
    known = {*config.cameras, *config.lidars}
    assert config.protective and all(set(group) <= known for group in config.protective)
