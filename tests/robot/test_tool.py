"""The bounds on the tool's motion hold over everything that an outline contains."""

import numpy as np

from robot.guard.brake import Motion
from robot.guard.outline import Outline
from robot.guard.tool import ToolGuard
from robot.kinematics import Kinematics
from robot.obstacles import Box
from robot.trajectory import Contact
from robot.transforms import transform
from tests.robot.arms import panda
from tests.robot.fuzzing import whole


def _random_outline(rng: np.random.Generator, q: np.ndarray) -> Outline:
    """Turns and velocities around a posture, each joint to one side more than to the other."""
    size = rng.choice([0.01, 0.05, 0.2])
    ends = np.sort([rng.uniform(-size, size, 7) * rng.choice([1, 0.1], 7), np.zeros(7), rng.uniform(-size, size, 7)], axis=0)
    speeds = np.sort([rng.uniform(-0.5, 0.5, 7) * rng.choice([1, 0.1], 7), np.zeros(7), rng.uniform(-0.5, 0.5, 7)], axis=0)
    now = Motion.still(q)
    return Outline(
        now=now, next=now, tick_s=1 / 240, lowest=q + ends[0], highest=q + ends[2], slowest=speeds[0], fastest=speeds[2]
    )


def test_where_the_tool_is_clear_no_motion_within_the_outline_is_too_fast_or_leaves_the_workspace() -> None:
    model, rng = panda(), np.random.default_rng(0)
    kinematics, clearance = Kinematics(model), whole(model)._clearance
    assert clearance is not None
    guard, num_clear, greatest = ToolGuard(model, kinematics, clearance._tool_levers), 0, 0.0
    while num_clear < 300:
        outline = _random_outline(rng, rng.uniform(model.position_lower, model.position_upper))
        if not guard.is_clear(outline):
            continue
        num_clear += 1
        for corner in (0.0, 1.0, None):  # at the extremes and in between
            share = rng.random((10, 7)) if corner is None else rng.integers(0, 2, (10, 7))
            for each in share:
                place, jacobian = kinematics.tool(outline.lowest + each * (outline.highest - outline.lowest))
                speed = np.linalg.norm(jacobian @ (outline.slowest + each[::-1] * (outline.fastest - outline.slowest)))
                greatest = max(greatest, float(speed))
                assert speed <= model.tool_speed
                assert (place >= model.workspace_lower).all()
                assert (place <= model.workspace_upper).all()
    assert greatest > 0.7 * model.tool_speed  # the bound is no wider than it need be


def test_near_a_contact_region_its_speed_is_the_limit() -> None:
    model = panda()
    kinematics, clearance = Kinematics(model), whole(model)._clearance
    assert clearance is not None
    guard, tool = clearance.tool, kinematics.forward(model.home)[:3, 3]
    assert guard.speed_limit(model.home, 1.0) == model.tool_speed
    for ahead, limit in ((0.0, 0.2), (0.005, 0.2), (0.06, (0.2**2 + 2 * 0.05) ** 0.5), (9.0, model.tool_speed)):
        box = Box(pose=transform(tool + np.array([0.05 + ahead, 0.0, 0.0])), size=np.full(3, 0.1))
        guard.see((Contact(box_base=box, start_s=0.0, end_s=1.0, speed=0.2),))
        assert abs(guard.speed_limit(model.home, 1.0) - limit) < 1e-9
    speeds = np.array([0.3, -0.2, 0.1, 0.4, 0.0, 0.2, 1.0])
    exact = np.linalg.norm(kinematics.jacobian(model.home)[:3] @ speeds)
    assert abs(guard.speed(model.home, speeds) - exact) < 1e-12
