"""Pushing: what demonstrations of pushing have in common: how a thing is pushed, and where to for which words.

A demonstration that pushes one thing straight tells where the hand begins behind it, how it comes down and how far it
follows. The same is done to any such thing, whichever way it has to go: so far as words of a distance say, be it another
distance than was shown, or to where demonstrations brought theirs for the same part of the table.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from policies.language.describe import describe_place
from policies.language.program import Push
from policies.language.restating import understood
from policies.training.recordings import Recording
from policies.training.wordings import Wording, taken_apart
from policies.value_maps.grasps import folded, pointing_down, yaw_of
from policies.vla.keyposes import Keyposes
from policies.vla.stills import Still
from policies.vla.vocabulary import Vocabulary, draw
from robot.errors import InvalidInput

MOVED, STRAY = 0.03, 0.015  # m: what moves by more was pushed; a straight push strays by less
SHORTEST = 0.06  # m, of a push
SAME_SIDE = 0.5  # cosine between two pushes to a place that come from the same side of it
HALF_HAND = 0.075  # m: half as wide as the strip that a push needs for itself
TRIES = 3  # for each thing
SPARE = 0.02  # m: so far beyond where hands were seen they may still be


@dataclass(frozen=True, eq=False, kw_only=True)
class Pushed:
    """One straight push.

    Attributes:
        wording: of its sentence.
        role: which of the things that it names was pushed.
        place: where to, in plain words.
        is_far: whether these tell how far, from where the thing was, and not a part of the table.
        start_xy, goal_xy: (2,) from where to where the thing went.
        keyposes: of the hand.
    """

    wording: Wording
    role: int
    place: str
    is_far: bool
    start_xy: np.ndarray
    goal_xy: np.ndarray
    keyposes: Keyposes

    @property
    def way(self) -> np.ndarray:
        """(2,) m."""
        return self.goal_xy - self.start_xy

    def done_to(self, start_xy: np.ndarray, way: np.ndarray) -> Keyposes:
        """The hand that does the same to a thing (2,) on another way (2,): turned with it, and as much longer or shorter."""
        turn = float(np.arctan2(self.way[0] * way[1] - self.way[1] * way[0], self.way @ way))
        poses, keyposes = self.keyposes.T_base_ee.copy(), self.keyposes
        offsets = poses[:, :2, 3] - self.start_xy
        longer = (1 - np.linalg.norm(self.way) / np.linalg.norm(way)) * way
        ahead = offsets @ self.way > 0
        for pose, offset, is_ahead in zip(poses, offsets, ahead, strict=True):
            pose[:3, :3] = pointing_down(np.zeros(3), folded(yaw_of(pose) + turn))[:3, :3]
            pose[:2, 3] = start_xy + turned(offset, turn) + is_ahead * longer
        stretch = _lengths(poses) / np.maximum(_lengths(keyposes.T_base_ee), 1e-6)
        slower = np.where(keyposes.contact & (_lengths(poses) > SHORTEST), stretch, 1.0)
        return Keyposes(
            T_base_ee=poses, gripper_width=keyposes.gripper_width, contact=keyposes.contact,
            duration_s=keyposes.duration_s * slower, pause_s=keyposes.pause_s, until_ns=keyposes.until_ns,
        )  # fmt: skip


class Pushes:
    """What is known of pushing."""

    def __init__(
        self, recordings: Iterable[Recording], vocabulary: Vocabulary, smallest_px: int, distances_cm: Sequence[int] = ()
    ) -> None:
        """Learn from those that push one thing straight; `distances_cm` are said in place of theirs, none: theirs are.

        Raises:
            InvalidInput: a distance that is none.
        """
        if min(distances_cm, default=1) <= 0:
            raise InvalidInput(f"lessons.distances_cm: expected centimetres above 0, got {list(distances_cm)}")
        self._distances_cm = list(distances_cm)
        self._known: list[Pushed] = []
        self._kinds: set[tuple[str, str]] = set()  # shapes and sizes
        self._to: dict[str, list[Pushed]] = defaultdict(list)
        self._lower, self._upper = np.full(2, np.inf), np.full(2, -np.inf)  # where the hand was
        for recording in recordings:
            still = Still(recording.facts(0), 0, vocabulary, smallest_px)
            after = Still(recording.facts(len(recording.stamps) - 1), 0, vocabulary, smallest_px)
            found = pushed_in(recording, still, after)
            if found is not None:
                pushed, thing = found
                self._known.append(pushed)
                self._kinds.add(_kind(still, thing))
                self._to[pushed.place].append(pushed)
                places = pushed.keyposes.T_base_ee[:, :2, 3]
                self._lower = np.minimum(self._lower, places.min(axis=0))
                self._upper = np.maximum(self._upper, places.max(axis=0))

    def __len__(self) -> int:
        """How many were seen."""
        return len(self._known)

    def about(self, still: Still, random: np.random.Generator) -> tuple[str, Keyposes] | None:
        """A sentence about a scene, and what the hand does for it; None where that isn't plain."""
        things = [number for number in range(len(still.things)) if _kind(still, number) in self._kinds]
        tries = (self._tried(still, draw(things, random), draw(self._known, random), random) for _ in things * TRIES)
        return next((found for found in tries if found is not None), None)

    def _tried(self, still: Still, thing: int, pushed: Pushed, random: np.random.Generator) -> tuple[str, Keyposes] | None:
        """A thing pushed as something else was; None where that isn't plain, or there is no room for it."""
        start_xy = _place(still, thing)
        way, wording = self._said(pushed, start_xy, random)
        if way is None or not _is_free(still, thing, way):
            return None
        keyposes = pushed.done_to(start_xy, way)
        places = keyposes.T_base_ee[:, :2, 3]
        if (places < self._lower - SPARE).any() or (places > self._upper + SPARE).any():
            return None
        text = wording.said_of(still, {pushed.role: thing}, random)
        return (text, keyposes) if text else None

    def _said(self, pushed: Pushed, start_xy: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray | None, Wording]:
        """The way (2,) that a push takes from a place, if there is one, and its words; a distance is another each time."""
        if not pushed.is_far:
            return self._way(pushed.place, start_xy), pushed.wording
        shown_cm = pushed.wording.number
        if not shown_cm or not self._distances_cm:
            return pushed.way, pushed.wording
        told_cm = draw(self._distances_cm, random)
        return pushed.way * told_cm / shown_cm, pushed.wording.renumbered(told_cm)

    def _way(self, place: str, start_xy: np.ndarray) -> np.ndarray | None:
        """The way (2,) to the nearest point to which something was pushed for a place; None if it would come from elsewhere."""
        nearest = min(self._to[place], key=lambda each: float(np.linalg.norm(each.goal_xy - start_xy)))
        way = nearest.goal_xy - start_xy
        cosine = way @ nearest.way / max(float(np.linalg.norm(way) * np.linalg.norm(nearest.way)), 1e-9)
        return way if cosine > SAME_SIDE and np.linalg.norm(way) > SHORTEST else None


def pushed_in(recording: Recording, still: Still, after: Still) -> tuple[Pushed, int] | None:
    """The push that a recording is of, and what was pushed; None if it is not plainly one straight push."""
    keyposes = recording.keyposes
    steps = understood(recording.instruction)
    if keyposes is None or len(steps) != 1 or not isinstance(steps[0], Push):
        return None
    wording, named = taken_apart(recording.instruction, still)
    shifts = {thing: _place(after, thing) - _place(still, thing) for thing in range(len(still.things))}
    moved = [thing for thing, shift in shifts.items() if np.linalg.norm(shift) > MOVED]
    if len(moved) != 1 or named.count(moved[0]) != 1 or len(set(named)) < len(named):
        return None
    thing, shift, start_xy = moved[0], shifts[moved[0]], _place(still, moved[0])
    across = turned(shift, np.pi / 2) / np.linalg.norm(shift)
    if np.abs((keyposes.T_base_ee[:, :2, 3] - start_xy) @ across).max() > STRAY:
        return None
    pushed = Pushed(
        wording=wording,
        role=named.index(thing),
        place=describe_place(steps[0].place),
        is_far=steps[0].place.direction is not None,
        start_xy=start_xy,
        goal_xy=start_xy + shift,
        keyposes=keyposes,
    )
    return pushed, thing


def turned(offset: np.ndarray, angle: float) -> np.ndarray:
    """A vector (2,) turned by an angle, rad."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([cosine * offset[0] - sine * offset[1], sine * offset[0] + cosine * offset[1]])


def _is_free(still: Still, thing: int, way: np.ndarray) -> bool:
    """Whether nothing lies in the strip from behind a thing to the end of its way."""
    direction, length = way / np.linalg.norm(way), float(np.linalg.norm(way))
    for other in range(len(still.things)):
        offset, radius = _place(still, other) - _place(still, thing), still.radius(other) + HALF_HAND
        along = float(np.clip(offset @ direction, -HALF_HAND, length))
        if other != thing and np.linalg.norm(offset - along * direction) < radius:
            return False
    return True


def _kind(still: Still, thing: int) -> tuple[str, str]:
    """Shape and size of a thing."""
    return still.things[thing]["shape"], still.things[thing].get("size", "normal")


def _place(still: Still, thing: int) -> np.ndarray:
    """Where (2,) a thing lies."""
    return still.region(thing).position_base[:2]


def _lengths(poses: np.ndarray) -> np.ndarray:
    """How far each pose (K, 4, 4) is from the one before, horizontally, m."""
    return np.linalg.norm(np.diff(poses[:, :2, 3], axis=0, prepend=poses[:1, :2, 3]), axis=1)
