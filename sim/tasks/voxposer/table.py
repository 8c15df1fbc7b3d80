"""Table: one draw of VoxPoser's table: blocks of some colours, and the words that one half of a split allows."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from policies.language.program import Place
from robot.errors import InvalidInput, one_of
from sim.fixtures import FixtureConfig
from sim.layout import ObjectConfig
from sim.objects import KINDS
from sim.scene import SceneConfig
from sim.tasks.family import SPLITS, Episode, Errand, Script
from sim.tasks.goals import Goal
from sim.tasks.meaning import errand
from sim.tasks.rules import Rule
from sim.tasks.scripts import Hand
from sim.tasks.truth import Truth

NUM_BLOCKS = 3
RADIUS = KINDS["block"].radius
HAND = 0.08  # m behind a block that the hand needs to come down
HALF_HAND = 0.07
HOME = np.array([0.31, 0.0])  # where the tool of both arms begins
FAR = 0.68  # m from the base's axis: the reach of an arm that points straight down
TRIES = 400
DRAWS = 1000  # of a table; a few are enough where there is room at all
Where = Callable[[np.ndarray], bool]


@cache
def attributes() -> dict[str, dict[str, dict[str, Any]]]:
    """Gap → half ("seen" or "unseen") → word → what it means."""
    return yaml.safe_load((Path(__file__).parent / "attributes.yaml").read_text())


class Table:
    """What has been drawn so far.

    Attributes:
        config: the scene that it goes into; its region is the part of the table that is used.
        random: where the rest is drawn from.
        fixtures: furniture to stand there.
    """

    def __init__(self, half: str, config: SceneConfig, random: np.random.Generator) -> None:
        """Draw from one half of the attributes in this kind of scene."""
        self.config, self.random = config, random
        self.fixtures: list[FixtureConfig] = []
        self._half = half
        self._blocks: dict[str, ObjectConfig] = {}

    def keep_nearer_than(self, x: float) -> None:
        """Lay nothing farther from the base than this."""
        self.config = replace(self.config, region_upper=[x, self.config.region_upper[1]])

    def word(self, gap: str, fits: Callable[[Any], bool] = lambda meaning: True) -> tuple[str, Any]:
        """One word that may stand in a gap, and what it means."""
        words = attributes()[gap][self._half]
        chosen = str(self.random.choice([each for each, meaning in words.items() if fits(meaning)]))
        return chosen, words[chosen]

    def block(self, where: Where = lambda xy: True) -> str:
        """Lay another block of a new colour where there is room and its middle (2,) fits; its name.

        Raises:
            InvalidInput: no such place was found.
        """
        taken = {each.colour for each in self._blocks.values()}
        colour, _ = self.word("colour", lambda meaning: meaning not in taken)
        x, y = self.free(where)
        yaw = float(self.random.uniform(-np.pi, np.pi))
        self._blocks[f"{colour} block"] = ObjectConfig(kind="block", colour=colour, x=float(x), y=float(y), yaw=yaw)
        return f"{colour} block"

    def place(self, block: str) -> np.ndarray:
        """Where a block lies, (2,) in base."""
        return np.array([self._blocks[block].x, self._blocks[block].y])

    def middle(self, region: str) -> np.ndarray:
        """The middle (2,) in base of a part of the table, as `in_region` has it."""
        lower, upper = np.array(self.config.region_lower), np.array(self.config.region_upper)
        words = region.split()
        share = [_share(words, "front", "back"), _share(words, "right", "left")]
        return lower + np.array(share) * (upper - lower)

    def gap(self, block: str, xy: np.ndarray) -> float:
        """How much room there is between a block and one whose middle would be at xy (2,), m."""
        return float(np.linalg.norm(xy - self.place(block))) - 2 * RADIUS

    def inside(self, xy: np.ndarray) -> bool:
        """Whether a block fits at xy (2,) into the used part of the table and into the arm's reach."""
        lower, upper = np.array(self.config.region_lower) + RADIUS, np.array(self.config.region_upper) - RADIUS
        return bool((xy >= lower).all() and (xy <= upper).all() and np.hypot(*xy) <= FAR)

    def free(self, where: Where) -> np.ndarray:
        """A place (2,) for a block, off all others.

        Raises:
            InvalidInput: none was found.
        """
        for xy in self.random.uniform(self.config.region_lower, self.config.region_upper, size=(TRIES, 2)):
            clear = all(self.gap(each, xy) >= self.config.gap for each in self._blocks)
            if clear and self.inside(xy) and where(xy):
                return xy
        raise InvalidInput("voxposer: found no place that makes the sentence sensible")

    def push_goal(self, block: str, far: float, where: Where = lambda xy: True) -> np.ndarray:
        """A place (2,) so far from a block that it can be pushed there straight, the hand coming down behind it.

        Raises:
            InvalidInput: none was found.
        """
        start = self.place(block)
        for angle in self.random.uniform(-np.pi, np.pi, size=TRIES):
            way = far * np.array([np.cos(angle), np.sin(angle)])
            if (
                self.inside(start + way)
                and where(start + way)
                and self._free_lane(block, start - HAND * way / far, start + way)
            ):
                return start + way
        raise InvalidInput("voxposer: found no way to push a block")

    def scene(self) -> SceneConfig:
        """The scene with what was drawn, and with blocks that nobody speaks of up to three."""
        while len(self._blocks) < NUM_BLOCKS:
            self.block()
        return replace(self.config, objects=list(self._blocks.values()), fixtures=self.fixtures, always=[])

    def _free_lane(self, block: str, start: np.ndarray, end: np.ndarray) -> bool:
        """Whether no other block is in the way of a hand that goes from one point (2,) to another."""
        others = [self.place(each) for each in self._blocks if each != block]
        shares = np.linspace(0, 1, 20)[:, None]
        lane = start + shares * (end - start)  # (20, 2)
        return all(np.linalg.norm(lane - other, axis=1).min() > HALF_HAND + RADIUS for other in others)


class TableFamily(ABC):
    """What the thirteen have in common: how they are drawn.

    Attributes:
        name: of the family.
        splits: half of the templates count as seen instructions, the others as unseen.
    """

    name: str
    splits: tuple[str, ...]

    def draw(self, split: str, scene: SceneConfig, random: np.random.Generator) -> Episode:
        """A sentence about a table that was drawn for it."""
        if split not in self.splits:
            raise one_of(f"{self.name}: split", split, self.splits)
        for _ in range(DRAWS):
            table = Table(split.partition("-")[2], scene, random)
            try:
                errand = self.errand(table)
                return Episode(scene=table.scene(), errands=(errand,))
            except InvalidInput:
                continue  # blocks lay in each other's way: another table
        raise InvalidInput(f"scene: {self.name} finds no room for its blocks on this table; expected a larger one")

    @abstractmethod
    def errand(self, table: Table) -> Errand:
        """Lay out what the sentence is about, and say it.

        Raises:
            InvalidInput: what was drawn so far leaves no room; the table is drawn anew.
        """


def ruled(
    sentence: str, goal: Callable[[Truth], Goal], *rules: Callable[[Truth], Rule], script: Callable[[Hand], Script]
) -> Errand:
    """The errand of a sentence with a goal, and with rules for the way."""
    return errand(
        sentence,
        lambda truth: [goal(truth)],
        lambda scene, world: script(Hand(scene, world)),
        lambda truth: [rule(truth) for rule in rules],
    )


def part_of_table(text: str, region: str) -> Place:
    """A part of the table as a place."""
    return Place(text=text, region=region)


def _share(words: list[str], near: str, far: str) -> float:
    """Where the middle of a third is, as a share of the whole; of all of it if no word says which third."""
    return 1 / 6 if near in words else 5 / 6 if far in words else 1 / 2


SEEN, UNSEEN = SPLITS[:2], SPLITS[2:]
