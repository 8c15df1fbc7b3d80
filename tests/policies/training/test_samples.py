"""Draws and samples: what comes how often, for one rank as for many; what is changed keeps its geometry and its words."""

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from policies.training.augment import drawn_change, loosened, mislaid, spoiled
from policies.training.draws import Draws
from policies.training.moment import Moment
from policies.training.recordings import FAR, FAR_OFTEN
from policies.vla.actions import NOT_LEARNT, keyposes_said, numbers_of
from policies.vla.changes import Change
from policies.vla.keyposes import ahead_of
from policies.vla.looks import base_moved, frame_of, look_of
from policies.vla.spots import GAP, RADIUS
from policies.vla.vocabulary import Vocabulary
from policies.vla.words import ACT, MASK, PAD, POINT, THINK
from robot.kinematics import Kinematics
from robot.transforms import apply
from tests.policies.training.logs import both, demonstration, heap_of, observation, place_of, recordings, robot, samples


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    both(folder)
    demonstration(folder / "reaches", 7, steps=24, task="wait")
    return folder


def drawn(data: Path, share: float, count: int = 6000, rank: int = 0, ranks: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Episodes and steps of the first draws."""
    found = recordings(data)
    steps = np.cumsum([0, *(each.episode.num_steps for each in found)])
    numbers = np.array(list(islice(Draws(found, share, 3, rank, ranks), count)))
    index = numbers % steps[-1]
    episodes = np.searchsorted(steps, index, side="right") - 1
    return episodes, index - steps[episodes]


def test_still_scenes_take_their_share_and_tasks_are_alike_often(data: Path) -> None:
    found, (episodes, _) = recordings(data), drawn(data, 0.3)
    still = np.array([each.keyposes is None for each in found])
    waits = np.array([each.episode.attributes.get("task") == "wait" for each in found])
    assert still[episodes].mean() == pytest.approx(0.3, abs=0.03)
    assert waits[episodes].mean() == pytest.approx(0.35, abs=0.03)  # one episode of 24 steps against three of 6


def test_keyposes_are_alike_often_the_next_and_so_is_none_but_those_far_off_are_three_times_as_often(data: Path) -> None:
    found, (episodes, steps) = recordings(data), drawn(data, 0.3)
    (which,) = (number for number, each in enumerate(found) if each.episode.attributes.get("task") == "wait")
    keyposes = found[which].keyposes
    assert keyposes is not None
    ahead = np.searchsorted(found[which].done_ns, found[which].stamps[steps[episodes == which]], side="right")
    shares = np.bincount(ahead, minlength=len(keyposes) + 1) / len(ahead)
    away = np.linalg.norm(np.diff(keyposes.T_base_ee[:, :2, 3], axis=0), axis=1) >= FAR
    often = np.array([FAR_OFTEN, *np.where(away, FAR_OFTEN, 1.0), 1.0])  # the first is far from wherever it began
    assert shares == pytest.approx(often / often.sum(), abs=0.05)


def test_a_robot_that_rests_where_it_was_to_go_learns_what_comes_next(tmp_path: Path) -> None:
    demonstration(tmp_path, 1, steps=8, rests=5)
    (found,) = recordings(tmp_path)
    assert found.keyposes is not None
    assert found.keyposes.until_ns.tolist() == found.stamps[[7]].tolist()
    assert found.done_ns.tolist() == found.stamps[[5]].tolist()
    plain = samples(tmp_path, augmented=False)
    left = [int(plain[step]["texts"]["there"][0].clip(0).sum()) for step in range(8)]
    assert left == [1, 1, 1, 1, 1, 0, 0, 0]


def test_ranks_together_draw_exactly_what_one_draws(data: Path) -> None:
    found = recordings(data)
    alone = list(islice(Draws(found, 0.3, 5), 60))
    ranks = [list(islice(Draws(found, 0.3, 5, rank, 3), 20)) for rank in range(3)]
    assert [number for several in zip(*ranks, strict=True) for number in several] == alone


def test_the_same_number_is_the_same_sample_and_another_draw_of_that_step_is_changed_in_another_way(data: Path) -> None:
    learnt = samples(data)
    first, again, other = learnt[3], learnt[3], learnt[3 + len(learnt)]
    assert all(np.array_equal(first[part][key], again[part][key]) for part in first for key in first[part])
    assert not np.array_equal(first["frame"]["state"], other["frame"]["state"])


@pytest.mark.parametrize("mirror", [False, True])
def test_what_is_pointed_at_stays_where_the_thing_is(data: Path, mirror: bool) -> None:
    learnt = samples(data)
    change = Change(T_new_base=base_moved(0.2, 0.03, -0.02, np.array([0.5, 0.0, 0.0])), mirror=mirror)
    look = change.look(look_of(observation(0, 0), learnt.vla, Kinematics(robot())), learnt.vla)
    there = heap_of(look.points_base, look.rgb)
    assert there == pytest.approx(change.point(place_of(0)), abs=0.003) and np.linalg.norm(there - place_of(0)) > 0.01
    keyposes = learnt.recordings[0].keyposes
    assert keyposes is not None
    moved = change.keyposes(keyposes)
    assert moved.T_base_ee[-1, :3, 3] == pytest.approx(there, abs=0.003)
    assert np.linalg.det(moved.T_base_ee[:, :3, :3]) == pytest.approx(np.ones(len(moved)))  # a turn, no reflection
    cells = frame_of(look, learnt.vla)["top"]
    red = np.argwhere((cells[0] > 0.5) & (cells[1] < 0.3))
    middle = np.array(learnt.vla.top_lower) + (red.mean(0) + 0.5) * learnt.vla.top_cell
    assert middle == pytest.approx(there[:2], abs=0.012)


@pytest.mark.parametrize("mirror", [False, True])
def test_a_picture_and_where_its_patches_are_move_together(data: Path, mirror: bool) -> None:
    learnt = samples(data)
    learnt.vla.views = {"front": [64, 96]}
    change = Change(T_new_base=base_moved(0.2, 0.03, -0.02, np.array([0.5, 0.0, 0.0])), mirror=mirror)
    before = look_of(observation(0, 0), learnt.vla, None)
    after = change.look(before, learnt.vla)
    places = before.patches_base["front"].reshape(2, 3, 3)
    for row, column in np.ndindex(2, 3):
        new = (row, 2 - column) if mirror else (row, column)
        block = before.pictures["front"][32 * row : 32 * row + 32, 32 * column : 32 * column + 32]
        there = after.pictures["front"][32 * new[0] : 32 * new[0] + 32, 32 * new[1] : 32 * new[1] + 32]
        assert np.array_equal(there, block[:, ::-1] if mirror else block)
        assert after.patches_base["front"].reshape(2, 3, 3)[new] == pytest.approx(change.point(places[row, column]))


def test_a_mirror_changes_left_and_right_in_words_and_a_turn_does_not() -> None:
    text = "put the leftmost can to the right of the bowl"
    mirrored, turned = (Change(T_new_base=np.eye(4), mirror=mirror).words(text) for mirror in (True, False))
    assert mirrored == "put the rightmost can to the left of the bowl" and turned == text


def test_the_tool_and_gravity_go_with_the_base(data: Path) -> None:
    learnt, kinematics = samples(data), Kinematics(robot())
    change = Change(T_new_base=base_moved(0.3, 0.0, 0.0, np.zeros(3)), mirror=False)
    before = look_of(observation(0, 0), learnt.vla, kinematics)
    after = change.look(before, learnt.vla)
    assert before.T_base_ee is not None and after.T_base_ee is not None
    assert after.T_base_ee[:3, 3] == pytest.approx(apply(change.T_new_base, before.T_base_ee[:3, 3]))
    assert after.gravity_base == pytest.approx(before.gravity_base)  # it points down, about which the base turned


def test_a_sample_says_where_the_next_keyposes_are(data: Path) -> None:
    plain = samples(data, augmented=False)
    texts = plain[0]["texts"]
    (row,) = np.flatnonzero(texts["ids"][:, 0] == ACT)
    likelihood = np.eye(plain.vla.bins)[np.maximum(texts["bins"][row], 0)]
    said = keyposes_said(texts["there"][row] == 1, texts["pointer"][row], numbers_of(likelihood, plain.vla), plain.vla)
    keyposes = plain.recordings[0].keyposes
    assert keyposes is not None
    wanted = ahead_of(keyposes, int(plain.recordings[0].stamps[0]), plain.vla.slots)
    assert said.T_base_ee == pytest.approx(wanted.T_base_ee[: len(said)], abs=0.02) and len(said) == len(wanted)


def test_every_sample_has_as_many_texts_and_a_phrase_points_at_its_thing(data: Path) -> None:
    learnt = samples(data, augmented=False)
    learnt.lessons.questions.kinds.shifts = learnt.lessons.questions.kinds.missing = 0.0  # for those see test_questions
    learnt.lessons.imagined = 0  # for those see below
    pointers, begins, found = learnt.vla.pointers(), learnt.steps[:-1], 0
    for number, recording in zip(begins, learnt.recordings, strict=True):
        for draw in range(12):
            texts = learnt[int(number) + draw * len(learnt)]["texts"]
            kinds = texts["ids"][:, 0]
            assert len(kinds) == 1 + learnt.lessons.texts and (kinds == ACT).sum() == (recording.keyposes is not None)
            for row in np.flatnonzero(kinds == POINT):
                place = pointers.decode(int(texts["pointer"][row, 0]), texts["bins"][row, 0, :3])
                things = recording.facts(0).arrays["pose"][0, :, :3, 3]
                beside = (GAP + 0.02 + RADIUS) * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])  # of 4 cm
                sides = (things[:, None] + beside).reshape(-1, 3)
                meant = np.array([*things, *sides, things.mean(axis=0)])
                meant[:, :2] = np.clip(meant[:, :2], learnt.vla.top_lower, learnt.vla.top_upper)
                found += 1
                assert np.linalg.norm(meant - place, axis=1).min() < 0.01
                assert (texts["bins"][row, 0, 3:] == NOT_LEARNT).all()
            assert not (kinds == THINK).any() and (texts["ids"] != PAD).any(axis=1).all()
    assert found > 5


def test_what_is_imagined_is_where_the_text_says_and_its_lesson_goes_where_the_words_say_from_there(data: Path) -> None:
    learnt = samples(data, augmented=False)
    vla, pointers, seen = learnt.vla, learnt.vla.pointers(), {"cm": 0, "between": 0}
    ways = {"to the left": (0, 1), "to the right": (0, -1), "forward": (1, 0), "back": (-1, 0)}
    for number in range(0, 120 * len(learnt), len(learnt)):
        texts = learnt[number]["texts"]
        rows = texts["ids"][-learnt.lessons.imagined :]
        for row, ids in enumerate(rows, len(texts["ids"]) - len(rows)):
            located = ids[ids >= vla.vocabulary]
            if ids[0] != POINT or not len(located):
                continue
            said = learnt.words.decode([each for each in ids.tolist() if MASK + vla.slots < each < vla.words])
            places = vla.locations.decode(torch.tensor(located)).numpy()[:, :2]
            goal = pointers.decode(int(texts["pointer"][row, 0]), texts["bins"][row, 0, :3])[:2]
            if max(np.abs(places[:, 1]).max(), abs(goal[1])) > 0.22:
                continue  # near the edge of the view of this small model
            if told := re.search(r"(\d+) cm (to the left|to the right|forward|back)$", said):
                wanted, kind = places[0] + int(told[1]) / 100 * np.array(ways[told[2]]), "cm"
            elif said.startswith("between"):
                wanted, kind = places.mean(axis=0), "between"
            else:
                continue
            seen[kind] += 1
            assert np.abs(goal - wanted).max() < vla.locations.edge / 2 + 0.002, said
    assert min(seen.values()) > 10


@pytest.mark.parametrize("mirror", [False, True])
def test_a_text_says_where_the_things_are_that_it_names_and_a_camera_shows(data: Path, mirror: bool) -> None:
    learnt = samples(data, augmented=False)
    change = Change(T_new_base=base_moved(0.2, 0.03, -0.02, np.array([0.5, 0.0, 0.0])), mirror=mirror)
    still = next(each for each in learnt.recordings if each.has_facts)
    looked = look_of(still.observation(0), learnt.vla, Kinematics(robot()))
    block, bowl = (change.point(place) for place in still.facts(0).arrays["pose"][0, :, :3, 3])
    left = "right" if mirror else "left"
    said = f"put the red block {left} of the {left}most thing, or the can, or the blue dish"
    seen, hidden = (Moment(still, 0, looked, change, np.random.default_rng(0), Vocabulary(), px) for px in (1, 10_000))
    for place, wanted in zip(seen.places(said), (block, bowl, None, bowl), strict=True):
        assert place is wanted if wanted is None else place == pytest.approx(wanted)
    assert hidden.places(said) == [None] * 4
    tool = np.eye(4)
    tool[:3, 3] = still.facts(0).arrays["pose"][0, 0, :3, 3]
    taken = replace(seen, seen=replace(looked, holds=True, T_base_ee=tool)).places(said)
    assert [place is None for place in taken] == [True, False, True, False]  # what is in the hand is not looked for
    acting = next(each for each in learnt.recordings if not each.has_facts)
    assert learnt._places(said, Moment(acting, 0, looked, change, np.random.default_rng(0), Vocabulary(), 1)) == ()


def test_places_are_told_as_well_as_they_will_be_found(data: Path) -> None:
    config = samples(data).augment
    assert config is not None
    random, place = np.random.default_rng(0), np.array([0.5, 0.1, 0.02])
    found = [mislaid([place, None], random, config) for _ in range(2000)]
    assert all(each is None for _, each in found)
    near = np.array([each for each, _ in found if each is not None])
    assert 1 - len(near) / 2000 == pytest.approx(config.unlocated, abs=0.03)
    assert (near - place).std(axis=0) == pytest.approx([config.mislocated] * 3, rel=0.1)


def test_lost_sensors_leave_nothing_behind(data: Path) -> None:
    learnt = samples(data)
    assert learnt.augment is not None
    look = look_of(observation(0, 0), learnt.vla, Kinematics(robot()))
    lost = [spoiled(look, np.random.default_rng(seed), learnt.vla, learnt.augment).lost for seed in range(200)]
    counts = np.bincount([len(each) for each in lost], minlength=3) / 200
    assert counts == pytest.approx([0.6, 0.3, 0.1], abs=0.12)
    for seed in range(200):
        robbed = spoiled(look, np.random.default_rng(seed), learnt.vla, learnt.augment)
        frame = frame_of(robbed, learnt.vla)
        there = dict(zip(learnt.vla.modalities, frame["present"], strict=True))
        assert all(not there[name] for name in robbed.lost) and ("front" in robbed.lost) == (not len(robbed.points_base))


def test_words_on_which_meaning_hangs_are_never_left_out(data: Path) -> None:
    config = samples(data).augment
    assert config is not None
    config.dropped, config.split = 0.9, 0.0
    said = {loosened("please put the red block in the bowl now", np.random.default_rng(seed), config) for seed in range(50)}
    assert len(said) > 3 and all({"red", "block", "in", "bowl"} <= set(each.split()) for each in said)


def test_changes_are_as_large_as_said_and_mirror_as_often(data: Path) -> None:
    config = samples(data).augment
    assert config is not None
    changes = [drawn_change(np.random.default_rng(seed), config) for seed in range(300)]
    assert np.mean([each.mirror for each in changes]) == pytest.approx(0.5, abs=0.1)
    shifts = [np.abs(each.point(np.array([0.5, 0.0, 0.1])) - [0.5, 0.0, 0.1]).max() for each in changes]
    assert max(shifts) <= config.shift + 1e-9 and max(shifts) > 0.8 * config.shift
