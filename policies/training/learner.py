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


class Learner(nn.Module):
    """Frames and texts → the loss.

    Attributes:
        model: what learns.
    """

    def __init__(self, config: VlaConfig, init: str, device: torch.device, precision: str) -> None:
        """Random weights, or those of a checkpoint."""
        super().__init__()
        if precision not in PRECISIONS:
            raise one_of("precision", precision, PRECISIONS)
        self.model = open_model(Path(init), config) if init else Vla(config)
        self.model.to(device).train()  # type: ignore[arg-type]
        half = device.type == "cuda" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")
        self._autocast = (half if precision == "auto" else precision == "bfloat16", device.type)

    def forward(
        self, frame: Mapping[str, torch.Tensor], texts: Mapping[str, torch.Tensor]
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The mean over samples of their rows' weighted losses, and its parts.

        Every weight takes part, be it with nothing, so that the gradients of all ranks are of the same weights.
        """
        enabled, kind = self._autocast
        with torch.autocast(kind, torch.bfloat16, enabled=enabled):
            found = losses(self.model, self.model.read(frame, texts["ids"]), texts)
        parts = {name: (part * texts["weight"]).sum(1).mean() for name, part in found.items()}
        nothing = 0.0 * torch.stack([each.sum() for each in self.parameters()]).sum()
        return torch.stack(list(parts.values())).sum() + nothing, {name: part.detach() for name, part in parts.items()}
