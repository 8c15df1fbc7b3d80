"""Oracle: scenes of facts, and who answers a question about one by reading its words and looking at the raw numbers."""

import re
from dataclasses import fields
from itertools import islice

import numpy as np

from policies.demonstrations import Facts
from policies.vla.lesson import Lesson
from policies.vla.questions import KindShares, QuestionsConfig, questions

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
            "masks/front": np.stack([strip_mask(hidden)] * 2),
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


def strip_mask(hidden: bool) -> np.ndarray:
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
        self.facts, self.things = facts, facts.attributes["objects"]
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
