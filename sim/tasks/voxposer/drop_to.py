"""Drop the [obj] to the [pos]."""

import numpy as np

from sim.tasks.family import Errand, Script
from sim.tasks.goals import PutThere
from sim.tasks.placement import in_region
from sim.tasks.scripts import Hand
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, part_of_table, ruled


class DropTo(TableFamily):
    """The block stands in the part of the table, at rest and let go."""

    name, splits = "voxposer_drop_to", SEEN

    def errand(self, table: Table) -> Errand:
        """A block that lies elsewhere."""
        pos, region = table.word("pos")
        block = table.block(lambda xy: not in_region(region, xy, table.config))
        goal = table.free(lambda xy: in_region(region, xy, table.config))
        return ruled(
            f"drop the {block} to the {pos}",
            lambda truth: PutThere(truth.scene.object(block), part_of_table(pos, region), (), truth),
            script=lambda hand: _bring(hand, block, goal),
        )


def _bring(hand: Hand, block: str, goal: np.ndarray) -> Script:
    """Pick the block and set it down at a point (2,)."""
    yield from hand.pick(hand.scene.object(block))
    yield from hand.place(goal, 0.0)
