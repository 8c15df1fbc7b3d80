"""Observations as rows of `observations/`, and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from policies.storage.packets import pack_depth, state_of, state_row, unpack_depth
from robot.errors import InvalidInput
from robot.state import RobotState
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.packets import CameraFrame, Packet
from sensors.pointcloud import PointCloud, from_points

POINT_UNIT = 2.0**-12  # m: what clouds are rounded to, half of it less than the depth's own unit; halves their bytes
LEAVABLE = ("cloud", "lidar", "imu", "health", "odom_covariance")  # what of an observation a log may do without
UNKNOWN = {"K": (3, 3), "T_base_camera": (4, 4)}


@dataclass
class Sizes:
    """How long what varies is made in a log; the same in all logs that are trained on together.

    Attributes:
        cloud_points: N of the fused cloud; of more points, every so-manyth is kept.
        lidar_points: N of a sweep.
        imu_samples: S; of more samples, the newest are kept.
    """

    cloud_points: int = 8192
    lidar_points: int = 8192
    imu_samples: int = 128


class ObservationPacker:
    """Turns the observations of one episode into rows.

    Attributes:
        attributes: what the rows refer to by number: `sources` of points, `reasons` of health.
    """

    def __init__(self, sizes: Sizes) -> None:
        """Begin with no reasons."""
        self._sizes = sizes
        self._reasons = {"": 0}
        self._sources: tuple[str, ...] = ()

    @property
    def attributes(self) -> dict[str, list[str]]:
        """As the group's attributes hold them."""
        return {"sources": list(self._sources), "reasons": list(self._reasons)}

    def rows(self, observation: Observation) -> dict[str, Any]:
        """One observation, by path below `observations/`; what it lacks is left out."""
        self._sources = observation.cloud.sources or self._sources
        rows: dict[str, Any] = {"stamp_ns": np.int64(observation.stamp_ns)}
        rows |= {f"state/{key}": value for key, value in state_row(observation.state).items()}
        for name, view in observation.cameras.items():
            rows |= {f"cameras/{name}/{key}": value for key, value in _view_row(view).items()}
        rows |= {f"cloud/{key}": value for key, value in _cloud_row(observation.cloud, self._sizes.cloud_points).items()}
        for name, sweep in observation.lidar.items():
            row = _cloud_row(sweep, self._sizes.lidar_points)
            rows |= {f"lidar/{name}/{key}": row[key] for key in ("points_base", "count", "seen")}
            rows[f"lidar/{name}/valid"] = np.bool_(True)
        rows |= {f"imu/{key}": value for key, value in _imu_row(observation.imu, self._sizes.imu_samples).items()}
        for name, health in observation.health.items():
            rows |= {f"health/{name}/{key}": value for key, value in self._health_row(health).items()}
        keys = ("T_odom_base", "odom_covariance", "gravity_base", "contact")
        return rows | {key: np.asarray(getattr(observation, key)) for key in keys}

    def _health_row(self, health: SensorHealth) -> dict[str, Any]:
        """How a source is; a reason gets a number when it is first heard."""
        return {
            "valid": np.bool_(health.valid),
            "age_s": np.float64(health.age_s if np.isfinite(health.age_s) else np.nan),
            "reason": np.int32(self._reasons.setdefault(health.reason, len(self._reasons))),
        }


def rows_of_packets(stamp_ns: int, packets: Iterable[Packet]) -> dict[str, Any]:
    """The rows of a step whose geometry nobody knows: pictures and the robot's state, as they came, without fusion."""
    rows: dict[str, Any] = {"stamp_ns": np.int64(stamp_ns)}
    for packet in packets:
        if isinstance(packet, CameraFrame):
            view = CameraView(rgb=packet.rgb, depth=packet.depth, K=None, T_base_camera=None)
            rows |= {f"cameras/{packet.sensor}/{key}": value for key, value in _view_row(view).items()}
        elif isinstance(packet, RobotState):
            rows |= {f"state/{key}": value for key, value in state_row(packet).items()}
    return rows


def observation_of(rows: Mapping[str, np.ndarray], attributes: Mapping[str, Any]) -> Observation:
    """The observation in the rows of one step, by path below `observations/`; what a log lacks is empty or unknown.

    Raises:
        InvalidInput: the log has no robot state.
    """
    if "state/joint_position" not in rows:
        raise InvalidInput("observations: expected state/joint_position; a log without it holds no robot's observations")
    sources = tuple(attributes.get("sources", ()))
    names = {kind: _names(rows, kind) for kind in ("cameras", "lidar", "health", "state")}
    state = _below(rows, "state")
    state.setdefault("stamp_ns", rows["stamp_ns"])
    cameras = {name: _below(rows, f"cameras/{name}") for name in names["cameras"]}
    sweeps = {name: _below(rows, f"lidar/{name}") for name in names["lidar"]}
    health = {name: _health_of(_below(rows, f"health/{name}"), attributes.get("reasons", [""])) for name in names["health"]}
    seen = {name: _view_of(row) for name, row in cameras.items() if row.get("valid", True)}
    return Observation(
        stamp_ns=int(rows["stamp_ns"]),
        state=state_of(state),
        cameras=seen,
        lidar={name: _sweep_of(name, row, sources) for name, row in sweeps.items() if row.get("valid", True)},
        imu=_imu_of(_below(rows, "imu")),
        cloud=_cloud_of(_below(rows, "cloud"), sources),
        T_odom_base=rows.get("T_odom_base", np.eye(4)),
        odom_covariance=rows.get("odom_covariance", np.zeros((6, 6))),
        gravity_base=rows.get("gravity_base", np.array([0.0, 0.0, -9.81])),
        contact=bool(rows.get("contact", False)),
        health=health or {name: SensorHealth(age_s=0.0, valid=True) for name in seen},
    )


def sizes_of(observations: Mapping[str, np.ndarray]) -> Sizes:
    """The sizes that recorded observations have; the usual ones for what was not recorded."""
    usual = Sizes()
    sweeps = [values for path, values in observations.items() if path.startswith("lidar/") and path.endswith("points_base")]
    shapes = {
        "cloud_points": observations.get("cloud/points_base"),
        "lidar_points": sweeps[0] if sweeps else None,
        "imu_samples": observations.get("imu/stamp_ns"),
    }
    found = {key: getattr(usual, key) if array is None else array.shape[1] for key, array in shapes.items()}
    return Sizes(**found)


def stacked(rows: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The rows of many steps as arrays; what a step lacks is zeros."""
    first = {path: np.asarray(row) for each in reversed(rows) for path, row in each.items()}
    return {path: np.stack([each.get(path, np.zeros_like(like)) for each in rows]) for path, like in sorted(first.items())}


def _view_row(view: CameraView) -> dict[str, Any]:
    """A camera's view; NaN for a pose or intrinsics that are unknown."""
    row: dict[str, Any] = {"rgb": view.rgb, "valid": np.bool_(True), "has_depth": np.bool_(view.depth is not None)}
    row |= {key: np.full(shape, np.nan) if getattr(view, key) is None else getattr(view, key) for key, shape in UNKNOWN.items()}
    return row if view.depth is None else row | {"depth": pack_depth(view.depth)}


def _view_of(row: Mapping[str, np.ndarray]) -> CameraView:
    """The view in a row."""
    known = {key: None if key not in row or np.isnan(row[key]).any() else row[key] for key in UNKNOWN}
    depth = unpack_depth(row["depth"]) if "depth" in row and row.get("has_depth", True) else None
    return CameraView(rgb=row["rgb"], depth=depth, **known)


def _cloud_row(cloud: PointCloud, size: int) -> dict[str, Any]:
    """A cloud, rounded, cut to a size and padded to it."""
    keep = kept_rows(len(cloud), size)
    others = {key: getattr(cloud, key)[keep] for key in ("rgb", "coloured", "source")}
    fields = {"points_base": rounded(cloud.points_base[keep]), **others}
    row: dict[str, Any] = {key: padded(values, size) for key, values in fields.items()}
    return row | {"count": np.int32(len(keep)), "seen": np.int32(len(cloud))}


def kept_rows(count: int, size: int) -> np.ndarray:
    """Which of so many points are kept where there is room for `size`: all, or every so-manyth."""
    return np.arange(count) if count <= size else np.linspace(0, count - 1, size).astype(np.int64)


def rounded(points_base: np.ndarray) -> np.ndarray:
    """Points (N, 3) in m as logs have them; rounded twice is rounded once."""
    return (np.rint(points_base / POINT_UNIT) * POINT_UNIT).astype(np.float32)


def _cloud_of(row: Mapping[str, np.ndarray], sources: tuple[str, ...]) -> PointCloud:
    """The fused cloud in a row."""
    if not row:
        return from_points(np.zeros((0, 3), np.float32), None, 0, sources)
    count = int(row["count"])
    return PointCloud(sources=sources, **{key: row[key][:count] for key in ("points_base", "rgb", "coloured", "source")})


def _sweep_of(name: str, row: Mapping[str, np.ndarray], sources: tuple[str, ...]) -> PointCloud:
    """A LiDAR's sweep in a row."""
    number = sources.index(name) if name in sources else 0
    return from_points(row["points_base"][: int(row["count"])], None, number, sources)


def _imu_row(window: ImuWindow, size: int) -> dict[str, Any]:
    """An IMU's window, its newest samples, padded."""
    fields = {key: getattr(window, key)[-size:] for key in ("stamp_ns", "angular_velocity_imu", "specific_force_imu")}
    return {key: padded(values, size) for key, values in fields.items()} | {"count": np.int32(len(fields["stamp_ns"]))}


def _imu_of(row: Mapping[str, np.ndarray]) -> ImuWindow:
    """The window in a row."""
    if not row:
        return ImuWindow(
            stamp_ns=np.zeros(0, np.int64), angular_velocity_imu=np.zeros((0, 3)), specific_force_imu=np.zeros((0, 3))
        )
    count = int(row["count"])
    return ImuWindow(**{key: row[key][:count] for key in ("stamp_ns", "angular_velocity_imu", "specific_force_imu")})


def _health_of(row: Mapping[str, np.ndarray], reasons: Sequence[str]) -> SensorHealth:
    """How a source was."""
    age_s = float(row["age_s"])
    reason = reasons[int(row["reason"])]
    return SensorHealth(age_s=float("inf") if np.isnan(age_s) else age_s, valid=bool(row["valid"]), reason=reason)


def padded(values: np.ndarray, size: int) -> np.ndarray:
    """Values (n, …) with zeros behind them, (size, …)."""
    result = np.zeros((size, *values.shape[1:]), values.dtype)
    result[: len(values)] = values
    return result


def _names(rows: Mapping[str, np.ndarray], kind: str) -> list[str]:
    """The sensors of a kind that the rows speak of."""
    return list(dict.fromkeys(path.split("/")[1] for path in rows if path.startswith(f"{kind}/")))


def _below(rows: Mapping[str, np.ndarray], path: str) -> dict[str, np.ndarray]:
    """The rows below a path, by what follows it."""
    return {key.removeprefix(f"{path}/"): row for key, row in rows.items() if key.startswith(f"{path}/")}
