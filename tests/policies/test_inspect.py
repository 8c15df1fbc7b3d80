"""handsight-log: what it says of a log is so, and no verb loses or changes what it was not asked to."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from policies import inspect
from policies.curation import moving_steps, parted, with_steps
from policies.demonstrations import Episode, Facts, manifests, open_episode, plans_in, problems, read, read_facts, write
from policies.inspection import table
from robot.configuration import load
from robot.errors import InvalidInput
from tests.policies.formats import worlds
from tests.policies.recorded import episode, recorded
from tests.policies.schema_1 import write_schema_1


def ran(*argv: str | Path) -> int:
    """The exit code of a command line."""
    config, words = load("log", [str(each) for each in argv], inspect.SCHEMAS)
    return inspect.log(config, words)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three episodes of ours with facts and plans, not to be written to."""
    folder = tmp_path_factory.mktemp("demos")
    for number in range(3):
        recorded(folder, f"episode_{number:06d}", seed=number, facts=True)
    return folder


def still(moves: str, **attributes: object) -> Episode:
    """An episode of a joint that moves by 0.1 in a step marked x and stands in one marked with a dot."""
    position = np.cumsum([0.1 * (mark == "x") for mark in moves])[:, None]
    stamps = np.arange(len(moves), dtype=np.int64) * 100_000_000
    observations = {"stamp_ns": stamps, "state/stamp_ns": stamps, "state/joint_position": position}
    return Episode(observations=observations, actions=position.copy(), attributes=attributes)


def harmed(manifest: Path) -> None:
    """Flip a bit in the middle of an episode's pictures."""
    stored = open_episode(manifest)
    entry = stored.entry(next(path for path in stored.paths if path.endswith("/rgb")))
    data = manifest.with_name(stored.manifest.file)
    contents = bytearray(data.read_bytes())
    contents[entry.offset[0] + entry.size[0] // 2] ^= 1
    data.write_bytes(contents)


def test_inspect_says_counts_rates_success_and_sentences(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran("inspect", log, f"pictures={tmp_path}/sheet.png") == 0
    said = capsys.readouterr().out
    steps = sum(open_episode(manifest).num_steps for manifest in manifests(log))
    assert f"3 episodes, {steps} steps" in said and "succeeded: 3, failed: 0, unknown: 0" in said
    assert "3      pick up the red block" in said and "10.0" in said and "facts/pose" in said
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width == 1024 and np.asarray(sheet).std() > 1


def test_inspect_counts_gaps_and_missing_and_frozen_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (6, 40, 40, 3), dtype=np.uint8)
    rgb[3] = rgb[2]
    stamps = np.array([0, 1, 2, 3, 4, 9], dtype=np.int64) * 100_000_000
    valid = np.array([True, True, True, True, True, False])
    seen = {"stamp_ns": stamps, "cameras/front/rgb": rgb, "cameras/front/valid": valid}
    write(tmp_path, "one", Episode(observations=seen, attributes={"success": False, "absent": ["lidar"]}))
    assert ran("inspect", tmp_path) == 0
    said = capsys.readouterr().out
    assert "1 gaps" in said and "1 pictures the same as the one before" in said and "1 pictures missing" in said
    assert "absent: lidar (1)" in said and "failed: 1" in said


def test_inspect_points_out_an_episode_whose_numbers_are_not_those_of_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "one", still("xx"))
    two = still("xx")
    write(tmp_path, "two", Episode(observations=two.observations, actions=np.zeros((2, 3))))
    assert ran("inspect", tmp_path) == 0
    assert "! two: actions/values has (3,) numbers" in capsys.readouterr().out


def test_verify_names_episode_array_and_chunk_and_leaves_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2):
        recorded(tmp_path, f"episode_{number:06d}", seed=number)
    assert ran("verify", tmp_path) == 0
    harmed(manifests(tmp_path)[1])
    assert ran("verify", tmp_path) == 1
    said = capsys.readouterr().out
    assert "2 of 2" in said and "1 of 2" in said
    assert "episode episode_000001: observations/cameras/" in said and "rgb: chunk 0 is damaged" in said


def test_repair_keeps_every_committed_episode_and_clears_what_was_never_finished(tmp_path: Path) -> None:
    first = recorded(tmp_path, "episode_000000", seed=0)
    second = recorded(tmp_path, "episode_000001", seed=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    second.unlink()
    (tmp_path / "episode_000002.zarr.zip.partial").write_bytes(b"half of it")
    assert ran("repair", tmp_path) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before
    assert problems(first) == problems(second) == []


def test_split_is_drawn_by_the_seed_and_loses_nothing(log: Path, tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert ran("split", log, "train=0.67", "seed=3", f"out={tmp_path / out}") == 0
    parts = [sorted(path.relative_to(tmp_path / out) for path in manifests(tmp_path / out)) for out in ("one", "two")]
    assert parts[0] == parts[1] and {path.parent.name for path in parts[0]} == {"train", "test"}
    assert sorted(path.name for path in parts[0]) == [path.name for path in manifests(log)]
    for manifest in manifests(tmp_path / "one"):
        copied, original = (open_episode(each).manifest for each in (manifest, log / manifest.name))
        assert copied == original and problems(manifest) == []
    draws = {tuple(path.name for path in parted(manifests(log), 0.67, seed)[0]) for seed in range(10)}
    assert len(draws) > 1
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        ran("split", log, "train=1.0", f"out={tmp_path / 'three'}")


def test_merge_numbers_anew_where_names_collide_and_keeps_facts(log: Path, tmp_path: Path) -> None:
    recorded(tmp_path / "with blanks in it", "episode_000000", seed=9)
    assert ran("merge", log, tmp_path / "with blanks in it", f"out={tmp_path / 'all'}") == 0
    found = manifests(tmp_path / "all")
    assert [path.stem for path in found] == [f"episode_{number:06d}" for number in range(4)]
    assert all(problems(path) == [] for path in found)
    wanted = read_facts(manifests(log)[1]).arrays["pose"]
    assert np.array_equal(read_facts(found[1]).arrays["pose"], wanted)


def test_what_is_damaged_is_not_passed_on(tmp_path: Path) -> None:
    manifest = recorded(tmp_path / "one", "episode_000000")
    harmed(manifest)
    with pytest.raises(InvalidInput, match="chunk 0 is damaged"):
        ran("merge", tmp_path / "one", f"out={tmp_path / 'all'}")
    assert not (tmp_path / "all").exists() or not manifests(tmp_path / "all")


def test_filter_leaves_failures_and_steps_without_motion_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "log", "failed", still("xxx", success=False))
    write(tmp_path / "log", "good", still("..xx..x.", success=True, instruction="go"))
    write(tmp_path / "log", "unknown", still("xxxx"))
    assert ran("filter", tmp_path / "log", f"out={tmp_path / 'good'}") == 0
    assert "2 episodes; left out: 1 failures and 4 steps" in capsys.readouterr().out
    names = [path.stem for path in manifests(tmp_path / "good")]
    assert names == ["good", "unknown"]
    kept = read(tmp_path / "good/good.json")
    assert (kept.observations["stamp_ns"] // 100_000_000).tolist() == [0, 2, 3, 6]
    assert kept.attributes["idle_steps_removed"] == 4 and kept.attributes["instruction"] == "go"
    assert read(tmp_path / "good/unknown.json").observations["stamp_ns"].shape == (4,)
    assert ran("filter", tmp_path / "log", f"out={tmp_path / 'all'}", "failures=true", "idle=0") == 0
    assert len(manifests(tmp_path / "all")) == 3 and problems(tmp_path / "all/good.json") == []


def test_every_verb_bears_an_episode_of_the_first_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old").mkdir()
    write_schema_1(tmp_path / "old", "one", episode())
    assert ran("inspect", tmp_path / "old", f"pictures={tmp_path / 'sheet.png'}") == ran("verify", tmp_path / "old") == 0
    assert "version 1: handsight-log import writes it anew" in capsys.readouterr().out
    for verb in (["filter"], ["merge"], ["export", "to=mcap"]):
        with pytest.raises(InvalidInput, match=r"version"):
            ran(verb[0], tmp_path / "old", f"out={tmp_path / 'out'}", *verb[1:])
    assert ran("import", tmp_path / "old", f"out={tmp_path / 'new'}") == 0
    assert ran("merge", tmp_path / "new", f"out={tmp_path / 'out'}") == 0


def test_an_action_that_is_a_change_is_idle_when_it_is_none() -> None:
    told = still("....")
    delta = Episode(observations=told.observations, actions=np.full((4, 1), 0.5), attributes={"action": {"kind": "ee_delta"}})
    pose = Episode(observations=told.observations, actions=np.full((4, 1), 0.5), attributes={"action": {"kind": "ee_pose"}})
    assert moving_steps(delta, 0.001).tolist() == [0, 1, 2, 3] and moving_steps(pose, 0.001).tolist() == [0]


def test_plans_packets_and_facts_follow_the_steps_that_stay(log: Path, tmp_path: Path) -> None:
    manifest = manifests(log)[0]
    whole, facts = read(manifest), read_facts(manifest)
    steps = np.array([0, len(whole.observations["stamp_ns"]) - 1])
    kept, known = with_steps(whole, facts, steps)
    back = write(tmp_path, "kept", kept, known)
    assert len(plans_in(read(back))) == len(plans_in(whole)) and {step for step, _ in plans_in(read(back))} <= {0, 1}
    assert np.array_equal(read_facts(back).arrays["pose"], facts.arrays["pose"][steps])
    assert np.array_equal(read_facts(back).arrays["size"], facts.arrays["size"])
    assert len(read(back).packets) == len(whole.packets) and isinstance(facts, Facts)


def test_import_then_inspect_then_export_is_three_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worlds.lerobot(tmp_path / "theirs")
    assert ran("import", tmp_path / "theirs", f"out={tmp_path / 'demos'}", "action=joint_delta") == 0
    said = capsys.readouterr().out
    assert "lerobot, 2 episodes" in said and "2 episodes, 9 steps" in said and "absent, and not invented: calibration" in said
    assert ran("inspect", tmp_path / "demos") == 0 and "joint_delta in 2 episodes" in capsys.readouterr().out
    assert ran("export", tmp_path / "demos", "to=mcap", f"out={tmp_path / 'bags'}") == 0
    assert len(list((tmp_path / "bags").glob("*.mcap"))) == 2


def test_what_was_imported_before_a_damaged_episode_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worlds.calvin(tmp_path / "theirs")
    sorted((tmp_path / "theirs").glob("*.npz"))[-1].write_bytes(b"PK")
    with pytest.raises(InvalidInput, match="episode 1"):
        ran("import", tmp_path / "theirs", f"out={tmp_path / 'demos'}")
    assert "1 of 2 episodes are written and stay" in capsys.readouterr().out
    assert problems(manifests(tmp_path / "demos")[0]) == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["look", "demos"], "available: inspect, verify, repair"),
        (["inspect"], "expected one path"),
        (["inspect", "/nowhere/at/all"], "no folder"),
        (["merge", "/nowhere", "/at", "out=x"], "no folder"),
        (["import", "/nowhere"], "out="),
        (["import", "/nowhere", "out=x"], "no /nowhere"),
        (["import", "/nowhere", "out=x", "action=torque"], "ee_delta"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_sentence(argv: list[str], words: str) -> None:
    with pytest.raises(InvalidInput, match=words) as refusal:
        ran(*argv)
    assert "\n" not in str(refusal.value)


def test_the_program_leaves_with_2_where_it_refuses_and_needs_no_torch(log: Path) -> None:
    code = (
        "import sys\nfor name in ('torch', 'sim', 'pybullet'): sys.modules[name] = None\n"
        "from policies.inspect import main\nmain()"
    )
    for argv, status in ((["verify", str(log)], 0), (["verify", "/nowhere"], 2)):
        done = subprocess.run(
            [sys.executable, "-c", code, *argv],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": "."},
        )
        assert done.returncode == status, done.stderr
        assert done.stderr.count("\n") == (status == 2)


def test_a_table_is_cut_and_says_how_much_more_there_is() -> None:
    lines = table(("n",), [(str(number),) for number in range(30)])
    assert len(lines) == 22 and lines[-1] == "… and 10 more"
