"""Perturbation: the contract of what makes an episode harder; each kind overrides what it needs and leaves the rest."""

from collections.abc import Callable, Sequence

import numpy as np

from policies.policy import Policy
from sensors.calibration import SensorsConfig
from sim.shading import Light
from sim.stage import Stage, StageConfig


class Perturbation:
    """Nothing is harder: the plain episode.

    Order of calls, once an episode: `config`, `light` and `placed` before the scene is set, `begin` when it stands, then
    `sentence` and `policy` for each errand. All randomness comes from `random`, which is the same for every policy.
    """

    def config(self, config: StageConfig, sentences: Sequence[str], random: np.random.Generator) -> StageConfig:
        """The stage as it shall be; the given one is not changed. `sentences` are those of the episode."""
        return config

    def light(self) -> Light:
        """How the scene is lit."""
        return Light()

    def placed(self, sensors: SensorsConfig, random: np.random.Generator) -> SensorsConfig:
        """Where the sensors truly are, whatever fusion believes."""
        return sensors

    def begin(self, stage: Stage, sentences: Sequence[str], random: np.random.Generator) -> Callable[[], None]:
        """Change what stands; gives what is called once a policy tick from now on."""
        return lambda: None

    def sentence(self, sentence: str, another: str) -> str:
        """What the policy is told, given the errand's sentence and that of another episode."""
        return sentence

    def policy(self, policy: Policy) -> Policy:
        """The policy, or a wrapper that stands between it and the loop."""
        return policy
