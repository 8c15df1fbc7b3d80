"""Holding: what a hand that closes will hold, seen before it closes, so that it then counts as part of the robot."""

import numpy as np

from policies.grounding.attribute_grounder import AttributeGrounder
from robot.obstacles import Box
from robot.transforms import invert, transform
from sensors.observation import Observation

NEAR = 0.045  # m: what is so near to the tool centre point, from the side, is taken
AT_HAND, AROUND = 0.10, 0.60  # m from the tool, from above: what is nearer is held, or left straight upward
FINGERS, SPARE = 0.02, 0.06  # m: what reaches below the tool centre point, and what is kept free below that
USUAL = (0.05, 0.05, 0.06)  # m: of something that was not seen
LEAST_WIDTH = 0.004  # m: fingers that are closer hold nothing
LEAST_SPARE = 0.002  # m: fingers that something keeps from closing stay so much wider than they were told


def box_at(observation: Observation, T_base_ee: np.ndarray, grounder: AttributeGrounder) -> Box:
    """The box, in the tool's frame, of the thing nearest to where the tool will close."""
    tool = T_base_ee[:3, 3]
    found = []
    for thing in grounder.things(observation):
        points = observation.cloud.points_base[thing.mask]
        off = np.linalg.norm(points[:, :2] - tool[:2], axis=1)
        if len(points) and off.min() < NEAR and points[:, 2].max() > tool[2] - NEAR:
            found.append((float(off.min()), float(np.linalg.norm(thing.box_base.pose[:2, 3] - tool[:2])), thing.box_base))
    if not found:
        return Box(pose=transform([0.0, 0.0, 0.0]), size=np.array(USUAL))
    box = min(found, key=lambda each: each[:2])[2]
    return Box(pose=invert(T_base_ee) @ box.pose, size=box.size)


def flight_height(observation: Observation, T_base_ee: np.ndarray, held: Box | None) -> float:
    """Where the tool flies over all that is seen about it, with what it holds, m above base; but for what is at the hand."""
    points, tool = observation.cloud.points_base, T_base_ee[:3, 3]
    off = np.linalg.norm(points[:, :2] - tool[:2], axis=1)
    around = points[(off > AT_HAND) & (off < AROUND) & (points[:, 2] < tool[2] + AT_HAND), 2]
    hanging = 0.0 if held is None else float(held.pose[2, 3] + held.size[2] / 2)  # the tool looks down
    return float(around.max(initial=0.0)) + max(hanging, FINGERS) + SPARE


def holds(observation: Observation, wanted_width: float) -> bool:
    """Whether something keeps the fingers from closing as far as they were told."""
    width = observation.state.gripper_width
    return width > max(LEAST_WIDTH, wanted_width + LEAST_SPARE)
