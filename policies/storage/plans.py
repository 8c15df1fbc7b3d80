"""Plans as the arrays of `plans/`, and back."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from policies.storage.observations import padded
from policies.storage.packets import attached_of, attached_row
from policies.storage.stored import StoredEpisode
from robot.obstacles import Box
from robot.trajectory import BaseTrajectory, CartesianTrajectory, Contact, JointTrajectory, Plan, PlanStatus

NO_MOTION, ARM, JOINTS = 0, 1, 2
ARM_KEYS = ("time_s", "T_base_ee", "gripper_width")
JOINT_KEYS = ("time_s", "joint_position", "joint_velocity", "gripper_width")


def plans_as_arrays(plans: Sequence[tuple[int, Plan]]) -> dict[str, np.ndarray]:
    """Plans, each with the step at which it was given, padded to the longest; no arrays of no plans."""
    if not plans:
        return {}
    rows = [_plan_row(step, plan) for step, plan in plans]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    return {key: _stacked([row.get(key) for row in rows]) for key in keys}


def plans_of(arrays: Mapping[str, np.ndarray], said: Sequence[Mapping[str, Any]]) -> list[tuple[int, Plan]]:
    """The plans of an episode with their steps; `said` is the attribute `plans`: status and reason of each."""
    if not arrays:
        return []
    rows = [{key: values[row] for key, values in arrays.items()} for row in range(len(arrays["step"]))]
    return [(int(row["step"]), _plan_of(row, words)) for row, words in zip(rows, said, strict=True)]


def stored_plans(episode: StoredEpisode) -> list[tuple[int, Plan]]:
    """The plans of an episode that is not read whole."""
    paths = [path for path in episode.manifest.arrays if path.startswith("plans/")]
    return plans_of({path.removeprefix("plans/"): episode.array(path) for path in paths}, episode.attributes.get("plans", []))


def _plan_row(step: int, plan: Plan) -> dict[str, np.ndarray]:
    """One plan, its trajectories as long as they are."""
    motion = plan.arm or plan.joints
    row = {
        "step": np.int32(step),
        "stamp_ns": np.int64(plan.observation_stamp_ns),
        "expires_ns": np.int64(plan.expires_ns),
        "begin_ns": np.int64(0 if motion is None else motion.stamp_ns),
        "kind": np.uint8(NO_MOTION if motion is None else ARM if plan.arm is not None else JOINTS),
        "epoch": np.int64(plan.epoch),
        "request_id": np.int64(plan.request_id),
        "count": np.int32(0 if motion is None else len(motion.time_s)),
        "contact_count": np.int32(len(plan.contacts)),
        **attached_row(plan.attached),
    }
    if motion is not None:
        row |= {key: getattr(motion, key) for key in (ARM_KEYS if plan.arm is not None else JOINT_KEYS)}
    if plan.contacts:
        row |= {
            "contact_pose": np.stack([each.box_base.pose for each in plan.contacts]),
            "contact_size": np.stack([each.box_base.size for each in plan.contacts]),
            "contact_time_s": np.array([[each.start_s, each.end_s] for each in plan.contacts]),
            "contact_speed": np.array([each.speed for each in plan.contacts]),
            "contact_force": np.array([each.force for each in plan.contacts]),
        }
    if plan.base is not None:
        row |= {"base_count": np.int32(len(plan.base.time_s)), "base_begin_ns": np.int64(plan.base.stamp_ns)}
        row |= {"base_time_s": plan.base.time_s, "T_odom_base": plan.base.T_odom_base}
    return row


def _plan_of(row: Mapping[str, np.ndarray], words: Mapping[str, Any]) -> Plan:
    """The plan in a row."""
    kind, count = int(row["kind"]), int(row["count"])
    expires_ns, epoch, request_id = (int(row[key]) for key in ("expires_ns", "epoch", "request_id"))
    contacts = tuple(_contact_of(row, number) for number in range(int(row["contact_count"])))
    attached, begin_ns = attached_of(row), int(row["begin_ns"])
    arm = joints = base = None
    if kind == ARM:
        arm = CartesianTrajectory(stamp_ns=begin_ns, **{key: row[key][:count] for key in ARM_KEYS})
    if kind == JOINTS:
        joints = JointTrajectory(
            stamp_ns=begin_ns, **{key: row[key][:count] for key in JOINT_KEYS}, contacts=contacts, attached=attached,
            expires_ns=expires_ns, epoch=epoch, request_id=request_id,
        )  # fmt: skip
    if row.get("base_count", 0):
        many = int(row["base_count"])
        base = BaseTrajectory(
            stamp_ns=int(row["base_begin_ns"]), time_s=row["base_time_s"][:many], T_odom_base=row["T_odom_base"][:many]
        )
    return Plan(
        arm=arm,
        joints=joints,
        base=base,
        contacts=contacts,
        attached=attached,
        status=PlanStatus(words["status"]),
        reason=words["reason"],
        observation_stamp_ns=int(row["stamp_ns"]),
        expires_ns=expires_ns,
        epoch=epoch,
        request_id=request_id,
    )


def _contact_of(row: Mapping[str, np.ndarray], number: int) -> Contact:
    """One contact of a plan."""
    start_s, end_s = (float(each) for each in row["contact_time_s"][number])
    box_base = Box(pose=row["contact_pose"][number], size=row["contact_size"][number])
    speed, force = float(row["contact_speed"][number]), float(row["contact_force"][number])
    return Contact(box_base=box_base, start_s=start_s, end_s=end_s, speed=speed, force=force)


def _stacked(values: Sequence[np.ndarray | None]) -> np.ndarray:
    """Rows of unequal length as one array with zeros behind each; None is a row of zeros."""
    given = [np.asarray(each) for each in values if each is not None]
    if given[0].ndim == 0:
        return np.array([given[0].dtype.type(0) if each is None else each for each in values])
    longest = max(len(each) for each in given)
    empty = np.zeros((0, *given[0].shape[1:]), given[0].dtype)
    return np.stack([padded(empty if each is None else each, longest) for each in values])
