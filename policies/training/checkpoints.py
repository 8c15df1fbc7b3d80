"""Checkpoints: a training run as it stands, written so that a kill at any instant leaves the last one whole; no pickle.

<run>/state/   model.safetensors optimiser.safetensors average.safetensors state.json     to go on from
<run>/best/    config.json model.safetensors tokenizer.json training.json                 to run, the best by validation
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from policies.storage.commit import sync
from policies.training.optimiser import Average
from policies.vla.model import Vla
from policies.vla.words import Words
from robot.errors import InvalidInput


def save_state(
    run: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: Average, state: Mapping[str, Any]
) -> None:
    """Everything to go on from, in place of what was there."""

    def write(folder: Path) -> None:
        save_file({name: value.contiguous() for name, value in model.state_dict().items()}, folder / "model.safetensors")
        save_file(_moments(optimiser), folder / "optimiser.safetensors")
        save_file({name: value.contiguous() for name, value in average.weights.items()}, folder / "average.safetensors")
        (folder / "state.json").write_text(json.dumps(dict(state), indent=1))

    replaced(run / "state", write)


def load_state(run: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: Average) -> dict[str, Any]:
    """The mirror of `save_state`; what stood beside the weights.

    Raises:
        InvalidInput: something is missing, damaged, or of another model.
    """
    folder = settled(run / "state")
    try:
        state = json.loads((folder / "state.json").read_text())
        model.load_state_dict(load_file(folder / "model.safetensors"))
        _restore_moments(optimiser, load_file(folder / "optimiser.safetensors"))
        average.weights.update(load_file(folder / "average.safetensors"))
        return dict(state)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        first = str(error).splitlines()[0]
        raise InvalidInput(f"out: {folder} can't be gone on from: {first}; another folder begins anew") from None


def save_model(folder: Path, model: Vla, words: Words, record: Mapping[str, Any]) -> None:
    """A model to run, with its tokenizer and how it came to be, in place of what was there."""

    def write(part: Path) -> None:
        model.save_pretrained(part)
        words.save(part)
        (part / "training.json").write_text(json.dumps(dict(record), indent=1))

    replaced(folder, write)


def replaced(folder: Path, write: Any) -> None:
    """Write a folder beside its place, then exchange the two; `settled` finds the old or the new one, whole."""
    part, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    write(part)
    for file in part.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
    sync(part)
    rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    part.rename(folder)
    sync(folder.parent)
    rmtree(old, ignore_errors=True)


def settled(folder: Path) -> Path:
    """A folder that `replaced` wrote, brought back if a kill came between its two renames."""
    old = folder.with_name(f".{folder.name}.old")
    if not folder.exists() and old.exists():
        old.rename(folder)
    return folder


def _moments(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """AdamW's memory, by parameter and by kind."""
    state = optimiser.state_dict()["state"]
    return {f"{number}/{key}": value.contiguous() for number, each in state.items() for key, value in each.items()}


def _restore_moments(optimiser: torch.optim.Optimizer, moments: Mapping[str, torch.Tensor]) -> None:
    """The mirror."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in moments.items():
        number, _, key = name.partition("/")
        state.setdefault(int(number), {})[key] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
