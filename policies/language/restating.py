"""Restating: a sentence in the plain words of the description of what was understood, so that many ways to say it are one."""

from dataclasses import replace
from functools import lru_cache

from policies.language.describe import describe_steps
from policies.language.parser import RuleParser
from policies.language.program import Pick, Put, Step
from robot.errors import InstructionRefused


@lru_cache(maxsize=4096)
def understood(sentence: str) -> tuple[Step, ...]:
    """The steps of a sentence; none where it isn't understood."""
    try:
        return RuleParser().parse(sentence).steps
    except InstructionRefused:
        return ()


@lru_cache(maxsize=4096)
def restated(sentence: str) -> str:
    """The same in plain words: "raise the tin off the table" is "pick up the can"; as it is where it isn't understood."""
    steps = understood(sentence)
    return ", then ".join(describe_steps(_without_detours(steps))) if steps else sentence


def _without_detours(steps: tuple[Step, ...]) -> list[Step]:
    """Taking a thing and then putting it somewhere is putting it there."""
    plain: list[Step] = []
    for step in steps:
        match (plain[-1] if plain else None), step:
            case Pick(thing=taken, manners=()), Put(thing=thing) if thing is None or thing.pronoun:
                plain[-1] = replace(step, thing=taken)
            case _:
                plain.append(step)
    return plain
