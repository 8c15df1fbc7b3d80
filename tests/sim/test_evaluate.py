"""handsight-evaluate: refusals, resuming after kills, and the same episodes however many workers there are."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from robot.configuration import load
from robot.errors import HandsightError, InvalidInput
from sim.evaluate import SCHEMAS, evaluate, play
from sim.evaluation.failures import CRASHED
from sim.evaluation.leaderboard import leaderboard
from sim.evaluation.log import FILE, ResultLog, read_results
from sim.perturbations.catalogue import perturbations
from sim.suites import select
from tests.sim.evaluation.fake_trials import FakeTrials, fake_result

ROOT = Path(__file__).parent.parent.parent


def run(*overrides: str) -> int:
    return evaluate(load("evaluate", overrides, SCHEMAS)[0], "")


@pytest.mark.parametrize(
    ("override", "names"),
    [
        ("tasks=[juggle]", ["juggle", "pick", "stack"]),
        ("splits=[seen]", ["'seen'", "seen-unseen"]),
        ("perturbations=[quake]", ["quake", "push", "front_off", "sentence_swapped"]),
        ("policy=wizard", ["wizard", "value_maps", "expert", "nothing", "random"]),
        ("policy=teleoperation", ["teleoperation", "value_maps", "expert"]),
        ("suite=kitchen", ["kitchen", "household", "tabletop"]),
        ("launcher=rocket", ["rocket", "processes", "ray"]),
        ("video=yes", ["yes", "failures"]),
        ("batch=8", ["batch", "policy=vla", "got 8"]),
        ("batch=0", ["batch", "expected 1", "got 0"]),
        ("probes=2", ["probes", "0 to 1", "got 2"]),
        ("mix=-5", ["mix", "1 or more", "got -5"]),
        ("episodes=-1", ["episodes", "1 or more", "got -1"]),
        ("indices=[99]", ["nothing is left", "pick"]),
        ("compare=[runs/a]", ["two runs", "compare="]),
        ("compare=[/nowhere/a,/nowhere/b]", ["/nowhere/a", "handsight-evaluate"]),
        ("leaderboard=[/nowhere/a]", ["/nowhere/a", "handsight-evaluate"]),
    ],
)
def test_bad_input_is_refused_in_one_sentence_that_names_what_is_valid(override: str, names: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        run(override)
    message = str(refusal.value)
    assert "\n" not in message and all(name in message for name in names), message


def test_a_sentence_is_refused() -> None:
    with pytest.raises(InvalidInput, match="takes no sentence"):
        evaluate(load("evaluate", [], SCHEMAS)[0], "pick up the red block")


def test_a_run_goes_on_with_its_own_settings_only(tmp_path: Path) -> None:
    assert fake(tmp_path, "mix=2", "workers=1") == 0
    assert fake(tmp_path, "mix=3", "perturbations=[none,push]", "workers=1") == 0
    assert len(read_results(tmp_path)) == 6
    with pytest.raises(InvalidInput, match=r"another safety.clearance \(.* then, 0.03 now\)"):
        fake(tmp_path, "mix=3", "safety.clearance=0.03")
    with pytest.raises(InvalidInput, match="another policy"):
        fake(tmp_path, "mix=3", "policy=nothing")
    assert len(read_results(tmp_path)) == 6


def test_an_episode_that_crashed_is_played_again_when_the_run_goes_on(tmp_path: Path) -> None:
    assert fake(tmp_path, "mix=3", "workers=1") == 0
    before = read_results(tmp_path)
    crashed = replace(before[1], success=False, failure=CRASHED, reason="its worker ended with exit code -9")
    log = [json.dumps(asdict(each)) + "\n" for each in (before[0], crashed, before[2])]
    (tmp_path / FILE).write_text("".join(log))
    assert fake(tmp_path, "mix=3", "workers=1") == 0
    assert read_results(tmp_path) == before


def test_whoever_comes_second_changes_nothing_of_a_run_that_has_no_result_yet(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("seed: 0\n")
    with ResultLog(tmp_path), pytest.raises(HandsightError, match="another evaluation"):
        fake(tmp_path, "mix=1", "seed=3", "workers=1")
    assert (tmp_path / "config.yaml").read_text() == "seed: 0\n"


def test_a_policy_that_can_not_be_built_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    with pytest.raises(HandsightError, match=r"^checkpoint: no .*config\.json"):
        run("policy=vla", "policy.checkpoint=/nowhere", "mix=2", "workers=1", f"out={tmp_path / 'run'}")
    assert (tmp_path / "run" / FILE).read_bytes() == b""


@pytest.mark.parametrize(("words", "probed"), [
    ((), 1), (("probes=0.1",), 2), (("probes=0",), 0), (("policy=nothing",), 0), (("perturbations=[none]",), 0),
    (("indices=[0]",), 0),
])  # fmt: skip
def test_every_evaluation_asks_whether_the_policy_listens_and_looks(
    tmp_path: Path, words: tuple[str, ...], probed: int
) -> None:
    assert fake(tmp_path, "mix=20", "workers=1", *words) == 0
    found = Counter(row.perturbation for row in read_results(tmp_path))
    asked = ["sentence_swapped", "front_blanked", "wrist_blanked", "lidar_blanked", "imu_blanked"]
    assert found == {"none": 20, **(dict.fromkeys(asked, probed) if probed else {})}


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all my work")
    with pytest.raises(InvalidInput, match="holds no evaluation"):
        fake(tmp_path, "mix=1")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_a_thousand_episodes_killed_twenty_times_are_none_lost_and_none_doubled(tmp_path: Path) -> None:
    draw = random.Random(0)
    for _ in range(20):
        child = begin(tmp_path)
        wanted = lines(tmp_path) + draw.randrange(1, 45)
        while lines(tmp_path) < wanted and child.poll() is None:
            time.sleep(draw.uniform(0, 0.01))
        os.killpg(child.pid, signal.SIGKILL) if draw.random() < 0.5 else child.kill()
        assert child.wait() == -signal.SIGKILL, "it ended before it was killed"
    assert 20 <= lines(tmp_path) < 1000
    assert begin(tmp_path).wait() == 0
    config, _ = load("evaluate", ["mix=1000", "probes=0"], SCHEMAS)
    names = select(config.suite, config, config.seed, list(perturbations(config.sensors)))
    expected = sorted((fake_result(name) for name in names), key=lambda each: each.name)
    assert len(expected) == 1000
    assert read_results(tmp_path) == expected and leaderboard([read_results(tmp_path)]) == leaderboard([expected])


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["processes", "ray"])
def test_the_same_episodes_bit_for_bit_however_many_workers(tmp_path: Path, launcher: str) -> None:
    if launcher == "ray":
        pytest.importorskip("ray", reason="needs the extra ray")
    selection = ["tasks=[pick,place_in]", "splits=[seen-seen]", "episodes=2", "perturbations=[none,push]"]
    assert run(*selection, "workers=1", f"out={tmp_path / 'one'}") == 0
    assert run(*selection, "workers=2", f"out={tmp_path / 'two'}", f"launcher={launcher}") == 0
    assert untimed(tmp_path / "one") == untimed(tmp_path / "two")


def fake(folder: Path, *overrides: str) -> int:
    """An evaluation that plays nothing."""
    return play(load("evaluate", [f"out={folder}", *overrides], SCHEMAS)[0], FakeTrials)


def begin(folder: Path) -> subprocess.Popen:
    """An evaluation of a thousand episodes that plays nothing, in a process group of its own."""
    command = [sys.executable, "-m", "tests.sim.evaluation.fake_trials", str(folder), "1000"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def lines(folder: Path) -> int:
    """How many whole lines the log has."""
    path = folder / FILE
    return path.read_bytes().count(b"\n") if path.is_file() else 0


def untimed(folder: Path) -> list[str]:
    """The results in order, but for what they cost."""
    rows = [asdict(row) for row in read_results(folder)]
    return [json.dumps({key: each for key, each in row.items() if key not in ("wall_s", "cpu_s", "attempts")}) for row in rows]
