"""Ranks: two that train together end with the weights of one, whether they share gradients or weights."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from policies.training.ranks import Ranks
from policies.training.sharing import fill, shared
from robot.errors import InvalidInput
from tests.policies.training.logs import WORDS, both, learn

ROOT = Path(__file__).parents[3]
STEPS = ("steps=3", "optimiser.epsilon=1e-3")  # of a gradient that is zero but for rounding Adam would make a whole step


@pytest.mark.slow
def test_two_ranks_end_with_the_weights_of_one(tmp_path: Path) -> None:
    both(tmp_path)
    learn(tmp_path, tmp_path / "one", *STEPS)
    one = load_file(tmp_path / "one" / "state" / "model.safetensors")
    for way in ("ddp", "fsdp"):
        _launched(tmp_path, tmp_path / way, f"sharding={way}")
        for part in ("state", "best"):
            alone, together = (load_file(tmp_path / run / part / "model.safetensors") for run in ("one", way))
            assert alone.keys() == together.keys()
            assert max(float((alone[key] - together[key]).abs().max()) for key in alone) < 1e-5, (way, part)
    _launched(tmp_path, tmp_path / "halves", "sharding=fsdp", "steps=2", "save_every=1", "validate_every=100")
    _launched(tmp_path, tmp_path / "halves", "sharding=fsdp", "save_every=1", "validate_every=100")
    halves = load_file(tmp_path / "halves" / "state" / "model.safetensors")
    assert max(float((one[key] - halves[key]).abs().max()) for key in one) < 1e-5


def _launched(folder: Path, out: Path, *words: str) -> None:
    """Two ranks as torchrun starts them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = [f"data=[{folder / 'reaches'}]", f"scenes=[{folder / 'stills'}]", f"out={out}"]
    command = [sys.executable, "-m", "policies.train", *data, *WORDS, *STEPS, *words]
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "PYTHONPATH": str(ROOT)}
    ranks = [
        subprocess.Popen(
            command, cwd=ROOT, env={**common, "RANK": each, "LOCAL_RANK": each}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )
        for each in "01"
    ]  # fmt: skip
    said = [each.communicate(timeout=900)[0] for each in ranks]
    assert [each.returncode for each in ranks] == [0, 0], "\n".join(said)[-3000:]


def test_what_ranks_share_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"sharding: unknown 'zero3'; available: ddp, fsdp"):
        shared(torch.nn.Linear(1, 1), Ranks(0, 1, torch.device("cpu")), "zero3")


def test_filling_refuses_other_names_and_shapes() -> None:
    targets = {"a": torch.zeros(2)}
    fill(targets, {"a": torch.ones(2)})
    assert targets["a"].equal(torch.ones(2))
    with pytest.raises(InvalidInput, match="'b'"):
        fill(targets, {"a": torch.ones(2), "b": torch.ones(1)})
    with pytest.raises(InvalidInput, match=r"expected \(2,\), got \(3,\)"):
        fill(targets, {"a": torch.ones(3)})


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="device: unknown 'tpu'"):
        Ranks.joined("tpu", 0)
