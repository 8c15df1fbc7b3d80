"""The folder of a run: it begins whole, goes on with its own settings and weights only, and never takes another's place."""

from pathlib import Path

import pytest

from policies.vla.policy_config import VlaPolicyConfig
from robot.errors import InvalidInput
from sim.evaluation.folder import EvaluationFolder
from sim.evaluation.log import FILE
from sim.evaluation.players import ExpertConfig, weights_of


def folder(path: Path, config: str = "seed: 0\npolicy: {name: vla, sure: 0.1}\n", weights: str = "") -> EvaluationFolder:
    return EvaluationFolder(path, config, {"seed": 0, "weights": weights})


def played(path: Path, **settings: str) -> None:
    folder(path, **settings)
    (path / FILE).write_text("{}\n")


@pytest.mark.parametrize("left", [
    {"versions.json": "{"},
    {"versions.json": "{}", "config.yaml": ""},
    {"versions.json": "{}", "config.yaml": "seed: 3\n", FILE: ""},
])  # fmt: skip
def test_a_run_without_a_result_begins_anew_whatever_a_kill_or_a_refusal_left(tmp_path: Path, left: dict[str, str]) -> None:
    for name, contents in left.items():
        (tmp_path / name).write_text(contents)
    assert folder(tmp_path).facts()["seed"] == 0
    assert (tmp_path / "config.yaml").read_text().startswith("seed: 0")


def test_the_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    before = {"config.yaml": "steps: 9\n", "log.jsonl": "{}"}
    for name, contents in before.items():
        (tmp_path / name).write_text(contents)
    with pytest.raises(InvalidInput, match="holds no evaluation"):
        folder(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("config", ["", "[", "- 1\n", None])
def test_results_whose_config_is_lost_are_not_added_to(tmp_path: Path, config: str | None) -> None:
    played(tmp_path)
    (tmp_path / "config.yaml").unlink() if config is None else (tmp_path / "config.yaml").write_text(config)
    with pytest.raises(InvalidInput, match=r"config\.yaml' can't be read"):
        folder(tmp_path)


@pytest.mark.parametrize(("config", "named"), [
    ("seed: 1\npolicy: {name: vla, sure: 0.1}\n", r"another seed \(0 then, 1 now\)"),
    ("seed: 1\npolicy: {name: vla, sure: 0.2}\n", r"another policy\.sure \(0\.1 then, 0\.2 now\)"),
    ("seed: 1\npolicy: {name: expert, aims: {above: 0.1}}\n", r"another policy\.name \(vla then, expert now\)"),
    ("seed: 1\n", r"another policy \({'name': 'vla', 'sure': 0\.1} then, None now\)"),
])  # fmt: skip
def test_the_first_setting_that_differs_is_named(tmp_path: Path, config: str, named: str) -> None:
    played(tmp_path)
    with pytest.raises(InvalidInput, match=named):
        folder(tmp_path, config)


def test_a_run_does_not_go_on_with_other_weights(tmp_path: Path) -> None:
    (tmp_path / "best").mkdir()
    digests = []
    for contents in (b"first", b"other"):
        (tmp_path / "best" / "model.safetensors").write_bytes(contents)
        digests.append(weights_of(VlaPolicyConfig(checkpoint=str(tmp_path / "best"))))
    played(tmp_path / "run", weights=digests[0])
    folder(tmp_path / "run", weights=digests[0])
    with pytest.raises(InvalidInput, match="other weights"):
        folder(tmp_path / "run", weights=digests[1])
    assert weights_of(VlaPolicyConfig()) and not weights_of(ExpertConfig())
