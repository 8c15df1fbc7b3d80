"""Keyposes with their positions as rows of numbers, and back; the contacts that they stand for."""

import numpy as np

from policies.vla import keypose_rows
from policies.vla.dimensions import Dimensions
from policies.vla.keyposes import SHORTEST_S, Keyposes
from robot.arrays import checked
from robot.errors import InvalidInput
from robot.model import RobotModel
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Contact
from robot.transforms import transform

NAMES, UNITS = ("x", "y", "z", *keypose_rows.NAMES), ("m", "m", "m", *keypose_rows.UNITS)
SPARE = 1e-3  # between bounds of a number that never changes, in its unit
MARGIN = 0.04  # round the hand in which it may touch, m
TOUCH_SPEED = 0.12  # m/s, at most


def rows_of(keyposes: Keyposes) -> np.ndarray:
    """K keyposes as rows (K, 10): position in base, then what `policies.vla.keypose_rows` says of each."""
    return np.column_stack([keyposes.T_base_ee[:, :3, 3], keypose_rows.rows_of(keyposes)])


def keyposes_from(rows: np.ndarray, stamp_ns: int) -> Keyposes:
    """The mirror: rows (K, 10) as keyposes that are begun at a stamp."""
    rows = checked("keyposes", rows, ("K", len(NAMES)))
    return keypose_rows.keyposes_from(rows[:, :3], rows[:, 3:], stamp_ns)


def keypose_dimensions(rows: np.ndarray) -> Dimensions:
    """Dimensions that hold all rows (N, 10): plans have no outliers, and a reach that is cut short misses its thing.

    Raises:
        InvalidInput: there are none.
    """
    if not len(rows):
        raise InvalidInput("plans: expected at least one keypose to take bounds of, got none")
    low, high = rows.min(axis=0), rows.max(axis=0)
    low[7:], high[7] = 0.0, 1.0  # of a way that is under way already, less than all is left
    same = high - low < SPARE
    return Dimensions(
        names=NAMES, units=UNITS, low=np.where(same, low - SPARE / 2, low), high=np.where(same, high + SPARE / 2, high)
    )


def contacts_of(keyposes: Keyposes, arm: CartesianTrajectory, model: RobotModel) -> tuple[Contact, ...]:
    """Leave to touch on each way that is marked as one, around the hand, in the trajectory's own time."""
    moving_s = np.maximum(keyposes.duration_s, SHORTEST_S)
    ends_s = np.cumsum(moving_s + keyposes.pause_s)
    begins_s = ends_s - moving_s - keyposes.pause_s
    stops = np.concatenate([arm.T_base_ee[:1, :3, 3], keyposes.T_base_ee[:, :3, 3]])  # (K + 1, 3)
    return tuple(
        Contact(
            box_base=_room(stops[row : row + 2], model),
            start_s=float(begins_s[row]),
            end_s=float(min(ends_s[row], arm.time_s[-1])),
            speed=TOUCH_SPEED,
        )
        for row in np.flatnonzero(keyposes.contact)
    )


def _room(way_base: np.ndarray, model: RobotModel) -> Box:
    """The upright box in base in which the hand works on a way (2, 3)."""
    spread = MARGIN + model.gripper_width_max / 2 + model.finger_thickness
    reach = np.array([spread, spread, model.finger_length])
    low, high = way_base.min(axis=0) - reach, way_base.max(axis=0) + reach
    return Box(pose=transform((low + high) / 2), size=high - low)
