"""Whatever can't be learnt from is refused in one sentence that says what was expected."""

import json
from pathlib import Path

import numpy as np
import pytest

from policies.demonstrations import EpisodeWriter
from policies.storage.stored import StoredEpisode
from policies.train import train
from policies.training.recordings import Recording
from policies.vla.dimensions import dimensions_of
from policies.vla.reader import open_reader
from robot.errors import InvalidInput
from tests.policies.training.logs import SMALL, both, config, demonstration, learn, robot


def refused(folder: Path, sentence: str, *words: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as refusal:
        train(config(folder, folder / "out", *words), "")
    assert "\n" not in str(refusal.value)


def test_no_data_another_robots_and_a_missing_stream_are_refused(tmp_path: Path) -> None:
    both(tmp_path, 2)
    refused(tmp_path, r"expected data=\[FOLDER\]", "data=[]")
    refused(tmp_path, "no episodes in '/nowhere'", "data=[/nowhere]")
    refused(tmp_path, r"model.views.hand: no log has .*; available: .*front", "+model.views.hand=[32,32]")
    refused(tmp_path, "model.lidars: roof: no log has", "model.lidars=[roof]")
    refused(tmp_path, "model.state: .*hand, tool", "model.state=fist")
    refused(tmp_path, "lessons.distances_cm: expected centimetres above 0", "lessons.distances_cm=[0,5]")
    refused(tmp_path, "batch: expected a multiple of ranks times accumulate, 3, got 4", "accumulate=3")
    refused(
        tmp_path, "slots: expected at most 7 with decoding=autoregressive", "model.slots=8", "model.decoding=autoregressive"
    )
    refused(tmp_path, "decoding: unknown 'slow'; available: parallel, autoregressive, fast", "model.decoding=slow")
    refused(tmp_path, "decoding: fast writes dense chunks; expected parallel or autoregressive", "model.decoding=fast")
    refused(tmp_path, "precision: unknown 'half'; available: auto, float32, bfloat16", "precision=half")
    refused(tmp_path, "no .*config.json; expected a folder that handsight-train wrote|has no tokenizer", "init=/nowhere")
    demonstration(tmp_path / "other", 3, robot={"name": "xarm6"})
    refused(tmp_path, "is of the robot 'xarm6'; expected 'panda'", f"data=[{tmp_path / 'other'}]")


def test_a_log_without_the_robots_state_is_refused(tmp_path: Path) -> None:
    both(tmp_path, 1)
    with EpisodeWriter(tmp_path / "stateless", "episode", SMALL) as writer:
        rgb = np.zeros((8, 8, 3), np.uint8)
        writer.add_rows({"observations/stamp_ns": np.int64(1), "observations/cameras/front/rgb": rgb})
        writer.num_steps += 1
        writer.commit({})
    refused(tmp_path, "no observations/state/joint_position", f"data=[{tmp_path / 'stateless'}]")


def test_a_plan_that_is_not_finite_names_its_episode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(StoredEpisode(demonstration(tmp_path, 0)))
    read = StoredEpisode.array
    monkeypatch.setattr(
        StoredEpisode, "array", lambda self, path: read(self, path) * (np.nan if path == "plans/T_base_ee" else 1)
    )
    with pytest.raises(InvalidInput, match=r"reach_000.json: .*finite"):
        _ = recording.keyposes


def test_a_checkpoint_of_another_robot_or_version_is_refused(tmp_path: Path) -> None:
    both(tmp_path, 1)
    learn(tmp_path, tmp_path / "out", "steps=1")
    path = tmp_path / "out" / "best" / "config.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps({**document, "robot": "xarm6"}))
    with pytest.raises(InvalidInput, match="learnt on the robot 'xarm6'; this one is 'panda'"):
        open_reader(path.parent, robot(), None, "cpu", 0)
    path.write_text(json.dumps({**document, "senses_version": 9}))
    with pytest.raises(InvalidInput, match="unknown 'senses_version'"):
        open_reader(path.parent, robot(), None, "cpu", 0)
    path.write_text(json.dumps(document))
    with pytest.raises(InvalidInput, match=r"front: no log has|does not hold this model's weights"):
        train(config(tmp_path, tmp_path / "new", f"init={path.parent}", "model.width=32"), "")


def test_dimensions_of_actions_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InvalidInput, match="finite"):
        dimensions_of(np.array([[0.0], [np.nan]]), ["x"], ["m"])
