"""The expert keeps the contract of a policy, and goes on with the rest of a move that its body has broken off."""

from dataclasses import replace

import numpy as np
import pytest

from policies.value_maps.grasps import raised
from robot.kinematics import Kinematics
from robot.state import RobotState
from robot.transforms import invert
from sensors.observation import Observation
from sim.expert import Expert, Stretch
from sim.layout import ObjectConfig
from sim.tasks.cast import Cast
from sim.tasks.family import Move
from sim.tasks.meaning import errand
from sim.tasks.scripts import Hand
from sim.world import World
from tests.contracts.policy_contract import PolicyContract
from tests.sim.blind import Blind, bare_table
from tests.sim.stages import panda, scene_with

MODEL = panda()
KINEMATICS = Kinematics(MODEL)


@pytest.fixture(scope="module")
def stage():
    with World() as world:
        yield world, scene_with(world, ObjectConfig("block", "red", x=0.5, y=0.1), ObjectConfig("can", "blue", x=0.45, y=-0.1))


def observation(q: np.ndarray = MODEL.home, stamp_ns: int = 0) -> Observation:
    """The arm at rest."""
    still = np.zeros(MODEL.num_joints)
    state = RobotState(
        stamp_ns=stamp_ns, joint_position=q, joint_velocity=still, joint_torque=still, gripper_width=MODEL.gripper_width_max
    )
    return Blind().observe((), state, stamp_ns)


class TestExpert(PolicyContract):
    """An expert that picks a block up."""

    @pytest.fixture(autouse=True)
    def _stage(self, stage):
        self._world, self._scene = stage

    def make_policy(self) -> Expert:
        def script(scene, world):
            yield from Hand(scene, world).pick(scene.objects[0])

        return Expert(errand("pick", lambda truth: [], script), self._scene, self._world, MODEL, KINEMATICS)

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return observation(stamp_ns=stamp_ns)

    def test_without_a_live_sensor_it_says_so_and_does_not_move(self) -> None:
        _, plan = self.begun()  # it needs no sensor
        assert plan.arm is not None


def test_what_is_left_of_a_move_leaves_out_what_was_passed(stage):
    T_home = KINEMATICS.forward(MODEL.home)
    corners = [raised(T_home, -0.1), raised(T_home, -0.1), raised(T_home, -0.2)]
    corners[1][1, 3] = corners[2][1, 3] = 0.2

    def script(scene, world):
        yield Move(saying="going round", waypoints=np.stack(corners), gripper_width=0.08)

    expert = Expert(errand("go", lambda truth: [], script), stage[1], stage[0], MODEL, KINEMATICS)
    plan = expert.plan(observation(), "go")
    assert plan is not None and plan.arm is not None
    stretch = expert._stretch
    assert isinstance(stretch, Stretch)
    halfway = corners[0].copy()
    halfway[1, 3] = 0.1
    np.testing.assert_allclose(stretch.rest(halfway).waypoints, corners[1:])
    np.testing.assert_allclose(stretch.rest(raised(T_home, -0.05)).waypoints, corners)


def test_a_hand_picks_with_its_fingers_clear_of_a_neighbour():
    with World() as world:
        scene = scene_with(
            world, ObjectConfig("can", "red", x=0.5, y=0.0), ObjectConfig("can", "blue", x=0.5, y=0.075), settle_s=0.1
        )
        hand = Hand(scene, world)
        T_base_ee = hand.grip(scene.objects[0]).T_base_ee
        neighbour = invert(T_base_ee) @ scene.pose(scene.objects[1])
        assert abs(neighbour[0, 3]) > abs(neighbour[1, 3]), "a finger goes down between the two"


def test_a_cast_of_the_seen_half_never_has_a_small_thing():
    scene = replace(bare_table(), small=1.0)
    for number in range(20):
        cast = Cast("seen-seen", scene, np.random.default_rng(number))
        assert cast.draw("block").size != "small"
        assert cast.low_block().size == "normal"
