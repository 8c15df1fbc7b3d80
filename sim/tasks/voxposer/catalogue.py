"""The thirteen families, in the order of VoxPoser's list of templates."""

from sim.tasks.family import Family
from sim.tasks.voxposer.close_drawer import CloseDrawer
from sim.tasks.voxposer.drop_to import DropTo
from sim.tasks.voxposer.grasp_at_speed import GraspAtSpeed
from sim.tasks.voxposer.move_beside import MoveBeside
from sim.tasks.voxposer.move_clear import MoveClear
from sim.tasks.voxposer.move_near_at_speed import MoveNearAtSpeed
from sim.tasks.voxposer.move_on_side import MoveOnSide
from sim.tasks.voxposer.move_region import MoveRegion
from sim.tasks.voxposer.move_region_at_speed import MoveRegionAtSpeed
from sim.tasks.voxposer.push_along import PushAlong
from sim.tasks.voxposer.push_away import PushAway
from sim.tasks.voxposer.push_to import PushTo
from sim.tasks.voxposer.push_within import PushWithin

VOXPOSER: tuple[Family, ...] = (
    MoveNearAtSpeed(),
    PushAlong(),
    CloseDrawer(),
    GraspAtSpeed(),
    DropTo(),
    PushAway(),
    MoveBeside(),
    MoveOnSide(),
    PushWithin(),
    MoveRegion(),
    MoveClear(),
    MoveRegionAtSpeed(),
    PushTo(),
)
