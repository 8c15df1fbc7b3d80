"""Checkpoints: whole after a kill between any two operations on files; what is of another model is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from policies.training.checkpoints import load_state, replaced, save_state, settled
from policies.training.optimiser import Average, OptimiserConfig, adamw, rate_at
from robot.errors import InvalidInput

STATE = {"step": 3, "best": 1.5, "seconds": 2.0, "draws": {"kind": "Draws", "seed": 0, "ranks": 1, "windows": 9, "epoch": 0}}
OPERATIONS = ("os.fsync", "pathlib.Path.rename", "pathlib.Path.mkdir", "policies.training.checkpoints.rmtree")


class Killed(BaseException):
    """As a kill: nobody handles it."""


@contextmanager
def killed_at(number: int) -> Iterator[list[int]]:
    """Every operation on files is counted; before the one of that number, and all after it, the process is dead."""
    count = [0]

    def counted(operation):
        def call(*args, **kwargs):
            count[0] += 1
            if count[0] > number:
                raise Killed
            return operation(*args, **kwargs)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in OPERATIONS:
            module, _, attribute = name.rpartition(".")
            owner = {"os": __import__("os"), "pathlib.Path": Path}.get(module) or __import__(module, fromlist=["_"])
            patch.setattr(owner, attribute, counted(getattr(owner, attribute)))
        yield count


def test_after_a_kill_between_any_two_operations_the_old_or_the_new_is_there_whole(tmp_path: Path) -> None:
    def write(text: str):
        def fill(folder: Path) -> None:
            (folder / "one").write_text(text)
            (folder / "two").write_text(text)

        return fill

    with killed_at(10**9) as count:
        replaced(tmp_path / "run", write("0"))
        replaced(tmp_path / "run", write("1"))
    operations, last = count[0], "1"
    assert operations >= 12
    for number in range(operations // 2 + 2):
        with killed_at(number):
            try:
                replaced(tmp_path / "run", write(f"new {number}"))
            except Killed:
                pass
        folder = settled(tmp_path / "run")
        found = {(folder / name).read_text() for name in ("one", "two")}
        assert found in ({last}, {f"new {number}"}), number
        (last,) = found
    assert last.startswith("new")


def learner(width: int = 3) -> tuple[nn.Module, torch.optim.Optimizer, Average]:
    """A little model that has made one step."""
    torch.manual_seed(width)
    model = nn.Sequential(nn.Linear(2, width), nn.LayerNorm(width))
    optimiser = adamw(model, OptimiserConfig())
    model(torch.ones(4, 2)).square().sum().backward()
    optimiser.step()
    return model, optimiser, Average(model, 0.9)


def test_a_state_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    model, optimiser, average = learner()
    average.update(model, 5)
    save_state(tmp_path, model, optimiser, average, STATE)
    other, memory, mean = learner()
    for each in other.parameters():
        nn.init.zeros_(each)
    assert load_state(tmp_path, other, memory, mean) == STATE
    assert all(a.equal(b) for a, b in zip(model.parameters(), other.parameters(), strict=True))
    assert all(average.weights[name].equal(mean.weights[name]) for name in average.weights)
    for a, b in zip(optimiser.state_dict()["state"].values(), memory.state_dict()["state"].values(), strict=True):
        assert all(a[key].equal(b[key]) for key in a)


@pytest.mark.parametrize("name", ["model", "optimiser", "average"])
def test_a_state_of_another_model_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    save_state(tmp_path / "a", *learner(3), STATE)
    save_state(tmp_path / "b", *learner(4), STATE)
    (tmp_path / "b" / "state" / f"{name}.safetensors").replace(tmp_path / "a" / "state" / f"{name}.safetensors")
    with pytest.raises(InvalidInput, match=r"can't be gone on from: .*another folder begins anew$"):
        load_state(tmp_path / "a", *learner(3))


@pytest.mark.parametrize("name", ["model", "optimiser", "average"])
def test_a_state_that_lacks_a_tensor_or_has_one_too_many_is_refused(tmp_path: Path, name: str) -> None:
    save_state(tmp_path, *learner(), STATE)
    path = tmp_path / "state" / f"{name}.safetensors"
    tensors = load_file(path)
    first = next(iter(tensors))
    for wrong in ({**tensors, "other": torch.zeros(1)}, {key: value for key, value in tensors.items() if key != first}):
        save_file(wrong, path)
        with pytest.raises(InvalidInput, match="can't be gone on from"):
            load_state(tmp_path, *learner())


@pytest.mark.parametrize(
    ("key", "value"), [("step", "3"), ("step", -1), ("step", True), ("best", None), ("seconds", [1]), ("draws", {"seed": "x"})]
)
def test_a_state_with_strange_numbers_is_refused(tmp_path: Path, key: str, value: object) -> None:
    save_state(tmp_path, *learner(), STATE)
    (tmp_path / "state" / "state.json").write_text(json.dumps({**STATE, key: value}))
    with pytest.raises(InvalidInput, match=f"state.json: {key}"):
        load_state(tmp_path, *learner())


def test_exchanging_the_averaged_weights_twice_is_not_at_all() -> None:
    model, _, average = learner()
    before = [each.detach().clone() for each in model.parameters()]
    for each in model.parameters():
        each.data.add_(1.0)
    average.exchange(model)
    assert all(a.equal(b.detach()) for a, b in zip(before, model.parameters(), strict=True))
    average.exchange(model)
    assert all((a + 1.0).equal(b.detach()) for a, b in zip(before, model.parameters(), strict=True))


def test_the_rate_rises_to_its_greatest_and_falls_to_its_floor() -> None:
    config = OptimiserConfig(rate=1.0, warmup=10, floor=0.1)
    rates = [rate_at(step, 100, config) for step in range(101)]
    assert rates[9] == 1.0 and max(rates) == 1.0 and rates[100] == pytest.approx(0.1)
    assert all(a < b for a, b in zip(rates[:9], rates[1:10], strict=True))
    assert all(a > b for a, b in zip(rates[10:-1], rates[11:], strict=True))
