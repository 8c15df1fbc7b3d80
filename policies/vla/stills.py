"""Still: what the facts of one recorded moment tell, and what of it is clear to the eye."""

from functools import cached_property

import numpy as np

from policies.demonstrations import Facts
from policies.vla.lesson import Region
from policies.vla.vocabulary import RELATIONS, Sort, Vocabulary
from robot.errors import InvalidInput

SIDES = {"left of": (0.0, 1.0), "right of": (0.0, -1.0), "behind": (1.0, 0.0), "in front of": (-1.0, 0.0)}  # (x, y) in base
CLEAR, DENIED = np.cos(np.deg2rad(30.0)), np.cos(np.deg2rad(60.0)) + 1e-9  # a side between the two is neither said nor denied
AHEAD_M = 0.03  # by so much the leftmost thing lies left of the next
LARGER = 1.3  # so many times the volume of the next has the largest thing


class Still:
    """One moment of an episode's facts: O things, how they stand to one another, and who is seen.

    Attributes:
        step: of the episode.
        vocabulary: what may be said.
        things: name, colour, shape and size of each.
        visible: (O,) bool, whether some camera shows it well.
        clear: relation → (O, O) bool, whether it plainly holds from the first to the second.
        denied: relation → (O, O) bool, whether it plainly does not. On and in are as the facts have them; a side within
            30° of its direction is clear, unless one of the two holds the other, and beyond 60° denied.
    """

    def __init__(self, facts: Facts, step: int, vocabulary: Vocabulary, smallest_px: int) -> None:
        """Look at one step.

        Args:
            facts: of an episode, with masks.
            step: of the episode.
            vocabulary: what may be said.
            smallest_px: a thing is seen where a camera shows so many pixels of it.

        Raises:
            InvalidInput: an array or a name of its axes is not there.
        """
        if missing := [name for name in ("pose", "size", "relations") if name not in facts.arrays]:
            raise InvalidInput(f"facts: expected pose, size, relations and masks/<camera>, {', '.join(missing)} are lacking")
        if missing := [name for name in ("objects", "relations") if name not in facts.attributes]:
            raise InvalidInput(f"facts: expected the attributes objects and relations, {' and '.join(missing)} are lacking")
        self.step, self.things = step, tuple(facts.attributes["objects"])
        self._position = facts.arrays["pose"][step, :, :3, 3]
        self._size = facts.arrays["size"]
        self._masks = {path[6:]: masks[step] for path, masks in facts.arrays.items() if path.startswith("masks/")}
        self.vocabulary = vocabulary
        self.visible = self._seen(smallest_px)
        self.clear, self.denied = self._relations(facts)
        self._joints = dict(zip(facts.attributes.get("articulation", ()), self._travel(facts), strict=True))

    @cached_property
    def sorts(self) -> tuple[tuple[Sort, np.ndarray], ...]:
        """Every sort that can be said, with (O,) bool: which things fit."""
        asked = self.vocabulary.asked
        traits = {key: np.array([thing.get(key, "normal") for thing in self.things], str) for key in asked}
        fits = np.logical_and.reduce([(asked[key] == "") | (asked[key] == traits[key]) for key in asked])
        return tuple(zip(self.vocabulary.sorts, fits, strict=True))

    def meaning(self, thing: int) -> list[Sort]:
        """The sorts that only this thing is of."""
        return [sort for sort, fits in self.sorts if fits[thing] and fits.sum() == 1]

    def extreme(self, superlative: str, among: np.ndarray) -> int | None:
        """Which of the things (O,) bool is the leftmost, …, or None if that is not plain."""
        x, y, _ = self._position.T
        metres = {"leftmost": y, "rightmost": -y, "nearest": -np.hypot(x, y), "farthest": np.hypot(x, y)}
        volume = np.log(self._size.prod(axis=-1) + 1e-12)
        score = metres.get(superlative, volume if superlative == "largest" else -volume)
        first, second, *_ = np.argsort(np.where(among, -score, np.inf))
        ahead = score[first] - score[second]
        return int(first) if ahead > (AHEAD_M if superlative in metres else np.log(LARGER)) else None

    def drawer(self, shut: float, opened: float) -> bool | None:
        """Whether the one drawer is open, or None if there is not just one or it stands in between (m)."""
        drawers = [travel for name, travel in self._joints.items() if name.endswith("/slide")]
        if len(drawers) != 1 or shut < drawers[0] < opened:
            return None
        return bool(drawers[0] >= opened)

    def region(self, thing: int) -> Region:
        """Where a thing is."""
        masks = {camera: mask == thing + 1 for camera, mask in self._masks.items()}
        return Region(position_base=self._position[thing].copy(), masks=masks)

    def radius(self, thing: int) -> float:
        """Of the upright cylinder that holds a thing, m."""
        return float(self._size[thing, :2].max()) / 2

    def _seen(self, smallest_px: int) -> np.ndarray:
        """Which things (O,) are seen."""
        if not self._masks:
            raise InvalidInput("facts: expected masks/<camera> to know what is seen, none were recorded")
        count = len(self.things)
        areas = [np.bincount(mask.ravel(), minlength=count + 1)[1 : count + 1] for mask in self._masks.values()]
        return np.max(areas, axis=0) >= smallest_px

    def _relations(self, facts: Facts) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """What is clear, and what is denied."""
        names = facts.attributes["relations"]
        holds = {name: facts.arrays["relations"][self.step, names.index(name)] for name in RELATIONS if name in names}
        upon = sum(
            (each | each.T for name, each in holds.items() if name not in SIDES), np.zeros((len(self.things),) * 2, bool)
        )
        offset = self._position[:, None, :2] - self._position[None, :, :2]  # (O, O, 2): from the second to the first
        toward = offset / np.maximum(np.linalg.norm(offset, axis=-1, keepdims=True), 1e-9)
        clear, denied = dict(holds), {name: ~each for name, each in holds.items()}
        for name in SIDES.keys() & holds.keys():
            cosine = toward @ np.array(SIDES[name])
            clear[name] = holds[name] & ~upon & (cosine >= CLEAR)
            denied[name] = ~holds[name] & (cosine < DENIED)
        for each in denied.values():
            np.fill_diagonal(each, False)
        return clear, denied

    def _travel(self, facts: Facts) -> list[float]:
        """How far each joint stands out."""
        return list(facts.arrays["articulation"][self.step]) if "articulation" in facts.arrays else []
