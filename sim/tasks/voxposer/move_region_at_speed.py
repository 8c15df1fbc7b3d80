"""Move to the [pos] while moving at [velocity] in the [region]."""

from sim.tasks.family import Errand
from sim.tasks.goals import MovedTo
from sim.tasks.placement import in_region
from sim.tasks.rules import SpeedInZone
from sim.tasks.voxposer.motions import fly_at_pace
from sim.tasks.voxposer.table import UNSEEN, Table, TableFamily, part_of_table, ruled


class MoveRegionAtSpeed(TableFamily):
    """The tool rests in the part of the table; in the region, if the way leads there, it was as fast as asked for."""

    name, splits = "voxposer_move_region_at_speed", UNSEEN

    def errand(self, table: Table) -> Errand:
        """Any table."""
        (pos, region), (velocity, ratio), (zone, zone_region) = map(table.word, ("pos", "velocity", "region"))
        return ruled(
            f"move to the {pos} while moving at {velocity} in the {zone}",
            lambda truth: MovedTo(part_of_table(pos, region), (), truth),
            lambda truth: SpeedInZone(lambda now: in_region(zone_region, now.tool()[:2, 3], table.config), ratio),
            script=lambda hand: fly_at_pace(
                hand, table.middle(region), ratio, lambda xy: in_region(zone_region, xy, table.config)
            ),
        )
