"""Models of a training are ranked by the same episodes, which go on where they were stopped."""

from pathlib import Path

import pytest

from robot.configuration import load
from robot.errors import InvalidInput
from sim.evaluate import SCHEMAS, rank
from sim.evaluation.log import read_results
from sim.evaluation.ranking import models_of, ranked
from tests.sim.evaluation.fake_trials import FakeTrials
from tests.sim.results import rows


def test_the_best_comes_first_and_the_others_are_paired_with_it() -> None:
    table = ranked({"0500": rows("+---"), "1000": rows("+++-"), "1500": [*rows("++--"), *rows("----", perturbation="push")]})
    lines = [line.split(" | ") for line in table.splitlines()[2:]]
    assert [line[0].strip("| ") for line in lines] == ["1000", "1500", "0500"]
    assert [line[1] for line in lines] == ["4", "4", "4"] and lines[0][3] == "–"
    assert lines[1][3].startswith("-25 (") and lines[2][3].startswith("-50 (") and "p = 0.500" in lines[2][4]


def test_only_what_all_played_counts_and_what_a_kill_left_is_no_model(tmp_path: Path) -> None:
    table = ranked({"0500": rows("+-"), "1000": rows("-+++++")})
    assert all(line.split(" | ")[1] == "2" for line in table.splitlines()[2:])
    with pytest.raises(InvalidInput, match="no episode in common"):
        ranked({"0500": rows("+"), "1000": rows("+", task="other")})
    for name in ("0000500", ".0001000.part"):
        (tmp_path / "checkpoints" / name).mkdir(parents=True)
        (tmp_path / "checkpoints" / name / "config.json").write_text("{}")
    assert [model.name for model in models_of(tmp_path)] == ["0000500"]


def test_every_kept_model_plays_the_same_episodes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for step in ("0000500", "0001000"):
        (tmp_path / "checkpoints" / step).mkdir(parents=True)
        (tmp_path / "checkpoints" / step / "config.json").write_text("{}")
        (tmp_path / "checkpoints" / step / "model.safetensors").write_text(step)
    words = [f"rank={tmp_path}", "policy=vla", "mix=3", "workers=1"]
    assert rank(load("evaluate", words, SCHEMAS)[0], FakeTrials) == 0
    assert "| 0000500 | 3 |" in (said := capsys.readouterr().out) and "| 0001000 | 3 |" in said
    one, other = (read_results(tmp_path / "ranking" / step) for step in ("0000500", "0001000"))
    assert [row.name for row in one] == [row.name for row in other]


def test_a_run_without_models_and_a_policy_without_training_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="keep=5"):
        models_of(tmp_path)
    with pytest.raises(InvalidInput, match="rank: a policy whose training keeps its models"):
        rank(load("evaluate", [f"rank={tmp_path}", "policy=value_maps"], SCHEMAS)[0], FakeTrials)
