"""Optimiser: AdamW with warm-up and cosine, and the averaged weights that are kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, pi

import torch
from torch import nn


@dataclass
class OptimiserConfig:
    """How weights change.

    Attributes:
        rate: greatest learning rate; warmup: steps until it is reached; floor: share of it that is left at the end.
        decay: of weights; matrices only.
        clip: greatest norm of a gradient.
        epsilon: below which a gradient counts as rounding.
        average: share of the averaged weights that each step keeps.
    """

    rate: float = 1e-3
    warmup: int = 300
    floor: float = 0.03
    decay: float = 0.05
    clip: float = 1.0
    epsilon: float = 1e-8
    average: float = 0.998


def adamw(model: nn.Module, config: OptimiserConfig) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter, 2019, arXiv:1711.05101); norms, biases and embeddings do not decay."""
    matrices = [each for each in model.parameters() if each.requires_grad and each.ndim >= 2]
    others = [each for each in model.parameters() if each.requires_grad and each.ndim < 2]
    groups = [{"params": matrices, "weight_decay": config.decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.rate, betas=(0.9, 0.98), eps=config.epsilon)


def rate_at(step: int, steps: int, config: OptimiserConfig) -> float:
    """The learning rate of a step: linear up, then half a cosine down (arXiv:1608.03983, without restarts)."""
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    passed = min(1.0, (step - config.warmup) / max(1, steps - config.warmup))
    return config.rate * (config.floor + (1.0 - config.floor) * 0.5 * (1.0 + cos(pi * passed)))


class Average:
    """Exponentially averaged weights; at first they follow closely, as there is little to average.

    Attributes:
        weights: name → tensor.
    """

    def __init__(self, model: nn.Module, keep: float) -> None:
        """Begin with the model's."""
        self.weights = {name: value.detach().clone() for name, value in named(model)}
        self._keep = keep

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Take one step's weights in."""
        keep = min(self._keep, (1.0 + step) / (10.0 + step))
        for name, value in named(model):
            self.weights[name].lerp_(value.detach(), 1.0 - keep)

    @torch.no_grad()
    def exchange(self, model: nn.Module) -> None:
        """Put the averaged weights into the model, and its own here; twice is not at all."""
        for name, value in named(model):
            own = value.detach().clone()
            value.copy_(self.weights[name])
            self.weights[name] = own


def named(model: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The weights that are learnt, by name."""
    return ((name, value) for name, value in model.named_parameters() if value.requires_grad)
