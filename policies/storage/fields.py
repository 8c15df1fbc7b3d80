"""Fields: dtype, axes, unit and frame of every array of a demonstration log; what is written is checked against them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

import numpy as np

from robot.errors import InvalidInput, one_of

_ROBOT = """
stamp_ns           int64    {rows}                  ns      -
joint_position     float64  {rows} joint            rad     -
joint_velocity     float64  {rows} joint            rad/s   -
joint_torque       float64  {rows} joint            N·m     -
gripper_width      float64  {rows}                  m       -
base_twist         float64  {rows} axis             m/s,rad/s  base
attached_pose      float64  {rows} row column       m       ee
attached_size      float64  {rows} axis             m       ee
"""

# path  dtype ("any" = as it comes)  axes  unit ("-" = none)  frame, then "nan" where NaN stands for unknown
_TABLE = """
observations/stamp_ns                       int64    step                       ns      -
observations/cameras/*/rgb                  uint8    step height width colour   -       -
observations/cameras/*/depth                uint16   step height width          0.25mm  optical-z
observations/cameras/*/valid                bool     step                       -       -
observations/cameras/*/has_depth            bool     step                       -       -
observations/cameras/*/K                    float64  step row column            px      -           nan
observations/cameras/*/T_base_camera        float64  step row column            m       base        nan
observations/cloud/points_base              float32  step point axis            m       base
observations/cloud/rgb                      uint8    step point colour          -       -
observations/cloud/coloured                 bool     step point                 -       -
observations/cloud/source                   uint8    step point                 -       -
observations/cloud/count                    int32    step                       -       -
observations/cloud/seen                     int32    step                       -       -
observations/lidar/*/points_base            float32  step point axis            m       base
observations/lidar/*/count                  int32    step                       -       -
observations/lidar/*/seen                   int32    step                       -       -
observations/lidar/*/valid                  bool     step                       -       -
observations/imu/stamp_ns                   int64    step sample                ns      -
observations/imu/angular_velocity_imu       float64  step sample axis           rad/s   imu
observations/imu/specific_force_imu         float64  step sample axis           m/s²    imu
observations/imu/count                      int32    step                       -       -
observations/T_odom_base                    float64  step row column            m       odom
observations/odom_covariance                float64  step row column            m²,rad² odom
observations/gravity_base                   float64  step axis                  m/s²    base
observations/contact                        bool     step                       -       -
observations/health/*/valid                 bool     step                       -       -
observations/health/*/age_s                 float64  step                       s       -           nan
observations/health/*/reason                int32    step                       -       -
observations/foreign/*                      any      step                       unknown -
commands/stamp_ns                           int64    command                    ns      -
commands/joint_position                     float64  command joint              rad     -
commands/joint_velocity                     float64  command joint              rad/s   -
commands/gripper_width                      float64  command                    m       -
commands/level                              int8     command                    -       -
plans/step                                  int32    plan                       -       -
plans/stamp_ns                              int64    plan                       ns      -
plans/expires_ns                            int64    plan                       ns      -
plans/begin_ns                              int64    plan                       ns      -
plans/kind                                  uint8    plan                       -       -
plans/epoch                                 int64    plan                       -       -
plans/request_id                            int64    plan                       -       -
plans/count                                 int32    plan                       -       -
plans/time_s                                float64  plan waypoint              s       -
plans/gripper_width                         float64  plan waypoint              m       -
plans/T_base_ee                             float64  plan waypoint row column   m       base
plans/joint_position                        float64  plan waypoint joint        rad     -
plans/joint_velocity                        float64  plan waypoint joint        rad/s   -
plans/contact_count                         int32    plan                       -       -
plans/contact_pose                          float64  plan contact row column    m       base
plans/contact_size                          float64  plan contact axis          m       base
plans/contact_time_s                        float64  plan contact end           s       -
plans/contact_speed                         float64  plan contact               m/s     -
plans/contact_force                         float64  plan contact               N       -
plans/attached_pose                         float64  plan row column            m       ee
plans/attached_size                         float64  plan axis                  m       ee
plans/base_count                            int32    plan                       -       -
plans/base_begin_ns                         int64    plan                       ns      -
plans/base_time_s                           float64  plan waypoint              s       -
plans/T_odom_base                           float64  plan waypoint row column   m       odom
actions/values                              any      step dimension             unknown -
corrections/taken_over                      bool     step                       -       -
streams/*/step                              int32    packet                     -       -
streams/*/rgb                               uint8    packet height width colour -       -
streams/*/depth                             uint16   packet height width        0.25mm  optical-z
streams/*/has_depth                         bool     packet                     -       -
streams/*/points_lidar                      float32  point axis                 m       lidar
streams/*/point_stamp_ns                    int64    point                      ns      -
streams/*/intensity                         float32  point                      -       -
streams/*/end                               int64    packet                     -       -
streams/*/angular_velocity_imu              float64  packet axis                rad/s   imu
streams/*/specific_force_imu                float64  packet axis                m/s²    imu
facts/pose                                  float64  step object row column     m       base
facts/size                                  float64  object axis                m       object
facts/relations                             bool     step relation object object -      -
facts/articulation                          float64  step articulation          rad,m   -
facts/masks/*                               uint8    step height width          -       -
"""


@dataclass(frozen=True)
class Field:
    """What an array must be.

    Attributes:
        dtype: numpy's name; "any" for as it comes.
        axes: the names of its axes; more may follow where the dtype is "any".
        unit: SI, or the size of a count; "-" for none.
        frame: "-" for none.
        nan_ok: whether NaN stands for unknown.
    """

    dtype: str
    axes: tuple[str, ...]
    unit: str
    frame: str
    nan_ok: bool


def _parsed() -> dict[str, Field]:
    """The tables by path."""
    states = [("observations/state/", "step"), ("streams/*/", "packet")]
    lines = [prefix + line.format(rows=rows) for prefix, rows in states for line in _ROBOT.split("\n") if line]
    fields = {}
    for line in [*lines, *filter(None, _TABLE.split("\n"))]:
        path, dtype, *rest = line.split()
        nan_ok = rest[-1] == "nan"
        *axes, unit, frame = rest[:-1] if nan_ok else rest
        fields[path] = Field(dtype, tuple(axes), unit, frame, nan_ok)
    return fields


FIELDS = _parsed()


@cache
def field_of(path: str) -> Field:
    """The field of an array.

    Raises:
        InvalidInput: the format has no such array.
    """
    if path in FIELDS:
        return FIELDS[path]
    for pattern, field in FIELDS.items():
        if "*" in pattern and pattern.count("/") == path.count("/") and fnmatchcase(path, pattern):
            return field
    raise one_of("array", path, FIELDS)


def checked_rows(path: str, values: object) -> np.ndarray:
    """Rows as the array at this path holds them, the first axis included.

    Raises:
        InvalidInput: no such array, another dtype or number of axes, or values that are not finite.
    """
    field, array = field_of(path), np.asarray(values)
    dtype = array.dtype if field.dtype == "any" else np.dtype(field.dtype)
    if dtype.kind not in "biuf" or not np.can_cast(array.dtype, dtype, casting="same_kind"):
        raise InvalidInput(f"{path}: expected {'numbers' if field.dtype == 'any' else field.dtype}, got {array.dtype}")
    if array.ndim < len(field.axes) or (array.ndim > len(field.axes) and field.dtype != "any"):
        raise InvalidInput(f"{path}: expected axes ({', '.join(field.axes)}), got shape {array.shape}")
    array = array.astype(dtype.newbyteorder("<"), copy=False)
    if dtype.kind == "f":
        bad = np.isinf(array) if field.nan_ok else ~np.isfinite(array)
        if bad.any():
            row = int(np.argwhere(bad)[0][0])
            raise InvalidInput(f"{path}: {int(bad.sum())} values are not finite, the first in row {row}")
    return array


def checked_lengths(name: str, arrays: Mapping[str, np.ndarray]) -> int:
    """T of an episode's arrays.

    Raises:
        InvalidInput: observations without stamps, arrays of unequal length, or stamps that do not rise.
    """
    if "observations/stamp_ns" not in arrays and any(path.startswith("observations/") for path in arrays):
        raise InvalidInput(f"episode {name}: observations/stamp_ns is missing; expected the stamp of each step")
    lengths: dict[str, tuple[str, int]] = {}
    for path, values in arrays.items():
        part = path.partition("/")[0]
        part = part if part in ("commands", "plans") else "steps"
        if path != "facts/size":
            first, length = lengths.setdefault(part, (path, len(values)))
            if len(values) != length:
                raise InvalidInput(
                    f"episode {name}: {path} has {len(values)} rows, {first} has {length}; expected equally many"
                )
    for path, least in (("observations/stamp_ns", 1), ("commands/stamp_ns", 0)):
        wrong = np.flatnonzero(np.diff(arrays.get(path, np.zeros(0, np.int64))) < least)
        if len(wrong):
            before, after = arrays[path][wrong[0] : wrong[0] + 2]
            raise InvalidInput(f"episode {name}: {path}: row {wrong[0] + 1} is at {after} ns, the row before at {before} ns")
    return lengths.get("steps", ("", 0))[1]


def axes_of(path: str, ndim: int) -> list[str | None]:
    """The axes' names, as many as there are axes."""
    axes = field_of(path).axes
    return [*axes, *[None] * (ndim - len(axes))]


def attributes_of(path: str) -> dict[str, str]:
    """Unit and frame, as they stand in an array's metadata."""
    field = field_of(path)
    named = {"unit": field.unit, "frame": field.frame, "nan": "unknown" if field.nan_ok else "-"}
    return {key: value for key, value in named.items() if value != "-"}
