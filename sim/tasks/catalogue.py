"""The one mapping that finds a family of tasks by its name."""

from collections.abc import Mapping
from types import MappingProxyType

from robot.errors import one_of
from sim.tasks.chain import CHAIN
from sim.tasks.close_drawer import CLOSE_DRAWER
from sim.tasks.family import Family
from sim.tasks.open_drawer import OPEN_DRAWER
from sim.tasks.pick import PICK
from sim.tasks.place_beside import PLACE_BESIDE
from sim.tasks.place_between import PLACE_BETWEEN
from sim.tasks.place_in import PLACE_IN
from sim.tasks.place_on import PLACE_ON
from sim.tasks.push_avoid import PUSH_AVOID
from sim.tasks.push_line import PUSH_LINE
from sim.tasks.push_to import PUSH_TO
from sim.tasks.pyramid import PYRAMID
from sim.tasks.sort_by_colour import SORT_BY_COLOUR
from sim.tasks.sort_by_shape import SORT_BY_SHAPE
from sim.tasks.stack import STACK
from sim.tasks.sweep import SWEEP
from sim.tasks.voxposer.catalogue import VOXPOSER

TABLETOP: tuple[Family, ...] = (
    PICK, PLACE_IN, PLACE_ON, PLACE_BESIDE, PLACE_BETWEEN, STACK, PYRAMID, PUSH_TO, PUSH_LINE, PUSH_AVOID
)  # fmt: skip
SORTING: tuple[Family, ...] = (SORT_BY_COLOUR, SORT_BY_SHAPE)
HOUSEHOLD: tuple[Family, ...] = (OPEN_DRAWER, CLOSE_DRAWER, SWEEP)

FAMILIES: Mapping[str, Family] = MappingProxyType(
    {each.name: each for each in (*TABLETOP, *SORTING, *HOUSEHOLD, CHAIN, *VOXPOSER)}
)


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        InvalidInput: there is none.
    """
    if name not in FAMILIES:
        raise one_of("task", name, FAMILIES)
    return FAMILIES[name]
