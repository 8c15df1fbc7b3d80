"""Captions: true sentences about a still, word by word with what would make them false, and what can be guessed from sight."""

from dataclasses import dataclass

import numpy as np

from policies.vla.asking import OPEN, SHUT, with_article
from policies.vla.lesson import Lesson
from policies.vla.stills import SIDES, Still
from policies.vla.vocabulary import draw, key_of, plural

MASK = "<mask>"
MOST_GROUPS = 4
LEADS = ("i see", "one sees", "the picture shows", "in view: ")
PROMPTS = ("describe the scene", "what do you see?", "caption this", "tell me what is there")


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Some words of a caption.

    Attributes:
        text: the words.
        key: the one of them that sight and the other words leave no choice about; empty if there is none.
        wrong: expressions in their place that make the caption false.
    """

    text: str
    key: str = ""
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Group:
    """All things of one colour and shape; each of them is in sight and can be said."""

    colour: str
    shape: str
    members: tuple[int, ...]


def caption(still: Still, random: np.random.Generator) -> Lesson | None:
    """A prompt, and one or two sentences that describe the scene."""
    slots, members = _slots(still, random)
    if not slots:
        return None
    return _lesson("captions", still, draw(PROMPTS, random), members, answer=_joined([slot.text for slot in slots]))


def contrast(still: Still, random: np.random.Generator) -> Lesson | None:
    """A caption, and one that differs in one attribute or relation and is false."""
    slots, members = _slots(still, random)
    places = [index for index, slot in enumerate(slots) if slot.wrong]
    if not places:
        return None
    place, words = draw(places, random), [slot.text for slot in slots]
    words[place] = draw(slots[place].wrong, random)
    return _lesson("contrast", still, _joined([slot.text for slot in slots]), members, negative=_joined(words))


def masked(still: Still, random: np.random.Generator) -> Lesson | None:
    """A caption with one word masked, and the word."""
    slots, members = _slots(still, random)
    places = [index for index, slot in enumerate(slots) if slot.key]
    if not places:
        return None
    place, words = draw(places, random), [slot.text for slot in slots]
    key = slots[place].key
    words[place] = " ".join(MASK if word == key else word for word in words[place].split())
    return _lesson("masked", still, _joined(words), members, answer=key)


def _slots(still: Still, random: np.random.Generator) -> tuple[list[Slot], list[int]]:
    """A caption, empty if nothing can be said, and which things its first sentence names."""
    groups = _groups(still)
    groups = [groups[index] for index in random.permutation(len(groups))[: int(random.integers(1, MOST_GROUPS + 1))]]
    if not groups:
        return [], []
    slots = [Slot(text=draw(LEADS, random).strip())]
    for number, group in enumerate(groups):
        joint = "" if number == 0 else "and" if number == len(groups) - 1 else ","
        slots += [Slot(text=joint), *_group_slots(still, group)]
    seconds = [second for second in (_relation_slots(still, random), _drawer_slots(still, random)) if second]
    return [*slots, *(draw([[], *seconds], random))], [member for group in groups for member in group.members]


def _groups(still: Still) -> list[Group]:
    """What can be said of the scene, group by group."""
    members: dict[tuple[str, str], list[int]] = {}
    for index, thing in enumerate(still.things):
        if still.vocabulary.name(thing):
            members.setdefault((thing["colour"], thing["shape"]), []).append(index)
    return [Group(colour=c, shape=s, members=tuple(who)) for (c, s), who in members.items() if still.visible[who].all()]


def _group_slots(still: Still, group: Group) -> list[Slot]:
    """How many, of which colour, of which shape."""
    number, nouns = len(group.members), {shape: still.vocabulary.noun(shape) for shape in still.vocabulary.shapes}
    nouns = nouns if number == 1 else {shape: plural(noun) for shape, noun in nouns.items()}
    colours = {thing["colour"] for thing in still.things if thing["shape"] == group.shape}
    shapes = {thing["shape"] for thing in still.things if thing["colour"] == group.colour}
    count = "a" if number == 1 else still.vocabulary.count(number)
    return [
        Slot(text=count, key="" if number == 1 else count),
        Slot(
            text=group.colour,
            key=group.colour if len(colours) == 1 else "",
            wrong=tuple(each for each in still.vocabulary.colours if each not in colours),
        ),
        Slot(
            text=nouns[group.shape],
            key=nouns[group.shape] if len(shapes) == 1 else "",
            wrong=tuple(noun for shape, noun in nouns.items() if shape not in shapes),
        ),
    ]


def _relation_slots(still: Still, random: np.random.Generator) -> list[Slot]:
    """How one thing that is told by colour and shape stands to another; empty if nothing is plain."""
    single = {group.members[0]: group for group in _groups(still) if len(group.members) == 1}
    relations = [name for name in still.vocabulary.relations if name in still.clear]
    found = [(r, a, b) for r in relations for a in single for b in single if still.clear[r][a, b]]
    if not found:
        return []
    relation, first, second = draw(found, random)
    denied = [name for name in relations if still.denied[name][first, second] and _comparable(name, relation)]
    saying = still.vocabulary.say_relation(relation, random)
    other = {"on": "in", "in": "on"}.get(relation)
    sure = other is None or other not in still.denied or still.denied[other][first, second]
    wrong = tuple(still.vocabulary.say_relation(name, random) for name in denied)
    names = (still.vocabulary.name(still.things[each]) for each in (first, second))
    return [
        Slot(text=". the"),
        Slot(text=next(names)),
        Slot(text="is"),
        Slot(text=saying, key=key_of(relation, saying) if sure else "", wrong=wrong),
        Slot(text=f"the {next(names)}"),
    ]


def _drawer_slots(still: Still, random: np.random.Generator) -> list[Slot]:
    """Whether the drawer is open; empty if that is not plain or can't be said."""
    is_open = still.drawer(SHUT, OPEN)
    if is_open is None or not still.vocabulary.states.get(is_open):
        return []
    word = draw(still.vocabulary.states[is_open], random)
    return [Slot(text=". the drawer is"), Slot(text=word, wrong=still.vocabulary.states[not is_open])]


def _comparable(name: str, relation: str) -> bool:
    """Whether one relation is false where it is denied and the other holds: on and in are too close to tell apart."""
    return name in SIDES or relation in SIDES


def _joined(words: list[str]) -> str:
    """Sentences of the words."""
    return with_article(" ".join(word for word in words if word)).replace(" ,", ",").replace(" .", ".") + "."


def _lesson(kind: str, still: Still, text: str, members: list[int], *, answer: str = "", negative: str = "") -> Lesson:
    """With the regions of the things that are named."""
    regions = tuple(still.region(member) for member in members)
    return Lesson(kind=kind, step=still.step, text=text, answer=answer, negative=negative, regions=regions)
