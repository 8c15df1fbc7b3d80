"""Questions from facts: every answer is found again by reading the words and looking at the raw numbers."""

import re
from collections import Counter
from dataclasses import fields, replace
from itertools import islice

import numpy as np
import pytest

from policies.demonstrations import Facts
from policies.vla.lesson import Lesson
from policies.vla.questions import KindShares, QuestionsConfig, questions
from policies.vla.spots import GAP, RADIUS, ROOM
from robot.errors import InvalidInput

SYNONYMS = {
    "cube": "block", "tin": "can", "dish": "bowl", "dishes": "bowl", "saucer": "plate", "tray": "bin", "sphere": "ball",
    "cup": "mug", "little": "small", "tiny": "small", "big": "large", "object": "thing", "item": "thing",
}  # fmt: skip
SHAPES = ("block", "can", "bowl", "plate", "bin", "ball", "mug")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "white", "black", "gray", "cyan")
SAID = {
    "left of": "(?:to the |on the )?left (?:hand )?(?:side )?of",
    "right of": "(?:to the |on the )?right (?:hand )?(?:side )?of",
    "behind": "behind|in back of|on the far side of",
    "in front of": "in front of|ahead of|on the near side of",
    "in": "in|inside",
    "on": "on top of|on",
}
RELATION = re.compile(" (" + "|".join(f"(?:{said})" for said in SAID.values()) + ") the ")
NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight")


def scene(seed: int, *, hidden: bool = True) -> Facts:
    """Seven things, two of them in one bowl's place, a drawer, two cameras; two moments."""
    random = np.random.default_rng(seed)
    things = [
        {"colour": str(random.choice(COLOURS[:4])), "shape": str(random.choice(SHAPES)), "size": "normal"} for _ in range(7)
    ]
    things[0]["shape"], things[1]["shape"], things[1]["size"] = "bowl", "block", str(random.choice(["small", "large"]))
    size = random.choice([0.04, 0.06, 0.1], size=(7, 1)) * np.ones((7, 3))
    pose = np.tile(np.eye(4), (2, 7, 1, 1))
    pose[..., :2, 3] = random.uniform((0.3, -0.3), (0.7, 0.3), size=(2, 7, 2))
    pose[:, 1, :2, 3] = pose[:, 0, :2, 3] + 0.004
    return Facts(
        arrays={
            "pose": pose,
            "size": size,
            "relations": np.stack([_relations(each[:, :2, 3]) for each in pose]),
            "articulation": np.array([[0.0], [0.12]]),
            "masks/front": np.stack([_mask(hidden)] * 2),
            "masks/wrist": np.zeros((2, 12, 12), np.uint8),
        },
        attributes={"objects": things, "relations": [*list(SAID)], "articulation": ["cabinet/slide"]},
    )


def _relations(places: np.ndarray) -> np.ndarray:
    """(L, O, O); the second thing is in the first."""
    held = np.zeros((len(SAID), 7, 7), bool)
    for a, b in np.argwhere(~np.eye(7, dtype=bool)):
        x, y = places[a] - places[b]
        side = "left of" if y > abs(x) else "right of" if -y > abs(x) else "behind" if x > 0 else "in front of"
        held[list(SAID).index(side), a, b] = True
    held[list(SAID).index("in"), 1, 0] = True
    return held


def _mask(hidden: bool) -> np.ndarray:
    """A strip of seven patches; of the last only 3 pixels are seen if it is hidden."""
    mask = np.zeros((10, 35), np.uint8)
    for index in range(7):
        mask[:5, 5 * index : 5 * index + 4] = index + 1
    if hidden:
        mask[1:5, 30:], mask[0, 30] = 0, 0
    return mask


class Oracle:
    """Reads the words of a question and looks for the answer in the raw facts."""

    def __init__(self, facts: Facts, step: int) -> None:
        self.things = facts.attributes["objects"]
        self.places = facts.arrays["pose"][step, :, :3, 3]
        self.size, self.names = facts.arrays["size"], facts.attributes["relations"]
        self.held = facts.arrays["relations"][step]
        self.open = facts.arrays["articulation"][step, 0] > 0.08

    def meant(self, phrase: str) -> set[int]:
        """Indices of all things that a phrase fits."""
        if said := RELATION.search(phrase):
            (anchor,) = self.meant(phrase[said.end() :])
            return {each for each in self.meant(phrase[: said.start()]) if self.holds(said[1], each, anchor)}
        words = [SYNONYMS.get(word, word) for word in phrase.split()]
        words = [SYNONYMS.get(word[:-1], word[:-1]) if word.endswith("s") else word for word in words]
        extremes = [word for word in words if word.endswith("est") or word.endswith("most")]
        fitting = {index for index, each in enumerate(self.things) if set(words) - {"thing", *extremes} <= set(each.values())}
        return {max(fitting, key=lambda each: self._score(extremes[0], each))} if extremes else fitting

    def holds(self, said: str, first: int, second: int) -> bool:
        """As the facts have it."""
        name = next(name for name, pattern in SAID.items() if re.fullmatch(pattern, said))
        return bool(self.held[self.names.index(name), first, second])

    def _score(self, word: str, thing: int) -> float:
        x, y, _ = self.places[thing]
        far, volume = float(np.hypot(x, y)), float(self.size[thing].prod())
        scores = {"leftmost": y, "rightmost": -y, "nearest": -far, "farthest": far, "largest": volume, "smallest": -volume}
        return scores[word]

    def name(self, thing: int) -> str:
        return f"{self.things[thing]['colour']} {self.things[thing]['shape']}"

    def is_true(self, caption: str) -> bool:
        """Whether each sentence of a caption is."""
        first, _, second = caption.rstrip(".").partition(". the ")
        listed = re.sub("^(i see|one sees|the picture shows|in view:) ", "", first)
        for item in re.split(", | and ", listed):
            number, _, phrase = item.partition(" ")
            if len(self.meant(phrase)) != (1 if number in ("a", "an") else NUMBERS.index(number)):
                return False
        if second.startswith("drawer is "):
            return (second.split()[-1] == "open") == self.open
        if said := RELATION.search(second):
            (thing,), (anchor,) = self.meant(second[: said.start()].removesuffix(" is")), self.meant(second[said.end() :])
            return self.holds(said[1], thing, anchor)
        return not second

    def answer(self, lesson: Lesson) -> str:
        """The answer to a question, found by its words alone."""
        text = lesson.text.rstrip("?")
        if lesson.kind == "counting":
            text = re.sub("^(how many|count the|what is the number of) ", "", text)
            return NUMBERS[len(self.meant(re.sub(" (are there|do you see)$", "", text)))]
        if lesson.kind == "existence":
            phrase = re.sub("^(is there|do you see|would you find) an? ", "", text)
            return "yes" if self.meant(phrase) else "no"
        if lesson.kind == "articulation":
            return "yes" if text.endswith("open") == self.open else "no"
        if lesson.kind == "superlative":
            return self.name(*self.meant(text.partition(" is the ")[2]))
        if lesson.kind == "attribute":
            text = re.sub("^(what colour is|which colour does|name the colour of) ", "colour ", text)
            phrase = re.sub("^(colour|what would you call|what shape is|what is) the ", "", text).removesuffix(" have")
            return self.things[next(iter(self.meant(phrase)))]["colour" if "colour" in text else "shape"]
        said = RELATION.search(text)
        assert said is not None
        (anchor,) = self.meant(text[said.end() :])
        if text.startswith("what"):
            return self.name(*(each for each in range(7) if each != anchor and self.holds(said[1], each, anchor)))
        (thing,) = self.meant(re.sub("^(is|does) the ", "", text[: said.start()]).removesuffix(" lie"))
        return "yes" if self.holds(said[1], thing, anchor) else "no"


def only(kind: str, **more: object) -> QuestionsConfig:
    """A mix of one kind."""
    shares = KindShares(**{each.name: float(each.name == kind) for each in fields(KindShares)})
    return QuestionsConfig(kinds=shares, **more)  # type: ignore[arg-type]


def drawn(kind: str, count: int = 40, scenes: int = 12) -> list[tuple[Oracle, Lesson]]:
    """So many of a kind from each of several scenes."""
    found = []
    for seed in range(scenes):
        facts = scene(seed)
        lessons = islice(questions(facts, np.random.default_rng(seed), only(kind)), count)
        found += [(Oracle(facts, lesson.step), lesson) for lesson in lessons]
    assert found
    return found


@pytest.mark.parametrize("kind", ["counting", "existence", "relation", "attribute", "superlative", "articulation"])
def test_every_answer_is_what_the_words_and_the_raw_facts_say(kind: str) -> None:
    for oracle, lesson in drawn(kind):
        assert oracle.answer(lesson) == lesson.answer, lesson.text


def test_a_phrase_means_exactly_the_thing_it_points_at() -> None:
    for oracle, lesson in drawn("grounding"):
        (thing,), (region,) = oracle.meant(lesson.text.removeprefix("the ")), lesson.regions
        assert np.array_equal(region.position_base, oracle.places[thing])
        assert np.array_equal(region.masks["front"], _mask(True) == thing + 1)
        assert region.masks["front"].sum() >= 12 and not region.masks["wrist"].any()


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
            if lesson.kind == "existence" or lesson.answer == "zero":
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
