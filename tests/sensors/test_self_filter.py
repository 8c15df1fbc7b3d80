"""The self filter's shortcut through cubes rules out nothing that is the robot's."""

import numpy as np
import pytest

from robot.obstacles import Box
from robot.state import RobotState
from robot.transforms import transform
from sensors import self_filter
from sensors.self_filter import SelfFilter
from tests.sensors.recording import body

HELD = Box(pose=transform([0.0, 0.0, 0.02], np.eye(3)), size=np.array([0.05, 0.05, 0.16]))


@pytest.mark.parametrize("attached", [None, HELD])
def test_a_point_is_the_robots_if_and_only_if_it_lies_within_the_margin(attached: Box | None) -> None:
    (kinematics, shapes), random = body(), np.random.default_rng(0)
    home = np.array(kinematics.model.home)
    zero = np.zeros_like(home)
    for _ in range(5):
        q = home + random.uniform(-0.5, 0.5, len(home))
        state = RobotState(
            stamp_ns=0, joint_position=q, joint_velocity=zero, joint_torque=zero, gripper_width=0.04, base_twist=np.zeros(6),
            attached=attached,
        )  # fmt: skip
        points = random.uniform([-0.4, -0.6, -0.1], [0.9, 0.6, 1.2], (5 * self_filter.FEW, 3)).astype(np.float32)
        points[::50] = np.nan
        wanted = shapes.robot_mask(q, points, 0.015, attached, 0.04)
        assert 20 < wanted.sum() < 2000
        np.testing.assert_array_equal(SelfFilter(shapes, 0.015).mask(q, points, state), wanted)
