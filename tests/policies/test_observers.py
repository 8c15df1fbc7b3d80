"""Observers: what they leave behind, and that they leave nothing where nothing moved."""

import errno
import json
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest

from policies.demonstrations import observation_at, plans_in, read, read_facts
from policies.observers import run_folder
from policies.observers.progress import Progress
from policies.observers.recorder import QUEUED_STEPS, Recorder
from policies.observers.run_folder import RunFolder
from policies.observers.video import Video
from policies.observers.when_moving import WhenMoving
from policies.storage import archive
from robot.guard.ladder import Level
from robot.state import RobotState
from robot.trajectory import PlanStatus
from tests.policies.loop import PERIOD_NS, StubObserver, a_plan, a_step, an_end


def test_a_refusal_brings_in_nobody() -> None:
    made: list[StubObserver] = []
    when = WhenMoving(lambda: made.append(StubObserver([], "late")) or made)  # type: ignore[func-returns-value]
    for status in (PlanStatus.REFUSED, PlanStatus.ASKS, PlanStatus.DONE):
        when.on_step(a_step(plan=a_plan(status=status)))
    when.on_step(a_step())
    when.on_end(an_end(moved=False))
    assert not made


def test_the_first_motion_brings_observers_in_once_and_they_are_told_all_from_then_on() -> None:
    made: list[StubObserver] = []
    when = WhenMoving(lambda: made.append(StubObserver([], "late")) or made)  # type: ignore[func-returns-value]
    steps = [a_step(), a_step(plan=a_plan()), a_step(), a_step(plan=a_plan())]
    for step in steps:
        when.on_step(step)
    when.on_end(an_end())
    (observer,) = made
    assert observer.steps == steps[1:]
    assert len(observer.ends) == 1


def test_a_taken_name_gets_a_number_and_nothing_is_overwritten(tmp_path: Path) -> None:
    folders = [RunFolder(str(tmp_path / "run"), f"seed: {k}", k) for k in range(3)]
    assert [folder.path.name for folder in folders] == ["run", "run_2", "run_3"]
    assert [(folder.path / "config.yaml").read_text() for folder in folders] == ["seed: 0", "seed: 1", "seed: 2"]


def test_a_run_without_a_name_is_called_by_the_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert RunFolder("", "", 0).path.is_relative_to("runs")
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_a_run_says_its_seed_and_versions(tmp_path: Path) -> None:
    folder = RunFolder(str(tmp_path / "run"), "", 7)
    versions = json.loads((folder.path / "versions.json").read_text())
    assert versions["seed"] == 7
    assert set(run_folder.PACKAGES) <= set(versions)


def test_a_record_may_lie_in_a_folder_below(tmp_path: Path) -> None:
    folder = RunFolder(str(tmp_path / "run"), "", 7)
    assert json.loads(folder.write("002/verdict.json", {"success": True}).read_text()) == {"success": True}


def test_a_film_has_a_frame_a_step_in_the_pictures_size(tmp_path: Path) -> None:
    shades = iter(range(0, 250, 20))
    path = tmp_path / "below" / "video.mp4"
    video = Video(path, lambda: np.full((48, 64, 3), next(shades), np.uint8), frames_per_s=10)
    for _ in range(12):
        video.on_step(a_step())
    video.on_end(an_end())
    with av.open(str(path)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
        assert film.streams.video[0].average_rate == 10
    assert len(frames) == 12
    assert all(frame.shape == (48, 64, 3) for frame in frames)
    assert (np.diff([frame.mean() for frame in frames]) > 5).all()  # in the order in which they were taken


def test_a_film_of_nothing_is_no_file(tmp_path: Path) -> None:
    video = Video(tmp_path / "video.mp4", lambda: np.zeros((48, 64, 3), np.uint8))
    video.on_end(an_end(moved=False))
    assert not (tmp_path / "video.mp4").exists()


def test_progress_says_each_new_thing_once_and_when() -> None:
    lines: list[str] = []
    progress = Progress(lines.append)
    for k, reason in enumerate(["reaching", "reaching", None, "lifting"]):
        progress.on_step(a_step(stamp_ns=5_000_000_000 + 10 * k * PERIOD_NS, plan=reason and a_plan(reason=reason)))
    progress.on_step(a_step(plan=a_plan(status=PlanStatus.DONE, reason="done")))
    progress.on_end(an_end())
    assert lines == ["    0.0 s  reaching", "    3.0 s  lifting"]


def test_progress_says_when_safety_acts_and_when_it_is_over() -> None:
    lines: list[str] = []
    progress = Progress(lines.append)
    for level, reason in ((Level.OK, ""), (Level.STOP, "no protective sensor is alive"), (Level.STOP, "…"), (Level.OK, "")):
        progress.on_step(a_step(level=level, reason=reason))
    assert [line.split("  ")[-1] for line in lines] == ["safety: STOP: no protective sensor is alive", "safety: OK"]


def test_a_recorder_commits_all_that_was_said_seen_and_commanded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "episode_000000", {"instruction": "pick up the red block", "seed": 7})
    for k in range(3):
        recorder.on_step(a_step(stamp_ns=k * PERIOD_NS, plan=a_plan(k * PERIOD_NS) if k == 0 else None))
    recorder.on_end(an_end())
    assert recorder.manifest is not None
    episode = read(recorder.manifest)
    assert sum(isinstance(packet, RobotState) for packet in episode.packets) == 3
    assert len(episode.packets) == 6
    assert len(episode.commands["stamp_ns"]) == 6
    assert episode.attributes["seed"] == 7 and episode.attributes["ended"] == "done"
    assert [said["reason"] for said in episode.attributes["plans"]] == ["moving"]


def test_a_recorder_of_a_refusal_leaves_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "log", "episode_000000", {})
    recorder.on_step(a_step(plan=a_plan(status=PlanStatus.REFUSED)))
    recorder.on_end(an_end(moved=False))
    assert recorder.manifest is None and not (tmp_path / "log").exists()


def test_a_recorders_episode_holds_what_the_policy_saw_and_answered(tmp_path: Path) -> None:
    recorder = Recorder(
        tmp_path,
        "e",
        {},
        at_end=lambda: {"success": True},
        facts=lambda: {"pose": np.zeros((1, 4, 4))},
        taken_over=lambda: True,
    )
    steps = [a_step(stamp_ns=k * PERIOD_NS, plan=a_plan(k * PERIOD_NS)) for k in range(4)]
    for step in steps:
        recorder.on_step(step)
    recorder.on_end(an_end())
    assert recorder.manifest is not None
    episode = read(recorder.manifest)
    for number, step in enumerate(steps):
        seen = observation_at(episode, number)
        assert seen.stamp_ns == step.observation.stamp_ns
        assert len(seen.cloud) == min(len(step.observation.cloud), 8192)
    assert episode.attributes["success"] is True and len(plans_in(episode)) == 4
    assert episode.taken_over is not None and episode.taken_over.all()
    assert read_facts(recorder.manifest).arrays["pose"].shape == (4, 1, 4, 4)


def test_a_recorder_may_leave_out_raw_packets(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "e", {}, streams=False)
    recorder.on_step(a_step(plan=a_plan()))
    recorder.on_end(an_end())
    assert recorder.manifest is not None
    assert not read(recorder.manifest).packets and len(read(recorder.manifest).observations["stamp_ns"]) == 1


def test_a_full_disk_ends_the_recording_with_one_sentence_and_not_the_robot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive._HashingFile, "write", full)
    said: list[str] = []
    recorder = Recorder(tmp_path / "log", "e", {}, tell=said.append)
    for k in range(50):  # more than the queue holds: nobody waits for anybody
        recorder.on_step(a_step(stamp_ns=k * PERIOD_NS, plan=a_plan(k * PERIOD_NS)))
    recorder.on_end(an_end())
    assert said == [recorder.failure]
    assert "No space left on device" in recorder.failure and "the robot goes on" in recorder.failure
    assert recorder.manifest is None and not (tmp_path / "log").exists()


def test_a_disk_that_hangs_never_stops_the_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    woken, write = Event(), archive._HashingFile.write
    monkeypatch.setattr(archive._HashingFile, "write", lambda self, data: (woken.wait(), write(self, data))[1])
    said: list[str] = []
    recorder = Recorder(tmp_path / "log", "e", {}, tell=said.append)
    for k in range(QUEUED_STEPS + 5):
        recorder.on_step(a_step(stamp_ns=k * PERIOD_NS, plan=a_plan(k * PERIOD_NS)))
    assert said == [f"recording stopped: the disk is {QUEUED_STEPS} steps behind; the robot goes on"]
    woken.set()
    recorder.on_end(an_end())
    assert recorder.manifest is None and not (tmp_path / "log").exists()


def test_a_clock_that_jumps_back_ends_the_recording_by_name(tmp_path: Path) -> None:
    said: list[str] = []
    recorder = Recorder(tmp_path, "e", {}, tell=said.append)
    for stamp_ns in (0, 5 * PERIOD_NS, 2 * PERIOD_NS, 6 * PERIOD_NS):
        recorder.on_step(a_step(stamp_ns=stamp_ns, plan=a_plan(stamp_ns)))
    recorder.on_end(an_end())
    assert len(said) == 1 and "episode e: observations/stamp_ns: step 2 is at 200000000, not after 500000000" in said[0]
    assert recorder.manifest is None and not list(tmp_path.iterdir())


def test_a_name_that_is_taken_ends_the_recording_and_what_was_there_stays(tmp_path: Path) -> None:
    for k in range(2):
        recorder = Recorder(tmp_path, "e", {"seed": k}, tell=lambda sentence: None)
        recorder.on_step(a_step(plan=a_plan()))
        recorder.on_end(an_end())
    assert "there already" in recorder.failure
    assert read(tmp_path / "e.json").attributes["seed"] == 0
