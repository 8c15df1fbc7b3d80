"""Opening a checkpoint: weights as safetensors, everything else as JSON; what is damaged, or of another kind, is refused."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from policies.vla.config import VlaConfig
from policies.vla.model import Vla
from policies.vla.plausible import refuse_implausible
from policies.vla.rows import refuse_unwritable
from robot.errors import InvalidInput

LARGEST_JSON = 1 << 20  # bytes


def open_config(folder: Path) -> VlaConfig:
    """The config of a checkpoint.

    Raises:
        InvalidInput: it is not there, is no JSON, of another model, or asks for the impossible.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise InvalidInput(f"checkpoint: no {path}; expected a folder that handsight-train wrote, such as runs/mine/best")
    document = read_json(path)
    if document.get("model_type") != VlaConfig.model_type:
        raise InvalidInput(f"checkpoint: {path} is of a {document.get('model_type')!r:.60}; expected {VlaConfig.model_type!r}")
    try:
        refuse_implausible(document)
        config = VlaConfig(**document)
        _ = config.code, config.vocabulary
        refuse_unwritable(config)
        return config
    except (TypeError, ValueError, KeyError, AttributeError, InvalidInput) as error:
        raise InvalidInput(f"checkpoint: {path}: {' '.join(str(error).split())[:300]}") from None


def open_model(folder: Path, config: VlaConfig | None = None) -> Vla:
    """The model of a checkpoint, on the CPU, ready to run; with another config, as far as its weights fit that.

    Raises:
        InvalidInput: weights that are missing, damaged, of another shape, or no numbers.
    """
    path, config = folder / "model.safetensors", config or open_config(folder)
    try:
        _refuse_other_weights(path, config)
        model = Vla(config)
        model.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        first = str(error).splitlines()
        raise InvalidInput(f"checkpoint: {path} does not hold this model's weights: {' '.join(first[:2])[:200]}") from None
    for name, value in model.state_dict().items():
        if not torch.isfinite(value).all():
            raise InvalidInput(f"checkpoint: {path}: {name} has values that are no numbers")
    return model.eval()


def read_json(path: Path, largest: int = LARGEST_JSON) -> dict[str, Any]:
    """A JSON object from a file of a sensible size."""
    try:
        if not path.is_file() or path.stat().st_size > largest:
            raise InvalidInput(f"checkpoint: {path} is no file of at most {largest} bytes")
        document = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"checkpoint: {path} is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise InvalidInput(f"checkpoint: {path}: expected an object, got {type(document).__name__}")
    return document


def _refuse_other_weights(path: Path, config: VlaConfig) -> None:
    """Compare names and shapes before room is made for the weights: a config can't claim more than the file holds."""
    if not path.is_file():
        raise OSError("it is no file")
    with torch.device("meta"):
        wanted = {name: tuple(value.shape) for name, value in Vla(config).state_dict().items()}
    with safe_open(path, "pt") as file:
        stored = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118, it is no dict
    for name in [*wanted, *stored]:
        if wanted.get(name) != stored.get(name):
            raise OSError(f"{name[:60]}: expected {wanted.get(name, 'none')}, got {stored.get(name, 'none')}")
