"""Validation: how well a model does on episodes that it does not learn from, in losses and in centimetres."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import default_collate

from policies.training.samples import Samples
from policies.vla.actions import NOT_LEARNT
from policies.vla.bins import centre_of
from policies.vla.config import VlaConfig
from policies.vla.loss import losses
from policies.vla.model import Reading, Vla
from policies.vla.rows import LENGTH
from policies.vla.words import ACT, END, PAD, POINT, SAY

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
        if model.config.points:
            said = _said_at_once if model.config.decoding == "parallel" else _said_first
            for name, met in _met(model.config, texts, *said(model, reading, texts, read["frame"])).items():
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


Places = tuple[torch.Tensor, torch.Tensor]  # a pointer (B, R), -100 = none, and where inside its cell, two bins (B, R, 2)


def _said_at_once(
    model: Vla, reading: Reading, texts: dict[str, torch.Tensor], frame: dict[str, torch.Tensor]
) -> tuple[Places, torch.Tensor, Places]:
    """Of the first slot: the place, whether there is one (B, R), and the place that was to be said."""
    at = texts["slot"].clamp(min=0)[..., None, None].expand(-1, -1, 1, reading.hidden.shape[-1])
    hidden = reading.hidden.gather(2, at)[:, :, 0]  # (B, R, d)
    pointed = model.heads.point(hidden, reading.patches).argmax(-1)
    there = reading.patches.gather(1, pointed[..., None].expand(-1, -1, reading.patches.shape[-1]))
    said = model.heads.tell(hidden, there)[:, :, :2].argmax(-1)
    wanted = texts["pointer"][:, :, 0], texts["bins"][:, :, 0, :2]
    return (pointed, said), model.heads.there(hidden)[..., 0] > 0, wanted


def _said_first(
    model: Vla, reading: Reading, texts: dict[str, torch.Tensor], frame: dict[str, torch.Tensor]
) -> tuple[Places, torch.Tensor, Places]:
    """The same of the first tokens that are written, each after those that the model itself wrote before it."""
    config, ids, answer = model.config, texts["ids"].clone(), texts["answer"]
    pointers, begin = config.words + config.bins, (ids == SAY).int().argmax(-1)  # (B, R)
    said, wanted, there = [], [], torch.zeros_like(begin, dtype=torch.bool)
    for place in range(3):  # the pointer, then where it is along x and y
        reading = reading if place == 0 else model.read(frame, ids)
        at = (begin + place).clamp(max=ids.shape[-1] - 1)[..., None]
        hidden = reading.hidden.gather(2, at[..., None].expand(-1, -1, 1, reading.hidden.shape[-1]))[:, :, 0]
        logits = model.vocabulary_logits(hidden, reading.patches)
        legal = slice(pointers, None) if place == 0 else slice(config.words, pointers)
        likeliest = logits[..., legal].max(-1)
        there = likeliest.values > logits[..., END] if place == 0 else there
        said.append(likeliest.indices)
        wanted.append(answer.gather(2, at)[..., 0] - legal.start)
        ids.scatter_(2, (at + 1).clamp(max=ids.shape[-1] - 1), likeliest.indices[..., None] + legal.start)
    right = torch.where(wanted[0] >= 0, wanted[0], NOT_LEARNT)
    return (said[0], torch.stack(said[1:], -1)), there, (right, torch.stack(wanted[1:], -1))


def _met(
    config: VlaConfig, texts: dict[str, torch.Tensor], said: Places, there: torch.Tensor, wanted: Places
) -> dict[str, list[float]]:
    """Whether each first place is met, horizontally, and whether it is known of each phrase that it has one."""
    pointers = config.pointers()
    places, right = (
        pointers.centres_base[pointer.clamp(min=0).cpu().numpy()][..., :2]
        + centre_of(bins.clamp(min=0).cpu().numpy(), config.bins) * pointers.size[:2] / 2
        for pointer, bins in (said, wanted)
    )
    met = np.linalg.norm(places - right, axis=-1) < NEAR
    learnt, kind = (wanted[0] != NOT_LEARNT).cpu().numpy(), texts["ids"][:, :, 0].cpu().numpy()
    told = (there == (wanted[0] != NOT_LEARNT)).cpu().numpy()
    return {
        "acts_met": met[learnt & (kind == ACT)].astype(float).tolist(),
        "phrases_met": met[learnt & (kind == POINT)].astype(float).tolist(),
        "phrases_told": told[kind == POINT].astype(float).tolist(),
    }
