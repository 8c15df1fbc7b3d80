"""Kinematics: against PyBullet's forward kinematics, finite differences, and its own inverse."""

from dataclasses import replace

import numpy as np
import pytest
from panda import Judge, body, config, random_joints

from robot.errors import InvalidInput
from robot.kinematics import POSITION_TOLERANCE, ROTATION_TOLERANCE, Kinematics
from robot.model import RobotModel
from robot.transforms import angle_between, apply, transform


def test_every_link_stands_where_pybullet_puts_it():
    _, kinematics, _ = body()
    judge = Judge()
    for q in random_joints(50, seed=0):
        judge.pose(q)
        for name, T_base_link in kinematics.links(q).items():
            if name != "panda_link0":
                center_link, center_base = judge.mass_center(name)
                assert np.abs(apply(T_base_link, center_link) - center_base).max() < 1e-8
                assert np.abs(T_base_link[:3, :3] - judge.link(name)[1]).max() < 1e-6
    judge.close()


def test_the_tool_centre_lies_between_the_finger_pads():
    model, kinematics, _ = body()
    judge = Judge()
    judge.pose(model.home)
    origin, rotation = judge.link("panda_hand")
    judge.close()
    assert np.abs(kinematics.forward(model.home)[:3, 3] - (origin + rotation @ [0, 0, 0.1034])).max() < 1e-6


def test_jacobian_is_the_derivative_of_the_forward_kinematics():
    _, kinematics, _ = body()
    step = 1e-6
    for q in random_joints(20, seed=1):
        J = kinematics.jacobian(q)
        for joint in range(len(q)):
            dq = np.eye(len(q))[joint] * step
            ahead, behind = kinematics.forward(q + dq), kinematics.forward(q - dq)
            linear = (ahead[:3, 3] - behind[:3, 3]) / (2 * step)
            spin = (ahead[:3, :3] - behind[:3, :3]) / (2 * step) @ kinematics.forward(q)[:3, :3].T
            angular = [spin[2, 1], spin[0, 2], spin[1, 0]]
            assert np.abs(J[:, joint] - [*linear, *angular]).max() < 1e-6


def test_inverse_finds_nearly_every_reachable_pose():
    model, kinematics, _ = body()
    found = 0
    for q in random_joints(200, seed=2):
        T_base_ee = kinematics.forward(q)
        solution = kinematics.inverse(T_base_ee, model.home)
        if solution is not None:
            found += 1
            reached = kinematics.forward(solution)
            assert np.linalg.norm(reached[:3, 3] - T_base_ee[:3, 3]) < POSITION_TOLERANCE
            assert angle_between(reached, T_base_ee) < ROTATION_TOLERANCE
            assert (solution >= model.position_lower).all() and (solution <= model.position_upper).all()
    assert found >= 198


def test_inverse_refuses_what_is_out_of_reach():
    model, kinematics, _ = body()
    assert kinematics.inverse(transform([1.5, 0.0, 0.5]), model.home) is None


def test_inverse_gives_the_same_bits_from_another_instance():
    model, kinematics, _ = body()
    T_base_ee = kinematics.forward(random_joints(1, seed=3)[0])
    again = Kinematics(model).inverse(T_base_ee, model.home)
    assert np.array_equal(kinematics.inverse(T_base_ee, model.home), again)


def test_loading_prints_nothing(capfd):
    Kinematics(body()[0])
    assert capfd.readouterr() == ("", "")


def test_unknown_joint_and_link_names_are_refused_with_the_known_ones():
    names = ["elbow", *config().joint_names[1:]]
    with pytest.raises(InvalidInput, match=r"'elbow'; available: panda_joint1"):
        Kinematics(RobotModel.from_config(replace(config(), joint_names=names)))
    with pytest.raises(InvalidInput, match=r"'claw'; available: .*panda_hand"):
        Kinematics(RobotModel.from_config(replace(config(), tool_link="claw")))


def test_a_box_has_no_kinematics():
    with pytest.raises(InvalidInput, match="without kinematics"):
        Kinematics(RobotModel.from_box(["x"], [0.0], [1.0], "position"))
