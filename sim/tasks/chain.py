"""chain: five sentences in a row in one world, each of which makes sense where the ones before have been done."""

from collections.abc import Callable

from policies.language.program import Place, Relation
from sim.layout import ObjectConfig
from sim.scene import Scene
from sim.tasks.cast import Cast, CastFamily
from sim.tasks.elbowroom import Disc
from sim.tasks.family import Episode, Errand, Script
from sim.tasks.goals import PutThere
from sim.tasks.meaning import errand
from sim.tasks.placement import SIDES, beside
from sim.tasks.scripts import Hand, until_met
from sim.tasks.spots import ENOUGH, around, roomiest
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words
from sim.world import World

LENGTH = 5
NUM_BLOCKS = 3
TRIES = 50
LET_GO_ABOVE = 0.003  # m


class Chain:
    """What has been asked for so far, and how the table would be if it were done."""

    def __init__(self, cast: Cast, things: list[ObjectConfig]) -> None:
        """The blocks come first, then the bowl and the plate; all have their places."""
        self._cast = cast
        self._names = {f"{each.colour} {each.kind}": each for each in things}
        self._discs = {name: Disc.lying(each) for name, each in self._names.items()}
        self._blocks = list(self._names)[:NUM_BLOCKS]
        self._bowl, self._plate = list(self._names)[NUM_BLOCKS:]
        self._under: dict[str, str] = {}  # block → what it stands on or in, if that is not the table
        self._last = ""
        self._asked: set[tuple[str, Relation, str]] = set()
        self.errands: list[Errand] = []

    def extend(self) -> bool:
        """Ask for one thing more; whether anything was found."""
        asks = (self._into_bowl, self._onto_plate, self._onto_block, self._beside)
        for _ in range(TRIES):
            thing = self._cast.one([each for each in self._blocks if self._can_be_moved(each)])
            ask = asks[int(self._cast.random.integers(len(asks)))]
            if thing != self._last and ask(thing):
                self._last = thing
                return True
        return False

    def _into_bowl(self, thing: str) -> bool:
        """Ask for a block to be put into the empty bowl, where it stays."""
        return self._upon(thing, self._bowl, Relation.IN, "place_in", "hollow")

    def _onto_plate(self, thing: str) -> bool:
        """Ask for a block to be put onto the empty plate."""
        return self._upon(thing, self._plate, Relation.ON, "place_on", "under")

    def _onto_block(self, thing: str) -> bool:
        """Ask for a block to be put onto one that stands on the table."""
        others = [each for each in self._blocks if each != thing and each not in self._under]
        return bool(others) and self._upon(thing, self._cast.one(others), Relation.ON, "place_on", "under")

    def _upon(self, thing: str, under: str, relation: Relation, words: str, gap: str) -> bool:
        """Ask for a block to be put in or on something that nothing is in or on."""
        if under in self._under.values() or (thing, relation, under) in self._asked:
            return False
        self._asked.add((thing, relation, under))
        place = Place(text=f"{relation} the {under}", relation=relation)
        said = {"thing": self._called(thing), gap: self._called(under)}
        goals = _put(thing, under, place)
        self._ask(words, said, goals, lambda hand: hand.bring_upon(hand.scene.object(thing), hand.scene.object(under)))
        self._under[thing] = under
        self._discs.pop(thing, None)
        return True

    def _beside(self, thing: str) -> bool:
        """Ask for a block to be put beside the bowl or the plate, where there is plenty of room."""
        anchor, relation = self._cast.one((self._bowl, self._plate)), Relation(self._cast.relation())
        place, radius = Place(text=f"{relation} the {anchor}", relation=relation), Disc.lying(self._names[thing]).radius
        here, there = self._disc_under(thing), self._discs[anchor]
        if not beside(place, here.xy, radius, [there.xy], [there.radius]):
            return False  # it is so already
        others = [disc for name, disc in self._discs.items() if name not in (thing, anchor)]
        spot, gap = roomiest(around(self._discs[anchor], radius, SIDES[relation]), radius, others)
        if gap < ENOUGH or (thing, relation, anchor) in self._asked:
            return False
        self._asked.add((thing, relation, anchor))

        def bring(hand: Hand) -> Script:
            block, by = hand.scene.object(thing), hand.scene.object(anchor)
            yield from hand.pick(block)
            spots = around(Disc.of(by, hand.truth), block.radius, SIDES[relation])
            yield from hand.place(roomiest(spots, block.radius, hand.others(by))[0], LET_GO_ABOVE)

        said = {"relation": self._cast.say(load_words("relations")[relation])}
        said |= {"thing": self._called(thing), "anchor": self._called(anchor)}
        self._ask("place_beside", said, _put(thing, anchor, place), bring)
        self._under.pop(thing, None)
        self._discs[thing] = Disc(x=float(spot[0]), y=float(spot[1]), radius=radius, top=2 * radius)
        return True

    def _disc_under(self, thing: str) -> Disc:
        """What stands on the table where a thing is: itself, or what it is on or in."""
        while thing in self._under:
            thing = self._under[thing]
        return self._discs[thing]

    def _can_be_moved(self, block: str) -> bool:
        """Whether nothing stands on a block and it is not in the bowl, out of the fingers' reach."""
        return block not in self._under.values() and self._under.get(block) != self._bowl

    def _called(self, name: str) -> str:
        """A thing in the words of the split."""
        return self._cast.name(self._names[name])

    def _ask(
        self,
        words: str,
        said: dict[str, str],
        goals: Callable[[Truth], list[PutThere]],
        bring: Callable[[Hand], Script],
    ) -> None:
        """One errand more."""

        def script(scene: Scene, world: World) -> Script:
            hand = Hand(scene, world)
            goal = goals(hand.truth)[0]
            yield from until_met(lambda: goal.unmet(hand.truth), lambda: bring(hand))

        self.errands.append(errand(self._cast.say(load_words(words)["phrases"]).format(**said), goals, script))


def _put(thing: str, anchor: str, place: Place) -> Callable[[Truth], list[PutThere]]:
    """The goal that one thing is at a place of another."""

    def goals(truth: Truth) -> list[PutThere]:
        return [PutThere(truth.scene.object(thing), place, (truth.scene.object(anchor),), truth)]

    return goals


def _attempt(cast: Cast) -> Episode | None:
    """Three blocks, a bowl and a plate; five times a block is put in, on or beside something.

    Success of each sentence: `goals.PutThere`, judged when the policy says that it is done with it.
    """
    for _ in range(NUM_BLOCKS):
        cast.draw("block", size="normal")
    cast.draw("bowl")
    cast.draw("plate")
    scene = cast.laid()
    chain = Chain(cast, scene.objects)
    if not all(chain.extend() for _ in range(LENGTH)):
        return None
    return Episode(scene=scene, errands=tuple(chain.errands))


CHAIN = CastFamily(name="chain", attempt=_attempt)
