"""Validation: how well a model does on episodes that it does not learn from, in losses and in centimetres."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import default_collate

from policies.training.samples import Samples
from policies.vla.actions import NOT_LEARNT
from policies.vla.bins import centre_of
from policies.vla.loss import losses
from policies.vla.model import Reading, Vla
from policies.vla.rows import LENGTH
from policies.vla.words import ACT, PAD, POINT

NEAR = 0.03  # m: what is pointed at so well is met


@torch.no_grad()
def validated(model: Vla, samples: Samples, numbers: Sequence[int], batch: int, device: torch.device) -> dict[str, float]:
    """The mean of each part of the loss; of actions and phrases the share of first places within 3 cm, and of phrases told.

    A phrase is told if it is known of it whether it fits anything there.
    """
    model.eval()
    sums: dict[str, list[float]] = {}
    for begin in range(0, len(numbers), batch):
        read = to_device(cut(default_collate([samples[number] for number in numbers[begin : begin + batch]])), device)
        texts, reading = read["texts"], model.read(read["frame"], read["texts"]["ids"])
        for name, part in losses(model, reading, texts).items():
            sums.setdefault(name, []).append(float((part * texts["weight"]).sum(1).mean()))
        if model.config.points and model.config.decoding == "parallel":
            for name, met in _met(model, reading, texts).items():
                sums.setdefault(name, []).extend(met)
    model.train()
    result = {name: float(np.mean(values)) for name, values in sums.items() if values}
    return {**result, "loss": sum(result[name] for name in ("words", "there", "pointer", "bins") if name in result)}


def cut(batch: dict[str, Any]) -> dict[str, Any]:
    """A batch whose rows are no longer than its longest."""
    texts = batch["texts"]
    longest = int((texts["ids"] != PAD).sum(-1).max())
    shorter = {key: texts[key][..., : min(longest, LENGTH)] for key in ("ids", "answer")}
    return {"frame": batch["frame"], "texts": {**texts, **shorter}}


def to_device(batch: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """A batch where the model is."""
    return {part: {key: value.to(device, non_blocking=True) for key, value in batch[part].items()} for part in batch}


def _met(model: Vla, reading: Reading, texts: dict[str, torch.Tensor]) -> dict[str, list[float]]:
    """Whether each first place is met, horizontally, and whether it is known of each phrase that it has one."""
    at = texts["slot"].clamp(min=0)[..., None, None].expand(-1, -1, 1, reading.hidden.shape[-1])
    hidden = reading.hidden.gather(2, at)[:, :, 0]  # (B, R, d)
    pointed = model.heads.point(hidden, reading.patches).argmax(-1)
    there = reading.patches.gather(1, pointed[..., None].expand(-1, -1, reading.patches.shape[-1]))
    said = model.heads.tell(hidden, there)[:, :, :2].argmax(-1)
    pointers = model.config.pointers()
    places, wanted = (
        pointers.centres_base[point.clamp(min=0).cpu().numpy()][..., :2]
        + centre_of(bins.clamp(min=0).cpu().numpy(), model.config.bins) * pointers.size[:2] / 2
        for point, bins in ((pointed, said), (texts["pointer"][:, :, 0], texts["bins"][:, :, 0, :2]))
    )
    met = np.linalg.norm(places - wanted, axis=-1) < NEAR
    learnt, kind = (texts["pointer"][:, :, 0] != NOT_LEARNT).cpu().numpy(), texts["ids"][:, :, 0].cpu().numpy()
    told = ((model.heads.there(hidden)[..., 0] > 0) == (texts["there"][:, :, 0] > 0)).cpu().numpy()
    return {
        "acts_met": met[learnt & (kind == ACT)].astype(float).tolist(),
        "phrases_met": met[learnt & (kind == POINT)].astype(float).tolist(),
        "phrases_told": told[kind == POINT].astype(float).tolist(),
    }
