"""Learner: the model with its loss, as one module, so that ranks share its gradients."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from policies.vla.checkpoint import open_model
from policies.vla.config import VlaConfig
from policies.vla.loss import losses
from policies.vla.model import Vla
from robot.errors import one_of

PRECISIONS = ("auto", "float32", "bfloat16")


def mixed_precision(device: torch.device, precision: str) -> torch.autocast:
    """In which matrices are multiplied in bfloat16, or in float32 like all else; "auto": as the device computes in it.

    Raises:
        InvalidInput: an unknown precision.
    """
    if precision not in PRECISIONS:
        raise one_of("precision", precision, PRECISIONS)
    half = device.type == "cuda" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.autocast(device.type, torch.bfloat16, enabled=half if precision == "auto" else precision == "bfloat16")


class Learner(nn.Module):
    """Frames and texts → the loss.

    Attributes:
        model: what learns.
    """

    def __init__(self, config: VlaConfig, init: str, device: torch.device, precision: str) -> None:
        """Random weights, or those of a checkpoint."""
        super().__init__()
        self.model = open_model(Path(init), config) if init else Vla(config)
        self.model.to(device).train()  # type: ignore[arg-type]
        self._autocast = mixed_precision(device, precision)

    def forward(
        self, frame: Mapping[str, torch.Tensor], texts: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The mean over samples of their rows' weighted losses, and its parts.

        Every weight takes part, be it with nothing, so that the gradients of all ranks are of the same weights.
        """
        with self._autocast:
            found = losses(self.model, self.model.read(frame, texts["ids"]), texts)
        parts = {name: (part * texts["weight"]).sum(1).mean() for name, part in found.items()}
        nothing = 0.0 * torch.stack([each.sum() for each in self.parameters()]).sum()
        return torch.stack(list(parts.values())).sum() + nothing, {name: part.detach() for name, part in parts.items()}
