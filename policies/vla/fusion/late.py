"""Late fusion (Baltrušaitis et al., 2017, arXiv:1705.09406, section 6.1): each sense reads the words alone; then they vote."""

from collections.abc import Mapping

import torch
from torch import nn
from transformers import Cache

from policies.vla.config import VlaConfig
from policies.vla.fusion.early import EarlyFusion


class LateFusion(nn.Module):
    """A small stack for each modality and the words; what comes of a word is the sum of all, weighted by what each found."""

    def __init__(self, config: VlaConfig, spans: Mapping[str, slice]) -> None:
        """Half as many layers in each stack; `spans` say where each modality's tokens lie (`Senses.spans`)."""
        super().__init__()
        layers = max(1, config.layers // 2)
        self._spans = tuple(spans.values())
        self.stacks = nn.ModuleList([EarlyFusion(config, layers, layers * number) for number in range(len(spans))])
        self.weighs = nn.ModuleList([nn.Linear(config.width, 1) for _ in spans])

    def forward(
        self, senses: torch.Tensor | None, words: torch.Tensor, among: torch.Tensor, cache: Cache | None = None
    ) -> tuple[torch.Tensor | None, torch.Tensor]:
        """Senses (B, N, d) after each has seen itself, words (B, L, d) after the vote; see `EarlyFusion.forward`."""
        parts = [None if senses is None else senses[:, span] for span in self._spans]
        read = [stack(part, words, among, cache) for stack, part in zip(self.stacks, parts, strict=True)]
        said = [words for _, words in read]
        words = (torch.stack(said, dim=-1) * self._weights(said)).sum(-1)
        return None if senses is None else torch.cat([part for part, _ in read], dim=1), words

    def attended(self, senses: torch.Tensor, words: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
        """How much each word looks at each of the senses and words (B, L, N + L), as the stacks count; rows sum to 1."""
        parts = [senses[:, span] for span in self._spans]
        read = list(zip(self.stacks, parts, strict=True))
        weights = self._weights([stack(part, words, among)[1] for stack, part in read]).unbind(-1)
        looked = [stack.attended(part, words, among) for stack, part in read]  # type: ignore[operator]
        shares = [each * weight for each, weight in zip(looked, weights, strict=True)]
        own = [share[..., : part.shape[1]] for share, part in zip(shares, parts, strict=True)]
        back = sum(share[..., part.shape[1] :] for share, part in zip(shares, parts, strict=True))
        return torch.cat([*own, back], dim=-1)  # type: ignore[list-item]

    def _weights(self, said: list[torch.Tensor]) -> torch.Tensor:
        """How much each stack counts for each word (B, L, 1, M), by what it says of itself."""
        return torch.stack([weigh(words) for weigh, words in zip(self.weighs, said, strict=True)], dim=-1).softmax(-1)
