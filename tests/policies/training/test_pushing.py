"""Pushing: what one demonstration does to one thing is done to any such thing, on any way, where there is room for it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from policies.demonstrations import EpisodeWriter
from policies.storage.stored import StoredEpisode
from policies.training.pushing import pushed_in
from policies.training.recordings import Recording
from policies.training.sayings import Sayings
from policies.value_maps.grasps import pointing_down as pointing
from policies.vla.actions import NOT_LEARNT, keypose_targets, transferred_targets
from policies.vla.keyposes import Keyposes
from policies.vla.stills import Still
from policies.vla.vocabulary import Vocabulary
from robot.trajectory import CartesianTrajectory, Plan
from tests.policies.training.logs import PERIOD_NS, SMALL, both, observation, robot, samples
from tests.policies.training.test_sayings import Things, facts, still

BEHIND, WIDTH = 0.06, 0.03
TABLE: Things = {"green block": (0.45, 0.1), "blue bowl": (0.62, -0.25)}


def push(folder: Path, number: int, sentence: str, things: Things, way: tuple[float, float]) -> Recording:
    """The first of the things is pushed: over behind it, down, along, up; a look before each and one behind."""
    name, start = next(iter(things.items()))
    goal = np.add(start, way)
    back = BEHIND * np.divide(way, np.linalg.norm(way))
    course = [(start - back, 0.2), (start - back, 0.02), (goal - back / 2, 0.02), (goal - back / 2, 0.2)]
    yaw = float(np.arctan2(way[1], way[0]))
    poses = np.stack([pointing([0.4, 0.0, 0.3], 0.0), *(pointing([*xy, z], yaw) for xy, z in course)])
    begin_ns = 1_000_000_000
    arm = CartesianTrajectory(
        stamp_ns=begin_ns, time_s=0.5 * np.arange(5), T_base_ee=poses, gripper_width=np.full(5, WIDTH)
    )  # fmt: skip
    plan = Plan(arm=arm, observation_stamp_ns=begin_ns, expires_ns=begin_ns + 60 * PERIOD_NS, epoch=1, request_id=1)
    with EpisodeWriter(folder, f"push_{number:03d}", SMALL) as writer:
        for step in range(6):
            facts(writer, {**things, name: tuple(goal) if step > 3 else start})
            writer.add_step(observation(number, step), (), plan if step == 0 else None, sentence)
        path = writer.commit({"instruction": sentence, "robot": {"name": robot().name}, "task": "push", "subtasks": []})
    return Recording(StoredEpisode(path))


def said(recordings: list[Recording], scene: Recording, distances_cm: Sequence[int] = ()) -> dict[str, Keyposes]:
    """The sentences of many draws about a scene, each with what is done for it."""
    sayings, random = Sayings(recordings, distances_cm), np.random.default_rng(0)
    found = [sayings.about(scene, 0, random) for _ in range(60)]
    return {each[0]: each[1] for each in found if each is not None and isinstance(each[1], Keyposes)}


def test_a_push_by_words_of_a_distance_is_done_to_other_things_as_it_is(tmp_path: Path) -> None:
    shown = push(tmp_path, 0, "push the green block 12 cm to the left", TABLE, (0.0, 0.12))
    wide = push(tmp_path, 1, "push the green block 12 cm to the right", {**TABLE, "green block": (0.6, -0.1)}, (0.0, -0.12))
    scene = still(tmp_path, 9, {"green block": (0.5, -0.02), "green bowl": (0.3, 0.3)})
    found = said([shown, wide], scene)
    assert set(found) <= {
        f"push the {name} 12 cm to the {side}" for name in ("green block", "block") for side in ("left", "right")
    }
    keyposes = found["push the green block 12 cm to the left"]
    assert shown.keyposes is not None
    shift = np.subtract((0.5, -0.02), TABLE["green block"])
    assert keyposes.T_base_ee[:, :2, 3] == pytest.approx(shown.keyposes.T_base_ee[:, :2, 3] + shift, abs=1e-6)
    assert keyposes.duration_s == pytest.approx(shown.keyposes.duration_s, rel=0.05)


def test_a_push_is_said_and_done_over_other_distances_than_were_shown(tmp_path: Path) -> None:
    elsewhere: Things = {**TABLE, "green block": (0.6, -0.2)}
    shown = [
        push(tmp_path, 0, "push the green block 12 cm to the left", TABLE, (0.0, 0.12)),
        push(tmp_path, 1, "push the green block to the left", elsewhere, (0.0, 0.16)),
    ]
    found = said(shown, still(tmp_path, 9, {"green block": (0.5, -0.1)}), distances_cm=[7, 15])
    ends = {sentence: keyposes.T_base_ee[-1, 1, 3] + 0.1 + BEHIND / 2 for sentence, keyposes in found.items()}
    for name in ("green block", "block"):
        for far, metres in (("7 cm ", 0.07), ("15 cm ", 0.15), ("", 0.16)):
            assert ends.pop(f"push the {name} {far}to the left") == pytest.approx(metres, abs=1e-6)
    assert not ends


def test_a_push_to_a_part_of_the_table_turns_and_stretches_with_the_way(tmp_path: Path) -> None:
    sentence = "push the green block to the left of the table"
    shown = [push(tmp_path, 0, sentence, {**TABLE, "green block": (0.45, 0.0)}, (0.0, 0.2)),
             push(tmp_path, 1, sentence, {**TABLE, "green block": (0.3, -0.2)}, (0.0, 0.4))]  # fmt: skip
    start, goal = np.array([0.4, -0.05]), np.array([0.45, 0.2])
    keyposes = said(shown, still(tmp_path, 9, {"green block": tuple(start)}))["push the green block to the left of the table"]
    way = (goal - start) / np.linalg.norm(goal - start)
    places = keyposes.T_base_ee[:, :2, 3]
    assert places[0] == pytest.approx(start - BEHIND * way, abs=1e-6) and places[1] == pytest.approx(places[0])
    assert places[2] == pytest.approx(goal - BEHIND / 2 * way, abs=1e-6)
    forward = keyposes.T_base_ee[1, :2, 0]
    assert abs(forward @ way) == pytest.approx(1.0)  # the fingers stand across the way
    assert keyposes.duration_s[2] == pytest.approx(0.5 * np.linalg.norm(places[2] - places[1]) / (0.2 + BEHIND / 2), rel=0.2)


def test_nothing_is_said_where_something_lies_in_the_way_or_the_place_would_be_reached_from_elsewhere(tmp_path: Path) -> None:
    sentence = "push the green block to the left of the table"
    shown = [push(tmp_path, 0, sentence, {**TABLE, "green block": (0.45, 0.0)}, (0.0, 0.2)),
             push(tmp_path, 1, sentence, {**TABLE, "green block": (0.3, -0.3)}, (0.4, 0.5))]  # fmt: skip
    free: Things = {"green block": (0.4, -0.05), "blue bowl": (0.3, -0.3)}
    assert said(shown, still(tmp_path, 7, free))
    assert not said(shown, still(tmp_path, 8, {**free, "blue bowl": (0.44, 0.1)}))  # in the way
    assert not said(shown, still(tmp_path, 9, {**free, "green block": (0.45, 0.32)}))  # there already


SAME, MOVED = {"green block": (0.45, 0.1)}, {"green block": (0.45, 0.3)}


@pytest.mark.parametrize(
    ("sentence", "way", "after"),
    [
        ("lift the green block", (0.0, 0.2), MOVED),
        ("push the green block to the left and go home", (0.0, 0.2), MOVED),
        ("push the green block to the left of the table", (0.0, 0.2), SAME),
        ("push the green block to the left of the table", (0.15, 0.0), MOVED),  # the hand went elsewhere
        ("push the bowl to the left of the table", (0.0, 0.2), MOVED),
        ("shabble the green block", (0.0, 0.2), MOVED),
    ],
)
def test_what_is_not_plainly_one_straight_push_teaches_none(
    tmp_path: Path, sentence: str, way: tuple[float, float], after: Mapping[str, tuple[float, float]]
) -> None:
    recording = push(tmp_path, 0, sentence, TABLE, way)
    vocabulary = Vocabulary()
    scenes = [still(tmp_path, 8, TABLE), still(tmp_path, 9, {**TABLE, **after})]
    before, later = (Still(scene.facts(0), 0, vocabulary, 1) for scene in scenes)
    assert pushed_in(recording, before, later) is None


def test_how_high_and_how_long_another_hand_flew_is_not_learnt(tmp_path: Path) -> None:
    both(tmp_path)
    vla = samples(tmp_path).vla
    keyposes = push(tmp_path, 0, "push the green block to the left", TABLE, (0.0, 0.2)).keyposes
    assert keyposes is not None
    flying = Keyposes(**{**vars(keyposes), "contact": np.arange(len(keyposes)) > 0})
    learnt, all_of_it = transferred_targets(flying, vla), keypose_targets(flying, vla)
    assert (learnt.bins[0, [2, 8]] == NOT_LEARNT).all()
    assert (learnt.bins[1] == all_of_it.bins[1]).all() and (learnt.pointer == all_of_it.pointer).all()
    assert (np.delete(learnt.bins[0], [2, 8]) == np.delete(all_of_it.bins[0], [2, 8])).all()
