"""Push the [obj] to the [pos]."""

from sim.tasks.family import Errand
from sim.tasks.goals import PushedThere
from sim.tasks.placement import in_region
from sim.tasks.push_to import push_into
from sim.tasks.voxposer.table import UNSEEN, Table, TableFamily, part_of_table, ruled


class PushTo(TableFamily):
    """The block stands in the part of the table and was pushed there, never lifted."""

    name, splits = "voxposer_push_to", UNSEEN

    def errand(self, table: Table) -> Errand:
        """A block that lies elsewhere, with a free way."""
        pos, region = table.word("pos")
        block = table.block(lambda xy: not in_region(region, xy, table.config))
        table.push_goal(block, float(table.random.uniform(0.1, 0.3)), lambda xy: in_region(region, xy, table.config))
        place = part_of_table(pos, region)
        return ruled(
            f"push the {block} to the {pos}",
            lambda truth: PushedThere(truth.scene.object(block), place, (), truth),
            script=lambda hand: push_into(hand, hand.scene.object(block), place),
        )
