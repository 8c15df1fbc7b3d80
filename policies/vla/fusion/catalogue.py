"""The one `match` that finds a way of fusion by its name."""

from torch import nn

from policies.vla.config import VlaConfig
from policies.vla.fusion.early import EarlyFusion
from robot.errors import one_of

WAYS = ("early",)


def build_fusion(config: VlaConfig) -> nn.Module:
    """The way that a config names."""
    match config.fusion:
        case "early":
            return EarlyFusion(config)
    raise one_of("policy.fusion", config.fusion, WAYS)
