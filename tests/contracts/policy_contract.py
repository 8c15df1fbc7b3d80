"""PolicyContract: what every Policy must keep; subclass it and say how to make yours and what it can and can't do."""

from abc import ABC, abstractmethod
from dataclasses import replace

import numpy as np

from policies.policy import Policy
from robot.errors import InstructionRefused
from robot.trajectory import Plan, PlanStatus
from sensors.observation import Observation


class PolicyContract(ABC):
    """Subclass as `TestMyPolicy(PolicyContract)` with `make_policy` and `make_observation`.

    Attributes:
        doable: a sentence that begins with motion in what `make_observation` shows.
        other: another one.
        impossible: sentences that it must refuse or ask about; empty for a policy that knows no words.
    """

    doable = "pick up the red block"
    other = "go home"
    impossible: tuple[str, ...] = ()

    @abstractmethod
    def make_policy(self) -> Policy:
        """A fresh policy, always from the same seed."""

    @abstractmethod
    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        """The robot at rest before something to do; not `alive`: no sensor is to be believed."""

    def begun(self, sentence: str | None = None) -> tuple[Policy, Plan]:
        """A policy and its first plan for a sentence."""
        policy = self.make_policy()
        policy.reset()
        plan = policy.plan(self.make_observation(), self.doable if sentence is None else sentence)
        assert plan is not None, "the first plan of an instruction can't be to keep the present one"
        return policy, plan

    def test_the_first_plan_moves_and_says_what_it_does(self) -> None:
        _, plan = self.begun()
        assert plan.status is PlanStatus.RUNNING
        assert has_motion(plan)
        assert plan.reason

    def test_a_plan_names_its_observation_and_expires_after_its_motion(self) -> None:
        _, plan = self.begun()
        assert plan.observation_stamp_ns == self.make_observation().stamp_ns
        trajectory = plan.arm or plan.joints
        assert trajectory is not None
        assert trajectory.stamp_ns >= plan.observation_stamp_ns
        assert plan.expires_ns > trajectory.stamp_ns + trajectory.time_s[-1] * 1e9

    def test_contacts_lie_within_the_plans_time(self) -> None:
        _, plan = self.begun()
        if plan.arm is not None:
            assert all(0 <= contact.start_s < contact.end_s <= plan.arm.time_s[-1] + 1e-9 for contact in plan.contacts)

    def test_none_keeps_the_plan_while_it_is_under_way(self) -> None:
        policy, _ = self.begun()
        assert policy.plan(self.make_observation(stamp_ns=1_000_000), self.doable) is None

    def test_same_observations_and_sentences_give_the_same_plans(self) -> None:
        first, second = self.make_policy(), self.make_policy()
        for sentence in (self.doable, self.other):
            plans = []
            for policy in (first, second):
                policy.reset()
                plans.append(policy.plan(self.make_observation(), sentence))
            assert_same(*plans)

    def test_the_epoch_rises_with_each_instruction(self) -> None:
        policy, before = self.begun()
        policy.reset()
        after = policy.plan(self.make_observation(stamp_ns=100_000_000), self.other)
        assert after is not None
        assert after.epoch > before.epoch

    def test_reset_forgets_what_was_begun(self) -> None:
        policy, _ = self.begun()
        policy.reset()
        again = policy.plan(self.make_observation(), self.doable)
        assert again is not None
        assert again.status is PlanStatus.RUNNING

    def test_what_can_not_be_done_is_said_and_moves_nothing(self) -> None:
        for sentence in self.impossible:
            assert_refused(self.make_policy(), self.make_observation(), sentence)

    def test_a_refusal_leaves_the_policy_ready_for_the_next_sentence(self) -> None:
        for sentence in self.impossible[:1]:
            policy = self.make_policy()
            assert_refused(policy, self.make_observation(), sentence)
            policy.reset()
            plan = policy.plan(self.make_observation(), self.doable)
            assert plan is not None and plan.status is PlanStatus.RUNNING

    def test_without_a_live_sensor_it_says_so_and_does_not_move(self) -> None:
        assert_refused(self.make_policy(), self.make_observation(alive=False), self.doable)

    def test_explain_is_there_before_and_after_a_plan(self) -> None:
        policy = self.make_policy()
        policy.reset()
        assert policy.explain() is None
        policy.plan(self.make_observation(), self.doable)
        explanation = policy.explain()
        if explanation is not None:
            assert explanation.title
            assert explanation.path_base.ndim == 2 and explanation.path_base.shape[1] == 3
            for points_base, value in explanation.points.values():
                assert points_base.shape == (len(value), 3)
                assert ((value >= 0) & (value <= 1)).all()
            for pixels in explanation.pixels.values():
                assert ((pixels >= 0) & (pixels <= 1)).all()
            assert all(0 <= weight <= 1 for _, weight in explanation.words)


def has_motion(plan: Plan) -> bool:
    """Whether a plan moves anything."""
    return any(part is not None for part in (plan.arm, plan.joints, plan.base))


def assert_refused(policy: Policy, observation: Observation, sentence: str) -> None:
    """The policy ends the instruction with a sentence and without motion, or raises one."""
    policy.reset()
    try:
        plan = policy.plan(observation, sentence)
    except InstructionRefused as refusal:
        said = str(refusal)
    else:
        assert plan is not None, sentence
        assert plan.status in (PlanStatus.REFUSED, PlanStatus.ASKS), sentence
        assert not has_motion(plan) and not plan.contacts, sentence
        said = plan.reason
    assert len(said) > 10 and said[-1] in ".?", said


def assert_same(ours: Plan | None, theirs: Plan | None) -> None:
    """The same plan, bit for bit."""
    assert ours is not None and theirs is not None
    blank = {"arm": None, "joints": None, "base": None, "contacts": (), "attached": None}
    assert vars(replace(ours, **blank)) == vars(replace(theirs, **blank))
    assert len(ours.contacts) == len(theirs.contacts)
    for part in ("arm", "joints", "base"):
        mine, other = getattr(ours, part), getattr(theirs, part)
        assert (mine is None) == (other is None)
        for name, value in ({} if mine is None else vars(mine)).items():
            if isinstance(value, np.ndarray):
                np.testing.assert_array_equal(value, getattr(other, name))
