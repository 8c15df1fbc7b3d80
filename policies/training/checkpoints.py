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
from transformers.utils import logging

from policies.storage.commit import sync
from policies.training.optimiser import Average
from policies.training.sharing import fill, part_of, whole
from policies.vla.checkpoint import read_json
from policies.vla.model import Vla
from policies.vla.words import Words
from robot.errors import InvalidInput

MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def save_state(
    run: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: Average, state: Mapping[str, Any], rank: int = 0
) -> None:
    """Everything to go on from, in place of what was there; all ranks call it, the first one writes."""
    parts = {"model": whole(model.state_dict()), "optimiser": whole(_moments(optimiser)), "average": whole(average.weights)}

    def write(folder: Path) -> None:
        for name, tensors in parts.items():
            save_file({key: value.contiguous() for key, value in tensors.items()}, folder / f"{name}.safetensors")
        (folder / "state.json").write_text(json.dumps(dict(state), indent=1))

    if rank == 0:
        replaced(run / "state", write)


def begun(run: Path) -> bool:
    """Whether there is something to go on from."""
    return (run / "state").exists() or (run / ".state.old").exists()


def load_state(run: Path, model: nn.Module, optimiser: torch.optim.Optimizer, average: Average) -> dict[str, Any]:
    """The mirror of `save_state`; what stood beside the weights.

    Raises:
        InvalidInput: something is missing, damaged, or of another model.
    """
    folder = settled(run / "state")
    try:
        state = read_json(folder / "state.json")
        _refuse_strange(state)
        weights, moments, means = (_loaded(folder / f"{name}.safetensors") for name in ("model", "optimiser", "average"))
        fill(model.state_dict(), weights)
        _restore_moments(optimiser, moments)
        fill(average.weights, means)
        return state
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, InvalidInput) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise InvalidInput(f"out: {folder} can't be gone on from: {first}; another folder begins anew") from None


def save_model(folder: Path, model: Vla, words: Words, record: Mapping[str, Any]) -> None:
    """A model to run, with its tokenizer and how it came to be, in place of what was there."""

    def write(part: Path) -> None:
        logging.disable_progress_bar()
        model.save_pretrained(part)
        words.save(part)
        (part / "training.json").write_text(json.dumps(dict(record), indent=1))

    replaced(folder, write)


def thinned(folder: Path, keep: int) -> None:
    """Leave the last models of a run only."""
    for each in sorted(path for path in folder.iterdir() if not path.name.startswith("."))[:-keep]:
        rmtree(each)


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


def _loaded(path: Path) -> dict[str, torch.Tensor]:
    """A file of tensors; a pipe, or what else never ends, is none."""
    if not path.is_file():
        raise OSError(f"no file {path.name}")
    return load_file(path)


def _moments(optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """AdamW's memory, by parameter and by kind."""
    state = optimiser.state_dict()["state"]
    return {f"{number}/{key}": value.contiguous() for number, each in state.items() for key, value in each.items()}


def _restore_moments(optimiser: torch.optim.Optimizer, moments: Mapping[str, torch.Tensor]) -> None:
    """The mirror.

    Raises:
        InvalidInput: moments of other weights.
    """
    weights = [each for group in optimiser.param_groups for each in group["params"]]
    state: dict[int, dict[str, torch.Tensor]] = {number: {} for number in range(len(weights))}
    for name, value in moments.items():
        number, _, key = name.partition("/")
        weight = weights[int(number)] if number.isdecimal() and int(number) < len(weights) else None
        if weight is None or key not in MOMENTS or value.shape != (() if key == "step" else weight.shape):
            raise InvalidInput(f"{name!r} is the memory of no weight of this model")
        state[int(number)][key] = value if key == "step" else part_of(value.to(weight.device), weight)
    if len(moments) != len(MOMENTS) * len(weights):
        raise InvalidInput(f"the optimiser's memory of {len(weights)} weights: expected {', '.join(MOMENTS)} of each")
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})


def _refuse_strange(state: Mapping[str, Any]) -> None:
    """Refuse what no run wrote: each of these keys is there, with a number, or a record of numbers, to go on from."""
    for key, kinds in {"step": (int,), "best": (int, float), "seconds": (int, float), "draws": (dict,)}.items():
        value: Any = state.get(key)
        if type(value) not in kinds or (not isinstance(value, dict) and not value >= 0):
            raise InvalidInput(f"state.json: {key}: expected {' or '.join(each.__name__ for each in kinds)}, got {value!r:.60}")
    for key, value in state["draws"].items():
        if type(value) is not (str if key == "kind" else int):
            raise InvalidInput(f"state.json: draws.{key}: expected a whole number, got {value!r:.60}")
