"""Sayings: a demonstration's sentence is said of other things, and the hand is sent to them; nothing unseen is ever said."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from policies.demonstrations import EpisodeWriter
from policies.storage.stored import StoredEpisode
from policies.training.moment import Moment
from policies.training.recordings import Recording
from policies.training.sayings import Sayings, grasp_of
from policies.vla.actions import NOT_LEARNT, aim_targets
from policies.vla.changes import UNCHANGED
from policies.vla.config import VlaConfig
from policies.vla.looks import look_of
from policies.vla.spots import GAP
from policies.vla.vocabulary import Vocabulary
from policies.vla.words import ACT
from robot.kinematics import Kinematics
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Plan, PlanStatus
from robot.transforms import from_xyz_rpy
from tests.policies.training.logs import PERIOD_NS, SMALL, both, observation, robot, samples

Things = Mapping[str, tuple[float, float]]  # name → x, y
OPEN, SHUT, HIGH, LOW = 0.075, 0.03, 0.2, 0.03
SEEN: Things = {"green can": (0.45, 0.1), "blue bowl": (0.6, -0.1), "blue block": (0.5, 0.25), "green bowl": (0.35, -0.2)}


def facts(writer: EpisodeWriter, things: Things) -> None:
    """What lies where."""
    named = [(name, *name.split()) for name in things]
    attributes = [{"name": name, "colour": colour, "shape": shape, "size": "normal"} for name, colour, shape in named]
    mask = np.zeros((32, 32), np.uint8)
    for number in range(len(things)):
        mask[4 * number : 4 * number + 4, :8] = number + 1
    pose = np.stack([from_xyz_rpy([x, y, 0.02], [0, 0, 0]) for x, y in things.values()])
    count = len(things)
    truth = {"pose": pose, "size": np.full((count, 3), 0.04), "relations": np.zeros((1, count, count), bool),
             "masks/front": mask}  # fmt: skip
    writer.add_facts(truth, {"objects": attributes, "relations": ["left of"]})


def demonstration(
    folder: Path, number: int, sentence: str, taken: str, goal: str | None, things: Things = SEEN,
    spot: tuple[float, ...] | None = None,
) -> Recording:  # fmt: skip
    """Over a thing, down, shut, up, and, if it is brought somewhere, over there, down, open, up; a look before each.

    It is brought to the goal, or to a spot of its own.
    """
    here, there = things[taken], spot or things[goal or taken]
    course = [(here, HIGH, OPEN), (here, LOW, OPEN), (here, LOW, SHUT), (here, HIGH, SHUT)]
    course += [(there, HIGH, SHUT), (there, LOW, SHUT), (there, LOW, OPEN), (there, HIGH, OPEN)] if goal else []
    poses = np.stack(
        [from_xyz_rpy([0.4, 0.0, 0.3], [np.pi, 0, 0]), *(from_xyz_rpy([*xy, z], [np.pi, 0, 0]) for xy, z, _ in course)]
    )
    begin_ns = 1_000_000_000
    arm = CartesianTrajectory(
        stamp_ns=begin_ns,
        time_s=0.5 * np.arange(len(poses)),
        T_base_ee=poses,
        gripper_width=np.array([OPEN, *(w for *_, w in course)]),
    )
    plan = Plan(arm=arm, observation_stamp_ns=begin_ns, expires_ns=begin_ns + 60 * PERIOD_NS, epoch=1, request_id=1)
    with EpisodeWriter(folder, f"take_{number:03d}", SMALL) as writer:
        for step in range(len(course) + 1):
            now = observation(number, step)
            done = Plan(
                status=PlanStatus.DONE, observation_stamp_ns=now.stamp_ns, expires_ns=now.stamp_ns, epoch=1, request_id=2
            )
            facts(writer, things)
            writer.add_step(now, (), plan if step == 0 else done if step == len(course) else None, sentence)
        path = writer.commit({"instruction": sentence, "robot": {"name": robot().name}, "task": "take", "subtasks": []})
    return Recording(StoredEpisode(path))


def still(folder: Path, number: int, things: Things) -> Recording:
    """A scene in which nothing moves."""
    with EpisodeWriter(folder, f"still_{number:03d}", SMALL) as writer:
        facts(writer, things)
        writer.add_step(observation(number, 0))
        return Recording(StoredEpisode(writer.commit({"robot": {"name": robot().name}})))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    """Three demonstrations."""
    folder = tmp_path_factory.mktemp("shown")
    return [
        demonstration(folder, 0, "put the green can in the blue bowl", "green can", "blue bowl"),
        demonstration(folder, 1, "lift the blue block", "blue block", None),
        demonstration(folder, 2, "put the blue block in the green bowl", "blue block", "green bowl"),
    ]


def said(sayings: Sayings, recording: Recording, step: int, count: int = 80) -> dict[str, np.ndarray]:
    """The sentences of many draws, each with its place."""
    random = np.random.default_rng(0)
    return {about[0]: about[1] for _ in range(count) if (about := sayings.about(recording, step, random)) is not None}


def test_sentences_that_differ_in_their_things_alone_are_one_saying(shown: list[Recording]) -> None:
    assert len(Sayings(shown)) == 2


def test_the_empty_hand_goes_to_what_a_sentence_says_shall_be_taken(shown: list[Recording]) -> None:
    found = said(Sayings(shown), shown[0], 0)
    assert {"lift the green can", "lift the blue block", "put the blue block in the blue bowl"} <= found.keys()
    for sentence, place in found.items():
        taken = "blue block" if "block" in sentence.split(" in the ")[0] else "green can"
        assert place[:2] == pytest.approx(SEEN[taken]), sentence


def test_what_is_held_is_brought_to_whatever_bowl_is_said(shown: list[Recording]) -> None:
    steps = range(shown[0].episode.num_steps)
    found = {step: said(Sayings(shown), shown[0], step) for step in steps}
    on_the_way = {step for step in steps if step and found[step]}
    assert on_the_way == {4}  # lifted, and the flight is next; before and after it is not plain where the hand goes
    places = {sentence.rsplit("the ", 1)[1]: place[:2] for sentence, place in found[4].items()}
    assert {"blue bowl", "green bowl"} <= places.keys()
    assert all(place == pytest.approx(SEEN[bowl]) for bowl, place in places.items())
    assert all("block" not in sentence for sentence in found[4])  # that is not what it holds


@pytest.mark.parametrize(("words", "way"), [("left of", (0.0, 1.0)), ("behind", (1.0, 0.0))])
def test_what_is_put_beside_one_thing_is_put_on_that_side_of_any_other(
    tmp_path: Path, words: str, way: tuple[float, float]
) -> None:
    things: Things = {"green can": (0.45, 0.0), "blue bowl": (0.4, -0.2), "green bowl": (0.55, 0.2)}
    far = GAP + 0.02 + 0.02  # things are 4 cm wide
    spots = {name: tuple(np.add(things[name], np.multiply(far, way))) for name in ("blue bowl", "green bowl")}
    takes = [
        demonstration(tmp_path, number, f"put the green can {words} the {bowl}", "green can", bowl, things, spots[bowl])
        for number, bowl in enumerate(spots)
    ]
    sayings = Sayings(takes)
    assert {(saying.goals, saying.side) for saying in sayings._sayings} == {((1,), words)}
    found = said(sayings, takes[0], 4)
    assert {sentence.rsplit("the ", 1)[1] for sentence in found} == {"blue bowl", "green bowl"}
    for sentence, place in found.items():
        assert place[:2] == pytest.approx(spots[sentence.rsplit("the ", 1)[1]]), sentence


def test_what_is_put_between_two_things_is_put_between_any_other_two_with_room_for_it(tmp_path: Path) -> None:
    there: Things = {"green can": (0.6, 0.3), "blue bowl": (0.4, -0.2), "green bowl": (0.4, 0.2), "pink bowl": (0.6, 0.0)}
    sentence = "put the green can between the blue bowl and the green bowl"
    take = demonstration(tmp_path, 0, sentence, "green can", "blue bowl", there, (0.4, 0.0))
    also = demonstration(tmp_path, 1, "put the green can between the pink bowl and the blue bowl", "green can", "blue bowl",
                         there, (0.5, -0.1))  # fmt: skip
    found = said(Sayings([take, also]), take, 4)
    for words, place in found.items():
        one, other = words.split("between the ")[1].split(" and the ")
        assert place[:2] == pytest.approx(np.mean([there[one], there[other]], axis=0)), words
    assert len({tuple(np.round(place[:2], 3)) for place in found.values()}) == 2  # the third way lies where none was shown


def test_nothing_is_said_that_no_demonstration_shows(shown: list[Recording], tmp_path: Path) -> None:
    scene = still(
        tmp_path, 9, {"purple can": (0.4, 0.0), "green block": (0.5, 0.2), "blue mug": (0.6, -0.2), "red bowl": (0.3, 0.3)}
    )
    found = said(Sayings(shown), scene, 0)
    words = {word for sentence in found for word in sentence.split()}
    assert words and words <= {word for each in shown for word in each.instruction.split()}
    assert all(place[:2] == pytest.approx((0.5, 0.2)) or place[:2] == pytest.approx((0.4, 0.0)) for place in found.values())


def test_a_push_closes_no_fingers_about_anything(shown: list[Recording]) -> None:
    keyposes = shown[0].keyposes
    assert keyposes is not None
    grasp = grasp_of(keyposes)
    assert (
        grasp is not None
        and grasp.taken_xy == pytest.approx(SEEN["green can"])
        and grasp.goal_xy == pytest.approx(SEEN["blue bowl"])
    )
    moved = keyposes.T_base_ee.copy()
    moved[:2, 0, 3] += 0.05  # the fingers close on the way
    assert grasp_of(replace(keyposes, T_base_ee=moved)) is None


def test_all_slots_aim_at_the_place_and_the_rest_is_not_learnt(tmp_path: Path) -> None:
    both(tmp_path)
    vla: VlaConfig = samples(tmp_path).vla
    place = np.array([0.5, 0.1, 0.03])
    targets, pointers = aim_targets(place, vla), vla.pointers()
    assert (targets.there == 1).all() and (targets.bins[:, 2:] == NOT_LEARNT).all()
    for pointer, bins in zip(targets.pointer, targets.bins, strict=True):
        assert pointers.decode(int(pointer), np.array([*bins[:2], 0]))[:2] == pytest.approx(place[:2], abs=pointers.width[0])


def test_a_hand_that_has_just_closed_about_something_is_full_before_it_is_carried(tmp_path: Path) -> None:
    held = Box(pose=np.eye(4), size=np.full(3, 0.04))
    stamps = [1_000_000_000 + step * PERIOD_NS for step in range(6)]
    legs = [((0.5, 0.0, HIGH), OPEN, None), ((0.5, 0.0, LOW), SHUT, None), ((0.5, 0.0, HIGH), SHUT, held),
            ((0.5, 0.0, LOW), OPEN, None)]  # fmt: skip
    plans = [
        Plan(
            arm=CartesianTrajectory(
                stamp_ns=stamp_ns, time_s=np.array([0.0, 0.5]), gripper_width=np.full(2, width),
                T_base_ee=np.stack([from_xyz_rpy([*xyz[:2], xyz[2] + 0.01], [np.pi, 0, 0]), from_xyz_rpy(xyz, [np.pi, 0, 0])]),
            ),
            attached=box, observation_stamp_ns=stamp_ns, expires_ns=stamp_ns + 60 * PERIOD_NS, epoch=1, request_id=number,
        )
        for number, (stamp_ns, (xyz, width, box)) in enumerate(zip(stamps, legs, strict=False))
    ]  # fmt: skip
    with EpisodeWriter(tmp_path, "carry", SMALL) as writer:
        for step in range(6):
            writer.add_step(observation(0, step), (), plans[step] if step < 4 else None, "carry")
        about = {"instruction": "carry", "robot": {"name": robot().name}, "task": "take", "subtasks": []}
        recording = Recording(StoredEpisode(writer.commit(about)))
    assert recording.keyposes is not None
    full = [recording.observation(step).state.attached is not None for step in range(6)]
    carried = np.searchsorted(recording.done_ns, recording.stamps, side="right") == 2
    assert full == carried.tolist() and any(full) and not all(full)


def test_of_imagined_things_the_hand_goes_to_the_one_that_is_taken_where_the_text_says_that_it_is(
    shown: list[Recording], tmp_path: Path
) -> None:
    both(tmp_path, count=1)
    learnt = samples(tmp_path, augmented=False)
    learnt._sayings, vla = Sayings(shown), learnt.vla
    scene = next(each for each in learnt.recordings if not each.acts)
    seen = look_of(scene.observation(0), vla, Kinematics(robot()))
    taken = 0
    for seed in range(60):
        moment = Moment(scene, 0, seen, UNCHANGED, np.random.default_rng(seed), Vocabulary(), smallest_px=12)
        row = learnt._begun(moment)
        located = [] if row is None else [each for each in row.ids if each >= vla.vocabulary]
        if row is None or not located:
            continue
        assert row.ids[0] == ACT and row.weight == learnt.lessons.weight
        places = vla.locations.decode(torch.tensor(located)).numpy()[:, :2]
        goal = vla.pointers().decode(int(row.targets.pointer[0]), np.append(row.targets.bins[0, :2], 0))[:2]
        if np.abs(goal[1]) < 0.3:  # else beside the view of this small model
            assert np.linalg.norm(places - goal, axis=1).min() < vla.locations.edge
            taken += 1
    assert taken > 10
