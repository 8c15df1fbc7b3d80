"""A person drives in simulation and says how it ended; the recording is done once more in its own scene without drift."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import policies.teleoperation
from policies.controls import KEYS, Wish
from policies.demonstrations import Facts, read, write
from robot.configuration import load, to_yaml
from robot.errors import InvalidInput
from sim.command import SCHEMAS, command
from sim.reenactment import reenact, stage_of
from sim.replay import ReplayConfig, replay
from sim.session import Session
from tests.policies.recorded import recorded

SCENE = "scene.objects=[{kind: block, colour: red, x: 0.45, y: 0.15}, {kind: bowl, colour: blue, x: 0.6, y: 0.0}]"
SENTENCE = "say hello to the neighbours"  # not for the parser
NUM_STEPS = 12


class Script:
    """A control that moves the tool down and to the left, rests, and says that it is done."""

    def __init__(self) -> None:
        down, left = (np.array(KEYS[key], float) for key in "fa")
        self._wishes = [Wish(motion=down, held=True)] * 5 + [Wish(motion=left, held=True)] * 3
        self._wishes += [Wish(motion=np.zeros(7))] * (NUM_STEPS - 9) + [Wish(motion=np.zeros(7), ended=True)]

    def wish(self) -> Wish:
        return self._wishes.pop(0)

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of an episode that a person drove."""
    folder = tmp_path_factory.mktemp("driven")
    overrides = ["policy=teleoperation", f"out={folder / 'run'}", "video=false", "picture=false", "agreement=null", SCENE]
    config, _ = load("command", overrides, SCHEMAS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policies.teleoperation, "open_control", lambda device: Script())
        patch.setattr(policies.teleoperation, "Pace", lambda: lambda stamp_ns: None)
        session = Session(config, to_yaml(config), say=lambda line: None)
        assert session.perform(SENTENCE).exit_code == 0
        session.close()
    return folder / "run" / "episode" / "episode_000000.json"


def test_the_recording_holds_the_persons_sentence_verdict_and_motion(driven: Path) -> None:
    episode = read(driven)
    assert (episode.attributes["instruction"], episode.attributes["policy"]) == (SENTENCE, "teleoperation")
    assert episode.attributes["success"] is True
    assert episode.taken_over is not None and episode.taken_over.tolist() == [True] * NUM_STEPS
    assert np.abs(np.ptp(episode.commands["joint_position"], axis=0)).max() > 0.05
    assert not episode.commands["level"].any()


def test_keys_are_no_use_without_a_sentence() -> None:
    config, _ = load("command", ["policy=teleoperation"], SCHEMAS)
    with pytest.raises(InvalidInput, match="sentence for the log"):
        command(config, " ")


def test_a_device_that_is_not_there_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    overrides = ["policy=teleoperation", "policy.device=/nowhere/js0", f"out={tmp_path / 'run'}", "agreement=null", SCENE]
    config, _ = load("command", overrides, SCHEMAS)
    session = Session(config, "", say=lambda line: None)
    with pytest.raises(InvalidInput, match="/nowhere/js0"):
        session.perform(SENTENCE)
    session.close()
    assert not (tmp_path / "run").exists()


def test_commanded_again_in_its_own_scene_the_robot_does_the_same_but_for_rounding(driven: Path) -> None:
    drift = reenact(driven, "command")
    assert drift.joint.shape == (NUM_STEPS, 7)
    assert np.abs(drift.joint).max() < 1e-12 and drift.num_changed == 0 and drift.objects is None


def test_by_its_states_the_robot_stays_within_a_thousandth_of_a_radian(driven: Path) -> None:
    drift = reenact(driven, "state")
    assert 0.0 < np.abs(drift.joint).max() < 1e-3 and drift.tool.max() < 1e-3


def test_where_facts_were_recorded_the_objects_drift_is_reported(driven: Path, tmp_path: Path) -> None:
    episode = read(driven)
    stage = stage_of("driven", episode.attributes)
    things = stage.scene.objects
    pose = np.repeat(np.array([stage.scene.pose(thing) for thing in things])[None], NUM_STEPS, axis=0)
    stage.close()
    pose[-1, 0, 1, 3] += 0.01
    facts = Facts(arrays={"pose": pose}, attributes={"objects": [{"name": thing.name} for thing in things]})
    drift = reenact(write(tmp_path, "moved", replace(episode, packets=(), packet_steps=None), facts), "command")
    assert drift.objects is not None
    assert drift.objects[-1, 0] == pytest.approx(0.01, abs=1e-4) and drift.objects[:-1].max() < 1e-4
    assert f"objects by at most {drift.objects.max() * 1e3:.2f} mm" in str(drift)


def test_an_episode_that_begins_in_the_middle_is_refused(driven: Path, tmp_path: Path) -> None:
    episode = read(driven)
    assert episode.taken_over is not None
    late = replace(
        episode,
        packets=(),
        packet_steps=None,
        plans={},
        taken_over=episode.taken_over[8:],
        observations={path: rows[8:] for path, rows in episode.observations.items()},
        attributes={**episode.attributes, "plans": []},
    )
    with pytest.raises(InvalidInput, match="does not begin with its scene"):
        reenact(write(tmp_path, "late", late), "state")


def test_what_can_not_be_done_again_is_refused_in_one_sentence(driven: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no simulated scene"):
        reenact(recorded(tmp_path), "command")
    with pytest.raises(InvalidInput, match="state, command"):
        reenact(driven, "heart")
    with pytest.raises(InvalidInput, match="manifest"):
        replay(ReplayConfig(), "")
    with pytest.raises(InvalidInput, match="video, rrd, simulation"):
        replay(ReplayConfig(to="film"), str(driven))


def test_the_program_names_the_film_and_the_drift(driven: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "film.mp4"
    assert replay(ReplayConfig(out=str(out)), str(driven)) == 0
    assert out.is_file() and capsys.readouterr().out == f"{out}: {NUM_STEPS} steps\n"
    assert replay(ReplayConfig(to="simulation"), str(driven)) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("episode_000000 by command: over 12 steps the joints drift by at most 0.000000 rad")
