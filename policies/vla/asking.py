"""Asking: one question of each kind about a still, with its answer in words; None where the still gives none."""

import numpy as np

from policies.vla.lesson import Lesson
from policies.vla.reference import comparable, only, refer, refer_alone
from policies.vla.stills import Still
from policies.vla.vocabulary import Sort, draw

SHUT, OPEN = 0.01, 0.08  # m: between the two a drawer is neither, as the tasks judge it
COUNTING = ("how many {} are there?", "how many {} do you see?", "count the {}", "what is the number of {}?")
EXISTENCE = ("is there a {}?", "do you see a {}?", "would you find a {}?")
WHAT = ("what is {} the {}?", "what lies {} the {}?", "what do you see {} the {}?")
WHETHER = ("is the {} {} the {}?", "does the {} lie {} the {}?")
COLOUR = ("what colour is the {}?", "which colour does the {} have?", "name the colour of the {}")
SHAPE = ("what is the {}?", "what shape is the {}?", "what would you call the {}?")
SUPERLATIVE = ("which is", "which one is", "tell me which is")
DRAWER = ("is the drawer {}?", "does the drawer stand {}?")


def counting(still: Still, random: np.random.Generator) -> Lesson | None:
    """How many of a sort there are, all counts that the scene offers alike likely; zero for what nearly is there."""
    counted: dict[int, list[tuple[Sort, np.ndarray]]] = {}
    for sort, fits in still.sorts:
        if still.visible[fits].all() and (fits.any() or nearly(still, sort)):
            counted.setdefault(int(fits.sum()), []).append((sort, fits))
    if not counted:
        return None
    number = draw(sorted(counted), random)
    sort, fits = draw(counted[number], random)
    text = draw(COUNTING, random).format(still.vocabulary.say(sort, random, number=2))
    return _lesson("counting", still, text, still.vocabulary.count(number), np.flatnonzero(fits))


def existence(still: Still, random: np.random.Generator) -> Lesson | None:
    """Whether there is such a thing; yes and no tell the same attributes, and half the absent ones nearly are there."""
    there = [(sort, fits) for sort, fits in still.sorts if (fits & still.visible).any()]
    absent = [sort for sort, fits in still.sorts if not fits.any()]
    forms = sorted({_form(sort) for sort, _ in there} & {_form(sort) for sort in absent})
    if not forms:
        return None
    form, yes = draw(forms, random), bool(random.integers(2))
    near = [sort for sort in absent if _form(sort) == form and nearly(still, sort)]
    if yes:
        sort, fits = draw([each for each in there if _form(each[0]) == form], random)
    else:
        far = [sort for sort in absent if _form(sort) == form]
        sort, fits = draw(near if near and random.integers(2) else far, random), np.zeros(len(still.things), dtype=bool)
    phrase = with_article(draw(EXISTENCE, random).format(still.vocabulary.say(sort, random)))
    return _lesson("existence", still, phrase, _yes(yes), np.flatnonzero(fits & still.visible))


def relation(still: Still, random: np.random.Generator) -> Lesson | None:
    """What stands so to a thing, where that is one thing only; or, as often, whether one does."""
    ways = (_what, _whether) if random.integers(2) else (_whether, _what)
    return ways[0](still, random) or ways[1](still, random)


def attribute(still: Still, random: np.random.Generator) -> Lesson | None:
    """Which colour or shape a thing has that is told by something else."""
    untold, frames = (("colour", COLOUR), ("shape", SHAPE))[random.integers(2)]
    for thing in random.permutation(np.flatnonzero(still.visible)).tolist():
        phrase = refer(still, thing, random, untold=untold)
        if still.vocabulary.name(still.things[thing]) and phrase:
            value = still.things[thing][untold]
            answer = value if untold == "colour" else still.vocabulary.noun(value)
            return _lesson("attribute", still, draw(frames, random).format(phrase), answer, [thing])
    return None


def superlative(still: Still, random: np.random.Generator) -> Lesson | None:
    """Which of several that do not all look alike is the leftmost, nearest, largest, …, where that is plain."""
    found = [
        (sort, word, thing)
        for sort, fits in comparable(still)
        if not (sort.colour and sort.shape)
        for word in still.vocabulary.superlatives
        if (thing := still.extreme(word, fits)) is not None and still.vocabulary.name(still.things[thing])
    ]
    if not found:
        return None
    sort, word, thing = draw(found, random)
    text = f"{draw(SUPERLATIVE, random)} the {word} {still.vocabulary.say(sort, random)}"
    return _lesson("superlative", still, text, still.vocabulary.name(still.things[thing]), [thing])


def articulation(still: Still, random: np.random.Generator) -> Lesson | None:
    """Whether the drawer is open, or closed, so that the answer is yes half the time."""
    is_open, yes = still.drawer(SHUT, OPEN), bool(random.integers(2))
    words = still.vocabulary.states.get(is_open == yes)
    if is_open is None or not words:
        return None
    return _lesson("articulation", still, draw(DRAWER, random).format(draw(words, random)), _yes(yes), [])


def grounding(still: Still, random: np.random.Generator) -> Lesson | None:
    """A phrase that means exactly one thing, and that thing's region."""
    for thing in random.permutation(np.flatnonzero(still.visible)).tolist():
        if phrase := refer(still, thing, random):
            return _lesson("grounding", still, f"the {phrase}", "", [thing])
    return None


def missing(still: Still, random: np.random.Generator) -> Lesson | None:
    """A phrase that fits nothing there; every other one nearly does."""
    absent = [sort for sort, fits in still.sorts if not fits.any()]
    near = [sort for sort in absent if nearly(still, sort)]
    if not absent:
        return None
    sort = draw(near if near and random.integers(2) else absent, random)
    return _lesson("missing", still, f"the {still.vocabulary.say(sort, random)}", "", [])


def nearly(still: Still, sort: Sort) -> bool:
    """Whether something in sight differs from a sort in one of several attributes that it tells."""
    asked = {key: value for key, value in vars(sort).items() if value is not None}
    seen = [thing for thing, visible in zip(still.things, still.visible, strict=True) if visible]
    misses = [sum(thing.get(key, "normal") != value for key, value in asked.items()) for thing in seen]
    return len(asked) > 1 and 1 in misses


def with_article(text: str) -> str:
    """The text with "an" where a vowel follows."""
    words = text.split(" ")
    return " ".join("an" if a == "a" and b[:1] in "aeiou" else a for a, b in zip(words, [*words[1:], "-"], strict=True))


def _what(still: Still, random: np.random.Generator) -> Lesson | None:
    """What stands so to a thing."""
    everything = np.ones(len(still.things), dtype=bool)
    for name, thing, anchor in _shuffled(_pairs(still, still.clear), random):
        answer = still.vocabulary.name(still.things[thing])
        if answer and only(still, name, thing, anchor, everything):
            phrase = refer_alone(still, anchor, random)
            if phrase:
                text = draw(WHAT, random).format(still.vocabulary.say_relation(name, random), phrase)
                return _lesson("relation", still, text, answer, [thing])
    return None


def _whether(still: Still, random: np.random.Generator) -> Lesson | None:
    """Whether one thing stands so to another; a relation is asked for only if yes and no could both be the answer."""
    clear, denied = _pairs(still, still.clear), _pairs(still, still.denied)
    names = sorted({name for name, *_ in clear} & {name for name, *_ in denied})
    if not names:
        return None
    name = draw(names, random)
    answers = [_answered(still, name, yes, clear if yes else denied, random) for yes in (False, True)]
    return None if None in answers else draw(answers, random)


def _answered(
    still: Still, name: str, yes: bool, pairs: list[tuple[str, int, int]], random: np.random.Generator
) -> Lesson | None:
    """Whether a relation holds between a pair for which the answer is known."""
    for _, thing, anchor in _shuffled([pair for pair in pairs if pair[0] == name], random):
        subject, object_ = (refer_alone(still, each, random) for each in (thing, anchor))
        if subject and object_:
            text = draw(WHETHER, random).format(subject, still.vocabulary.say_relation(name, random), object_)
            return _lesson("relation", still, text, _yes(yes), [thing, anchor])
    return None


def _pairs(still: Still, table: dict[str, np.ndarray]) -> list[tuple[str, int, int]]:
    """The relations of a table between things in sight that can be said."""
    seen = still.visible[:, None] & still.visible[None]
    names = [name for name in still.vocabulary.relations if name in table]
    return [(name, int(a), int(b)) for name in names for a, b in np.argwhere(table[name] & seen)]


def _shuffled(pairs: list[tuple[str, int, int]], random: np.random.Generator) -> list[tuple[str, int, int]]:
    """In an order by chance."""
    return [pairs[index] for index in random.permutation(len(pairs))]


def _form(sort: Sort) -> tuple[bool, bool, bool]:
    """Which attributes a sort tells."""
    return sort.colour is not None, sort.shape is not None, sort.size is not None


def _yes(yes: bool) -> str:
    """In words."""
    return "yes" if yes else "no"


def _lesson(kind: str, still: Still, text: str, answer: str, things: "np.ndarray | list[int]") -> Lesson:
    """With the regions of the things."""
    return Lesson(kind=kind, step=still.step, text=text, answer=answer, regions=tuple(still.region(int(t)) for t in things))
