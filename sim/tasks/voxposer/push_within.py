"""Push the [obj] while letting it stay on the [region]."""

from sim.tasks.family import Errand
from sim.tasks.placement import in_region
from sim.tasks.rules import StayedInRegion
from sim.tasks.voxposer.pushes import PushedFar
from sim.tasks.voxposer.table import UNSEEN, Table, TableFamily, ruled

FAR = 0.08


class PushWithin(TableFamily):
    """The block is pushed within the part of the table that it lies in, and never leaves that."""

    name, splits = "voxposer_push_within", UNSEEN

    def errand(self, table: Table) -> Errand:
        """A block in the region; the expert pushes it where it stays in."""
        text, region = table.word("region")
        block = table.block(lambda xy: in_region(region, xy, table.config))
        goal = table.push_goal(block, FAR, lambda xy: in_region(region, xy, table.config))
        return ruled(
            f"push the {block} while letting it stay on the {text}",
            lambda truth: PushedFar(truth.scene.object(block), truth),
            lambda truth: StayedInRegion(truth.scene.object(block), region),
            script=lambda hand: hand.push(hand.scene.object(block), goal),
        )
