"""Two streams (ViLBERT, Lu et al., 2019, arXiv:1908.02265): senses and words each have their own, and meet at every depth.

Of ViLBERT's co-attention one half is here: the words attend to the senses. The other half would let a patch tell the words
what comes after them, and one text what another says, as several share what is seen.
"""

import torch
from torch import nn
from transformers import Cache

from policies.vla.attention import Block, Crossing, halved, watched
from policies.vla.config import VlaConfig


class TwoStreamFusion(nn.Module):
    """At each layer the words cross over to the senses of the same depth; then each stream goes on by itself."""

    def __init__(self, config: VlaConfig) -> None:
        """A crossing and two blocks a layer."""
        super().__init__()
        sizes = (config.width, config.heads, config.widening)
        self.crossings = nn.ModuleList([Crossing(*sizes) for _ in range(config.layers)])
        self.words = nn.ModuleList([Block(*sizes) for _ in range(config.layers)])
        self.senses = nn.ModuleList([Block(*sizes) for _ in range(config.layers)])

    def forward(
        self, senses: torch.Tensor | None, words: torch.Tensor, among: torch.Tensor, cache: Cache | None = None
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Senses (B, N, d) and words (B, L, d), both after they have met; see `EarlyFusion.forward`."""
        for layer, (crossing, block, own) in enumerate(zip(self.crossings, self.words, self.senses, strict=True)):
            words = crossing(words, senses, cache, len(self.words) + layer)
            words = block(words, among, cache, layer)
            senses = None if senses is None else own(senses)
        return senses, words

    def attended(self, senses: torch.Tensor, words: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
        """How much each word looks at each of the senses and words (B, L, N + L), half of it each; rows sum to 1."""
        with watched(self) as looked:
            self(senses, words, among)
        return halved(looked, self.crossings, self.words)
