"""Bottleneck (BLIP-2, Li et al., 2023, arXiv:2301.12597): learned queries gather what is seen; the words see only them."""

import torch
from torch import nn
from transformers import Cache

from policies.vla.attention import Block, Crossing, stack_of, watched
from policies.vla.config import VlaConfig
from policies.vla.fusion.early import EarlyFusion

QUERIES = 32  # BLIP-2, section 3.1


class BottleneckFusion(nn.Module):
    """However many tokens the senses have, the words read 32; the patches can be pointed at all the same."""

    def __init__(self, config: VlaConfig) -> None:
        """Half as many blocks for the senses, and for the queries, as for the words."""
        super().__init__()
        sizes, half = (config.width, config.heads, config.widening), max(1, config.layers // 2)
        self.senses = stack_of(half, *sizes)
        self.queries = nn.Parameter(0.02 * torch.randn(QUERIES, config.width))
        self.crossings = nn.ModuleList([Crossing(*sizes) for _ in range(half)])
        self.blocks = nn.ModuleList([Block(*sizes) for _ in range(half)])
        self.words = EarlyFusion(config)

    def forward(
        self, senses: torch.Tensor | None, words: torch.Tensor, among: torch.Tensor, cache: Cache | None = None
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Senses (B, N, d) after they have seen each other, words (B, L, d) after the queries; see `EarlyFusion.forward`."""
        senses = None if senses is None else self.senses(senses)
        queries = None if senses is None else self._gathered(senses)
        return senses, self.words(queries, words, among, cache)[1]

    def attended(self, senses: torch.Tensor, words: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
        """How much each word looks, through the queries, at each of the senses and words (B, L, N + L); rows sum to 1."""
        senses = self.senses(senses)
        with watched(self) as looked:
            shares = self.words.attended(self._gathered(senses), words, among)
        over = torch.stack([looked[each.attention] for each in self.crossings]).mean(0)  # (B, 32, N)
        return torch.cat([shares[..., :QUERIES] @ over, shares[..., QUERIES:]], dim=-1)

    def _gathered(self, senses: torch.Tensor) -> torch.Tensor:
        """What the queries have gathered (B, 32, d)."""
        queries = self.queries.expand(len(senses), -1, -1)
        for crossing, block in zip(self.crossings, self.blocks, strict=True):
            queries = block(crossing(queries, senses))
        return queries
