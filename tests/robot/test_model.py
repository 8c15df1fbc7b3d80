"""RobotModel: what a description may say, and what it may not."""

from dataclasses import replace

import numpy as np
import pytest
from panda import body, config

from robot.errors import InvalidInput
from robot.model import RobotModel


def test_home_points_the_hand_straight_down_well_above_the_table():
    model, kinematics, shapes = body()
    T_base_ee = kinematics.forward(model.home)
    assert np.allclose(T_base_ee[:3, 2], [0, 0, -1], atol=1e-9)
    starts, ends = shapes.capsules(model.home)
    lowest = (np.minimum(starts[:, 2], ends[:, 2]) - shapes.radii)[shapes.tool].min()
    assert lowest > 0.3


def test_inverted_limits_are_refused():
    upper = list(config().position_lower)
    with pytest.raises(InvalidInput, match="lower limit below"):
        RobotModel.from_config(replace(config(), position_upper=upper))


def test_a_limit_of_zero_is_refused():
    with pytest.raises(InvalidInput, match="positive velocity"):
        RobotModel.from_config(replace(config(), velocity=[0.0] * 7))


def test_a_home_beyond_the_limits_is_refused():
    with pytest.raises(InvalidInput, match="home"):
        RobotModel.from_config(replace(config(), home=[9.0] * 7))


def test_too_few_numbers_are_refused_by_name():
    with pytest.raises(InvalidInput, match=r"panda\.jerk.*J=7"):
        RobotModel.from_config(replace(config(), jerk=[500.0] * 6))


def test_a_missing_urdf_is_refused_by_name():
    with pytest.raises(InvalidInput, match=r"nowhere\.urdf"):
        RobotModel.from_config(replace(config(), urdf="nowhere.urdf"))


def test_limits_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="read-only"):
        body()[0].velocity[0] = 100.0


def test_a_box_has_its_bounds_and_no_kinematics():
    box = RobotModel.from_box(["x", "grip"], [-1.0, 0.5], [1.0, 2.0], "delta")
    assert (box.kind, box.command, box.num_joints, box.urdf) == ("box", "delta", 2, None)
    assert box.position_lower.tolist() == [-1.0, 0.5] and box.home.tolist() == [0.0, 0.5]


def test_a_box_of_an_unknown_kind_is_refused_with_the_known_ones():
    with pytest.raises(InvalidInput, match="position, velocity, delta"):
        RobotModel.from_box(["x"], [0.0], [1.0], "torque")
