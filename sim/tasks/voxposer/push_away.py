"""Push the [obj] while staying away from [obstacle]."""

from sim.tasks.family import Errand
from sim.tasks.rules import Undisturbed
from sim.tasks.voxposer.pushes import PushedFar
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, ruled

FAR = 0.10


class PushAway(TableFamily):
    """The block is pushed anywhere; the obstacle is neither touched nor moved."""

    name, splits = "voxposer_push_away", SEEN

    def errand(self, table: Table) -> Errand:
        """A block with another one not far from it."""
        block = table.block()
        obstacle = table.block(lambda xy: table.gap(block, xy) < 0.12)
        goal = table.push_goal(block, FAR)
        return ruled(
            f"push the {block} while staying away from the {obstacle}",
            lambda truth: PushedFar(truth.scene.object(block), truth),
            lambda truth: Undisturbed(truth.scene.object(obstacle), truth),
            script=lambda hand: hand.push(hand.scene.object(block), goal),
        )
