"""handsight-record: the same episodes however often it is asked, each with the facts of the instants that it shows."""

import sys
from pathlib import Path

import numpy as np
import pytest

from policies.demonstrations import manifests, open_episode, plans_in, read, read_facts
from robot.kinematics import Kinematics
from sim import record
from sim.facts import RELATIONS
from tests.sim.stages import panda

MOVE = ["suite=voxposer", "tasks=[voxposer_move_region]", "splits=[unseen-seen]", "episodes=1", "workers=1"]


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The program's exit code."""
    monkeypatch.setattr(sys, "argv", ["handsight-record", *words])
    with pytest.raises(SystemExit) as ended:
        record.main()
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one short episode."""
    folder = tmp_path_factory.mktemp("recorded") / "demonstrations"
    with pytest.MonkeyPatch.context() as patch:
        assert run(patch, *MOVE, f"out={folder}") == 0
    return folder


def test_an_episode_says_how_it_was_made_and_that_it_succeeded(recorded: Path) -> None:
    (manifest,) = manifests(recorded)
    attributes = open_episode(manifest).attributes
    assert attributes["success"] is True
    assert attributes["policy"] == "expert"
    assert attributes["task"] == "voxposer_move_region"
    assert attributes["instruction"].startswith("move to the")
    assert [each["words"] for each in attributes["subtasks"]]
    assert attributes["calibration"]["cameras"].keys() == {"front", "wrist"}
    assert attributes["robot"]["joint_names"] == list(panda().joint_names)
    assert [path for path in recorded.iterdir() if path.name.startswith(".")] == []


def test_what_was_commanded_leads_to_the_goal_of_the_plan(recorded: Path) -> None:
    episode = read(manifests(recorded)[0])
    _, plan = [each for each in plans_in(episode) if each[1].arm is not None][-1]
    assert plan.arm is not None
    reached = Kinematics(panda()).forward(episode.commands["joint_position"][-1])
    np.testing.assert_allclose(reached[:3, 3], plan.arm.T_base_ee[-1, :3, 3], atol=5e-3)


def test_an_episode_may_begin_with_the_hand_elsewhere_over_the_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recorded: Path
) -> None:
    assert run(monkeypatch, *MOVE, "random_start=1", f"out={tmp_path / 'anywhere'}") == 0
    (anywhere,), (home,) = (
        [read(each) for each in manifests(folder)] for folder in (tmp_path / "anywhere", recorded)
    )  # fmt: skip
    assert anywhere.attributes["success"] and anywhere.attributes["instruction"] == home.attributes["instruction"]
    begins = [each.observations["state/joint_position"][0] for each in (home, anywhere)]
    np.testing.assert_allclose(begins[0], panda().home, atol=1e-3)
    place = Kinematics(panda()).forward(begins[1])[:3, 3]
    assert np.abs(begins[1] - panda().home).max() > 0.1
    assert (place > [0.29, -0.36, 0.05]).all() and (place < [0.71, 0.36, 0.41]).all()


def test_facts_are_those_of_the_instant_of_the_observation(recorded: Path) -> None:
    manifest = manifests(recorded)[0]
    episode, facts = read(manifest), read_facts(manifest)
    steps = len(episode.observations["stamp_ns"])
    names = facts.attributes["objects"]
    assert facts.arrays["pose"].shape == (steps, len(names), 4, 4)
    assert facts.arrays["relations"].shape == (steps, len(RELATIONS), len(names), len(names))
    rgb, mask = episode.observations["cameras/front/rgb"][0].astype(float), facts.arrays["masks/front"][0]
    for index, thing in enumerate(names, 1):
        colour = rgb[mask == index]
        if len(colour) > 20:  # in view: a blue block is blue where the mask says that it is
            strongest = {"blue": 2, "green": 1}.get(thing["colour"])
            assert strongest is None or np.argmax(np.median(colour, axis=0)) == strongest


def test_the_same_command_again_records_nothing_and_the_same_bytes_elsewhere(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *MOVE, f"out={recorded}") == 0
    assert "holds all of it already" in capsys.readouterr().out
    assert run(monkeypatch, *MOVE, f"out={tmp_path / 'again'}") == 0
    arrays = [open_episode(manifests(each)[0]).manifest.arrays for each in (recorded, tmp_path / "again")]
    assert arrays[0].keys() == arrays[1].keys()
    assert all(arrays[0][path] == arrays[1][path] for path in arrays[0])


def test_an_expert_is_looked_at_wherever_it_plans_and_as_often_as_was_asked(recorded: Path) -> None:
    episode = read(manifests(recorded)[0])
    stamps = episode.observations["stamp_ns"]
    planned = {plan.observation_stamp_ns for _, plan in plans_in(episode)}
    assert planned <= set(stamps.tolist())
    assert np.diff(stamps).max() <= 500_000_000
    assert len(stamps) <= len(planned) + (stamps[-1] - stamps[0]) / 500_000_000
    every_tick = np.diff(episode.commands["stamp_ns"])
    assert every_tick.max() - every_tick.min() <= 1, "commands were lost between two looks"
    assert episode.attributes["rate_hz"] == pytest.approx(len(stamps) / (stamps[-1] - stamps[0]) * 1e9, rel=0.3)


def test_what_is_left_out_is_not_there_and_the_rest_is(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, *MOVE, "leave_out=[cloud,lidar]", f"out={tmp_path / 'less'}") == 0
    whole, less = (set(open_episode(manifests(each)[0]).paths) for each in (recorded, tmp_path / "less"))
    gone = ("observations/cloud/", "observations/lidar/")
    assert less == {path for path in whole if not path.startswith(gone)} != whole


def test_still_scenes_have_one_step_and_their_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["suite=tabletop", "tasks=[pick]", "scenes=2", "workers=1", f"out={tmp_path / 'scenes'}"]
    assert run(monkeypatch, *words) == 0
    for manifest in manifests(tmp_path / "scenes"):
        assert open_episode(manifest).num_steps == 1
        assert read_facts(manifest).arrays["masks/front"].any()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("out=", "out"),
        ("suite=nowhere", "tabletop"),
        ("tasks=[juggle]", "pick"),
        ("policy=magic", "expert"),
        ("leave_out=[clouds]", "cloud, lidar"),
        ("random_start=2", "from 0 to 1"),
    ],
)
def test_what_is_not_there_is_refused_in_one_sentence(
    word: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["suite=tabletop", f"out={tmp_path / 'x'}", word]
    assert run(monkeypatch, *words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
