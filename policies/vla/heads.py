"""Heads: what a slot's hidden state says: whether there is an action, at which patch, and in which bin each number lies."""

import torch
from torch import nn

from policies.vla.config import VlaConfig


class Heads(nn.Module):
    """A slot first points at a patch; what it sees there then tells the numbers, such as where inside it."""

    def __init__(self, config: VlaConfig) -> None:
        """Lay them out."""
        super().__init__()
        width = config.width
        self._fields, self._bins = config.fields, config.bins
        self.there = nn.Linear(width, 1)
        self.wants = nn.Linear(width, width)
        self.offers = nn.Linear(width, width)
        self.looks = nn.Linear(2 * width, width)
        self.tells = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU())
        self.bins = nn.Linear(width, config.fields * config.bins)

    def point(self, hidden: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        """Logits (B, S, P) of the patches (B, P, d) for hidden states (B, S, d)."""
        scale = hidden.shape[-1] ** -0.5
        return scale * self.wants(hidden) @ self.offers(patches).transpose(1, 2)

    def tell(self, hidden: torch.Tensor, there: torch.Tensor | None) -> torch.Tensor:
        """Logits (B, S, F, bins) of the numbers, given what is at the patch that was pointed at (B, S, d), None without one."""
        told = hidden if there is None else hidden + self.looks(torch.cat([hidden, there], dim=-1))
        return self.bins(self.tells(told)).unflatten(-1, (self._fields, self._bins))
