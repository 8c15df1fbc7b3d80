"""Push the [obj] along the [line]."""

import numpy as np

from sim.tasks.family import Errand
from sim.tasks.voxposer.pushes import PushedAlong
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, ruled

FAR = 0.10
NEAR_EDGE = 0.08


class PushAlong(TableFamily):
    """A block near one edge of the used part of the table goes on along that edge, either way."""

    name, splits = "voxposer_push_along", SEEN

    def errand(self, table: Table) -> Errand:
        """A block less than 8 cm from the edge; the expert pushes it towards the middle."""
        line, (axis, end) = table.word("line")
        edge = (table.config.region_lower, table.config.region_upper)[end][1 - axis]
        block = table.block(lambda xy: abs(xy[1 - axis] - edge) < NEAR_EDGE)
        way = np.zeros(2)
        way[axis] = np.sign(table.middle("table")[axis] - table.place(block)[axis])
        return ruled(
            f"push the {block} along the {line}",
            lambda truth: PushedAlong(truth.scene.object(block), axis, truth),
            script=lambda hand: hand.push(hand.scene.object(block), table.place(block) + FAR * way),
        )
