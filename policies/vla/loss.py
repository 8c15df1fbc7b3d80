"""Loss: how far what a model says of a batch is from what was to be said."""

from collections.abc import Mapping

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, log_softmax

from policies.vla.model import Reading, Vla
from policies.vla.words import PAD

IGNORED = -100
BINS = 1.5  # what a number counts beside a pointer
SPREAD = 2.0  # bins: a neighbour of the right bin is nearly right


def losses(model: Vla, reading: Reading, texts: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The parts of the loss of each text, (B, R) each, 0 where a text has no such part; each a mean over its own tokens.

    Args:
        model: that has read.
        reading: what came of reading `ids` about B frames.
        texts: `ids` (B, R, L); `answer` (B, R, L) the token that follows each, -100 = not to be learnt; `slot` (B, R) where
            the slots begin, -1 = none; `there` (B, R, K) 1, 0 or -100; `pointer` (B, R, K) and `bins` (B, R, K, F), -100 =
            not to be learnt.
    """
    parts = {"words": _words(model, reading, texts["answer"])}
    if (texts["slot"] >= 0).any():
        parts |= _slots(model, reading, texts)
    if model.alignment is not None:
        parts["align"] = _aligned(model, reading, texts["ids"])
    return parts


def _aligned(model: Vla, reading: Reading, ids: torch.Tensor) -> torch.Tensor:
    """How far captions, the last two rows, true and false, are from their scenes (B, R); it stands in the true one's row."""
    captions = ids[:, -2:, 1:]
    there = (captions != PAD)[..., None]
    means = (model.embed(captions.flatten(1)).unflatten(1, (2, -1)) * there).sum(2) / there.sum(2).clamp(min=1)  # (B, 2, d)
    loss = torch.zeros(ids.shape[:2], device=ids.device)
    loss[:, -2] = model.alignment(reading.seen, means[:, 0], means[:, 1], there[:, 0, 0, 0])  # type: ignore[misc]
    return loss


def _words(model: Vla, reading: Reading, answer: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the next token (B, R)."""
    batch, rows = answer.shape[:2]
    learnt = answer != IGNORED
    result = torch.zeros(batch, rows, device=answer.device)
    if not learnt.any():
        return result
    where = learnt.nonzero()  # (M, 3)
    hidden = reading.hidden[learnt]  # (M, d)
    logits = model.vocabulary_logits(hidden[:, None], reading.patches[where[:, 0]])[:, 0]
    each = cross_entropy(logits.float(), answer[learnt], reduction="none")
    total = result.index_put((where[:, 0], where[:, 1]), each, accumulate=True)
    return total / learnt.sum(-1).clamp(min=1)


def _slots(model: Vla, reading: Reading, texts: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What slots say: whether there is an action, where, and its numbers; all (B, R)."""
    batch, rows, slots = texts["there"].shape
    begin = texts["slot"].clamp(min=0)[..., None] + torch.arange(slots, device=texts["slot"].device)
    hidden = reading.hidden.gather(2, begin[..., None].expand(-1, -1, -1, reading.hidden.shape[-1])).flatten(1, 2)  # (B, RK, d)
    there, pointer = texts["there"].flatten(1), texts["pointer"].flatten(1)
    parts = {"there": _there(model, hidden, there).unflatten(1, (rows, slots)).mean(-1)}
    seen = None
    if model.config.points:
        logits = model.heads.point(hidden, reading.patches)
        loss = cross_entropy(logits.float().flatten(0, 1), pointer.flatten(), reduction="none", ignore_index=IGNORED)
        count = (texts["pointer"] != IGNORED).sum(-1).clamp(min=1)
        parts["pointer"] = loss.view(batch, rows, slots).sum(-1) / count
        seen = reading.patches.gather(1, pointer.clamp(min=0)[..., None].expand(-1, -1, reading.patches.shape[-1]))
    bins = texts["bins"].flatten(1, 2)
    learnt = bins != IGNORED
    each = _near(model.heads.tell(hidden, seen)[learnt].float(), bins[learnt])
    total = torch.zeros_like(bins, dtype=each.dtype).masked_scatter(learnt, each).view(batch, rows, -1).sum(-1)
    parts["bins"] = BINS * total / learnt.view(batch, rows, -1).sum(-1).clamp(min=1)
    return parts


def _there(model: Vla, hidden: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Whether there is an action in a slot (B, RK)."""
    logits = model.heads.there(hidden)[..., 0].float()
    loss = binary_cross_entropy_with_logits(logits, there.clamp(min=0).float(), reduction="none")
    return torch.where(there == IGNORED, torch.zeros_like(loss), loss)


def _near(logits: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
    """Cross-entropy (M,) against a bell about the right bin."""
    off = torch.arange(logits.shape[-1], device=bins.device) - bins[:, None]
    bell = torch.exp(-0.5 * (off / SPREAD) ** 2)
    return -(bell / bell.sum(-1, keepdim=True) * log_softmax(logits, dim=-1)).sum(-1)
