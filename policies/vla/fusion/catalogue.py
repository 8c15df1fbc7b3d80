"""The one `match` that finds a way of fusion by its name."""

from collections.abc import Mapping

from torch import nn

from policies.vla.config import VlaConfig
from policies.vla.fusion.bottleneck import BottleneckFusion
from policies.vla.fusion.early import EarlyFusion
from policies.vla.fusion.gated import GatedFusion
from policies.vla.fusion.late import LateFusion
from policies.vla.fusion.two_stream import TwoStreamFusion
from robot.errors import one_of

WAYS = ("early", "two_stream", "gated", "bottleneck", "late")


def build_fusion(config: VlaConfig, spans: Mapping[str, slice]) -> nn.Module:
    """The way that a config names; `spans` say where each modality's tokens lie."""
    match config.fusion:
        case "early":
            return EarlyFusion(config)
        case "two_stream":
            return TwoStreamFusion(config)
        case "gated":
            return GatedFusion(config)
        case "bottleneck":
            return BottleneckFusion(config)
        case "late":
            return LateFusion(config, spans)
    raise one_of("model.fusion", config.fusion, WAYS)
