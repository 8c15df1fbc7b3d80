"""Keyposes as rows of numbers, and back: the turn from looking straight down, the fingers, contact and time."""

import numpy as np

from policies.vla.keyposes import Keyposes
from robot.transforms import from_rotation_vector, to_rotation_vector, transform

NAMES = ("rotation_x", "rotation_y", "rotation_z", "gripper_width", "contact", "duration", "pause")
UNITS = ("rad", "rad", "rad", "m", "", "s", "s")
DOWN = np.diag([1.0, -1.0, -1.0])  # a tool that looks straight down with yaw 0; turns from there wrap only half round


def rows_of(keyposes: Keyposes) -> np.ndarray:
    """K keyposes as rows (K, 7): the turn about base's axes, width, contact (0 or 1), duration, pause."""
    turns = [to_rotation_vector(pose[:3, :3] @ DOWN.T) for pose in keyposes.T_base_ee]
    columns = [keyposes.gripper_width, keyposes.contact, keyposes.duration_s, keyposes.pause_s]
    return np.column_stack([np.reshape(turns, (-1, 3)), *columns])


def keyposes_from(places_base: np.ndarray, rows: np.ndarray, stamp_ns: int = 0) -> Keyposes:
    """The mirror: places (K, 3) in base and rows (K, 7) as keyposes that are begun at a stamp."""
    poses = [
        transform(place, from_rotation_vector(row[:3].copy()) @ DOWN) for place, row in zip(places_base, rows, strict=True)
    ]
    duration_s, pause_s = np.maximum(rows[:, 5:].T, 0.0)
    return Keyposes(
        T_base_ee=np.stack(poses) if poses else np.zeros((0, 4, 4)),
        gripper_width=np.maximum(rows[:, 3], 0.0),
        contact=rows[:, 4] > 0.5,
        duration_s=duration_s,
        pause_s=pause_s,
        until_ns=stamp_ns + np.rint(1e9 * np.cumsum(duration_s + pause_s)).astype(np.int64),
    )
