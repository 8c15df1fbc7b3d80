"""The one `match` that builds a policy from its config."""

from typing import Any

from policies.policy import Policy
from policies.value_maps.policy import ValueMapPolicy, ValueMapsConfig
from robot.errors import one_of
from robot.kinematics import Kinematics
from robot.model import RobotModel

SCHEMAS: dict[str, type] = {"policy/value_maps": ValueMapsConfig}


def build_policy(config: Any, model: RobotModel, kinematics: Kinematics) -> Policy:
    """The policy that a config describes, for one robot."""
    match config:
        case ValueMapsConfig():
            return ValueMapPolicy(model, kinematics, config)
    raise one_of("policy", type(config).__name__, [name.partition("/")[2] for name in SCHEMAS])
