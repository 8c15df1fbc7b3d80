"""What no sensor may say is refused where a packet is made."""

import numpy as np
import pytest

from robot.errors import InvalidInput
from sensors.packets import CameraFrame, ImuSample, LidarScan

RGB = np.zeros((4, 6, 3), np.uint8)
DEPTH = np.ones((4, 6), np.float32)
POINTS = np.ones((5, 3), np.float32)
STAMPS = np.arange(5)
BRIGHT = np.ones(5, np.float32)


def _frame(**changes: object) -> CameraFrame:
    return CameraFrame(**({"stamp_ns": 5, "sensor": "front", "rgb": RGB, "depth": DEPTH} | changes))  # type: ignore[arg-type]


def _scan(**changes: object) -> LidarScan:
    fields = {"stamp_ns": 5, "sensor": "lidar", "points_lidar": POINTS, "point_stamp_ns": STAMPS, "intensity": BRIGHT}
    return LidarScan(**(fields | changes))  # type: ignore[arg-type]


def _sample(**changes: object) -> ImuSample:
    fields = {"stamp_ns": 5, "sensor": "imu", "angular_velocity_imu": np.zeros(3), "specific_force_imu": np.zeros(3)}
    return ImuSample(**(fields | changes))  # type: ignore[arg-type]


def _with(array: np.ndarray, value: float) -> np.ndarray:
    changed = array.astype(float if array.dtype == np.float64 else np.float32).copy()
    changed.flat[0] = value
    return changed


@pytest.mark.parametrize("bad", [np.inf, -np.inf, 0.0, -1.0, 3e38])
def test_depth_that_no_camera_measures_is_refused(bad: float) -> None:
    with pytest.raises(InvalidInput, match=r"front\.depth"):
        _frame(depth=_with(DEPTH, bad))


def test_no_return_is_nan_and_passes() -> None:
    assert np.isnan(_frame(depth=_with(DEPTH, np.nan)).depth).sum() == 1  # type: ignore[arg-type]
    assert _frame(depth=None).depth is None


@pytest.mark.parametrize(
    "changes", [{"rgb": RGB[..., :2]}, {"rgb": RGB.astype(float)}, {"depth": DEPTH[:3]}, {"depth": DEPTH.astype(complex)}]
)
def test_pictures_of_a_wrong_shape_or_type_are_refused(changes: dict) -> None:
    with pytest.raises(InvalidInput, match=r"front\.(rgb|depth): expected"):
        _frame(**changes)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 3e38, -2e3])
def test_points_that_are_nowhere_are_refused(bad: float) -> None:
    with pytest.raises(InvalidInput, match=r"lidar\.points_lidar"):
        _scan(points_lidar=_with(POINTS, bad))


def test_a_sweep_whose_arrays_do_not_fit_is_refused() -> None:
    for changes in ({"point_stamp_ns": STAMPS[:4]}, {"intensity": BRIGHT[:4]}, {"point_stamp_ns": STAMPS * 1.5}):
        with pytest.raises(InvalidInput, match="lidar"):
            _scan(**changes)


def test_a_point_after_its_sweeps_end_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no point after"):
        _scan(point_stamp_ns=STAMPS + 2)


@pytest.mark.parametrize("field", ["angular_velocity_imu", "specific_force_imu"])
@pytest.mark.parametrize("bad", [[np.nan, 0, 0], [0, np.inf, 0], [0, 0], [1e9, 0, 0]])
def test_samples_that_no_imu_gives_are_refused(field: str, bad: list) -> None:
    with pytest.raises(InvalidInput, match="imu"):
        _sample(**{field: np.array(bad, dtype=float)})


@pytest.mark.parametrize("make", [_frame, _scan, _sample])
@pytest.mark.parametrize("stamp_ns", [-1, 1.5, True, None, "now"])
def test_a_stamp_is_a_count_of_nanoseconds(make, stamp_ns: object) -> None:
    with pytest.raises(InvalidInput, match="stamp_ns: expected a whole number"):
        make(stamp_ns=stamp_ns)


def test_a_packet_can_not_be_written_to() -> None:
    for array in (_frame().rgb, _frame().depth, _scan().points_lidar, _sample().specific_force_imu):
        assert array is not None and not array.flags.writeable
