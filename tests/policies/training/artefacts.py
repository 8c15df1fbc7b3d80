"""Hostile and damaged artefacts: over sixty kinds of checkpoints, runs, configs and logs, each made of a good one."""

import json
import os
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from policies.storage.manifest import _hash

MARK = "HANDSIGHT_CANARY"  # stands in whatever of an artefact could be run
Made = Callable[[Path], object]


class Payload:
    """What a pickle would run."""

    def __init__(self, canary: Path) -> None:
        """Write this file."""
        self._canary = canary

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """A shell command."""
        return os.system, (f"echo {MARK} > {self._canary}",)


def checkpoints(canary: Path) -> Iterator[tuple[str, Made]]:
    """Names, and what is done to a copy of a good checkpoint."""
    evil = pickle.dumps(Payload(canary))
    for name in ("pytorch_model.bin", "model.pt", "model.pkl", "model.ckpt", "model.safetensors"):
        yield f"weights are a pickle called {name}", _all(_without("model.safetensors"), _bytes(name, evil))
    for name in ("config.json", "tokenizer.json"):
        yield f"{name} is a pickle", _bytes(name, evil)
    for part in (0, 7, 8, 100, 0.5, 0.99):
        yield f"weights cut at {part}", _cut("model.safetensors", part)
    for place in (0, 5, 9, 60):
        yield f"weights with byte {place} turned", _turned("model.safetensors", place)
    yield "weights that claim a header of an exabyte", _bytes("model.safetensors", struct.pack("<Q", 1 << 60) + b"{}")
    yield "weights with a header of deep brackets", _header(b"[" * 100_000)
    yield "weights of a huge shape", _header(_entry([1 << 40, 1 << 40], [0, 4]))
    yield "weights of a negative shape", _header(b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}')
    yield "weights that overlap", _header(_entry([1], [0, 4])[:-1] + b"," + _entry([1], [0, 4])[1:].replace(b'"a"', b'"b"'))
    yield "weights that lie behind the end", _header(_entry([1], [1 << 50, (1 << 50) + 4]))
    yield "weights with other names", _header(_entry([1], [0, 4]))
    yield "weights lead to a device", _link("model.safetensors", "/dev/zero")
    yield "weights lead to themselves", _link("model.safetensors", "model.safetensors")
    yield "weights are a pipe", _pipe("model.safetensors")
    yield "weights are a folder", _all(_without("model.safetensors"), lambda folder: (folder / "model.safetensors").mkdir())
    yield "weights of sparse terabytes", _sparse("model.safetensors")
    yield "weights that are no numbers", _not_numbers
    code = {"AutoModel": f"modeling_vla.Vla{MARK}"}
    changes: dict[str, Any] = {
        "auto_map": code, "trust_remote_code": True, "_target_": "os.system", "custom_pipelines": {"x": {"impl": "os"}},
        "model_type": "llama", "width": 1 << 40, "layers": -1, "heads": "5", "words": 10**400, "slots": 1.5, "bins": True,
        "top_cell": float("nan"), "top_upper": [1e300, 1e300], "top_lower": [float("-inf"), 0],
        "views": {"front": [1 << 30] * 2},
        "lidars": "lidar", "dimensions": {"names": ["__import__('os')"]}, "fusion": "os.system('x')", "decoding": 3,
        "state_size": 1 << 30, "rate_hz": float("inf"), "height_upper": "high", "robot": None, "state": ["joints"],
    }  # fmt: skip
    for key, value in changes.items():
        yield f"config with {key} of {str(value)[:40]}", _changed(key, value)
    yield (
        "code beside the config",
        _all(_changed("auto_map", code), _bytes("modeling_vla.py", f"open({str(canary)!r}, 'w').write('{MARK}')".encode())),
    )
    yield "config of deep brackets", _bytes("config.json", b'{"a":' * 100_000)
    yield "config of megabytes", _bytes("config.json", b'{"a":"' + b"x" * (2 << 20) + b'"}')
    yield "config that is a list", _bytes("config.json", b"[]")
    yield "config that is no text", _bytes("config.json", bytes(range(256)))
    yield "config leads to a device", _link("config.json", "/dev/zero")
    yield "config leads out of the folder", _link("config.json", "../../../../../../etc/hostname")
    yield "tokenizer of deep brackets", _bytes("tokenizer.json", b'{"model":' * 100_000)
    yield "tokenizer with a slow pattern", _tokenizer("pre_tokenizer", _slow_pattern())
    yield (
        "tokenizer that cuts off",
        _tokenizer("truncation", None, direction="Right", max_length=0, strategy="LongestFirst", stride=0),
    )
    yield "tokenizer with a number beyond all", _beyond
    yield "tokenizer is a pipe", _pipe("tokenizer.json")
    yield "no tokenizer", _without("tokenizer.json")


def states(canary: Path) -> Iterator[tuple[str, Made]]:
    """Names, and what is done to a copy of a good run's state."""
    evil = pickle.dumps(Payload(canary))
    for name in ("model", "optimiser", "average"):
        yield f"{name} is a pickle", _bytes(f"{name}.safetensors", evil)
        yield f"{name} is cut", _cut(f"{name}.safetensors", 0.7)
    yield "optimiser is that of another model", _header(_entry([1], [0, 4]), "optimiser.safetensors")
    yield "optimiser is a pipe", _pipe("optimiser.safetensors")
    yield "state is a pickle", _bytes("state.json", evil)
    yield "state of deep brackets", _bytes("state.json", b'{"a":' * 100_000)
    yield "state with words for a step", _bytes("state.json", b'{"step":"__import__","best":1,"seconds":1,"draws":{}}')
    yield "state without draws", _bytes("state.json", b'{"step":1,"best":1,"seconds":1}')


def logs(canary: Path) -> Iterator[tuple[str, Made]]:
    """Names, and what is done to a copy of a good log of one episode."""
    evil = pickle.dumps(Payload(canary))
    objects = np.array([Payload(canary)], dtype=object)
    yield "data is a pickle", _log(lambda manifest, data: data.write_bytes(evil))
    yield "data is an array of objects", _log(lambda manifest, data: _saved(data, objects))
    yield "data is a zip that leads out", _log(lambda manifest, data: _zipped(data, "../../../evil.py"))
    yield "data is cut", _log(lambda manifest, data: data.write_bytes(data.read_bytes()[:-1000]))
    yield "data leads to a device", _log(lambda manifest, data: (data.unlink(), data.symlink_to("/dev/zero")))
    yield "manifest is a pickle", _log(lambda manifest, data: manifest.write_bytes(evil))
    yield "manifest of deep brackets", _log(lambda manifest, data: manifest.write_bytes(b'{"a":' * 100_000))
    yield "manifest names objects", _log(lambda manifest, data: _replaced(manifest, '"float64"', '"object"'))
    yield "manifest names another folder", _log(lambda manifest, data: _replaced(manifest, data.name, f"../{data.name}"))
    yield "manifest of a huge shape", _log(lambda manifest, data: _replaced(manifest, "[6,", "[600000000000,"))


def yamls() -> Iterator[tuple[str, str]]:
    """Names, and texts of a robot's YAML."""
    first = "defaults: [panda, _self_]\n"
    for tag in ("python/object/apply:os.system", "python/object/new:os.system", "python/name:os.system", "python/module:os"):
        yield tag, f"{first}name: !!{tag} ['echo {MARK}']\n"
    yield "a class to build", f"{first}_target_: os.system\ncommand: echo {MARK}\n"
    yield "a resolver", f"{first}name: ${{python:{MARK}}}\n"
    yield "no YAML at all", f"{first}name: [{{ {MARK}\n"
    yield (
        "laughs",
        first + "a: &a [x,x]\n" + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    )


def _all(*steps: Made) -> Made:
    return lambda folder: [step(folder) for step in steps]


def _bytes(name: str, contents: bytes) -> Made:
    return lambda folder: (folder / name).write_bytes(contents)


def _without(name: str) -> Made:
    return lambda folder: (folder / name).unlink()


def _cut(name: str, part: float) -> Made:
    def cut(folder: Path) -> None:
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: part if isinstance(part, int) else int(part * len(whole))])

    return cut


def _turned(name: str, place: int) -> Made:
    def turn(folder: Path) -> None:
        contents = bytearray((folder / name).read_bytes())
        contents[place] ^= 0x55
        (folder / name).write_bytes(contents)

    return turn


def _header(header: bytes, name: str = "model.safetensors") -> Made:
    return _bytes(name, struct.pack("<Q", len(header)) + header + bytes(4))


def _entry(shape: list[int], offsets: list[int]) -> bytes:
    return json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": offsets}}).encode()


def _link(name: str, target: str) -> Made:
    return _all(_without(name), lambda folder: (folder / name).symlink_to(target))


def _pipe(name: str) -> Made:
    return _all(_without(name), lambda folder: os.mkfifo(folder / name))


def _sparse(name: str) -> Made:
    return lambda folder: os.truncate(folder / name, 1 << 42)


def _not_numbers(folder: Path) -> None:
    path = folder / "model.safetensors"
    contents = bytearray(path.read_bytes())
    begin = 8 + struct.unpack("<Q", contents[:8])[0]
    contents[begin : begin + 8] = struct.pack("<2f", float("nan"), float("inf"))
    path.write_bytes(contents)


def _changed(key: str, value: object) -> Made:
    def change(folder: Path) -> None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))

    return change


def _slow_pattern() -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}


def _tokenizer(key: str, value: object, **fields: Any) -> Made:
    def change(folder: Path) -> None:
        path = folder / "tokenizer.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), key: value or fields}))

    return change


def _beyond(folder: Path) -> None:
    path = folder / "tokenizer.json"
    document = json.loads(path.read_text())
    vocabulary = document["model"]["vocab"]
    vocabulary[max(vocabulary, key=vocabulary.get)] = (1 << 32) - 1
    path.write_text(json.dumps(document))


def _log(change: Callable[[Path, Path], object]) -> Made:
    def made(folder: Path) -> None:
        (manifest,) = folder.glob("*.json")
        change(manifest, manifest.with_suffix(".zarr.zip"))

    return made


def _saved(path: Path, objects: np.ndarray) -> None:
    with path.open("wb") as file:
        np.save(file, objects, allow_pickle=True)


def _zipped(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, MARK)


def _replaced(path: Path, old: str, new: str) -> None:
    """What a manifest says, signed as a good one is."""
    contents = json.loads(path.read_text())
    contents.pop("sha256_manifest")
    text = json.dumps(contents, separators=(",", ":"))
    assert old in text, (old, text[:500])
    contents = json.loads(text.replace(old, new))
    path.write_text(json.dumps({**contents, "sha256_manifest": _hash(contents)}))


def copied(good: Path, folder: Path, change: Made) -> Path:
    """A copy of a good artefact to which something was done."""
    shutil.copytree(good, folder)
    change(folder)
    return folder
