"""Lengths as they are said: "10 cm", "by two inches", "half a metre", "a bit"; in metres."""

from policies.language.grammar.quantities import A_BIT, A_BIT_M, NUMBERS, ONE, UNITS
from policies.language.grammar.tokens import Reader
from policies.language.grammar.verbs import VERBS
from robot.errors import InstructionRefused

MAX_DISTANCE_M = 10.0
LEADS = {f"{by}{about}".strip() for by in ("", "by ", "for ", "over ", "a distance of ", "by a distance of ", "through ", "of ",
         "over a distance of ", "for a distance of ") for about in ("", "about ", "around ", "roughly ", "approximately ",
         "exactly ",
         "another ", "a total of ", "some ", "precisely ", "circa ")} - {""}  # fmt: skip


def read_distance(reader: Reader) -> float | None:
    """The distance that stands next, m; None if none does.

    Raises:
        InstructionRefused: a number without a unit, or one that no arm reaches.
    """
    start = reader.position
    reader.accept(LEADS)
    if reader.accept(A_BIT):
        return A_BIT_M
    number = _read_number(reader)
    unit = reader.meaning(UNITS) if number is not None else None
    if number is None or unit is None:
        numbers_step = reader.word() in (".", ":") or reader.length(VERBS) > 0  # "2. put it down"
        if number is not None and reader.word(-1)[-1].isdigit() and not numbers_step:
            raise InstructionRefused(f"{number:g} of what? Say the distance with its unit, such as '{number:g} cm'.")
        reader.position = start
        return None
    distance = round(number * unit, 6)  # µm: so that "5.08 cm" and "two inches" are the same number
    if not 0 < distance <= MAX_DISTANCE_M:
        raise InstructionRefused(f"A distance is more than 0 and at most {MAX_DISTANCE_M:g} m; say for example '10 cm'.")
    return distance


def _read_number(reader: Reader) -> float | None:
    """The number that stands next, in digits or in words."""
    if (number := reader.meaning(NUMBERS)) is not None:
        return number
    word = reader.word()
    if word in ONE or word.replace(".", "", 1).isdigit():
        reader.position += 1
        return 1.0 if word in ONE else float(word)
    return None
