"""Samples: a frame with several texts about it, as a torch Dataset: what to do, and lessons in seeing and words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from torch.utils.data import Dataset

from policies.demonstrations import Facts
from policies.language.restating import restated
from policies.training.augment import AugmentConfig, drawn_change, loosened, mislaid, spoiled
from policies.training.imagined import imagined_facts
from policies.training.moment import Moment
from policies.training.recordings import Recording
from policies.training.sayings import Sayings
from policies.vla.actions import Targets, aim_targets, nowhere_targets, place_targets, transferred_targets
from policies.vla.changes import UNCHANGED, Change
from policies.vla.config import VlaConfig
from policies.vla.keyposes import Keyposes
from policies.vla.lesson import Lesson
from policies.vla.looks import frame_of, look_of
from policies.vla.questions import KindShares, QuestionsConfig, questions
from policies.vla.rows import Places, Row, act_row, answer_row, ask_prompt, caption_row, point_row, stacked_rows, think_prompt
from policies.vla.spots import shift, spot
from policies.vla.stills import Still
from policies.vla.vocabulary import Vocabulary, draw, said_of_things
from policies.vla.words import Words
from robot.kinematics import Kinematics

TRUE_OR_FALSE = "is it so: {}"
CONTRAST = KindShares(**{each.name: float(each.name == "contrast") for each in fields(KindShares)})
COMMON = 50  # times that a tokenizer reads each word for things and places, so that it is one token


@dataclass
class LessonsConfig:
    """Co-training.

    Attributes:
        texts: lessons with each frame; 0 = none, the action alone.
        sayings: of these so many are sentences of demonstrations said of other things, where a frame has such (`Sayings`).
        imagined: besides, so many are about things that are not there, but of which it is said where they are (`imagined`).
        distances_cm: how far a push may be said to go in them; tabletop keeps 8, 12 and 18 cm for its test.
        weight: of a lesson, against an action's 1.
        align: weight of telling a scene's true caption from a false one and from other scenes' (CLIP); 0 = not at all.
        think: share of the lessons on a demonstration that ask for the present sub-task.
        questions: which kinds, and words that are kept out of them.
    """

    texts: int = 4
    sayings: int = 2
    imagined: int = 6
    distances_cm: list[int] = field(default_factory=lambda: [5, 6, 7, 9, 10, 11, 13, 14, 15, 16, 17, 19, 20])
    weight: float = 0.5
    align: float = 0.0
    think: float = 0.15
    questions: QuestionsConfig = field(
        default_factory=lambda: QuestionsConfig(kinds=KindShares(grounding=8.0, missing=4.0, spots=8.0, shifts=6.0))
    )


class Samples(Dataset[dict[str, Any]]):
    """Sample `draw · steps + step` is that step, changed as the draw decides: the same number, the same sample."""

    def __init__(
        self, recordings: Sequence[Recording], vla: VlaConfig, words: Words, kinematics: Kinematics | None,
        lessons: LessonsConfig, augment: AugmentConfig | None, seed: int, sayings: Sayings | None = None,
    ) -> None:  # fmt: skip
        """Hold them; `augment` None changes nothing, for validation; without `sayings` nothing is said of other things."""
        self.recordings, self.vla, self.words, self.kinematics = list(recordings), vla, words, kinematics
        self.lessons, self.augment, self._seed, self._sayings = lessons, augment, seed, sayings
        self._vocabulary, self._allowed = Vocabulary(), Vocabulary(lessons.questions.avoid)
        self.steps = np.cumsum([0, *(recording.episode.num_steps for recording in self.recordings)])

    def __len__(self) -> int:
        """How many steps there are."""
        return int(self.steps[-1])

    def __getitem__(self, number: int) -> dict[str, Any]:
        """`frame` arrays and `texts` arrays of R rows."""
        index = number % len(self)
        which = int(np.searchsorted(self.steps, index, side="right")) - 1
        recording, step = self.recordings[which], index - int(self.steps[which])
        random = np.random.default_rng((self._seed, number))
        change = UNCHANGED if self.augment is None else drawn_change(random, self.augment)
        seen = look_of(recording.observation(step), self.vla, self.kinematics)
        look = change.look(seen, self.vla)
        if self.augment is not None:
            look = spoiled(look, random, self.vla, self.augment)
        moment = Moment(recording, step, seen, change, random, self._vocabulary, self.lessons.questions.smallest_px)
        rows = [*self._acts(moment), *self._taught(moment), *self._imagined(moment), *self._captions(moment)]
        return {"frame": frame_of(look, self.vla), "texts": stacked_rows(rows, self.vla)}

    def _acts(self, moment: Moment) -> Iterator[Row]:
        """What to do, if something was done."""
        if moment.recording.acts:
            yield self._act_row(
                moment, moment.recording.instruction, moment.recording.targets(moment.step, moment.change, self.vla)
            )

    def _taught(self, moment: Moment) -> Iterator[Row]:
        """Lessons, so many that every sample has as many texts."""
        acted, random = moment.recording.acts, moment.random
        lessons = iter(()) if moment.facts is None else questions(moment.facts, random, self.lessons.questions)
        for number in range(self.lessons.texts + (not acted)):
            other = self._of_others(moment) if number < self.lessons.sayings else None
            if other is not None:
                yield other
                continue
            doing = moment.recording.subtask(moment.step) if acted and random.random() < self.lessons.think else ""
            lesson = next(lessons, None)
            if doing:
                prompt = think_prompt(self.words, self._spoken(moment.change.words(moment.recording.instruction), random))
                yield answer_row(prompt, self.words, moment.change.words(doing), self.vla, self.lessons.weight)
            elif lesson is None:
                yield self._nothing()
            else:
                yield self._row_of(lesson, moment)

    def _of_others(self, moment: Moment) -> Row | None:
        """A sentence said of other things, if there is one."""
        if self._sayings is None or not self.vla.points:
            return None
        found = self._sayings.about(moment.recording, moment.step, moment.random)
        return None if found is None else self._act_row(moment, found[0], self._targets_of(found[1], moment.change))

    def _imagined(self, moment: Moment) -> Iterator[Row]:
        """Lessons about things that are not there, but of which the text says where they are."""
        for _ in range(self.lessons.imagined if self.vla.located else 0):
            row = self._begun(moment) if not moment.recording.acts and moment.random.random() < 0.5 else self._placed(moment)
            yield row or self._nothing()

    def _begun(self, moment: Moment) -> Row | None:
        """What the hand begins with for a sentence about imagined things, if there is one."""
        if self._sayings is None or not len(self._sayings):
            return None
        facts = imagined_facts(moment.random, self._sayings.vocabulary, moment.smallest_px)
        found = None if facts is None else self._sayings.begun(facts, moment.random)
        if facts is None or found is None:
            return None
        said, places = self._told(restated(found[0]), facts, moment)
        targets = self._targets_of(found[1], moment.change)
        return act_row(self.words, said, targets, self.vla, places, self.lessons.weight) if places else None

    def _placed(self, moment: Moment) -> Row | None:
        """A place that is told by imagined things, if there is one."""
        facts = imagined_facts(moment.random, self._allowed, moment.smallest_px)
        if facts is None:
            return None
        lesson = draw((spot, shift), moment.random)(Still(facts, 0, self._allowed, moment.smallest_px), moment.random)
        if lesson is None:
            return None
        said, places = self._told(lesson.text, facts, moment)
        targets = place_targets(moment.change.point(lesson.regions[0].position_base), self.vla)
        return point_row(self.words, said, targets, self.vla, self.lessons.weight, places) if places else None

    def _told(self, text: str, facts: Facts, moment: Moment) -> tuple[str, Places]:
        """A text about imagined things, and where each is; no places where one of them isn't plain."""
        said = moment.change.words(text)
        places = moment.of(facts).places(said)
        return said, () if any(place is None for place in places) else places

    def _targets_of(self, goes: np.ndarray | Keyposes, change: Change) -> Targets:
        """What the hand does for a sentence that was said of others."""
        if isinstance(goes, Keyposes):
            return transferred_targets(change.keyposes(goes), self.vla)
        return aim_targets(change.point(goes), self.vla)

    def _nothing(self) -> Row:
        """A text from which nothing is learnt."""
        return answer_row(ask_prompt(self.words, "what do you see?"), self.words, "", self.vla, 0.0)

    def _captions(self, moment: Moment) -> list[Row]:
        """A true caption and a false one, both empty where nothing can be said; none at all unless they are learnt from."""
        if not self.lessons.align:
            return []
        alone = QuestionsConfig(kinds=CONTRAST, avoid=self.lessons.questions.avoid)
        lesson = None if moment.facts is None else next(questions(moment.facts, moment.random, alone), None)
        said = ("", "") if lesson is None else (moment.change.words(lesson.text), moment.change.words(lesson.negative))
        return [caption_row(self.words, text, self.vla, self.lessons.align) for text in said]

    def _act_row(self, moment: Moment, text: str, targets: Targets) -> Row:
        """What to do for a sentence, as it is said this time."""
        said = self._spoken(moment.change.words(text), moment.random)
        return act_row(self.words, said, targets, self.vla, self._places(said, moment))

    def _row_of(self, lesson: Lesson, moment: Moment) -> Row:
        """A lesson as a row."""
        words, vla, weight, said = self.words, self.vla, self.lessons.weight, moment.change.words(lesson.text)
        if lesson.kind in ("grounding", "missing", "spots", "shifts") and vla.points:
            where = [moment.change.point(region.position_base) for region in lesson.regions[:1]]
            targets = place_targets(where[0], vla) if where else nowhere_targets(vla)
            places = self._places(said, moment) if lesson.kind in ("spots", "shifts") else ()
            return point_row(words, said, targets, vla, weight, places)
        if lesson.kind == "contrast":
            true = bool(moment.random.integers(2))
            text = TRUE_OR_FALSE.format(said if true else moment.change.words(lesson.negative))
            return answer_row(ask_prompt(words, text), words, "yes" if true else "no", vla, weight)
        return answer_row(ask_prompt(words, said), words, moment.change.words(lesson.answer), vla, weight)

    def _places(self, said: str, moment: Moment) -> Places:
        """Where each thing is that a text names and a camera shows, as it will be found, or not found."""
        if not self.vla.located or moment.still is None:
            return ()
        places = moment.places(said)
        return places if self.augment is None else mislaid(places, moment.random, self.augment)

    def _spoken(self, text: str, random: np.random.Generator) -> str:
        """A sentence as it is said this time: in plain words or its own, whole or loosened."""
        if not self.vla.rate_hz and (self.augment is None or random.random() < self.augment.restated):
            text = restated(text)
        return text if self.augment is None else loosened(text, random, self.augment)


def texts_in(samples: Samples, each: int = 4) -> Iterator[str]:
    """The sentences, and some lessons' words, that a tokenizer learns from."""
    random = np.random.default_rng(samples._seed)
    yield from COMMON * [" ".join(words) for words in said_of_things()]
    for recording in samples.recordings:
        yield recording.instruction
        yield from (str(part["words"]) for part in recording.episode.attributes.get("subtasks", []))
        if recording.has_facts:
            lessons = questions(recording.facts(0), random, samples.lessons.questions)
            for lesson in (lesson for _, lesson in zip(range(each), lessons, strict=False)):
                yield f"{lesson.text} {lesson.answer} {lesson.negative}"
