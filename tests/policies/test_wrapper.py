"""What stands between a policy and the loop lets everything through, the policy's other way too."""

import pytest

from policies.policy import Explanation, Persists, Policy
from policies.wrapper import PolicyWrapper
from robot.trajectory import Plan, PlanStatus
from sensors.observation import Observation
from sim.perturbations.probes import Blinkered, Slow
from tests.policies.tabletop import at_home, observe


def said(reason: str, observation: Observation) -> Plan:
    """A plan that does nothing."""
    now_ns = observation.stamp_ns
    return Plan(status=PlanStatus.DONE, reason=reason, observation_stamp_ns=now_ns, expires_ns=now_ns, epoch=1, request_id=1)


class Plain:
    """A Policy that knows one way."""

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """It repeats what was said."""
        return said(instruction, observation)

    def explain(self) -> Explanation | None:
        """It can't."""
        return None


class Stubborn(Plain):
    """A Policy that knows another way, which depends on what it sees."""

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """It says how many points it sees."""
        return said(f"{reason}: {len(observation.cloud)}", observation)


WRAPPERS = (lambda policy: PolicyWrapper(policy), lambda policy: Slow(policy, 2), lambda policy: Blinkered(policy, (), False))


@pytest.mark.parametrize("wrap", WRAPPERS)
def test_another_way_comes_through_where_there_is_one(wrap: type) -> None:
    now, stubborn, plain = observe(state=at_home()), wrap(Stubborn()), wrap(Plain())
    assert isinstance(stubborn, Persists)
    plan = stubborn.instead(now, "no way")
    assert plan is not None and plan.reason == f"no way: {len(now.cloud)}"
    assert plain.instead(now, "no way") is None


def test_another_way_is_looked_for_without_the_sensors_that_are_hidden() -> None:
    now = observe(state=at_home())
    plan = Blinkered(Stubborn(), now.cloud.sources, True).instead(now, "no way")
    assert len(now.cloud) and plan is not None and plan.reason == "no way: 0"


def test_a_late_policy_says_what_it_said_two_looks_ago() -> None:
    policy: Policy = Slow(Plain(), 2)
    policy.reset()
    now = observe(state=at_home())
    plans = [policy.plan(now, word) for word in ("one", "two", "three")]
    assert plans[:2] == [None, None] and plans[2] is not None and plans[2].reason == "one"
