"""Checkpoints: what is damaged, of another kind or of another robot is refused in one sentence, before anything runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from policies.vla.checkpoint import open_config, open_model
from policies.vla.reader import open_reader
from robot.errors import InvalidInput
from tests.policies.tabletop import robot
from tests.policies.vla import tiny


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint with nothing wrong."""
    return tiny.saved(tmp_path_factory.mktemp("sound"), tiny.model())


@pytest.fixture
def folder(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, to be damaged."""
    return copytree(sound, tmp_path / "best")


def config(folder: Path, **changes: object) -> None:
    """Write other values into its config."""
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def cut(folder: Path, name: str) -> None:
    """Take the last bytes of a file away."""
    path = folder / name
    path.write_bytes(path.read_bytes()[:-40])


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (lambda folder: (folder / "config.json").unlink(), "expected a folder that handsight-train wrote"),
    "a config cut off": (lambda folder: cut(folder, "config.json"), "is no JSON"),
    "a config that is a list": (lambda folder: (folder / "config.json").write_text("[]"), "expected an object"),
    "a huge config": (lambda folder: (folder / "config.json").write_text(" " * (1 << 21)), "no file of at most"),
    "brackets without end": (lambda folder: (folder / "config.json").write_text("[" * 100_000), "is no JSON"),
    "another model": (lambda folder: config(folder, model_type="llama"), "'llama'; expected 'handsight_vla'"),
    "an impossible width": (lambda folder: config(folder, width=1 << 30), "width: expected 1 to 4096"),
    "layers in words": (lambda folder: config(folder, layers="four"), "layers: expected 1 to 64"),
    "no layers": (lambda folder: config(folder, layers=True), "layers: expected 1 to 64"),
    "no dimensions": (lambda folder: config(folder, dimensions={}), "dimensions"),
    "a view of a strange size": (lambda folder: config(folder, top_upper=[0.7, 0.17]), "expected edges of a multiple"),
    "an unknown fusion": (lambda folder: config(folder, fusion="os.system"), "early, two_stream"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "does not hold this model's weights"),
    "weights cut off": (lambda folder: cut(folder, "model.safetensors"), "does not hold this model's weights"),
    "weights of another size": (lambda folder: config(folder, bins=32), "does not hold this model's weights"),
    "a pickle for weights": (
        lambda folder: (folder / "model.safetensors").write_bytes(b"\x80\x04cos\nsystem\n(S'exit 1'\ntR."),
        "does not hold this model's weights",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_wrong_is_said_in_one_sentence(damage: str, folder: Path) -> None:
    spoil, words = DAMAGES[damage]
    spoil(folder)
    with pytest.raises(InvalidInput) as refusal:
        open_model(folder)
    assert words in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_checkpoint_of_another_robot_is_refused_by_name(sound: Path) -> None:
    model, kinematics = robot()
    with pytest.raises(InvalidInput, match=f"learnt on the robot '{model.name}'; this one is 'other'"):
        open_reader(sound, replace(model, name="other"), kinematics, "cpu", 0)


def test_a_config_comes_back_as_it_was(sound: Path) -> None:
    ours, theirs = tiny.config(), open_config(sound)
    for key in ("width", "layers", "fusion", "decoding", "views", "lidars", "top_lower", "dimensions", "bins", "robot"):
        assert getattr(theirs, key) == getattr(ours, key), key
    assert theirs.modalities == ("top", "front", "lidar", "imu")
