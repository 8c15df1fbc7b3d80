"""Move to the [pos] while staying at least [dist] cm from the [obj]."""

import numpy as np

from sim.tasks.family import Errand
from sim.tasks.goals import MovedTo
from sim.tasks.rules import KeptAway
from sim.tasks.voxposer.motions import fly_to
from sim.tasks.voxposer.table import HOME, UNSEEN, Table, TableFamily, part_of_table, ruled


class MoveClear(TableFamily):
    """The tool rests in the part of the table and was never nearer to the block than was said."""

    name, splits = "voxposer_move_clear", UNSEEN

    def errand(self, table: Table) -> Errand:
        """A block on the straight way from the tool's home to the goal."""
        (pos, region), (dist, metres) = map(table.word, ("pos", "dist"))
        block = table.block(lambda xy: off_line(xy, HOME, table.middle(region)) < metres)
        return ruled(
            f"move to the {pos} while staying at least {dist} cm from the {block}",
            lambda truth: MovedTo(part_of_table(pos, region), (), truth),
            lambda truth: KeptAway(truth.scene.object(block), metres),
            script=lambda hand: fly_to(hand, table.middle(region)),
        )


def off_line(xy: np.ndarray, start: np.ndarray, end: np.ndarray) -> float:
    """How far a point (2,) is from the straight line between two others, m."""
    way = end - start
    share = np.clip((xy - start) @ way / (way @ way), 0.0, 1.0)
    return float(np.linalg.norm(start + share * way - xy))
