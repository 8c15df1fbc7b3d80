"""Alignment: scenes and true captions brought close to each other in one space, false captions far (CLIP, arXiv:2103.00020).

A caption is the mean of its words alone, which have not seen the scene: otherwise it would know the scene that it is of.
"""

import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize

WARMTH = 1 / 0.07  # section 2.5; the scale that cosines begin with, clipped at 100 as there
WARMEST = 100.0


class Alignment(nn.Module):
    """Two projections into the space, and how sharply cosines tell captions apart."""

    def __init__(self, width: int) -> None:
        """A space of the model's width."""
        super().__init__()
        self.sees, self.says = nn.Linear(width, width), nn.Linear(width, width)
        self.warmth = nn.Parameter(torch.tensor(WARMTH).log())

    def forward(self, seen: torch.Tensor, true: torch.Tensor, false: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """InfoNCE (B,), half from scenes to captions and half back; 0 where a scene has no caption.

        Args:
            seen: (B, d) the mean of what is seen.
            true: (B, d) the mean of a true caption's words.
            false: (B, d) of one that is false there.
            known: (B,) bool, whether there is a caption.
        """
        scenes = self.warmth.exp().clamp(max=WARMEST) * normalize(self.sees(seen).float(), dim=-1)
        true, false = (normalize(self.says(each).float(), dim=-1) for each in (true, false))
        logits = (scenes @ true.T).masked_fill(~known, -WARMEST)  # (B, B)
        wrong = (scenes * false).sum(-1, keepdim=True)  # a caption that is false here may be true elsewhere
        own = torch.arange(len(seen), device=seen.device)
        to_captions = cross_entropy(torch.cat([logits, wrong], dim=1), own, reduction="none")
        to_scenes = cross_entropy(logits.T, own, reduction="none")
        return torch.where(known, (to_captions + to_scenes) / 2, 0.0)
