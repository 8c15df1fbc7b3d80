"""Grasp the [obj] from the table at [velocity]."""

from sim.tasks.family import Errand
from sim.tasks.goals import Picked
from sim.tasks.rules import SpeedOverall
from sim.tasks.voxposer.motions import slowed
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, ruled

NORMAL = 0.25  # m/s: three quarters of the time the zero-shot policy and the expert are slower than this unless told otherwise


class GraspAtSpeed(TableFamily):
    """The block is held and lifted; all the way the tool was as slow as asked for."""

    name, splits = "voxposer_grasp_at_speed", SEEN

    def errand(self, table: Table) -> Errand:
        """Any block; only slower than normal, for a grasp has no room to be faster."""
        velocity, ratio = table.word("velocity", lambda meaning: meaning < 1)
        block = table.block()
        return ruled(
            f"grasp the {block} from the table at {velocity}",
            lambda truth: Picked(truth.scene.object(block), truth),
            lambda truth: SpeedOverall(ratio, NORMAL),
            script=lambda hand: slowed(hand.pick(hand.scene.object(block)), ratio * NORMAL),
        )
