"""A log from elsewhere trains a model in its own numbers, at its own rate, whose plans a virtual body follows."""

import json
from pathlib import Path

import numpy as np
import pytest

from policies.catalogue import build_policy
from policies.demonstrations import write
from policies.formats.catalogue import Log
from policies.inspect import SCHEMAS as LOG_SCHEMAS
from policies.train import SCHEMAS, train
from policies.training.dense import DenseRecording, dense_config, recording_of
from policies.vla.changes import UNCHANGED
from policies.vla.checkpoint import open_config
from policies.vla.dense_policy import DECAY, DensePolicy, blended
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.rows import action_tokens
from policies.vla.words import END
from robot.configuration import load
from robot.errors import InvalidInput
from robot.model import RobotModel
from tests.policies.formats.worlds import drawn, lerobot
from tests.policies.training.logs import demonstration, recordings

SMALL = [
    "model.width=16", "model.layers=1", "model.heads=2", "model.widening=2", "model.slots=3", "steps=2", "batch=2", "threads=1",
    "precision=float32", "device=cpu",
]  # fmt: skip


def learn(data: Path, out: Path, *words: str) -> None:
    assert train(load("train", [f"data=[{data}]", f"out={out}", *SMALL, *words], SCHEMAS)[0], "") == 0


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("theirs")
    lerobot(folder / "lerobot")
    config = load("log", ["out=x", "action=joint_position"], LOG_SCHEMAS)[0]
    for name, episode in Log(folder / "lerobot", config).episodes():
        write(folder / "ours", name, episode)
    return folder


def test_a_step_says_what_was_done_in_it_and_after_it_and_nothing_behind_the_end(theirs: Path) -> None:
    found = [recording_of(each.episode) for each in recordings(theirs / "ours")]
    sizes = load("train", ["model.slots=3"], SCHEMAS)[0].model
    vla, world = dense_config(sizes, found), drawn()
    assert vla.views == {"front": [32, 32]} and not vla.points and vla.rate_hz == 10 and vla.state_size == 7
    first = found[0]
    assert isinstance(first, DenseRecording)
    last = len(world.actions[0]) - 1
    for step in (0, last):
        targets = first.targets(step, UNCHANGED, vla)
        there = targets.there == 1
        assert there.sum() == min(3, last + 1 - step)
        wanted = vla.code.decode(vla.code.encode(world.actions[0][step : step + 3].astype(float)))
        assert np.allclose(vla.code.decode(targets.bins[there]), wanted)


def test_a_log_from_elsewhere_trains_a_policy_whose_plans_a_virtual_body_follows(theirs: Path, tmp_path: Path) -> None:
    learn(theirs / "ours", tmp_path / "run")
    best = tmp_path / "run" / "best"
    config = open_config(best)
    assert config.dimensions["names"] == [f"m{n}" for n in range(7)] and config.state == "joints"
    body = RobotModel.from_box(config.dimensions["names"], [-1.0] * 7, [1.0] * 7)
    policy = build_policy(VlaPolicyConfig(checkpoint=str(best), device="cpu", steps=2), body, None)  # type: ignore[arg-type]
    assert isinstance(policy, DensePolicy)
    recording = recordings(theirs / "ours")[0]
    plan = policy.plan(recording.observation(0), "pick up the cup")
    assert plan is not None and plan.joints is not None and plan.joints.joint_position.shape == (3, 7)
    assert plan.joints.time_s == pytest.approx([0.1, 0.2, 0.3])
    low, high = (np.array(config.dimensions[key]) for key in ("low", "high"))
    assert ((plan.joints.joint_position >= low) & (plan.joints.joint_position <= high)).all()
    assert policy.plan(recording.observation(1), "pick up the cup") is None
    later = policy.plan(recording.observation(2), "pick up the cup")
    assert later is not None and later.request_id == 2
    with pytest.raises(InvalidInput, match="says 7 numbers"):
        DensePolicy(RobotModel.from_box(["x"], [0.0], [1.0]), VlaPolicyConfig(checkpoint=str(best), device="cpu"))


def test_chunks_are_written_as_tokens_of_their_own_code(theirs: Path, tmp_path: Path) -> None:
    learn(theirs / "ours", tmp_path / "run", "model.decoding=fast")
    best = tmp_path / "run" / "best"
    config, recording = open_config(best), recordings(theirs / "ours")[0]
    assert config.chunk.horizon == 3 and config.vocabulary == config.words + config.chunk.num_tokens
    found = recording_of(recording.episode)
    for step in (0, len(recording.stamps) - 1):  # behind the end, the last step goes on
        targets = found.targets(step, UNCHANGED, config)
        *tokens, end = action_tokens(targets, config)
        assert end == END
        written = config.chunk.decode([each - config.words for each in tokens])
        known = config.code.decode(targets.bins[targets.there == 1])
        wanted = known[np.minimum(np.arange(3), len(known) - 1)]
        assert (np.abs(written - wanted) <= config.chunk.error + 1e-9).all()
    body = RobotModel.from_box(config.dimensions["names"], [-1.0] * 7, [1.0] * 7)
    policy = build_policy(VlaPolicyConfig(checkpoint=str(best), device="cpu"), body, None)  # type: ignore[arg-type]
    plan = policy.plan(recording.observation(0), "pick up the cup")
    assert plan is not None and plan.joints is not None and plan.joints.joint_position.shape == (3, 7)
    document = json.loads((best / "config.json").read_text())
    for change, said in (({"slots": 4}, "chunks of 4 steps"), ({"chunk_code": {}}, "chunk code")):
        (best / "config.json").write_text(json.dumps({**document, **change}))
        with pytest.raises(InvalidInput, match=said):
            open_config(best)


def test_logs_of_two_kinds_together_are_refused(theirs: Path, tmp_path: Path) -> None:
    demonstration(tmp_path / "ours", 0)
    with pytest.raises(InvalidInput, match=r"holds no actions/values; expected logs of one kind"):
        train(load("train", [f"data=[{theirs / 'ours'},{tmp_path / 'ours'}]", f"out={tmp_path / 'x'}", *SMALL], SCHEMAS)[0], "")


def test_blended_steps_are_means_of_what_was_said_of_their_instants_the_earliest_weighing_most() -> None:
    ends_ns = np.array([100, 200, 300])
    old, new = (ends_ns, np.array([[9.0], [1.0], [2.0]])), (ends_ns + 104, np.array([[3.0], [4.0], [5.0]]))
    late = np.exp(-DECAY)
    mean = [(1.0 + late * 3.0) / (1.0 + late), (2.0 + late * 4.0) / (1.0 + late), 5.0]
    assert blended([old, new], 100.0)[:, 0] == pytest.approx(mean)
    assert blended([new], 100.0)[:, 0] == pytest.approx([3.0, 4.0, 5.0])


def test_a_blending_policy_forgets_what_was_said_for_another_sentence(theirs: Path, tmp_path: Path) -> None:
    learn(theirs / "ours", tmp_path)
    episode = recordings(theirs / "ours")[0]
    body = RobotModel.from_box([f"m{n}" for n in range(7)], [-1.0] * 7, [1.0] * 7)
    configs = [VlaPolicyConfig(checkpoint=str(tmp_path / "best"), device="cpu", blend=blend) for blend in (False, True)]
    plain, blending = (DensePolicy(body, config) for config in configs)
    for step in range(3):
        one, other = (each.plan(episode.observation(step), "push") for each in (plain, blending))
        assert one is not None and other is not None and one.joints is not None and other.joints is not None
        same = np.allclose(one.joints.joint_position, other.joints.joint_position)
        assert same == (step == 0)
    for each in (plain, blending):
        each.reset()
    one, other = (each.plan(episode.observation(2), "push") for each in (plain, blending))
    assert one is not None and other is not None and one.joints is not None and other.joints is not None
    assert np.allclose(one.joints.joint_position, other.joints.joint_position)
