"""sort_by_shape: a pile of four to six things into bins, each kind into one of its own."""

from collections.abc import Sequence
from itertools import permutations

from sim.tasks.cast import Cast, CastFamily
from sim.tasks.family import Episode
from sim.tasks.goals import PutThere, Still
from sim.tasks.meaning import errand
from sim.tasks.sorting import in_bins, piled, roomy, sort_script
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words

THINGS = ("block", "can", "ball")


class SortedSomehow(Still):
    """All things of a kind are in one bin and no two kinds share one; whichever bin is whose."""

    def __init__(self, ways: Sequence[list[PutThere]]) -> None:
        """Every way to give the kinds their bins; each is a goal for every thing."""
        self._ways = ways

    def unmet(self, truth: Truth) -> str:
        """Why they are not sorted: the first complaint of the way with the fewest."""
        complaints = [[clause for goal in way if (clause := goal.unmet(truth))] for way in self._ways]
        return next(iter(min(complaints, key=len)), "")


def _attempt(cast: Cast) -> Episode | None:
    """A bin for each of two or three kinds and at least one thing of each; in half of the draws it is said which is whose.

    Success: as `goals.PutThere` for every thing and its bin (see sort_by_colour); where no bins were named, any way to
    give each kind one bin will do (`SortedSomehow`).
    """
    first = cast.draw(*THINGS)
    others = [kind for kind in cast.kinds(*THINGS) if kind != first.kind]
    kinds = [first.kind, *(str(kind) for kind in cast.random.permutation(others)[: int(cast.random.integers(1, 3))])]
    things = [first, *(cast.draw(kind) for kind in kinds[1:])]
    for _ in range(int(cast.random.integers(4, 7)) - len(things)):
        things.append(cast.another(roomy(kinds, [each.kind for each in things])))
    bins = [cast.draw("bin") for _ in kinds]
    ways = [[(index, len(things) + order[kinds.index(each.kind)]) for index, each in enumerate(things)]
            for order in permutations(range(len(kinds)))]  # fmt: skip
    named = bool(cast.random.integers(2))
    words = load_words("sort_by_shape")
    moves = [f"the {cast.noun(kind)}s into the {cast.name(bin)}" for kind, bin in zip(kinds, bins, strict=True)]
    slots = {"moves": " and ".join([", ".join(moves[:-1]), moves[-1]]), "noun": cast.noun("thing"), "bin": cast.noun("bin")}
    instruction = cast.say(words["phrases" if named else "any"]).format(**slots)

    def goals(truth: Truth) -> list[PutThere] | list[SortedSomehow]:
        return in_bins(ways[0], truth) if named else [SortedSomehow([in_bins(way, truth) for way in ways])]

    sorted_out = errand(instruction, goals, lambda scene, world: sort_script(scene, world, ways[0]))
    return Episode(scene=piled(cast, things, bins), errands=(sorted_out,))


SORT_BY_SHAPE = CastFamily(name="sort_by_shape", attempt=_attempt)
