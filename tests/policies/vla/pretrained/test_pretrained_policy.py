"""The pretrained policy keeps every policy's contract; what it wrote becomes motion in physical units, or a word and none."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from policies.catalogue import build_policy
from policies.policy import Policy
from policies.vla.pretrained.actor import Actor, Example
from policies.vla.pretrained.checkpoint import save_actor
from policies.vla.pretrained.config import PretrainedConfig
from policies.vla.pretrained.policy import PretrainedPolicy, open_pretrained
from robot.errors import InvalidInput
from robot.model import RobotModel
from robot.state import RobotState
from robot.trajectory import Plan, PlanStatus
from sensors.health import SensorHealth
from sensors.observation import CameraView, Observation
from tests.contracts.policy_contract import PolicyContract, has_motion
from tests.policies.tabletop import at_home, observe, robot
from tests.policies.vla.pretrained.tiny import actor_of, folder_of, layout, taught

DOABLE, OTHER, OVER = "pick up the red block", "open the drawer", "put the blue cube in the bowl"
REACH = [0.55, 0.1, 0.2, 0.0, 0.0, 0.4, 0.06, 0.0, 1.5, 0.0]
GRASP = [0.55, 0.1, 0.05, 0.0, 0.0, 0.4, 0.02, 1.0, 1.0, 0.2]
SURE = PretrainedConfig(unsure=0.2)


def pictures(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What the two cameras show."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (24, 32, 3), dtype=np.uint8), rng.integers(0, 256, (24, 32, 3), dtype=np.uint8)


def look(state: RobotState | None = None, alive: tuple[bool, bool] = (True, True), seed: int = 0) -> Observation:
    """The robot before what the pictures show."""
    views = {
        name: CameraView(rgb=rgb, depth=None, K=None, T_base_camera=None)
        for name, rgb in zip(("front", "wrist"), pictures(seed), strict=True)
    }
    health = {name: SensorHealth(age_s=0.0, valid=valid) for name, valid in zip(views, alive, strict=True)}
    return replace(observe(state=state or at_home()), cameras=views, health=health)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone."""
    return folder_of("smolvlm", tmp_path_factory.mktemp("backbone"))


@pytest.fixture(scope="session")
def panda_actor(folder: Path) -> Actor:
    """Taught to reach and grasp, to reach only, and that a third sentence is done already."""
    actor = actor_of(folder, layout())
    state = np.append(at_home().joint_position, at_home().gripper_width)
    lessons = {DOABLE: [REACH, GRASP], OTHER: [REACH], OVER: np.zeros((0, 10))}
    made = [Example(pictures=pictures(), sentence=said, state=state, target=np.array(rows)) for said, rows in lessons.items()]
    assert taught(actor, made)[-1] < 0.01
    return actor.eval()


@pytest.fixture(scope="session")
def box_actor(folder: Path) -> Actor:
    """Taught two rows of numbers of a foreign world."""
    actor = actor_of(folder, layout("actions"))
    rows = {DOABLE: [[0.5, -0.5, 0.9], [0.1, 0.2, 0.3]], OTHER: [[-0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]}
    made = [Example(pictures=pictures(), sentence=said, state=np.zeros(3), target=np.array(row)) for said, row in rows.items()]
    assert taught(actor, made)[-1] < 0.01
    return actor.eval()


class TestPretrainedPolicyOnAnArm(PolicyContract):
    other = OTHER

    @pytest.fixture(autouse=True)
    def _actor(self, panda_actor: Actor) -> None:
        self.actor = panda_actor

    def make_policy(self) -> Policy:
        return PretrainedPolicy(*robot(), SURE, self.actor)

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return look(at_home(stamp_ns), (alive, alive))


class TestPretrainedPolicyInABox(PolicyContract):
    other = OTHER

    @pytest.fixture(autouse=True)
    def _actor(self, box_actor: Actor) -> None:
        self.actor = box_actor

    def make_policy(self) -> Policy:
        return PretrainedPolicy(box(), None, SURE, self.actor)

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return look(in_box(stamp_ns), (alive, alive))


def box(count: int = 3) -> RobotModel:
    """The body of a foreign world."""
    return RobotModel.from_box([f"a{number}" for number in range(count)], [-1.0] * count, [1.0] * count)


def in_box(stamp_ns: int = 0) -> RobotState:
    """Its state vector."""
    zeros = np.zeros(2)
    return RobotState(stamp_ns=stamp_ns, joint_position=zeros, joint_velocity=zeros, joint_torque=zeros, gripper_width=0.0)


def planned(policy: Policy, observation: Observation, sentence: str = DOABLE) -> Plan:
    """The first plan."""
    policy.reset()
    plan = policy.plan(observation, sentence)
    assert plan is not None
    return plan


def test_keyposes_become_motion_that_may_touch_only_where_they_say(panda_actor: Actor) -> None:
    model, kinematics = robot()
    plan = planned(PretrainedPolicy(model, kinematics, SURE, panda_actor), look())
    assert plan.arm is not None
    half = panda_actor.layout.actions.width / 2 + 1e-9
    np.testing.assert_allclose(plan.arm.T_base_ee[0], kinematics.forward(at_home().joint_position), atol=1e-9)
    assert (np.abs(plan.arm.T_base_ee[-1, :3, 3] - GRASP[:3]) <= half[:3]).all()
    assert plan.arm.T_base_ee[-1, 2, 2] < -0.9  # the hand points down
    (contact,) = plan.contacts
    assert abs(contact.start_s - REACH[8]) <= half[8] and contact.end_s <= plan.arm.time_s[-1]
    assert contact.box_base.contains(plan.arm.T_base_ee[-1:, :3, 3]).all()
    assert not contact.box_base.contains(plan.arm.T_base_ee[:1, :3, 3]).any()


def test_a_foreign_worlds_numbers_come_one_a_period(box_actor: Actor) -> None:
    policy = PretrainedPolicy(box(), None, SURE, box_actor)
    plan = planned(policy, look(in_box(1_000_000_000)))
    assert plan.joints is not None
    np.testing.assert_allclose(plan.joints.time_s, [0.1, 0.2])
    np.testing.assert_allclose(plan.joints.joint_position, [[0.5, -0.5, 0.9], [0.1, 0.2, 0.3]], atol=1 / 32)
    assert policy.plan(look(in_box(1_100_000_000)), DOABLE) is None
    again = policy.plan(look(in_box(1_200_000_000)), DOABLE)
    assert again is not None and again.request_id > plan.request_id


def test_it_looks_again_when_the_chunk_is_over_and_gives_up_when_it_never_is(panda_actor: Actor) -> None:
    model, kinematics = robot()
    policy = PretrainedPolicy(model, kinematics, SURE, panda_actor)
    plan = planned(policy, look(), OTHER)
    assert plan.arm is not None
    over_ns = round(1e9 * float(plan.arm.time_s[-1])) + 1
    assert policy.plan(look(at_home(over_ns)), OTHER) is None  # it has not arrived
    there = kinematics.inverse(plan.arm.T_base_ee[-1], at_home().joint_position)
    assert there is not None
    again = policy.plan(look(replace(at_home(over_ns), joint_position=there)), OTHER)
    assert again is not None and again.request_id > plan.request_id
    plan = planned(policy, look(), OTHER)
    late = policy.plan(look(at_home(60_000_000_000)), OTHER)
    assert late is not None and late.status is PlanStatus.REFUSED and not has_motion(late)


def test_nothing_left_to_do_is_done(panda_actor: Actor) -> None:
    plan = planned(PretrainedPolicy(*robot(), SURE, panda_actor), look(), OVER)
    assert plan.status is PlanStatus.DONE and not has_motion(plan)


def test_a_guess_moves_nothing(folder: Path) -> None:
    actor = actor_of(folder, layout("actions"))
    plan = planned(PretrainedPolicy(box(), None, replace(SURE, unsure=0.05), actor.eval()), look(in_box()))
    assert plan.status is PlanStatus.REFUSED and not has_motion(plan)
    assert plan.reason.startswith("I am not sure what to do here: ") and plan.reason.endswith(".")


def test_a_camera_that_is_not_believed_is_black_and_not_what_it_shows(box_actor: Actor) -> None:
    policy = PretrainedPolicy(box(), None, replace(SURE, unsure=1.0), box_actor)
    seen = look(in_box(), (True, False))
    garbage = {**seen.cameras, "wrist": replace(seen.cameras["wrist"], rgb=pictures(9)[1])}
    absent = {"front": seen.cameras["front"]}
    plans = [planned(policy, replace(seen, cameras=cameras)).joints for cameras in (seen.cameras, garbage, absent)]
    for joints in plans:
        assert joints is not None and plans[0] is not None
        np.testing.assert_array_equal(joints.joint_position, plans[0].joint_position)


def test_another_robots_checkpoint_is_refused(panda_actor: Actor, box_actor: Actor) -> None:
    model, kinematics = robot()
    with pytest.raises(InvalidInput, match="3 numbers of panda's own"):
        PretrainedPolicy(model, kinematics, SURE, box_actor)
    with pytest.raises(InvalidInput, match="got box with 4 joints"):
        PretrainedPolicy(box(4), None, SURE, box_actor)
    with pytest.raises(InvalidInput, match="trained on panda"):
        PretrainedPolicy(box(), None, SURE, panda_actor)
    with pytest.raises(InvalidInput, match="trained on panda"):
        PretrainedPolicy(replace(model, joint_names=tuple(reversed(model.joint_names))), kinematics, SURE, panda_actor)


def test_the_catalogue_opens_it_from_its_folders(panda_actor: Actor, folder: Path, tmp_path: Path) -> None:
    save_actor(panda_actor, tmp_path)
    config = PretrainedConfig(backbone=str(folder), checkpoint=str(tmp_path), device="cpu", unsure=0.2)
    opened, held = build_policy(config, *robot()), PretrainedPolicy(*robot(), SURE, panda_actor)
    with torch.no_grad():
        ours, theirs = planned(opened, look()), planned(held, look())
    assert ours.arm is not None and theirs.arm is not None
    np.testing.assert_array_equal(ours.arm.T_base_ee, theirs.arm.T_base_ee)
    with pytest.raises(InvalidInput, match=r"^policy\.checkpoint: expected the folder"):
        open_pretrained(*robot(), PretrainedConfig(backbone=str(folder)))
