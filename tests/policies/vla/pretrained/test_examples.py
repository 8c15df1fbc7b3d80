"""Recorded demonstrations become examples whose numbers come back as what was planned or done."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from policies.dataset import Windows
from policies.demonstrations import Episode, plans_in, read, write
from policies.vla.keyposes import ahead_of, keyposes_of
from policies.vla.pretrained.checkpoint import save_actor
from policies.vla.pretrained.config import AdapterConfig, LearningConfig, PretrainedConfig
from policies.vla.pretrained.examples import Examples, dataset_config
from policies.vla.pretrained.keypose_rows import keyposes_from, rows_of
from policies.vla.pretrained.learner import learner
from policies.windows.sampler import ShuffledSampler
from robot.errors import InvalidInput
from tests.policies.recorded import recorded
from tests.policies.vla.pretrained.tiny import folder_of


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two episodes with plans, not to be written to."""
    folder = tmp_path_factory.mktemp("log")
    return [recorded(folder, f"episode_{number:06d}", 5, seed=number) for number in range(2)]


def foreign(folder: Path, name: str = "e", width: int = 3) -> Path:
    """An episode of a log from elsewhere."""
    rng = np.random.default_rng(0)
    steps = 6
    observations = {
        "stamp_ns": np.arange(steps) * 50_000_000,
        "cameras/front/rgb": rng.integers(0, 256, (steps, 8, 8, 3), dtype=np.uint8),
        "state/joint_position": rng.normal(size=(steps, 2)),
        "state/gripper_width": np.zeros(steps),
    }
    about = {"instruction": "open the drawer", "rate_hz": 20.0, "action": {"kind": "opaque", "names": ["x", "y", "grip"]}}
    actions = rng.uniform(-1, 1, (steps, width)).astype(np.float32)
    return write(folder, name, Episode(observations=observations, actions=actions, attributes=about))


def examples_of(manifests: list[Path], config: LearningConfig) -> Examples:
    return Examples(Windows(manifests, dataset_config(config)), config)


def test_keyposes_are_those_ahead_in_the_recorded_plans(log: list[Path]) -> None:
    examples = examples_of(log, LearningConfig(horizon=2, cameras=["mono", "front"]))
    episode = read(log[0])
    keyposes, stamps = keyposes_of(plans_in(episode)), episode.observations["stamp_ns"]
    assert examples.layout.cameras == ("mono", "front") and len(examples) == 10
    for step in range(5):
        ahead = ahead_of(keyposes, int(stamps[step]), 2)
        example = examples[step]
        assert isinstance(example.target, np.ndarray) and example.sentence == "pick up the red block"
        np.testing.assert_allclose(example.target, rows_of(ahead), atol=1e-12)
        np.testing.assert_array_equal(example.pictures[0], episode.observations["cameras/mono/rgb"][step])
        np.testing.assert_array_equal(example.state[:7], episode.observations["state/joint_position"][step])
    assert not examples[0].pictures[1].any() and examples[1].pictures[1].any()  # the front camera comes in late


def test_no_keypose_of_the_log_is_cut_off_by_the_bounds(log: list[Path]) -> None:
    examples = examples_of(log, LearningConfig(horizon=3))
    bins = examples.layout.actions
    for number in range(len(examples)):
        target = examples[number].target
        assert isinstance(target, np.ndarray)
        assert (np.abs(bins.decode(bins.encode(target)) - target) <= bins.width / 2 + 1e-9).all()


def test_rows_of_keyposes_come_back(log: list[Path]) -> None:
    keyposes = keyposes_of(plans_in(read(log[0])))
    back = keyposes_from(rows_of(keyposes), 5)
    np.testing.assert_allclose(back.T_base_ee, keyposes.T_base_ee, atol=1e-12)
    for name in ("gripper_width", "contact", "duration_s", "pause_s"):
        np.testing.assert_allclose(getattr(back, name), getattr(keyposes, name), atol=1e-12)
    assert (np.diff(back.until_ns) >= 0).all() and back.until_ns[0] >= 5


def test_a_foreign_logs_actions_keep_their_names_and_their_rate(tmp_path: Path) -> None:
    config = LearningConfig(targets="actions", horizon=2)
    examples = examples_of([foreign(tmp_path)], config)
    values = read(tmp_path / "e.json").actions
    assert values is not None and examples.layout.rate_hz == 20.0
    assert examples.layout.actions.dimensions.names == ("x", "y", "grip")
    np.testing.assert_array_equal(examples[1].target, values[1:3])
    np.testing.assert_array_equal(examples[5].target, values[[5, 5]])


def test_a_log_can_be_learnt_from_in_batches_and_learning_goes_on(log: list[Path], tmp_path: Path) -> None:
    learning = LearningConfig(horizon=2, tokens="appended", adapters=AdapterConfig(rank=2, alpha=4))
    config = PretrainedConfig(backbone=str(folder_of("paligemma", tmp_path / "backbone")), device="cpu", learning=learning)
    actor, examples = learner(log, config)
    assert len(actor.tokens.ids) == 256
    batches = DataLoader(examples, batch_size=3, sampler=ShuffledSampler(examples, seed=3), collate_fn=actor.batch)
    optimiser = torch.optim.AdamW([weight for weight in actor.parameters() if weight.requires_grad], lr=1e-3)
    losses = []
    for batch in batches:
        loss = actor.loss(batch)
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
        losses.append(float(loss.detach()))
    assert len(losses) == 4 and losses[-1] < losses[0]
    save_actor(actor, tmp_path / "checkpoint")
    again, same = learner(log, replace(config, checkpoint=str(tmp_path / "checkpoint")))
    assert same.layout.to_json() == examples.layout.to_json()
    with torch.no_grad():
        assert float(again.loss(again.batch([same[0]]))) == float(actor.eval().loss(actor.batch([examples[0]])))


def test_what_was_not_recorded_can_not_be_learnt(log: list[Path], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"targets=actions learns a foreign log's own"):
        examples_of([foreign(tmp_path)], LearningConfig(targets="keyposes"))
    with pytest.raises(InvalidInput, match="no episode has 'actions'"):
        examples_of(log, LearningConfig(targets="actions"))
    with pytest.raises(InvalidInput, match="unknown 'words'; available: keyposes, actions"):
        examples_of(log, LearningConfig(targets="words"))
    with pytest.raises(InvalidInput, match="cameras/left/rgb"):
        examples_of(log, LearningConfig(cameras=["left"]))
