"""Folder: where a backbone's files are, and that they are what they should be, before any of them is opened as a model.

Only JSON and safetensors are read. Nothing in a folder may name code, another model, or more layers than it holds.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from policies.vla.pretrained.families import Family, family_of
from robot.errors import InvalidInput

PATTERNS = ("*.json", "*.safetensors")
EXAMPLE = "HuggingFaceTB/SmolVLM2-500M-Video-Instruct"
LARGEST_JSON = 1 << 26  # bytes; Gemma's tokenizer.json has 2^25
LARGEST_NUMBER = 1 << 24  # of a config: vocabularies end far below
CODE = ("auto_map", "quantization_config")  # keys of a config that make libraries import something
KERNELS = ("eager", "sdpa", "flash_attention_2")  # an attention of any other name is fetched and run
SAMPLES, SAMPLE = 16, 4096  # so many pieces of so many bytes of each file of weights tell it from others


class Folder:
    """A backbone's folder.

    Attributes:
        path: of it.
        family: what kind of model it holds.
        config: its config.json.
        weights: its files of weights.
        numbers: how many numbers they hold.
    """

    def __init__(self, where: str, revision: str = "main") -> None:
        """Find a folder by its path, or get it from the hub, and check it.

        Raises:
            InvalidInput: there is none, or it is not sound.
        """
        self.path = located(where, revision)
        if (self.path / "adapter_config.json").exists():
            raise InvalidInput(f"backbone: {self.path} holds an adapter of another model; expected a whole one")
        self.config = json_of(self.path / "config.json")
        self.family = checked_config(self.config)
        json_of(self.path / "tokenizer.json")
        self.weights = self._weight_files()
        shapes = [shape for file in self.weights for shape in _shapes(file)]
        self.numbers = sum(_product(shape) for shape in shapes)
        for part in ("text_config", "vision_config"):
            layers = self.config[part].get("num_hidden_layers", 0)
            if not isinstance(layers, int) or layers > len(shapes):
                raise InvalidInput(f"backbone: config.json tells of {layers} layers, the weights have {len(shapes)} tensors")

    def fingerprint(self) -> str:
        """Tells it from other backbones: of its config, its tokenizer and pieces of its weights."""
        digest = hashlib.sha256()
        for name in ("config.json", "tokenizer.json"):
            digest.update((self.path / name).read_bytes())
        for file in self.weights:
            size = file.stat().st_size
            digest.update(size.to_bytes(8, "little"))
            with file.open("rb") as handle:
                for piece in range(SAMPLES):
                    handle.seek(max(0, size - SAMPLE) * piece // (SAMPLES - 1))
                    digest.update(handle.read(SAMPLE))
        return digest.hexdigest()

    def _weight_files(self) -> list[Path]:
        """The files of weights: one, or those that an index names."""
        single, index = self.path / "model.safetensors", self.path / "model.safetensors.index.json"
        if single.is_file():
            return [single]
        if not index.is_file():
            raise InvalidInput(
                f"backbone: no *.safetensors in {self.path}; expected some, other kinds of weights are not opened"
            )
        names = json_of(index).get("weight_map")
        files = sorted(set(map(str, names.values()))) if isinstance(names, Mapping) else []
        if not files or any(Path(name).name != name or not (self.path / name).is_file() for name in files):
            raise InvalidInput(f"backbone: {index} must name files of weights beside it, got {files[:3]}")
        return [self.path / name for name in files]


def located(where: str, revision: str) -> Path:
    """The folder of that path, or the hub's model of that id, fetched if it isn't here yet.

    Raises:
        InvalidInput: neither is there.
    """
    if not where:
        raise InvalidInput(f"policy.backbone: expected a folder of a pretrained model or its id on the hub, such as {EXAMPLE}")
    if Path(where).expanduser().is_dir():
        return Path(where).expanduser()
    wanted = f"policy.backbone: no folder {where!r}, and no such model on the hub"
    if where.count("/") != 1 or where.startswith(("/", ".", "~")) or Path(where).exists():
        raise InvalidInput(f"{wanted}; expected a folder with config.json, or an id such as {EXAMPLE}")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(where, revision=revision, allow_patterns=list(PATTERNS)))
    except Exception as error:  # of a network nothing is too odd to happen
        why = str(error).strip().partition("\n")[0]
        raise InvalidInput(f"{wanted} could be fetched ({type(error).__name__}: {why})") from None


def json_of(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        InvalidInput: not there, too large, or something else.
    """
    if not path.is_file():
        raise InvalidInput(f"{path.parent}: no {path.name}; expected the folder of a model")
    if path.stat().st_size > LARGEST_JSON:
        raise InvalidInput(f"{path}: {path.stat().st_size} bytes; expected at most {LARGEST_JSON}")
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: not JSON ({type(error).__name__})") from None
    if not isinstance(document, dict):
        raise InvalidInput(f"{path}: expected a JSON object, got {type(document).__name__}")
    return document


def checked_config(config: Mapping[str, Any]) -> Family:
    """The family of a config that names no code, no other kind of model, and no number beyond reason.

    Raises:
        InvalidInput: it does.
    """
    family = family_of(config.get("model_type"))
    for part, kinds in (("text_config", family.texts), ("vision_config", family.visions)):
        if not isinstance(config.get(part), dict):
            raise InvalidInput(f"backbone: config.json: expected an object {part}, got {type(config.get(part)).__name__}")
        kind = config[part].get("model_type", kinds[0] if kinds else "")
        if kinds and kind not in kinds:
            raise InvalidInput(f"backbone: config.json: {part}.model_type: expected {' or '.join(kinds)}, got {kind!r}")
    for key, value in _entries(config):
        if key in CODE:
            raise InvalidInput(f"backbone: config.json names code to import ({key}); expected plain numbers and words")
        if "implementation" in key and isinstance(value, str) and value not in KERNELS:
            raise InvalidInput(f"backbone: config.json: {key}: expected one of {', '.join(KERNELS)}, got {value!r}")
        if isinstance(value, (int, float)) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise InvalidInput(f"backbone: config.json: {key}: expected a number within ±{LARGEST_NUMBER}, got {value}")
    return family


def _entries(document: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a JSON document with the key it stands under."""
    yield key, document
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _entries(value, name)
    elif isinstance(document, list):
        for value in document:
            yield from _entries(value, key)


def _shapes(file: Path) -> list[tuple[int, ...]]:
    """The shapes of a file's tensors, from its header.

    Raises:
        InvalidInput: cut off, or no safetensors file.
    """
    try:
        with safe_open(str(file), framework="numpy") as tensors:
            return [tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()]  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InvalidInput(f"backbone: {file} is cut off or no safetensors file ({error})") from None


def _product(shape: tuple[int, ...]) -> int:
    """How many numbers a shape holds."""
    result = 1
    for size in shape:
        result *= size
    return result
