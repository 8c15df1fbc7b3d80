"""Run: the first of a chunk's keyposes that one plan can carry, and the plan's parts that they make."""

from dataclasses import fields, replace

import numpy as np

from policies.vla.keyposes import Keyposes
from robot.model import RobotModel
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Contact
from robot.transforms import transform

FIELDS = tuple(each.name for each in fields(Keyposes))
MOVED = 0.004  # m: fingers that move less do not count as opened or closed
MARGIN = 0.03  # m round the hand, in which it may touch
BELOW, ABOVE = 0.02, 0.06  # m: below the table's top and above the tool, too
LEVEL = 0.01  # m: a way that is lower by less is as high
FLIGHT_SPEED = 0.4  # m/s
SPEED = 0.15  # m/s: the most that the filter allows where the tool may touch


def first_run(keyposes: Keyposes, width_now: float, holding: bool) -> Keyposes:
    """The keyposes up to where contact begins or ends, or the fingers have moved; a full hand opens on its own.

    What may be touched, and what is held, is then another, and that is said once for a whole plan.
    """
    width = width_now
    for number in range(len(keyposes)):
        moves = abs(keyposes.gripper_width[number] - width) > MOVED
        opens = holding and keyposes.gripper_width[number] > width + MOVED
        if number and (opens or keyposes.contact[number] != keyposes.contact[0]):
            return part_of(keyposes, number)
        if number and moves:
            return part_of(keyposes, number + 1)
        width = keyposes.gripper_width[number]
    return keyposes


def unopened(keyposes: Keyposes, width_now: float) -> Keyposes:
    """The same with a full hand, which opens only where it may touch: in flight it stays as closed as it was told to be."""
    opens = ~keyposes.contact & (keyposes.gripper_width > width_now + MOVED)
    return replace(keyposes, gripper_width=np.where(opens, width_now, keyposes.gripper_width))


def part_of(keyposes: Keyposes, end: int, begin: int = 0) -> Keyposes:
    """Those from one number up to another."""
    return Keyposes(**{key: getattr(keyposes, key)[begin:end] for key in FIELDS})


def over_all(run: Keyposes, T_base_now: np.ndarray, height: float) -> tuple[Keyposes | None, Keyposes]:
    """The same flight by way of a height (m), up and across, and then down in contact; no flight where the tool is over it.

    Where a model's own keyposes lead too close to something, or into what they come to take, this is how its teacher goes.
    """
    goal, up = run.T_base_ee[-1], np.array(T_base_now)
    over = np.array(goal)
    up[2, 3], over[2, 3] = max(height, up[2, 3]), max(height, goal[2, 3])
    landing = replace(part_of(run, len(run), begin=len(run) - 1), contact=np.ones(1, bool), duration_s=np.ones(1))
    if np.linalg.norm(over[:3, 3] - T_base_now[:3, 3]) < LEVEL:
        return None, landing
    poses = np.stack([up, over])
    lengths = np.linalg.norm(np.diff(np.concatenate([T_base_now[None], poses])[:, :3, 3], axis=0), axis=1)
    flight = Keyposes(
        T_base_ee=poses, gripper_width=np.full(2, run.gripper_width[-1]), contact=np.zeros(2, bool),
        duration_s=lengths / FLIGHT_SPEED, pause_s=np.zeros(2), until_ns=np.full(2, run.until_ns[-1]),
    )  # fmt: skip
    return flight, landing


def together(first: Keyposes, then: Keyposes) -> Keyposes:
    """Some keyposes, then others."""
    return Keyposes(**{key: np.concatenate([getattr(first, key), getattr(then, key)]) for key in FIELDS})


def contacts_of(run: Keyposes, arm: CartesianTrajectory, model: RobotModel) -> tuple[Contact, ...]:
    """Where the hand may touch: about its way, if it is a way of contact."""
    if not run.contact.any():
        return ()
    half = np.array([1.0, 1.0, 0.0]) * (model.hand_size[1] / 2 + MARGIN)
    places = arm.T_base_ee[:, :3, 3]
    low, high = places.min(axis=0) - half, places.max(axis=0) + half
    low[2], high[2] = min(low[2], 0.0) - BELOW, high[2] + ABOVE
    room = Box(pose=transform((low + high) / 2), size=high - low)
    return (Contact(box_base=room, start_s=0.0, end_s=float(arm.time_s[-1]), speed=SPEED),)
