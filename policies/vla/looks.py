"""Look: what a model is shown of one observation, still in base and in m; it can be moved, mirrored and robbed of sensors.

    Observation → look_of → (moved, mirrored, without: in training only) → frame_of → the model

The same two functions make a model's input in training and in running.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d, avg_pool2d

from policies.storage.observations import Sizes, kept_rows, rounded
from policies.storage.packets import pack_depth, unpack_depth
from policies.vla.config import STRIDE, VlaConfig
from robot.kinematics import Kinematics
from robot.transforms import apply, transform
from sensors.observation import CameraView, Observation
from sensors.pointcloud import PointCloud

MIRROR = np.diag([1.0, -1.0, 1.0, 1.0])  # y of base, and y of the tool, whose fingers are alike
TALL = 0.3  # m: the height that is a view's 1
GRAVITY = 9.81
HELD = 0.08  # m from the tool: there is what the hand holds
SHUT = 0.004  # m: fingers that are closer hold nothing
NEAR_PX = 6  # about a patch's middle: its depth is the median there
SIZES = Sizes()


@dataclass(frozen=True, eq=False, kw_only=True)
class Look:
    """One observation, as far as a model uses it.

    Attributes:
        points_base: (N, 3) the fused cloud, m, thinned as logs thin it; rgb (N, 3) uint8; coloured (N,) bool; source (N,)
            into `sources`.
        sweeps: LiDAR → (M, 3) its last sweep in base, m.
        pictures: camera → (h, w, 3) float32 in [0, 1], brought to the model's size.
        patches_base: camera → (P, 3) where each patch's middle is in base, m; NaN = unknown.
        T_base_ee: (4, 4) the tool; None where nobody knows kinematics.
        joints: (J,) as measured.
        gripper_width: m.
        holds: whether the robot knows of something in its hand.
        imu: (S, 6) rad/s and m/s² since the last observation.
        gravity_base: (3,) m/s².
        contact: whether the IMU felt a jolt.
        lost: sensors that can't be believed.
    """

    points_base: np.ndarray
    rgb: np.ndarray
    coloured: np.ndarray
    source: np.ndarray
    sources: tuple[str, ...]
    sweeps: Mapping[str, np.ndarray]
    pictures: Mapping[str, np.ndarray]
    patches_base: Mapping[str, np.ndarray]
    T_base_ee: np.ndarray | None
    joints: np.ndarray
    gripper_width: float
    holds: bool
    imu: np.ndarray
    gravity_base: np.ndarray
    contact: bool
    lost: frozenset[str]


def look_of(observation: Observation, config: VlaConfig, kinematics: Kinematics | None) -> Look:
    """What a model of this config is shown; sensors that it does not know, or that are not believed, are left out.

    All is thinned and rounded as logs have it, so that a live observation looks as it would to training.
    """
    lost = frozenset(name for name, health in observation.health.items() if not health.valid)
    views = {name: observation.cameras[name] for name in config.views if name in observation.cameras and name not in lost}
    cloud, state, imu = observation.cloud, observation.state, observation.imu
    keep = kept_rows(len(cloud), SIZES.cloud_points)
    return Look(
        points_base=rounded(cloud.points_base[keep]),
        rgb=cloud.rgb[keep],
        coloured=cloud.coloured[keep],
        source=cloud.source[keep],
        sources=cloud.sources,
        sweeps={name: _points(observation.lidar.get(name)) for name in config.lidars if name not in lost},
        pictures={name: resized(view.rgb, config.views[name]) for name, view in views.items()},
        patches_base={name: patches_of(view, config.views[name]) for name, view in views.items()},
        T_base_ee=None if kinematics is None else kinematics.forward(state.joint_position),
        joints=state.joint_position,
        gripper_width=state.gripper_width,
        holds=state.attached is not None,
        imu=np.concatenate([imu.angular_velocity_imu, imu.specific_force_imu], axis=1)[-SIZES.imu_samples :],
        gravity_base=observation.gravity_base,
        contact=observation.contact,
        lost=lost,
    )


def in_hand(look: Look, place_base: np.ndarray) -> bool:
    """Whether a place (3,) is where the hand holds something."""
    return look.holds and look.T_base_ee is not None and bool(np.linalg.norm(look.T_base_ee[:3, 3] - place_base) < HELD)


def moved(look: Look, T_new_base: np.ndarray) -> Look:
    """The same look if the base stood elsewhere: all that is in base moves, pictures stay what they are."""
    turn = T_new_base[:3, :3]
    return replace(
        look,
        points_base=_float32(apply(T_new_base, look.points_base)),
        sweeps={name: apply(T_new_base, points) for name, points in look.sweeps.items()},
        patches_base={name: apply(T_new_base, points) for name, points in look.patches_base.items()},
        T_base_ee=None if look.T_base_ee is None else T_new_base @ look.T_base_ee,
        gravity_base=turn @ look.gravity_base,
    )


def mirrored(look: Look, config: VlaConfig) -> Look:
    """The same look in a mirror that stands in base's x-z plane: left is right."""
    side = np.array([1.0, -1.0, 1.0])
    return replace(
        look,
        points_base=look.points_base * side.astype(np.float32),
        sweeps={name: points * side for name, points in look.sweeps.items()},
        pictures={name: picture[:, ::-1] for name, picture in look.pictures.items()},
        patches_base={name: _flipped(points, config.views[name]) * side for name, points in look.patches_base.items()},
        T_base_ee=None if look.T_base_ee is None else mirrored_pose(look.T_base_ee),
        imu=look.imu * np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0]),
        gravity_base=look.gravity_base * side,
    )


def mirrored_pose(T_base_ee: np.ndarray) -> np.ndarray:
    """Tool poses (..., 4, 4) in that mirror."""
    return MIRROR @ T_base_ee @ MIRROR


def without(look: Look, sensors: Collection[str]) -> Look:
    """The same look if these sensors had never said anything."""
    kept = ~np.isin(look.source, [number for number, name in enumerate(look.sources) if name in sensors])
    return replace(
        look,
        points_base=look.points_base[kept],
        rgb=look.rgb[kept],
        coloured=look.coloured[kept],
        source=look.source[kept],
        sweeps={name: points for name, points in look.sweeps.items() if name not in sensors},
        pictures={name: picture for name, picture in look.pictures.items() if name not in sensors},
        patches_base={name: points for name, points in look.patches_base.items() if name not in sensors},
        imu=look.imu[:0] if "imu" in sensors else look.imu,
        lost=look.lost | frozenset(sensors),
    )


def frame_of(look: Look, config: VlaConfig) -> dict[str, np.ndarray]:
    """The arrays of one frame, float32 but for `present` (M,) bool, which says what of `config.modalities` is there.

    top (5, X, Y): red, green, blue and height of the highest point over each cell, and whether there is one; lidar/<name>
    (2, X/2, Y/2): height and logarithm of the count; camera/<name> (3, h, w); patches/<name> (P, 3) m, 0 = unknown;
    imu (20,) and state (D,).
    """
    frame: dict[str, np.ndarray] = {}
    there = {"top": len(look.points_base) > 0, "imu": len(look.imu) > 0}
    if config.points:
        frame["top"] = top_view(look, config)
        for name in config.lidars:
            points = look.sweeps.get(name, np.zeros((0, 3)))
            there[name] = len(points) > 0
            frame[f"lidar/{name}"] = sweep_view(points, config)
    for name, (height, width) in config.views.items():
        there[name] = name in look.pictures
        empty = np.zeros((height, width, 3), np.float32)
        frame[f"camera/{name}"] = look.pictures.get(name, empty).transpose(2, 0, 1)
        unknown = np.zeros((height // STRIDE * (width // STRIDE), 3))
        frame[f"patches/{name}"] = np.nan_to_num(look.patches_base.get(name, unknown))
    frame["imu"], frame["state"] = imu_row(look), state_row(look, config)
    arrays = {key: np.ascontiguousarray(values, np.float32) for key, values in frame.items()}
    return {**arrays, "present": np.array([there.get(name, False) for name in config.modalities])}


def top_view(look: Look, config: VlaConfig) -> np.ndarray:
    """The fused cloud from above (5, X, Y); colours about gray, which is 0, as are they where there is none.

    A cloud as fine as the cells leaves a third of them empty, which would stand out more than any colour: they get the mean
    of their neighbours.
    """
    view = np.zeros((5, *config.top_shape), np.float32)
    upward = np.argsort(look.points_base[:, 2], kind="stable")  # the highest is written last
    points, cells, inside = _cells(look.points_base[upward], config, config.top_cell, config.top_shape)
    view[3][cells] = points[:, 2] / TALL
    view[4][cells] = 1.0
    shown = look.coloured[upward][inside]
    coloured = np.zeros(config.top_shape, np.float32)
    coloured[cells[0][shown], cells[1][shown]] = 1.0
    colours = look.rgb[upward][inside][shown].T / np.float32(127.5) - np.float32(1.0)
    view[:3, cells[0][shown], cells[1][shown]] = colours
    return np.concatenate([_filled(view[:3], coloured), _filled(view[3:4], view[4]), view[4:]])


def _filled(view: np.ndarray, known: np.ndarray) -> np.ndarray:
    """A view (C, X, Y) in which cells that are not known (X, Y) have the mean of those known beside them, if there are any."""
    channels = torch.from_numpy(np.concatenate([view, known[None]]))
    beside = avg_pool2d(channels[None], 3, stride=1, padding=1)[0].numpy()
    return np.where(known > 0, view, beside[:-1] / np.maximum(beside[-1:], np.float32(1e-6)))


def sweep_view(points_base: np.ndarray, config: VlaConfig) -> np.ndarray:
    """One LiDAR's sweep from above (2, X/2, Y/2), in cells twice as wide."""
    shape = (config.top_shape[0] // 2, config.top_shape[1] // 2)
    view = np.zeros((2, *shape), np.float32)
    upward = np.argsort(points_base[:, 2], kind="stable")
    points, cells, _ = _cells(points_base[upward], config, 2 * config.top_cell, shape)
    view[0][cells] = points[:, 2] / TALL
    counts = np.bincount(cells[0] * shape[1] + cells[1], minlength=shape[0] * shape[1])
    view[1] = np.log1p(counts).reshape(shape)
    return view


def imu_row(look: Look) -> np.ndarray:
    """An IMU window as numbers (20,): mean, spread and extreme of each axis, gravity's direction less down; contact last."""
    samples = look.imu / np.array([1.0] * 3 + [GRAVITY] * 3) if len(look.imu) else np.zeros((1, 6))
    spread, extreme = samples.std(axis=0), np.abs(samples - samples.mean(axis=0)).max(axis=0)
    lean = look.gravity_base[:2] / GRAVITY
    return np.concatenate([samples.mean(axis=0), spread, extreme[:5], lean, [float(look.contact)]])


def state_row(look: Look, config: VlaConfig) -> np.ndarray:
    """The robot's own state: the tool's place, two of its axes and the fingers, or the joints as they are measured.

    The last number says of "tool" whether the fingers are shut; of "hand" that too, or, as -1, that they hold something.
    """
    if config.state == "joints" or look.T_base_ee is None:
        return np.append(look.joints, look.gripper_width)
    T, closed = look.T_base_ee, float(look.gripper_width < SHUT)
    fingers = -1.0 if look.holds and config.state == "hand" else closed
    return np.concatenate([T[:3, 3], T[:3, 0], T[:3, 1], [10.0 * look.gripper_width, fingers]])


def resized(rgb: np.ndarray, size: list[int]) -> np.ndarray:
    """A picture (H, W, 3) uint8 brought to (h, w, 3) float32 in [0, 1], each pixel the mean of what it covers."""
    picture = torch.from_numpy(rgb.transpose(2, 0, 1).astype(np.float32) / np.float32(255.0))
    return adaptive_avg_pool2d(picture, (size[0], size[1])).numpy().transpose(1, 2, 0)


def patches_of(view: CameraView, size: list[int]) -> np.ndarray:
    """Where the middle of each patch (P, 3) is in base, m, by the median depth about it; NaN where nobody knows."""
    down, across = size[0] // STRIDE, size[1] // STRIDE
    if view.depth is None or view.K is None or view.T_base_camera is None:
        return np.full((down * across, 3), np.nan)
    height, width = view.depth.shape
    v, u = ((np.arange(count) + 0.5) / count * length for count, length in ((down, height), (across, width)))
    near = np.arange(-NEAR_PX, NEAR_PX + 1, 2)
    rows, columns = ((middle[:, None] + near).astype(int).clip(0, length - 1) for middle, length in ((v, height), (u, width)))
    about = unpack_depth(pack_depth(view.depth[rows[:, None, :, None], columns[None, :, None, :]])).reshape(down, across, -1)
    seen = np.sort(about, axis=-1)  # NaN last
    count = np.isfinite(about).sum(axis=-1)
    z = np.take_along_axis(seen, (count // 2)[..., None].clip(max=seen.shape[-1] - 1), axis=-1)[..., 0]
    x, y = (u - view.K[0, 2])[None] / view.K[0, 0] * z, (v - view.K[1, 2])[:, None] / view.K[1, 1] * z
    return apply(view.T_base_camera, np.stack([x, y, z], axis=-1).reshape(-1, 3))


def base_moved(yaw: float, x: float, y: float, about: np.ndarray) -> np.ndarray:
    """How coordinates change (4, 4) if the base turns by a yaw about a point (3,) in it and shifts."""
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0.0], [np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
    return transform(about + np.array([x, y, 0.0]) - turn @ about, turn)


def _cells(
    points: np.ndarray, config: VlaConfig, cell: float, shape: tuple[int, int]
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The points over the view, the cells that they are over, and which (N,) they are."""
    index = np.floor((points[:, :2] - np.array(config.top_lower)) / cell).astype(np.int64)
    inside = ((index >= 0) & (index < np.array(shape))).all(axis=1)
    inside &= (points[:, 2] > config.height_lower) & (points[:, 2] < config.height_upper)
    return points[inside], (index[inside, 0], index[inside, 1]), inside


def _flipped(patches: np.ndarray, size: list[int]) -> np.ndarray:
    """Patches (P, 3) of a picture that was flipped."""
    return patches.reshape(size[0] // STRIDE, size[1] // STRIDE, 3)[:, ::-1].reshape(-1, 3)


def _points(cloud: PointCloud | None) -> np.ndarray:
    """A sweep's points, thinned as logs thin them, none if there was no sweep."""
    if cloud is None:
        return np.zeros((0, 3))
    return rounded(cloud.points_base[kept_rows(len(cloud), SIZES.lidar_points)])


def _float32(values: np.ndarray) -> np.ndarray:
    """As the cloud has them."""
    return values.astype(np.float32)
