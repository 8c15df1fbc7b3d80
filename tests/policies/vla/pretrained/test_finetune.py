"""handsight-finetune: adapters learn from a log, a run that was stopped goes on as if it had not been, what it leaves acts."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from policies.demonstrations import manifests
from policies.finetune import SCHEMAS, finetune
from policies.storage.stored import StoredEpisode
from policies.training.optimiser import OptimiserConfig, rate_at
from policies.training.recordings import Recording
from policies.vla.pretrained.config import PretrainedConfig
from policies.vla.pretrained.policy import open_pretrained
from robot.configuration import load
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from tests.policies.training.logs import demonstration, robot
from tests.policies.vla.pretrained.tiny import folder_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    folder_of("paligemma", folder / "backbone")
    for seed in range(3):
        about = {"name": robot().name, "joint_names": list(robot().joint_names)}
        demonstration(folder / "reaches", seed, robot=about)
    return folder


def learn(folder: Path, out: Path, *words: str) -> None:
    """Learn as the program does, in one thread."""
    given = [
        f"data=[{folder / 'reaches'}]", f"out={out}", f"policy.backbone={folder / 'backbone'}", "policy=vla_paligemma",
        "policy.device=cpu", "policy.learning.tokens=appended", "policy.learning.adapters.rank=2", "policy.learning.horizon=2",
        "policy.learning.adapters.dropout=0.3",
        "steps=6", "batch=4", "validate_every=3", "save_every=3", "threads=1", "precision=float32", "optimiser.rate=0.01",
        "optimiser.warmup=1",
    ]  # fmt: skip
    assert finetune(load("finetune", [*given, *words], SCHEMAS)[0], "") == 0


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> Path:
    learn(folder, folder / "undisturbed")
    return folder / "undisturbed"


def test_a_run_that_was_stopped_ends_with_the_same_adapters_bit_for_bit(
    folder: Path, undisturbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped_at_five(step: int, steps: int, config: OptimiserConfig) -> float:
        if step == 5:
            raise KeyboardInterrupt
        return rate_at(step, steps, config)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("policies.training.loop.rate_at", stopped_at_five)
        learn(folder, tmp_path / "run")
    learn(folder, tmp_path / "run")
    for file in ("state/model.safetensors", "state/average.safetensors", "best/adapters.safetensors"):
        once, twice = (load_file(out / file) for out in (undisturbed, tmp_path / "run"))
        assert once.keys() == twice.keys() and all(torch.equal(once[name], twice[name]) for name in once)
    log = [json.loads(line) for line in (undisturbed / "log.jsonl").read_text().splitlines()]
    judged = [line["validation/loss"] for line in log if "validation/loss" in line]
    assert len(judged) == 2 and judged[1] < judged[0]


def test_what_it_leaves_moves_the_robot(folder: Path, undisturbed: Path) -> None:
    config = PretrainedConfig(backbone=str(folder / "backbone"), checkpoint=str(undisturbed / "best"), device="cpu", unsure=1.0)
    policy = open_pretrained(robot(), Kinematics(robot()), config)
    recording = Recording(StoredEpisode(manifests(folder / "reaches")[0]))
    plan = policy.plan(recording.observation(0), recording.instruction)
    assert plan is not None and plan.reason


def test_what_can_not_be_learnt_from_is_refused_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    for words, sentence in (
        (["data=[]"], r"expected data=\[FOLDER\]"),
        (["data=[/nowhere]"], "no episodes in '/nowhere'; expected a folder"),
        (["batch=1000"], "batch: expected at most the 12 steps"),
        (["policy.learning.targets=words"], "unknown 'words'; available: keyposes, actions"),
        (["precision=half"], "precision: unknown 'half'; available: auto, float32, bfloat16"),
        (["policy.backbone=/nowhere"], "/nowhere"),
    ):
        with pytest.raises(InvalidInput, match=sentence) as refusal:
            learn(folder, tmp_path / "run", *words)
        assert "\n" not in str(refusal.value)
