"""Move to [pos] while moving at [velocity] when within [dist] cm from the [obj]."""

from sim.tasks.family import Errand
from sim.tasks.goals import MovedTo
from sim.tasks.placement import in_region
from sim.tasks.rules import SpeedInZone, distance_to
from sim.tasks.voxposer.motions import fly_at_pace
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, part_of_table, ruled


class MoveNearAtSpeed(TableFamily):
    """The tool rests in the part of the table; near the block, if the way leads there, it is as fast as asked for."""

    name, splits = "voxposer_move_near_at_speed", SEEN

    def errand(self, table: Table) -> Errand:
        """A block that lies where the tool shall go."""
        (pos, region), (velocity, ratio), (dist, metres) = map(table.word, ("pos", "velocity", "dist"))
        block = table.block(lambda xy: in_region(region, xy, table.config))
        return ruled(
            f"move to the {pos} while moving at {velocity} when within {dist} cm from the {block}",
            lambda truth: MovedTo(part_of_table(pos, region), (), truth),
            lambda truth: SpeedInZone(lambda now: distance_to(now.scene.object(block), now) < metres, ratio),
            script=lambda hand: fly_at_pace(hand, table.middle(region), ratio, lambda xy: table.gap(block, xy) < metres),
        )
