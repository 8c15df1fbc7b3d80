"""Move to the [pos] while staying on the [preposition] of the [obj]."""

from policies.language.program import Relation
from sim.tasks.family import Errand
from sim.tasks.goals import MovedTo
from sim.tasks.placement import SIDES
from sim.tasks.rules import StayedOnSide
from sim.tasks.voxposer.motions import fly_to
from sim.tasks.voxposer.table import HOME, SEEN, Table, TableFamily, part_of_table, ruled

CLEAR = 0.03  # m between the plane and both ends of the way


class MoveOnSide(TableFamily):
    """The tool rests in the part of the table and never left its side of the block on the way."""

    name, splits = "voxposer_move_on_side", SEEN

    def errand(self, table: Table) -> Errand:
        """A block such that both the tool's home and the goal are on the side that is spoken of."""
        preposition, relation = table.word("preposition")
        side = SIDES[Relation(relation)]
        pos, region = table.word("pos")
        ends = min(float(HOME @ side), float(table.middle(region) @ side))
        block = table.block(lambda xy: float(xy @ side) < ends - CLEAR)
        return ruled(
            f"move to the {pos} while staying on the {preposition.removesuffix(' of')} of the {block}",
            lambda truth: MovedTo(part_of_table(pos, region), (), truth),
            lambda truth: StayedOnSide(truth.scene.object(block), Relation(relation), truth),
            script=lambda hand: fly_to(hand, table.middle(region)),
        )
