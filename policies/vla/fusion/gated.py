"""Gated fusion (Flamingo, Alayrac et al., 2022, arXiv:2204.14198): a decoder of words looks at the senses through gates."""

import torch
from torch import nn
from transformers import Cache

from policies.vla.attention import Block, Crossing, halved, stack_of, watched
from policies.vla.config import VlaConfig

AJAR = 0.5  # Flamingo's gates begin at 0, to leave a trained language model what it was; here there is none to spare


class GatedCrossing(Crossing):
    """A crossing whose attention and perceptron each pass a gate, the tanh of a learned number (section 2.2)."""

    def __init__(self, width: int, heads: int, widening: int) -> None:
        """Gates ajar."""
        super().__init__(width, heads, widening)
        self.gates = nn.Parameter(torch.full((2,), AJAR))

    def forward(
        self, tokens: torch.Tensor, seen: torch.Tensor | None, cache: Cache | None = None, layer: int = 0
    ) -> torch.Tensor:
        """Tokens (B, L, d) → the same shape."""
        attention, perceptron = self.gates.tanh()
        tokens = tokens + attention * self.gather(tokens, seen, cache, layer)
        return tokens + perceptron * self.perceptron(self.norm_2(tokens))


class GatedFusion(nn.Module):
    """A few blocks for the senses; then, before each block of the words, a gated look at what came of them."""

    def __init__(self, config: VlaConfig) -> None:
        """Half as many blocks for the senses as for the words."""
        super().__init__()
        sizes = (config.width, config.heads, config.widening)
        self.senses = stack_of(max(1, config.layers // 2), *sizes)
        self.crossings = nn.ModuleList([GatedCrossing(*sizes) for _ in range(config.layers)])
        self.words = nn.ModuleList([Block(*sizes) for _ in range(config.layers)])

    def forward(
        self, senses: torch.Tensor | None, words: torch.Tensor, among: torch.Tensor, cache: Cache | None = None
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Senses (B, N, d) after they have seen each other, words (B, L, d) after they have met them; see `EarlyFusion`."""
        senses = None if senses is None else self.senses(senses)
        for layer, (crossing, block) in enumerate(zip(self.crossings, self.words, strict=True)):
            words = crossing(words, senses, cache, len(self.words) + layer)
            words = block(words, among, cache, layer)
        return senses, words

    def attended(self, senses: torch.Tensor, words: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
        """How much each word looks at each of the senses and words (B, L, N + L), half of it each; rows sum to 1."""
        with watched(self) as looked:
            self(senses, words, among)
        return halved(looked, self.crossings, self.words)
