"""Early fusion (ViLT, Kim et al., 2021, arXiv:2102.03334): the senses' tokens and the words are one sequence from the start."""

import torch
from torch import nn
from transformers import Cache

from policies.vla.attention import Block, watched
from policies.vla.config import VlaConfig


class EarlyFusion(nn.Module):
    """One stack of blocks; the senses see each other, the words see the senses and the words before them.

    As the senses do not look at the words, what was seen of a frame serves every question about it, and can be kept.
    """

    def __init__(self, config: VlaConfig, layers: int | None = None, first: int = 0) -> None:
        """One block a layer of the config, or so many; `first` is where in a cache they begin."""
        super().__init__()
        count, self._first = config.layers if layers is None else layers, first
        self.blocks = nn.ModuleList([Block(config.width, config.heads, config.widening) for _ in range(count)])

    def forward(
        self, senses: torch.Tensor | None, words: torch.Tensor, among: torch.Tensor, cache: Cache | None = None
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Senses (B, N, d) and words (B, L, d), both after they have met.

        Args:
            senses: None where the cache holds them already.
            words: of one or several texts.
            among: (B, L, K) bool, which of the words, the cached ones first, each word may look at.
            cache: of a text that is being written.
        """
        count = 0 if senses is None else senses.shape[1]
        tokens = words if senses is None else torch.cat([senses, words], dim=1)
        mask = self._mask(count, among, cache)
        for layer, block in enumerate(self.blocks, self._first):
            tokens = block(tokens, mask, cache, layer)
        return None if senses is None else tokens[:, :count], tokens[:, count:]

    def attended(self, senses: torch.Tensor, words: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
        """How much each word looks at each token (B, L, N + L), the mean of heads and layers; rows sum to 1."""
        with watched(self) as looked:
            self(senses, words, among)
        return torch.stack(list(looked.values())).mean(0)[:, senses.shape[1] :]

    def _mask(self, count: int, among: torch.Tensor, cache: Cache | None) -> torch.Tensor:
        """Who looks at whom: everybody at the senses."""
        batch, length, known = among.shape
        held = count or (0 if cache is None else cache.get_seq_length(self._first) + length - known)
        below = torch.cat([torch.ones(batch, length, held, dtype=torch.bool, device=among.device), among], dim=2)
        above = torch.zeros(batch, count, held + known, dtype=torch.bool, device=among.device)
        above[:, :, :held] = True
        return torch.cat([above, below], dim=1)
