"""PolicyWrapper: a Policy around another one; whatever a subclass does not change is the other's."""

from policies.policy import Explanation, Persists, Policy
from robot.trajectory import Plan
from sensors.observation import Observation


class PolicyWrapper:
    """Passes everything through; see the Policy contract."""

    def __init__(self, policy: Policy) -> None:
        """Around a policy."""
        self._policy = policy

    def reset(self) -> None:
        """Reset the policy."""
        self._policy.reset()

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """Its plan."""
        return self._policy.plan(observation, instruction)

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """Its other way, if it knows any."""
        return self._policy.instead(observation, reason) if isinstance(self._policy, Persists) else None

    def explain(self) -> Explanation | None:
        """Its explanation."""
        return self._policy.explain()
