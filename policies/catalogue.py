"""The one `match` that builds a policy from its config."""

from typing import Any

from policies.corrected import Corrected, CorrectedConfig
from policies.policy import Policy
from policies.teleoperation import Teleoperation, TeleoperationConfig
from policies.value_maps.policy import ValueMapPolicy, ValueMapsConfig
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.pretrained.config import PretrainedConfig
from robot.errors import one_of
from robot.kinematics import Kinematics
from robot.model import RobotModel

SCHEMAS: dict[str, type] = {
    "policy/value_maps": ValueMapsConfig,
    "policy/vla": VlaPolicyConfig,
    "policy/teleoperation": TeleoperationConfig,
    "policy/corrected": CorrectedConfig,
    "policy/vla_smolvlm": PretrainedConfig,
    "policy/vla_paligemma": PretrainedConfig,
}


def build_policy(config: Any, model: RobotModel, kinematics: Kinematics) -> Policy:
    """The policy that a config describes, for one robot."""
    match config:
        case ValueMapsConfig():
            return ValueMapPolicy(model, kinematics, config)
        case VlaPolicyConfig():
            from policies.vla.policy import open_policy  # torch and transformers take seconds to import

            return open_policy(model, kinematics, config)
        case TeleoperationConfig():
            return Teleoperation(model, kinematics, config)
        case CorrectedConfig():
            policy = build_policy(config.policy, model, kinematics)
            return Corrected(policy, Teleoperation(model, kinematics, config.person), config.hand_back_s)
        case PretrainedConfig():
            from policies.vla.pretrained.policy import open_pretrained

            return open_pretrained(model, kinematics, config)
    raise one_of("policy", type(config).__name__, [name.partition("/")[2] for name in SCHEMAS])
