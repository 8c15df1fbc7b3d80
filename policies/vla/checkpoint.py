"""Opening a checkpoint: weights as safetensors, everything else as JSON; what is damaged, or of another kind, is refused."""

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from policies.vla.config import VlaConfig
from policies.vla.model import Vla
from robot.errors import InvalidInput

LARGEST_JSON = 1 << 20  # bytes
LARGEST = {"width": 4096, "layers": 64, "heads": 64, "widening": 16, "words": 1 << 20, "slots": 64, "bins": 4096}


def open_config(folder: Path) -> VlaConfig:
    """The config of a checkpoint.

    Raises:
        InvalidInput: it is not there, is no JSON, of another model, or asks for the impossible.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise InvalidInput(
            f"policy.checkpoint: no {path}; expected a folder that handsight-train wrote, such as runs/mine/best"
        )
    document = read_json(path)
    if document.get("model_type") != VlaConfig.model_type:
        raise InvalidInput(
            f"policy.checkpoint: {path} is of a {document.get('model_type')!r}; expected {VlaConfig.model_type!r}"
        )
    for key, largest in LARGEST.items():
        if type(document.get(key)) is not int or not 0 < document[key] <= largest:
            raise InvalidInput(f"policy.checkpoint: {path}: {key}: expected 1 to {largest}, got {document.get(key)!r}")
    try:
        config = VlaConfig(**document)
        _ = config.code, config.vocabulary
        return config
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise InvalidInput(f"policy.checkpoint: {path} can't be read: {error}") from None


def open_model(folder: Path, config: VlaConfig | None = None) -> Vla:
    """The model of a checkpoint, on the CPU, ready to run; with another config, as far as its weights fit that.

    Raises:
        InvalidInput: weights that are missing, damaged or of another shape.
    """
    path = folder / "model.safetensors"
    model = Vla(config or open_config(folder))
    try:
        weights = load_file(path)
        model.load_state_dict(weights)
    except (OSError, SafetensorError, RuntimeError) as error:
        first = str(error).splitlines()
        raise InvalidInput(
            f"policy.checkpoint: {path} does not hold this model's weights: {' '.join(first[:2])[:200]}"
        ) from None
    return model.eval()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file of a sensible size."""
    try:
        if path.stat().st_size > LARGEST_JSON:
            raise InvalidInput(f"policy.checkpoint: {path} is larger than {LARGEST_JSON} bytes")
        document = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput(f"policy.checkpoint: {path} is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise InvalidInput(f"policy.checkpoint: {path}: expected an object, got {type(document).__name__}")
    return document
