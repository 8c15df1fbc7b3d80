"""Naming: things in words, for what is said to a person."""

from collections.abc import Sequence

from policies.grounding.grounder import Candidate

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}


def i_see(things: Sequence[Candidate]) -> str:
    """ "I see a red block, a blue bowl and two green cans", from left to right."""
    if not things:
        return "I see nothing on the table"
    names = [each.description for each in things]
    counted = [(name, names.count(name)) for name in dict.fromkeys(names)]
    shown = [with_article(name) if count == 1 else f"{number(count)} {plural(name)}" for name, count in counted]
    return "I see " + (shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}")


def number(count: int) -> str:
    """A small number as a word."""
    return NUMBERS.get(count, str(count))


def with_article(noun: str) -> str:
    """ "a red block", "an orange ball"."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def plural(noun: str) -> str:
    """ "red blocks", "boxes"."""
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def capital(sentence: str) -> str:
    """The sentence with a capital at its start."""
    return sentence[:1].upper() + sentence[1:]
