"""sort_by_colour: a pile of four to six things into two or three bins, each into that of its colour."""

from sim.tasks.cast import Cast, CastFamily
from sim.tasks.family import Episode
from sim.tasks.meaning import errand
from sim.tasks.sorting import in_bins, piled, roomy, sort_script
from sim.tasks.wording import load_words

THINGS = ("block", "can", "ball")


def _attempt(cast: Cast) -> Episode | None:
    """Two or three bins of different colours, and things of these colours, at least one for each bin.

    Success (`goals.PutThere`), for every thing: its middle is inside the walls of its bin and below the rim by less than
    half its height, it moves by less than 1 cm/s and is not held.
    """
    first = cast.draw(*THINGS)
    bins = [cast.draw("bin", colour=first.colour)]
    bins += [cast.draw("bin") for _ in range(int(cast.random.integers(1, 3)))]
    things = [first, *(cast.draw(*THINGS, colour=each.colour) for each in bins[1:])]
    for _ in range(int(cast.random.integers(4, 7)) - len(things)):
        open_for = roomy([each.colour for each in bins], [each.colour for each in things])
        things.append(cast.another(THINGS, colour=cast.one(open_for)))
    kinds = {each.kind for each in things}
    noun = cast.noun(kinds.pop() if len(kinds) == 1 else "thing")
    instruction = cast.say(load_words("sort_by_colour")["phrases"]).format(noun=noun, bin=cast.noun("bin"))
    colours = [each.colour for each in bins]
    pairs = [(index, len(things) + colours.index(each.colour)) for index, each in enumerate(things)]
    sorted_out = errand(instruction, lambda truth: in_bins(pairs, truth), lambda scene, world: sort_script(scene, world, pairs))
    return Episode(scene=piled(cast, things, bins), errands=(sorted_out,))


SORT_BY_COLOUR = CastFamily(name="sort_by_colour", attempt=_attempt)
