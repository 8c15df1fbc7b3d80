"""Close the [deixis] drawer by pushing."""

from sim.fixtures import FixtureConfig
from sim.tasks.drawers import Drawer, DrawerShut
from sim.tasks.family import Errand
from sim.tasks.voxposer.table import SEEN, Table, TableFamily, ruled

FRONT, APART, FRICTION = 0.70, 0.24, 0.5  # where the fronts of both cabinets stand, m; N
OPENING = (0.07, 0.12)
KEPT_FREE = 0.47  # m: nothing lies farther from the base, where the drawers slide


class CloseDrawer(TableFamily):
    """Of two cabinets at the back of the table, both open, the one that is meant is shut; the other stays as it is."""

    name, splits = "voxposer_close_drawer", SEEN

    def errand(self, table: Table) -> Errand:
        """Two cabinets; blocks lie before them."""
        deixis, side = table.word("deixis")
        table.keep_nearer_than(KEPT_FREE)
        for y in (APART, -APART):
            opened = float(table.random.uniform(*OPENING))
            table.fixtures.append(FixtureConfig(asset="cabinet", x=FRONT, y=y, joint_friction=FRICTION, opened=opened))
        left, right = Drawer("cabinet"), Drawer("cabinet 2")
        meant, other = (left, right) if side == "left" else (right, left)
        return ruled(
            f"close the {deixis} drawer by pushing",
            lambda truth: DrawerShut(meant, truth, other),
            script=meant.push_shut,
        )
