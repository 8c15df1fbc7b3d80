"""Sayings: the sentences of demonstrations, said of other things of a scene, with the place where the hand goes for them.

A demonstration has one sentence, though its facts know all that lies there. "put the green can in the yellow bowl" is as
good a sentence about any other can and bowl, and the hand first goes to that can; once it holds something, to the bowl
that is spoken of, or to the side of it, or between the two, as the demonstration did; what is pushed is pushed as there (see
`pushing`). Nothing is said of things, nor in words, that no demonstration shows.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from policies.demonstrations import Facts
from policies.training.pushing import Pushes
from policies.training.recordings import Recording
from policies.training.wordings import Wording, taken_apart
from policies.vla.keyposes import Keyposes
from policies.vla.questions import QuestionsConfig
from policies.vla.spots import beside, between, has_room
from policies.vla.stills import CLEAR, SIDES, Still
from policies.vla.vocabulary import Vocabulary, draw, said_of_things

CLOSED = 0.02  # m: fingers that close so far have taken something
STILL = 0.01  # m: a hand that moves by less, horizontally, closes where it is
AT = 0.025  # m: a keypose so near to a thing, horizontally, is at it
BESIDE = 0.16  # m from an edge: so far it is still beside
PUSHING = 0.5  # share of what is said to an empty hand, where there is pushing
SMALLEST_PX = QuestionsConfig().smallest_px


@dataclass(frozen=True)
class Saying:
    """One way to say something of one or more things.

    Attributes:
        wording: the words.
        taken: which of the things the hand takes first.
        goals: which of them it is brought to: onto or into one, beside one, or between two; none: it is brought nowhere.
        side: of the one, as `stills.SIDES` names them; "" = it is not brought beside it.
    """

    wording: Wording
    taken: int
    goals: tuple[int, ...] = ()
    side: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Grasp:
    """What a demonstration takes, and where it brings it.

    Attributes:
        closing: number of the keypose at which the fingers close.
        opening: of the one at which they open again; None: they don't.
        taken_xy: (2,) where they close.
        goal_xy: (2,) where they open; taken_xy if they don't.
    """

    closing: int
    opening: int | None
    taken_xy: np.ndarray
    goal_xy: np.ndarray


class Sayings:
    """What the sentences of demonstrations have in common.

    Attributes:
        vocabulary: the words that demonstrations show.
    """

    def __init__(self, recordings: Iterable[Recording], distances_cm: Sequence[int] = ()) -> None:
        """Learn from those in which something is taken, and the facts of which tell what; the distances are of `Pushes`."""
        acting = [each for each in recordings if each.acts and each.has_facts]
        heard = " ".join(re.sub("[^a-z]+", " ", f" {each.instruction.lower()} ") for each in acting)
        self.vocabulary = Vocabulary(each for words in said_of_things() for each in words if f" {each} " not in heard)
        self._taken: set[str] = set()
        self._goals: dict[Saying, set[str]] = defaultdict(set)
        self._lower, self._upper = np.full(2, np.inf), np.full(2, -np.inf)  # where things were brought
        for recording in acting:
            self._hear(recording)
        self._sayings = list(self._goals)
        self._bringing = [saying for saying in self._sayings if saying.goals]
        self._pushes = Pushes(acting, self.vocabulary, SMALLEST_PX, distances_cm)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._sayings) + len(self._pushes)

    def about(self, recording: Recording, step: int, random: np.random.Generator) -> tuple[str, np.ndarray | Keyposes] | None:
        """A sentence about a frame, and where (3,) the hand goes for it, or all that it does; None where that isn't plain."""
        if not len(self) or not recording.has_facts:
            return None
        if not recording.acts:
            return self.begun(recording.facts(step), random)
        keyposes = recording.keyposes
        assert keyposes is not None
        grasp = grasp_of(keyposes)
        ahead = int(np.searchsorted(recording.done_ns, int(recording.stamps[step]), side="right"))
        places = keyposes.T_base_ee[:, :2, 3]
        if ahead == 0 and (grasp is None or _far(places[0], grasp.taken_xy) < AT):
            return self.begun(recording.facts(step), random)
        if grasp is None or ahead >= len(keyposes):
            return None
        carries = grasp.opening is not None and grasp.closing < ahead < grasp.opening
        flies = carries and _far(places[ahead], grasp.goal_xy) < AT <= _far(places[ahead - 1], grasp.goal_xy)
        return self._brings(recording, step, grasp, random) if flies else None

    def begun(self, facts: Facts, random: np.random.Generator) -> tuple[str, np.ndarray | Keyposes] | None:
        """A sentence for which the empty hand goes to something that can be taken or pushed."""
        still = Still(facts, 0, self.vocabulary, SMALLEST_PX)
        pushes = len(self._pushes) and (not self._sayings or random.random() < PUSHING)
        return self._pushes.about(still, random) if pushes else self._reaching(still, random)

    def _reaching(self, still: Still, random: np.random.Generator) -> tuple[str, np.ndarray] | None:
        """A sentence for which it goes to something that can be taken."""
        saying = draw(self._sayings, random)
        things = [number for number, thing in enumerate(still.things) if thing["shape"] in self._taken]
        if not things:
            return None
        taken = draw(things, random)
        text = saying.wording.said_of(still, {saying.taken: taken}, random)
        return (text, still.region(taken).position_base) if text else None

    def _brings(
        self, recording: Recording, step: int, grasp: Grasp, random: np.random.Generator
    ) -> tuple[str, np.ndarray] | None:
        """A sentence for which what is held is brought somewhere."""
        before = Still(recording.facts(0), 0, self.vocabulary, SMALLEST_PX)
        held = nearest(before, grasp.taken_xy)
        if held is None or not self._bringing:
            return None
        saying = draw(self._bringing, random)
        still = Still(recording.facts(step), 0, self.vocabulary, SMALLEST_PX)
        fits = [n for n, thing in enumerate(still.things) if thing["shape"] in self._goals[saying] and n != held]
        goals = [int(each) for each in random.permutation(fits)[: len(saying.goals)]]
        where = self._brought_to(still, saying, held, goals) if len(goals) == len(saying.goals) else None
        if where is None:
            return None
        text = saying.wording.said_of(still, {saying.taken: held, **dict(zip(saying.goals, goals, strict=True))}, random)
        return (text, where) if text else None

    def _brought_to(self, still: Still, saying: Saying, held: int, goals: list[int]) -> np.ndarray | None:
        """Where (3,) what is held is brought for a saying about these goals; None where there is no room for it."""
        radius = still.radius(held)
        if saying.side:
            where = beside(still, goals[0], saying.side, radius)
        elif len(goals) == 2:
            where = between(still, *goals)
        else:
            return still.region(goals[0]).position_base
        shown = (self._lower <= where[:2]).all() and (where[:2] <= self._upper).all()
        return where if shown and has_room(still, where, radius, but=held) else None

    def _hear(self, recording: Recording) -> None:
        """Take one sentence apart, if it is plain what was taken."""
        assert recording.keyposes is not None
        grasp, still = grasp_of(recording.keyposes), Still(recording.facts(0), 0, self.vocabulary, SMALLEST_PX)
        wording, things = taken_apart(recording.instruction, still)
        taken = None if grasp is None else nearest(still, grasp.taken_xy)
        if grasp is None or taken is None or taken not in things or len(set(things)) < len(things):
            return
        if len(things) > 1 and grasp.opening is None:
            return  # the others only tell which one is meant
        others = [thing for thing in things if thing != taken]
        side = None if grasp.opening is None else brought(still, others, grasp.goal_xy)
        goals = () if side is None else tuple(map(things.index, others))
        saying = Saying(wording, things.index(taken), goals, side or "")
        self._taken.add(still.things[taken]["shape"])
        self._goals[saying] |= {still.things[thing]["shape"] for thing in others if goals}
        if goals:
            self._lower, self._upper = np.minimum(self._lower, grasp.goal_xy), np.maximum(self._upper, grasp.goal_xy)


def grasp_of(keyposes: Keyposes) -> Grasp | None:
    """Where the fingers first close about something, and where they open next; None if they never close."""
    widths, places = keyposes.gripper_width, keyposes.T_base_ee[:, :2, 3]
    still = np.linalg.norm(np.diff(places, axis=0), axis=1) < STILL
    closing = np.flatnonzero((np.diff(widths) < -CLOSED) & still) + 1
    if not len(closing):
        return None
    first = int(closing[0])
    opening = np.flatnonzero(widths[first:] > widths[first] + CLOSED)
    last = first + int(opening[0]) if len(opening) else None
    return Grasp(closing=first, opening=last, taken_xy=places[first], goal_xy=places[first if last is None else last])


def nearest(still: Still, xy: np.ndarray) -> int | None:
    """The thing that a place (2,) is at, if it is at one."""
    away = [_far(still.region(number).position_base[:2], xy) for number in range(len(still.things))]
    return int(np.argmin(away)) if away and min(away) < AT else None


def brought(still: Still, goals: Sequence[int], xy: np.ndarray) -> str | None:
    """How a place (2,) lies to one or two things: "" = at the one or amid the two, else at which side; None = otherwise."""
    places = np.array([still.region(goal).position_base[:2] for goal in goals]).reshape(-1, 2)
    if len(places) not in (1, 2):
        return None
    if _far(places.mean(axis=0), xy) < AT:
        return ""
    away = _far(places[0], xy)
    if len(places) > 1 or away > BESIDE + still.radius(goals[0]):
        return None
    return next((side for side, way in SIDES.items() if (xy - places[0]) @ np.array(way) > CLEAR * away), None)


def _far(a: np.ndarray, b: np.ndarray) -> float:
    """How far two places (2,) are from each other, m."""
    return float(np.linalg.norm(a - b))
