"""A training run: it can be killed at any instant and goes on as if it had not been; parts of a batch are a batch."""

import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file

from policies.training.checkpoints import save_state
from policies.vla.checkpoint import open_model
from policies.vla.words import open_words
from robot.errors import InvalidInput
from tests.policies.training.logs import both, learn


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    both(folder)
    return folder


@pytest.fixture(scope="module")
def undisturbed(data: Path) -> Path:
    learn(data, data / "undisturbed")
    return data / "undisturbed"


def forked(work: Callable[[], None]) -> int:
    """Do it in a child; its id."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return child


@pytest.mark.slow
def test_a_run_killed_at_random_instants_ends_with_the_same_weights_bit_for_bit(
    data: Path, undisturbed: Path, tmp_path: Path
) -> None:
    began_s = time.monotonic()
    child = forked(lambda: learn(data, tmp_path / "measured"))
    assert os.waitpid(child, 0)[1] == 0
    whole_s, killed = time.monotonic() - began_s, 0
    for _ in range(3):
        child = forked(lambda: learn(data, tmp_path / "killed"))
        time.sleep(random.uniform(0.3, 1.0) * whole_s)
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    learn(data, tmp_path / "killed")
    for name in ("model", "optimiser", "average"):
        first, second = (load_file(run / "state" / f"{name}.safetensors") for run in (undisturbed, tmp_path / "killed"))
        assert first.keys() == second.keys() and all(first[key].equal(second[key]) for key in first), (name, killed)
    best = [load_file(run / "best" / "model.safetensors") for run in (undisturbed, tmp_path / "killed")]
    assert all(best[0][key].equal(best[1][key]) for key in best[0])


def test_a_run_stopped_at_each_of_its_saves_goes_on_to_the_same_weights(data: Path, undisturbed: Path, tmp_path: Path) -> None:
    class Stopped(BaseException):
        """As a kill."""

    def stop(*_: object) -> None:
        raise Stopped

    for at in (3, 9):
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Stopped):
            patch.setattr(
                "policies.training.loop.save_state", lambda *args, at=at: (save_state(*args), args[4]["step"] == at and stop())
            )
            learn(data, tmp_path / "run")
    learn(data, tmp_path / "run")
    first, second = (load_file(run / "state" / "model.safetensors") for run in (undisturbed, tmp_path / "run"))
    assert all(first[key].equal(second[key]) for key in first)


def test_what_is_kept_can_be_run(undisturbed: Path) -> None:
    model, words = open_model(undisturbed / "best"), open_words(undisturbed / "best")
    record = json.loads((undisturbed / "best" / "training.json").read_text())
    assert model.config.words == len(words) and model.config.robot == "panda"
    assert record["seed"] == 0 and "steps: 12" in record["config"] and record["scores"]["loss"] > 0


def test_the_log_says_how_it_went(undisturbed: Path) -> None:
    lines = [json.loads(line) for line in (undisturbed / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "validation/loss" in line] == [6, 12]
    told = next(line for line in lines if "samples_per_s" in line)
    assert told["step"] == 12 and {"words", "there", "pointer", "bins", "waiting_share", "seconds"} <= told.keys()


def test_a_batch_in_parts_changes_the_weights_as_a_whole_one(data: Path, tmp_path: Path) -> None:
    # Adam divides by a gradient's size: of a gradient that is zero but for rounding it would make a whole step
    words = ("steps=4", "optimiser.epsilon=1e-3", "validate_every=100")
    learn(data, tmp_path / "whole", *words)
    learn(data, tmp_path / "parts", *words, "accumulate=2")
    whole, parts = (load_file(tmp_path / each / "state" / "model.safetensors") for each in ("whole", "parts"))
    begun = load_file(tmp_path / "whole" / "state" / "average.safetensors")
    assert max(float((whole[key] - begun[key]).abs().max()) for key in begun) > 1e-4  # it has learnt at all
    assert max(float((whole[key] - parts[key]).abs().max()) for key in whole) < 1e-5


def test_a_run_that_began_from_other_weights_goes_on_without_them(data: Path, undisturbed: Path, tmp_path: Path) -> None:
    begin = tmp_path / "begin"
    shutil.copytree(undisturbed / "best", begin)
    learn(data, tmp_path / "run", f"init={begin}", "steps=3")
    shutil.rmtree(begin)
    with pytest.raises(InvalidInput):
        learn(data, tmp_path / "another", f"init={begin}")
    shutil.copytree(undisturbed / "best", begin)
    (begin / "tokenizer.json").unlink()  # the run has words of its own by now
    learn(data, tmp_path / "run", f"init={begin}", "steps=4")
    assert json.loads((tmp_path / "run" / "state" / "state.json").read_text())["step"] == 4
