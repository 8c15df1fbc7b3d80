"""Questions from facts: every answer is found again by reading the words and looking at the raw numbers."""

import re
from collections import Counter
from dataclasses import fields, replace
from itertools import islice

import numpy as np
import pytest

from policies.demonstrations import Facts
from policies.vla.questions import KindShares, QuestionsConfig, questions
from policies.vla.spots import GAP, RADIUS, ROOM
from robot.errors import InvalidInput
from tests.policies.vla.oracle import COLOURS, NUMBERS, RELATION, SHAPES, SYNONYMS, drawn, only, scene, strip_mask


@pytest.mark.parametrize("kind", ["counting", "existence", "relation", "attribute", "superlative", "articulation"])
def test_every_answer_is_what_the_words_and_the_raw_facts_say(kind: str) -> None:
    for oracle, lesson in drawn(kind):
        assert oracle.answer(lesson) == lesson.answer, lesson.text


def test_a_phrase_means_exactly_the_thing_it_points_at() -> None:
    for oracle, lesson in drawn("grounding"):
        (thing,), (region,) = oracle.meant(lesson.text.removeprefix("the ")), lesson.regions
        assert np.array_equal(region.position_base, oracle.places[thing])
        assert np.array_equal(region.masks["front"], strip_mask(True) == thing + 1)
        assert region.masks["front"].sum() >= 12 and not region.masks["wrist"].any()


def test_a_missing_phrase_fits_nothing_and_often_nearly_something() -> None:
    near = []
    for oracle, lesson in drawn("missing"):
        words = lesson.text.removeprefix("the ")
        assert not oracle.meant(words) and not lesson.regions
        near.append(any(oracle.meant(word) for word in words.split()))
    assert 0.5 < np.mean(near) < 1.0


def test_a_spot_is_the_empty_place_that_its_words_tell() -> None:
    ways = {"left": (0.0, 1.0), "right": (0.0, -1.0), "behind": (1.0, 0.0), "back": (1.0, 0.0), "far": (1.0, 0.0)}
    seen = Counter[str]()
    for oracle, lesson in drawn("spots"):
        region, *told = lesson.regions
        place = region.position_base[:2]
        assert not region.masks["front"].any()
        between = re.fullmatch("between the (.+) and the (.+)", lesson.text)
        names = between.groups() if between else [lesson.text.rpartition("the ")[2]]
        anchors = [next(iter(oracle.meant(each))) for each in names]
        assert [each.position_base.tolist() for each in told] == oracle.places[anchors].tolist()
        if between:
            assert place == pytest.approx(oracle.places[anchors, :2].mean(axis=0))
        else:
            way = next((ways[word] for word in lesson.text.split() if word in ways), (-1.0, 0.0))
            away = place - oracle.places[anchors[0], :2]
            assert away @ way == pytest.approx(GAP + oracle.size[anchors[0], 0] / 2 + RADIUS) == np.linalg.norm(away)
        gaps = np.linalg.norm(oracle.places[:, :2] - place, axis=1) - oracle.size[:, 0] / 2
        assert gaps.min() > RADIUS + ROOM
        seen["between" if between else str(way)] += 1
    assert len(seen) == 5 and min(seen.values()) > 10


THIRDS = {"left": (1, 0.15, 1), "right": (1, 0.15, -1), "back": (0, 0.09, 1), "front": (0, 0.09, -1)}  # from the middle, m
ALONG = {"left": (0.0, 1.0), "right": (0.0, -1.0), "forward": (1.0, 0.0), "back": (-1.0, 0.0)}


def test_a_shift_points_where_the_thing_would_be_then_the_shortest_way_off() -> None:
    seen = Counter[str]()
    for oracle, lesson in drawn("shifts"):
        goal, here = (region.position_base[:2] for region in lesson.regions)
        name, told, words = re.fullmatch(r"(.+?) (\d+ cm|on the|in the) (.+)", lesson.text).groups()
        (thing,) = oracle.meant(name)
        assert here.tolist() == oracle.places[thing, :2].tolist() and not lesson.regions[0].masks["front"].any()
        if told.endswith("cm"):
            way = np.sum([ALONG[word] for word in words.split() if word in ALONG], axis=0)
            assert goal - here == pytest.approx(way / np.linalg.norm(way) * int(told[:-3]) / 100)
        else:
            parts = [THIRDS[word] for word in words.split() if word in THIRDS]
            ahead = [sign * (goal[axis] - (0.52, 0.0)[axis]) - least for axis, least, sign in parts]
            moved = np.abs(goal - here) > 1e-9
            assert min(ahead, default=0.0) > -1e-9 and (moved[[axis for axis, *_ in parts]] | (np.array(ahead) > 1e-9)).all()
            assert "middle" in words or not moved[[axis not in {each for each, *_ in parts} for axis in (0, 1)]].any()
        seen[words] += 1
    assert len(seen) == 8 + 9


def test_captions_are_true() -> None:
    for oracle, lesson in drawn("captions"):
        assert oracle.is_true(lesson.answer), lesson.answer


def test_a_hard_negative_is_false_and_differs_in_one_expression() -> None:
    for oracle, lesson in drawn("contrast"):
        assert oracle.is_true(lesson.text), lesson.text
        assert not oracle.is_true(lesson.negative), lesson.negative
        texts = [RELATION.sub(" R the ", re.sub(r"\ban\b", "a", text)).split() for text in (lesson.text, lesson.negative)]
        assert len(texts[0]) == len(texts[1])
        related = [RELATION.findall(text) for text in (lesson.text, lesson.negative)]
        assert sum(a != b for a, b in zip(*texts, strict=True)) == (related[0] == related[1])


def test_the_masked_word_alone_makes_the_caption_true() -> None:
    plurals = tuple("dishes" if shape == "dish" else f"{shape}s" for shape in SHAPES)
    families = (COLOURS, SHAPES, plurals, NUMBERS[2:], ("left", "right"), ("front", "back"), ("far", "near"))
    for oracle, lesson in drawn("masked"):
        assert lesson.text.count("<mask>") == 1
        assert oracle.is_true(lesson.text.replace("<mask>", lesson.answer)), (lesson.text, lesson.answer)
        family = next((each for each in families if lesson.answer in each), (lesson.answer,))
        fitting = [word for word in family if oracle.is_true(lesson.text.replace("<mask>", word))]
        assert fitting == [lesson.answer], lesson.text


def test_a_side_near_the_diagonal_and_a_narrow_lead_are_never_asked_about() -> None:
    directions = {"left": (0.0, 1.0), "right": (0.0, -1.0)}
    for _, lesson in drawn("relation"):
        word = next((each for each in directions if each in RELATION.findall(lesson.text)[0].split()), "")
        if word and lesson.answer in ("yes", "no"):
            offset = (lesson.regions[0].position_base - lesson.regions[1].position_base)[:2]
            angle = np.rad2deg(np.arccos(offset @ directions[word] / np.linalg.norm(offset)))
            assert angle < 30.01 if lesson.answer == "yes" else angle > 59.99, lesson.text
    facts = scene(2, hidden=False)
    facts.arrays["pose"][:, :, 1, 3] = 0.01 * np.arange(7)
    found = [each.text for each in islice(questions(facts, np.random.default_rng(0), only("superlative")), 300)]
    ends = [text for text in found if "leftmost thing" in text or "rightmost thing" in text]
    assert found and not ends


def test_the_same_seed_gives_the_same_questions() -> None:
    first, second, other = (
        [(each.kind, each.step, each.text, each.answer, each.negative) for each in islice(
            questions(scene(1), np.random.default_rng(seed), QuestionsConfig()), 60)] for seed in (5, 5, 6)
    )  # fmt: skip
    assert first == second != other


def test_yes_and_no_are_half_and_half_and_counts_are_spread() -> None:
    for kind in ("existence", "articulation"):
        answers = Counter(each.answer for each in islice(questions(scene(2), np.random.default_rng(0), only(kind)), 1000))
        assert answers.keys() == {"yes", "no"} and abs(answers["yes"] - 500) < 60
    relations = (each.answer for each in islice(questions(scene(2), np.random.default_rng(0), only("relation")), 1000))
    answers = Counter(answer for answer in relations if answer in ("yes", "no"))
    assert abs(answers["yes"] - answers["no"]) < 0.2 * answers.total() > 50
    counts = Counter(
        e.answer for e in islice(questions(scene(2, hidden=False), np.random.default_rng(0), only("counting")), 1000)
    )
    assert len(counts) >= 4 and max(counts.values()) < 1.3 * min(counts.values())


def test_every_kind_comes_as_often_as_its_share() -> None:
    config = QuestionsConfig()
    drawn_kinds = Counter(each.kind for each in islice(questions(scene(2), np.random.default_rng(0), config), 1000))
    shares = {each.name: getattr(config.kinds, each.name) for each in fields(KindShares)}
    for kind, share in shares.items():
        assert abs(drawn_kinds[kind] / 1000 - share / sum(shares.values())) < 0.04


def test_only_existence_zero_counts_and_negatives_name_what_is_not_there() -> None:
    for seed in range(6):
        facts = scene(seed)
        present = {word for thing in facts.attributes["objects"] for word in thing.values()}
        for lesson in islice(questions(facts, np.random.default_rng(seed), QuestionsConfig()), 200):
            if lesson.kind in ("existence", "missing") or lesson.answer == "zero":
                continue
            words = {SYNONYMS.get(word, word) for word in re.findall(r"\w+", f"{lesson.text} {lesson.answer}")}
            words |= {SYNONYMS.get(word.removesuffix("s"), word.removesuffix("s")) for word in words}
            assert words & {*COLOURS, *SHAPES, "small", "large"} <= present, lesson.text


def test_what_no_camera_shows_is_never_pointed_at_and_never_counted() -> None:
    for seed in range(6):
        facts = scene(seed)
        for lesson in islice(questions(facts, np.random.default_rng(seed), QuestionsConfig()), 200):
            things = lesson.regions[lesson.kind in ("spots", "shifts") :]
            assert all(region.masks["front"].sum() >= 12 for region in things), lesson.text


def test_words_kept_out_are_never_said() -> None:
    avoid = ["red", "orange", "block", "dish", "small", "front", "rightmost", "drawer"]
    said = set()
    for seed in range(4):
        for lesson in islice(questions(scene(seed), np.random.default_rng(seed), QuestionsConfig(avoid=avoid)), 250):
            said |= set(re.findall(r"\w+", f"{lesson.text} {lesson.answer} {lesson.negative}"))
    assert said.isdisjoint({*avoid, "blocks", "dishes", "cube"})
    assert {"yellow", "bowl", "left"} <= said


def test_phrasings_vary() -> None:
    for kind in ("counting", "existence", "relation", "attribute", "superlative", "captions"):
        openings = {" ".join(f"{lesson.text} {lesson.answer}".split()[:2]) for _, lesson in drawn(kind, count=20)}
        assert len(openings) >= 3, kind


def test_a_scene_with_nothing_to_ask_ends_and_bad_input_is_refused_in_a_sentence() -> None:
    facts, random = scene(0), np.random.default_rng(0)
    shut = replace(facts, attributes={**facts.attributes, "articulation": ["door/hinge"]})
    assert not list(questions(shut, random, only("articulation")))
    blind = replace(facts, arrays={key: value for key, value in facts.arrays.items() if not key.startswith("masks/")})
    with pytest.raises(InvalidInput, match="masks"):
        next(questions(blind, random, QuestionsConfig()))
    with pytest.raises(InvalidInput, match="pose"):
        next(questions(Facts(arrays={}, attributes={}), random, QuestionsConfig()))
    with pytest.raises(InvalidInput, match="objects"):
        next(questions(replace(facts, attributes={"relations": []}), random, QuestionsConfig()))
    with pytest.raises(InvalidInput, match="shares"):
        next(questions(facts, random, only("nothing")))
