"""A table-top world without physics: each plan is at once carried out exactly, and what the fingers close on goes with them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from policies.policy import Persists, Policy
from policies.value_maps.grasps import yaw_of
from robot.trajectory import Plan, PlanStatus
from robot.transforms import apply, invert
from sensors.observation import Observation
from tests.policies.tabletop import HEIGHTS, Thing, at_home, observe, robot, standing

WIDTHS = {"block": 0.04, "can": 0.05, "ball": 0.045, "bowl": 0.006, "plate": 0.008, "mug": 0.004}
REACHES = {"block": 0.02, "can": 0.01, "ball": 0.01, "bowl": 0.075, "plate": 0.085, "mug": 0.045}  # tool to middle, m


class KinematicTable:
    """Things on a table, a Panda that is always where its last plan ended, and a clock."""

    def __init__(self, *things: Thing) -> None:
        """The robot at home with its fingers half open."""
        self.things = list(things)
        self.state = at_home()
        self.held: Thing | None = None
        self._grip_ee, self._grip_yaw = np.zeros(3), 0.0
        self.plans: list[Plan] = []
        self.refuses: Callable[[Plan], str] = lambda plan: ""  # why no motion follows a plan; empty if one does

    def observe(self) -> Observation:
        """What is seen now; what is held counts as robot."""
        return observe(*(each for each in self.things if each is not self.held), state=self.state)

    def perform(self, policy: Policy, sentence: str, most: int = 60) -> Plan:
        """Carry out plan after plan until one has no motion, and return that one."""
        policy.reset()
        for _ in range(most):
            plan = policy.plan(self.observe(), sentence)
            while plan is not None and plan.status is PlanStatus.RUNNING and (why := self.refuses(plan)):
                assert isinstance(policy, Persists)
                plan = policy.instead(self.observe(), why)
            if plan is not None:
                self.plans.append(plan)
                if plan.status is not PlanStatus.RUNNING:
                    return plan
                self.follow(plan)
            self.wait(100_000_000)
        raise AssertionError(f"no end after {most} observations: {[plan.reason for plan in self.plans]}")

    def follow(self, plan: Plan) -> None:
        """Be at the end of the plan."""
        _, kinematics = robot()
        if plan.joints is not None:
            q, width, duration_s = plan.joints.joint_position[-1], plan.joints.gripper_width[-1], plan.joints.time_s[-1]
        else:
            assert plan.arm is not None
            found = kinematics.inverse(plan.arm.T_base_ee[-1], self.state.joint_position)
            assert found is not None, f"out of reach: {plan.reason}"
            q, width, duration_s = found, plan.arm.gripper_width[-1], plan.arm.time_s[-1]
        self._carry(kinematics.forward(q))
        self._move_fingers(kinematics.forward(q), float(width))
        self.state = standing(q, self.state.stamp_ns, self.state.gripper_width, plan.attached)
        self.wait(round(float(duration_s) * 1e9))

    def wait(self, passed_ns: int) -> None:
        """Let time pass."""
        self.state = replace(self.state, stamp_ns=self.state.stamp_ns + passed_ns)

    def put(self, old: Thing, new: Thing) -> None:
        """Somebody moves a thing."""
        self.things[self.things.index(old)] = new

    def _carry(self, T_base_ee: np.ndarray) -> None:
        """Bring what is held along with the tool."""
        if self.held is not None:
            x, y, z = apply(T_base_ee, self._grip_ee)
            now = replace(self.held, xy=(float(x), float(y)), z=float(z), yaw=self._grip_yaw + yaw_of(T_base_ee))
            self.put(self.held, now)
            self.held = now

    def _move_fingers(self, T_base_ee: np.ndarray, width: float) -> None:
        """Close until something is in between, or open and let it go."""
        between = self._between(T_base_ee)
        if self.held is None and between is not None and width < WIDTHS[between.kind] * between.scale:
            self.held = between
            self._grip_ee = apply(invert(T_base_ee), np.array([*between.xy, between.z]))
            self._grip_yaw = between.yaw - yaw_of(T_base_ee)
        thickness = 0.0 if self.held is None else WIDTHS[self.held.kind] * self.held.scale
        if width > thickness:
            self.held = None
        self.state = replace(self.state, gripper_width=max(width, thickness))

    def _between(self, T_base_ee: np.ndarray) -> Thing | None:
        """What the tool centre is in."""
        x, y, z = T_base_ee[:3, 3]
        for each in self.things:
            near = np.hypot(x - each.xy[0], y - each.xy[1]) < REACHES[each.kind] * each.scale
            if near and each.z - 0.005 < z < each.z + each.scale * HEIGHTS[each.kind]:
                return each
        return None
