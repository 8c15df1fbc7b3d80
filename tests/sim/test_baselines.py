"""The floor: the random policy keeps the contract of a policy, and the do-nothing policy does nothing."""

import numpy as np

from policies.policy import Policy
from robot.trajectory import PlanStatus
from sensors.observation import Observation
from sim.baselines import NothingConfig, NothingPolicy, RandomConfig, RandomPolicy
from tests.contracts.policy_contract import PolicyContract
from tests.policies.tabletop import at_home, block, observe, robot


def seen(stamp_ns: int = 0, alive: bool = True) -> Observation:
    return observe(block("red", 0.5, 0.0), state=at_home(stamp_ns), alive=alive)


class TestRandomPolicy(PolicyContract):
    def make_policy(self) -> Policy:
        return RandomPolicy(*robot(), RandomConfig(), np.random.default_rng(0))

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return seen(stamp_ns, alive)


def test_the_random_policy_goes_elsewhere_each_time_and_ends_on_time() -> None:
    policy = RandomPolicy(*robot(), RandomConfig(duration_s=10.0), np.random.default_rng(0))
    policy.reset()
    plans = [plan for tick in range(101) if (plan := policy.plan(seen(tick * 100_000_000), "dance")) is not None]
    goals = [plan.arm.T_base_ee[-1, :3, 3] for plan in plans[:-1] if plan.arm is not None]
    config = RandomConfig()
    assert len(goals) >= 3 and len({tuple(goal) for goal in goals}) == len(goals)
    assert all((goal >= config.lower).all() and (goal <= config.upper).all() for goal in goals)
    assert plans[-1].status is PlanStatus.DONE and plans[-1].observation_stamp_ns == 10_000_000_000


def test_the_do_nothing_policy_waits_and_is_done() -> None:
    policy = NothingPolicy(NothingConfig(wait_s=1.0))
    for _ in range(2):
        policy.reset()
        plans = [policy.plan(seen(tick * 100_000_000), "pick up the red block") for tick in range(11)]
        assert plans[:-1] == [None] * 10
        assert plans[-1] is not None and plans[-1].status is PlanStatus.DONE and plans[-1].arm is None
