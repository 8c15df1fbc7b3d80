"""A foreign world is recorded, trained on and evaluated by the commands of the README."""

from pathlib import Path

import pytest

from policies.train import SCHEMAS as TRAIN_SCHEMAS
from policies.train import train
from robot.configuration import load
from robot.errors import InvalidInput
from sim.evaluate import SCHEMAS, evaluate
from sim.evaluation.log import read_results
from sim.foreign import load_world, make_foreign
from sim.recording import RecordDemonstrations


def test_minigrid_is_recorded_learnt_and_evaluated(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    env = RecordDemonstrations(make_foreign(load_world(["world=minigrid"])), tmp_path / "data", load_world(["world=minigrid"]))
    for _ in range(2):
        env.reset(seed=0)
        for action in (2, 2, 1, 2, 2):
            env.step(action)
    env.close()
    words = [
        "model.width=16",
        "model.layers=1",
        "model.heads=2",
        "model.slots=2",
        "steps=2",
        "batch=2",
        "device=cpu",
        "threads=1",
    ]
    assert train(load("train", [f"data=[{tmp_path / 'data'}]", f"out={tmp_path / 'run'}", *words], TRAIN_SCHEMAS)[0], "") == 0
    said = [f"policy.checkpoint={tmp_path / 'run' / 'best'}", f"out={tmp_path / 'score'}"]
    for episodes in (1, 2):  # the second goes on with the first
        words = ["world=minigrid", "policy=vla", "+world.kwargs.max_steps=6", *said, f"episodes={episodes}"]
        assert evaluate(load("evaluate", words, SCHEMAS)[0], "") == 0
    results = read_results(tmp_path / "score")
    assert all(each.success or each.failure == "timed out" for each in results)
    assert "MiniGrid-Empty-5x5-v0" in (tmp_path / "score" / "report.html").read_text()
    assert [each.index for each in results] == [0, 1] and results[0].instruction == "get to the green goal square"
    assert all(each.num_steps <= 7 and each.task == "MiniGrid-Empty-5x5-v0" for each in results)


def test_a_policy_for_an_arm_is_refused_in_a_world_without_one(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    config, _ = load("evaluate", ["world=minigrid", f"out={tmp_path / 'score'}"], SCHEMAS)
    with pytest.raises(InvalidInput, match="expected policy=vla"):
        evaluate(config, "")
