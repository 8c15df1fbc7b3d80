"""An episode for the rerun viewer: every stream is in the file, at its time and with its values."""

import sys
from pathlib import Path

import numpy as np
import pytest

from policies.demonstrations import read
from policies.observers.rerun_log import TIMELINE, write_rrd
from policies.policy import Explanation
from robot.errors import HandsightError
from tests.policies.recorded import recorded

ENTITIES = (
    "/instruction", "/words/plans",
    "/base/cameras/front/rgb", "/base/cameras/front/depth", "/base/cameras/mono/rgb", "/base/cloud",
    "/base/lidar/lidar", "/base/plan", "/plan/joints", "/base/facts/objects", "/facts/masks/front", "/commands/joint_position",
    "/observations/state/joint_position", "/observations/imu/angular_velocity_imu", "/observations/health/front/valid",
    "/corrections/taken_over", "/streams/front/rgb", "/streams/front/depth", "/streams/mono/rgb", "/streams/lidar/points_lidar",
    "/streams/imu/specific_force_imu", "/streams/joints/joint_position", "/odometry",
)  # fmt: skip


def test_every_stream_is_in_the_file_and_commands_keep_their_values(tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    chunks = pytest.importorskip("rerun.chunk")
    manifest, path = recorded(tmp_path, facts=True), tmp_path / "episode.rrd"
    write_rrd(manifest, path)
    store = chunks.RrdReader(path).store()
    schema = str(store.schema())
    assert [entity for entity in ENTITIES if f"Entity path: {entity}\n" not in schema] == []
    commands, rows, times = read(manifest).commands, [], []
    for chunk in store.stream():
        if chunk.entity_path == "/commands/joint_position":
            batch = chunk.to_record_batch()
            rows += batch.column("Scalars:scalars").to_pylist()
            times += [each.value * 1e-9 for each in batch.column(TIMELINE)]
    np.testing.assert_array_equal(np.array(rows), commands["joint_position"])
    passed_s = (commands["stamp_ns"] - commands["stamp_ns"][0]) * 1e-9
    np.testing.assert_allclose(np.array(times) - times[0], passed_s, atol=1e-6)


def test_what_was_attended_to_is_there_at_its_stamp(tmp_path: Path) -> None:
    pytest.importorskip("rerun")
    chunks = pytest.importorskip("rerun.chunk")
    manifest, path = recorded(tmp_path), tmp_path / "episode.rrd"
    episode = read(manifest)
    firsts = [rows["stamp_ns"][0] for rows in (episode.observations, episode.commands)]
    first_ns = int(min([*firsts, episode.packets[0].stamp_ns]))
    seen = Explanation(
        title="where to go next", points={"attention": (np.eye(3), np.array([0.0, 0.5, 1.0]))},
        pixels={"front": np.linspace(0, 1, 12).reshape(3, 4)}, words=(("go", 1.0), ("home", 0.25)), path_base=np.zeros((0, 3)),
    )  # fmt: skip
    write_rrd(manifest, path, [(first_ns + 2_000_000_000, seen)])
    found = {chunk.entity_path: chunk.to_record_batch() for chunk in chunks.RrdReader(path).store().stream()}
    assert {"/words/why", "/base/why/attention", "/base/cameras/front/why"} <= set(found)
    assert found["/words/why"].column("TextLog:text").to_pylist() == [["where to go next: go (100%) home (25%)"]]
    radii = found["/base/why/attention"].column("Points3D:radii").to_pylist()[0]
    assert radii == pytest.approx([0.004, 0.012, 0.02])
    (began,) = {each.value * 1e-9 for each in found["/words/why"].column(TIMELINE)}
    assert began == pytest.approx(2.0) and found["/base/cameras/front/why"].column(TIMELINE)[0].value * 1e-9 == began


def test_without_rerun_one_sentence_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(HandsightError, match=r"handsight\[viewer\]"):
        write_rrd(recorded(tmp_path), tmp_path / "episode.rrd")
    assert not (tmp_path / "episode.rrd").exists()
