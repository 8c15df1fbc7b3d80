"""Move to the [region]."""

from sim.tasks.family import Errand
from sim.tasks.goals import MovedTo
from sim.tasks.voxposer.motions import fly_to
from sim.tasks.voxposer.table import UNSEEN, Table, TableFamily, part_of_table, ruled


class MoveRegion(TableFamily):
    """The tool rests in that part of the table."""

    name, splits = "voxposer_move_region", UNSEEN

    def errand(self, table: Table) -> Errand:
        """Any table."""
        text, region = table.word("region")
        return ruled(
            f"move to the {text}",
            lambda truth: MovedTo(part_of_table(text, region), (), truth),
            script=lambda hand: fly_to(hand, table.middle(region)),
        )
