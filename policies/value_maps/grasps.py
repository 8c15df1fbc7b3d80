"""Grasps: where the fingers go to hold a thing, from above, best first."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from policies.grounding.grounder import Candidate
from robot.model import RobotModel
from robot.obstacles import Box
from robot.transforms import transform

HOLLOW = ("bowl", "mug", "plate")
SPARE_WIDTH = 0.025  # how much wider than the thing the gripper opens, m
HAND_SPARE = 0.02  # room that the hand wants around itself, m
LOWEST_TIP = 0.013  # the tool centre stays this far above what the thing stands on: the pads reach below it, m


@dataclass(frozen=True, eq=False, kw_only=True)
class Grasp:
    """One way to hold a thing.

    Attributes:
        T_base_ee: (4, 4) the tool at the moment of closing.
        open_width: gripper width to come with, m.
        thickness: of what the fingers close on, m.
        crowding: how many points of other things the fingers would meet.
    """

    T_base_ee: np.ndarray
    open_width: float
    thickness: float
    crowding: int


def pointing_down(position_base: np.ndarray, yaw: float) -> np.ndarray:
    """A tool pose (4, 4) that looks straight down, its fingers moving along y turned by `yaw` rad about the vertical."""
    return transform(position_base, (Rotation.from_euler("z", yaw) * Rotation.from_euler("x", np.pi)).as_matrix())


def yaw_of(T_base_ee: np.ndarray) -> float:
    """The yaw in (-pi, pi] of a tool that looks down; mirrored by `pointing_down`."""
    return float(np.arctan2(T_base_ee[1, 0], T_base_ee[0, 0]))


def folded(yaw: float) -> float:
    """A yaw or its opposite (the fingers are alike), whichever is in [-90°, 90°): the wrist never winds up."""
    return (yaw + np.pi / 2) % np.pi - np.pi / 2


def least_turn(yaw: float, yaw_now: float) -> float:
    """The yaw, or its opposite (the fingers are alike), that is nearer to how the tool is turned now."""
    return yaw_now + folded(yaw - yaw_now)


def raised(T_base_ee: np.ndarray, height: float) -> np.ndarray:
    """The same pose, higher by so many metres."""
    result = T_base_ee.copy()
    result[2, 3] += height
    return result


def half_turned(T_base_ee: np.ndarray, middle_ee: np.ndarray) -> np.ndarray:
    """The pose turned by 180° about the vertical through a point (3,) of the tool's frame, for a tool that looks down."""
    result = T_base_ee.copy()
    result[:3, :2] *= -1.0
    result[:2, 3] += ((T_base_ee - result)[:3, :3] @ middle_ee)[:2]
    return result


def grasps(thing: Candidate, points_base: np.ndarray, model: RobotModel, yaw_now: float) -> list[Grasp]:
    """Ways to hold a thing, least crowded first, then with the least turn; empty if it is too wide for the gripper.

    Args:
        thing: what to hold.
        points_base: (N, 3) everything seen that is not the thing.
        model: the robot, for its gripper.
        yaw_now: how the tool is turned now, rad.
    """
    candidates = _rim_grasps(thing) if thing.shape in HOLLOW else _centre_grasps(thing)
    near = np.linalg.norm(points_base[:, :2] - thing.box_base.pose[:2, 3], axis=1) < 0.25
    found = []
    for position, yaw, thickness in candidates:
        open_width = min(thickness + SPARE_WIDTH, model.gripper_width_max)
        if thickness > model.gripper_width_max - 0.008:
            continue
        T_base_ee = pointing_down(position, least_turn(yaw, yaw_now))
        crowded = crowding(T_base_ee, open_width, points_base[near], model)
        found.append(Grasp(T_base_ee=T_base_ee, open_width=open_width, thickness=thickness, crowding=crowded))
    return sorted(found, key=lambda grasp: (grasp.crowding, abs(yaw_of(grasp.T_base_ee) - yaw_now)))


def _centre_grasps(thing: Candidate) -> list[tuple[np.ndarray, float, float]]:
    """Position, yaw and thickness of grasps across the middle of a thing: along its edges, or all round if it is round."""
    box = thing.box_base
    yaw = float(np.arctan2(box.pose[1, 0], box.pose[0, 0]))
    centre, (length, width, height) = box.pose[:3, 3], box.size
    bottom = float(centre[2] - height / 2)
    z = bottom + max(min(height / 2, LOWEST_TIP + 0.005), height - 0.03, LOWEST_TIP)
    position = np.array([centre[0], centre[1], z])
    if thing.shape in ("can", "ball"):
        return [(position, angle, float(max(length, width))) for angle in np.linspace(0, np.pi, 8, endpoint=False)]
    # The fingers move along the tool's y, which is the box's -y at the box's own yaw, and its x a quarter turn on.
    return [(position, yaw, float(width)), (position, yaw + np.pi / 2, float(length))]


def _rim_grasps(thing: Candidate) -> list[tuple[np.ndarray, float, float]]:
    """Position, yaw and thickness of grasps astride the rim of a hollow thing."""
    box = thing.box_base
    top = float(box.pose[2, 3] + box.size[2] / 2)
    radius = float(box.size[:2].mean()) / 2 - 0.005
    result = []
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        rim = box.pose[:2, 3] + radius * np.array([np.cos(angle), np.sin(angle)])
        result.append(
            (np.array([*rim, max(top - 0.014, box.pose[2, 3] - box.size[2] / 2 + LOWEST_TIP)]), angle + np.pi / 2, 0.012)
        )
    return result


def crowding(T_base_ee: np.ndarray, open_width: float, points_base: np.ndarray, model: RobotModel) -> int:
    """How many points (N, 3) lie where the opened fingers and the hand above them go."""
    count = in_the_hand(T_base_ee, points_base, model)
    for side in (-1, 1):
        offset = transform([0.0, side * (open_width + model.finger_thickness) / 2, -0.02])
        finger = Box(pose=T_base_ee @ offset, size=np.array([model.finger_width, model.finger_thickness, 0.06]))
        count += int(finger.contains(points_base, margin=0.004).sum())
    return count


def in_the_hand(T_base_ee: np.ndarray, points_base: np.ndarray, model: RobotModel) -> int:
    """How many points (N, 3) lie where the hand itself, above the fingers, would be."""
    middle = transform([0.0, 0.0, -model.finger_length - model.hand_size[2] / 2])
    return int(Box(pose=T_base_ee @ middle, size=model.hand_size).contains(points_base, margin=HAND_SPARE).sum())
