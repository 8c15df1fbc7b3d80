"""Move to the [preposition] the [obj]."""

from policies.language.program import Place, Relation
from sim.tasks.family import Errand
from sim.tasks.goals import MovedTo
from sim.tasks.placement import SIDES
from sim.tasks.voxposer.motions import fly_to
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, ruled

BESIDE = 0.09


class MoveBeside(TableFamily):
    """The tool rests on that side of the block, less than 15 cm from it."""

    name, splits = "voxposer_move_beside", SEEN

    def errand(self, table: Table) -> Errand:
        """A block with room on that side."""
        preposition, relation = table.word("preposition")
        side = SIDES[Relation(relation)]
        block = table.block(lambda xy: table.inside(xy + BESIDE * side))
        place = Place(text=f"{preposition} the {block}", relation=Relation(relation))
        return ruled(
            f"move to the {preposition} the {block}",
            lambda truth: MovedTo(place, (truth.scene.object(block),), truth),
            script=lambda hand: fly_to(hand, table.place(block) + BESIDE * side),
        )
