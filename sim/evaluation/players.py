"""Who can be evaluated: the policies of `policies.catalogue`, and those that only a simulation has."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from policies.catalogue import SCHEMAS as POLICY_SCHEMAS
from policies.catalogue import build_policy
from policies.policy import Policy
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.pretrained.config import PretrainedConfig
from sim.baselines import NothingConfig, NothingPolicy, RandomConfig, RandomPolicy
from sim.expert import Expert
from sim.stage import Stage
from sim.tasks.family import Errand


@dataclass
class ExpertConfig:
    """The expert's YAML: it knows the truth and does each errand's script."""

    name: str = "expert"


SCHEMAS: dict[str, type] = {
    **POLICY_SCHEMAS,
    "policy/expert": ExpertConfig,
    "policy/nothing": NothingConfig,
    "policy/random": RandomConfig,
}
BASELINES = (ExpertConfig, NothingConfig, RandomConfig)  # who neither listens nor looks


class Player:
    """The policy of one episode: one mind for all its errands, but for the expert, who is told each anew."""

    def __init__(self, config: Any, stage: Stage, random: np.random.Generator) -> None:
        """Build it for the stage's robot; `random` is its own."""
        self._stage = stage
        self._policy = None if isinstance(config, ExpertConfig) else _built(config, stage, random)

    def policy(self, errand: Errand) -> Policy:
        """The policy for an errand."""
        stage = self._stage
        return self._policy or Expert(errand, stage.scene, stage.world, stage.model, stage.kinematics)


def weights_of(config: Any) -> str:
    """What tells a policy's weights from others: a digest of those in its checkpoint; empty if it has none."""
    match config:
        case VlaPolicyConfig():
            folder = config.folder
        case PretrainedConfig(checkpoint=str(where)) if where:
            folder = Path(where)
        case _:
            return ""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _built(config: Any, stage: Stage, random: np.random.Generator) -> Policy:
    """A policy that hears sentences only."""
    match config:
        case NothingConfig():
            return NothingPolicy(config)
        case RandomConfig():
            return RandomPolicy(stage.model, stage.kinematics, config, random)
    return build_policy(config, stage.model, stage.kinematics)
