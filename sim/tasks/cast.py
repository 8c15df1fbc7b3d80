"""Cast: the things of one episode, drawn from the half of the attributes that its split allows, and what they are called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from robot.errors import InvalidInput, one_of
from sim.layout import ObjectConfig, arrange
from sim.objects import KINDS
from sim.scene import SceneConfig
from sim.tasks.family import SPLITS, Episode
from sim.tasks.wording import Halves, Split, load_words

TRIES = 200
MOST_REFUSALS = 100  # draws whose things find no places, before the scene is taken to be too small
REACH = 0.72  # m: how far from the base's axis a thing lies at most, so that the hand reaches round it


class Cast:
    """Draws things one after another; no two have the same kind and colour unless asked for.

    In the seen half of the attributes everything is of seen kinds, colours and sizes; in the unseen half the first
    thing, which is the one that the words are about, has at least one unseen attribute, and all others may have any.

    Attributes:
        things: what has been drawn, without places.
        split: which halves.
        scene: the kind of scene.
        random: all draws come from it, in order.
    """

    def __init__(self, split: str, scene: SceneConfig, random: np.random.Generator) -> None:
        """Begin with an empty table.

        Raises:
            InvalidInput: an unknown split, or a scene whose palette lacks the colours.
        """
        self.split = Split.named(split)
        self.things: list[ObjectConfig] = []
        self.scene, self.random = scene, random
        tables = load_words("attributes")
        missing = set(tables["colours"].all) - set(scene.palette)
        if missing:
            raise InvalidInput(f"scene.palette: expected the colours of the tasks, {', '.join(sorted(missing))} among them")

    def draw(self, *kinds: str, size: str | None = None, colour: str | None = None) -> ObjectConfig:
        """One thing of these kinds; size and colour are drawn too unless they are given."""
        for _ in range(TRIES):
            thing = self._drawn(kinds, size, colour)
            twin = any((thing.kind, thing.colour) == (each.kind, each.colour) for each in self.things)
            if thing.kind in kinds and not twin and (self.things or self._fits(thing)):
                self.things.append(thing)
                return thing
        raise InvalidInput(f"task: found no further thing that is a {' or a '.join(kinds)}")

    def twin(self, thing: ObjectConfig, **changed: str) -> ObjectConfig:
        """One more that looks like another but for what is changed."""
        self.things.append(replace(thing, **changed))  # type: ignore[arg-type]
        return self.things[-1]

    def another(self, kinds: Sequence[str], colour: str | None = None) -> ObjectConfig:
        """One more of these kinds, which may look like one that was drawn."""
        self.things.append(self._drawn(tuple(kinds), None, colour))
        return self.things[-1]

    def crowd(self, least: int, most: int, *kinds: str) -> None:
        """Between so many and so many further things that nobody speaks of."""
        for _ in range(int(self.random.integers(least, most + 1))):
            self.draw(*kinds)

    def kinds(self, *among: str) -> tuple[str, ...]:
        """Those of the kinds that may appear."""
        return tuple(kind for kind in among if kind in self._allowed("kinds"))

    def low_block(self) -> ObjectConfig:
        """A block that is not large, to be pushed or to stand on others: large blocks, and cans, tip over when pushed."""
        small = "small" in self._allowed("sizes") and bool(self.random.integers(2))
        return self.draw("block", size="small" if small else "normal")

    def noun(self, word: str) -> str:
        """What a kind or a size is called."""
        return self.say(load_words("attributes")[word])

    def name(self, thing: ObjectConfig) -> str:
        """Colour and noun: "red block"."""
        return f"{thing.colour} {self.noun(thing.kind)}"

    def say(self, words: Halves) -> str:
        """One of the words of the split's half."""
        return self.one(words.half(self.split.words))

    def one(self, options: Sequence[str]) -> str:
        """One of several, all alike likely."""
        return options[int(self.random.integers(len(options)))]

    def relation(self) -> str:
        """A relation such as "left of": a seen one where the words are, else any."""
        relations = load_words("relations")["relations"]
        return self.one(relations.seen if self.split.words == "seen" else relations.all)

    def region(self) -> str:
        """A part of the table such as "left": a seen one where the words are, else any."""
        regions = load_words("regions")["regions"]
        return self.one(regions.seen if self.split.words == "seen" else regions.all)

    def among(self, attributes: Halves) -> str:
        """One of the attributes that may appear."""
        return self.one(attributes.seen if self.split.attributes == "seen" else attributes.all)

    def laid(self, things: Sequence[ObjectConfig] | None = None, **region: object) -> SceneConfig:
        """The scene with these things, or all that were drawn; what has no place yet gets a free one in reach.

        `lower`, `upper` and `gap` stand for those of the scene while places are drawn.

        Raises:
            InvalidInput: they do not fit.
        """
        wanted = replace(self.scene, objects=list(self.things if things is None else things), always=[])
        names = {"lower": "region_lower", "upper": "region_upper", "gap": "gap"}
        drawn = replace(wanted, **{names[name]: value for name, value in region.items()})  # type: ignore[arg-type]
        return replace(wanted, objects=arrange(drawn, self.random, REACH))

    def _drawn(self, kinds: tuple[str, ...], size: str | None, colour: str | None) -> ObjectConfig:
        """A thing of allowed kind, colour and size."""
        kind = self.one(self.kinds(*kinds) or kinds)
        sizes = [each for each in KINDS[kind].sizes if each in self._allowed("sizes")]
        return ObjectConfig(
            kind=kind, colour=colour or self.one(self._allowed("colours")), size=size or self.one(sizes or ["normal"])
        )

    def _allowed(self, table: str) -> tuple[str, ...]:
        """What may appear at all of a table of attributes."""
        halves = load_words("attributes")[table]
        return halves.seen if self.split.attributes == "seen" else halves.all

    def _fits(self, thing: ObjectConfig) -> bool:
        """Whether a thing that the words are about belongs to the split."""
        if self.split.attributes == "seen":
            return True
        tables = load_words("attributes")
        traits = (("kinds", thing.kind), ("colours", thing.colour), ("sizes", thing.size))
        return any(value in tables[table].unseen for table, value in traits)


@dataclass(kw_only=True)
class CastFamily:
    """A Family whose every draw begins with a cast; draws that can't be solved are made again.

    Attributes:
        name: as in the catalogue.
        attempt: one draw, or None if it can't be solved.
        splits: those of `SPLITS` that it can be drawn in.
    """

    name: str
    attempt: Callable[[Cast], Episode | None]
    splits: tuple[str, ...] = SPLITS

    def draw(self, split: str, scene: SceneConfig, random: np.random.Generator) -> Episode:
        """The first episode that can be solved.

        Raises:
            InvalidInput: an unknown split, colours that the scene lacks, or none of many draws could be solved.
        """
        if split not in self.splits:
            raise one_of(f"{self.name}: split", split, self.splits)
        refusals: list[str] = []
        for _ in range(TRIES):
            cast = Cast(split, scene, random)
            try:
                episode = self.attempt(cast)
            except InvalidInput as refusal:  # these things do not fit; others may
                refusals.append(str(refusal))
                if len(refusals) == MOST_REFUSALS:
                    break
                continue
            if episode is not None:
                return episode
        why = refusals[-1] if refusals else "expected more room on the table"
        raise InvalidInput(f"{self.name}: no draw could be solved in this scene: {why}")
