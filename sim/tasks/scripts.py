"""Hand: what an expert's scripts are made of: pick, place, push and hover, from the simulator's truth."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from policies.value_maps.grasps import folded, pointing_down, raised
from policies.value_maps.placements import reach_along
from robot.errors import InstructionRefused
from robot.obstacles import Box
from robot.transforms import invert, transform
from sim.objects import KINDS, SceneObject
from sim.scene import Scene
from sim.tasks.elbowroom import Disc, room_around
from sim.tasks.family import Move, Script
from sim.tasks.truth import Truth
from sim.world import World

ATTEMPTS = 3
FLY_SPEED = 0.6  # m/s
TOUCH_SPEED = 0.12
PUSH_SPEED = 0.10
LEAST_ABOVE = 0.05  # m between a grasp and the flight to and from it
OVER_ALL = 0.05  # what flies stays this far above the highest thing
LEVEL = 0.01  # flights that rise by less do so on the way
LOWEST = 0.016  # of the tool centre above the table: the pads reach 0.0087 m below it
DEEPEST = 0.030  # of the tool centre below a thing's top
SPARE_WIDTH = 0.025  # how much wider than the thing the fingers open
SQUEEZE = 0.015
LET_GO_ABOVE = 0.003
ROOMY = 0.03  # more elbow room than this makes no grasp better
RUN_UP = 0.03
HALF_FINGER = 0.010
FINGERS_BELOW = 0.02  # what empty fingers need below the tool centre in flight
PUSH_WITHIN = 0.008
WANDERING = ((0.30, -0.35), (0.70, 0.35))  # m, from corner to corner: where over the table the hand may wander to
NEARBY = 0.03  # m, how far from a thing it does so at a time
HIGHER, HIGHEST = 0.05, 0.40  # m: over the height at which it clears everything, mostly; of the tool centre, at most
MUG_RIM = 0.034  # from a mug's middle to the middle of its rim; the handle is at +x


@dataclass(frozen=True, eq=False, kw_only=True)
class Grip:
    """A way to hold a thing: T_base_ee (4, 4) at the moment of closing, and how thick it is between the fingers, m."""

    T_base_ee: np.ndarray
    thickness: float


class Hand:
    """One arm's hand in a scene; each public method is a Script, to be yielded from."""

    def __init__(self, scene: Scene, world: World) -> None:
        """See the scene as it is."""
        self.scene, self.truth = scene, Truth(scene, world)
        self._held: SceneObject | None = None
        self._opened = scene.model.gripper_width_max  # as wide as what is held was taken
        self._width = self.truth.gripper_width()

    def pick(self, thing: SceneObject) -> Script:
        """Fly above the thing, go down, close, lift; again if it slipped."""
        for _ in range(ATTEMPTS):
            grip = self.grip(thing)
            opened = self._opened = min(grip.thickness + SPARE_WIDTH, self.scene.model.gripper_width_max)
            room = self._room(grip.T_base_ee)
            yield self._fly(self._overhead(grip.T_base_ee), opened, f"reaching for the {thing.name}")
            yield self._touch(grip.T_base_ee, opened, f"going down to the {thing.name}", room)
            yield self._touch(grip.T_base_ee, max(grip.thickness - SQUEEZE, 0.0), f"closing on the {thing.name}", room)
            self._held = thing
            yield self._touch(self._overhead(grip.T_base_ee), self._width, f"lifting the {thing.name}", room)
            if self.truth.held(thing):
                return
            self._held = None
            yield self._touch(self._overhead(grip.T_base_ee), opened, f"the {thing.name} slipped; opening again", None)
        raise InstructionRefused(f"the {thing.name} would not stay in the gripper")

    def bring_upon(self, thing: SceneObject, under: SceneObject) -> Script:
        """Pick a thing and set it down on the middle of another, or on its floor if it is hollow."""
        yield from self.pick(thing)
        x, y, z = self.truth.position(under)
        yield from self.place([x, y], z + under.support_height + LET_GO_ABOVE)

    def place(self, xy: np.ndarray | list[float], bottom: float, yaws: np.ndarray | None = None) -> Script:
        """Set what is held down with its middle over a point (2,) and its bottom at a height, and let go.

        `yaws` are those of the tool to choose from, rad; any will do if it is None.
        """
        thing = self._held
        assert thing is not None, "place() comes after pick()"
        T_ee_thing = invert(self.truth.tool()) @ self.scene.pose(thing)
        middle = np.array([*xy, bottom + thing.half_height])
        opened, T_release = self._opened, self._release(middle, T_ee_thing, self._opened, yaws)
        room = self._room(T_release)
        yield self._fly(self._overhead(T_release), self._width, f"bringing the {thing.name}")
        yield self._touch(T_release, self._width, f"setting the {thing.name} down", room)
        self._held = None
        yield self._touch(T_release, opened, f"letting go of the {thing.name}", room)
        yield self._touch(self._overhead(T_release), opened, "rising", room)

    def push(self, thing: SceneObject, goal: np.ndarray, within: float = PUSH_WITHIN) -> Script:
        """Slide a thing over the table until its middle is near a point (2,); corrected up to twice."""
        for _ in range(ATTEMPTS):
            if np.linalg.norm(goal - self.truth.position(thing)[:2]) < within:
                return
            yield from self._push_once(thing, goal)

    def hover(self, T_base_ee: np.ndarray, saying: str) -> Script:
        """Fly to a pose and stay."""
        yield self._fly(T_base_ee, self._width, saying)

    def wander(self, random: np.random.Generator) -> Script:
        """Fly to somewhere over the table, half the time over a thing or close beside it, with fingers more or less open."""
        low, high = WANDERING
        xy = random.uniform(low, high)
        if self.scene.objects and random.random() < 0.5:
            thing = self.scene.objects[int(random.integers(len(self.scene.objects)))]
            xy = np.clip(self.truth.position(thing)[:2] + random.normal(0.0, NEARBY, 2), low, high)
        height = min(self._height() + random.exponential(HIGHER), HIGHEST)
        width = float(random.choice([0.0, 0.5, 1.0])) * self.scene.model.gripper_width_max
        goal = pointing_down(np.array([*xy, height]), random.uniform(-np.pi / 2, np.pi / 2))
        yield self._fly(goal, width, "wandering")

    def others(self, *but: SceneObject) -> list[Disc]:
        """Everything on the table but these things, and what is held."""
        return [Disc.of(each, self.truth) for each in self.scene.objects if each not in but and each is not self._held]

    def grip(self, thing: SceneObject) -> Grip:
        """The grip with the most elbow room, then with the least turn."""
        discs = self.others(thing)
        return max(self._grips(thing), key=lambda grip: (self._room_for(grip, discs), -abs(_yaw_of(grip.T_base_ee))))

    def ease(self, thing: SceneObject) -> tuple[float, float]:
        """How much room there is to take a thing, then how high it is: the greater, the easier."""
        discs = self.others(thing)
        return max(self._room_for(grip, discs) for grip in self._grips(thing)), self.truth.bottom_and_top(thing)[1]

    def _room_for(self, grip: Grip, discs: list[Disc]) -> float:
        """The elbow room of a grip, as far as more would matter, m."""
        opened = min(grip.thickness + SPARE_WIDTH, self.scene.model.gripper_width_max)
        return min(room_around(grip.T_base_ee, opened, discs, self.scene.model), ROOMY)

    def _grips(self, thing: SceneObject) -> list[Grip]:
        """All ways to hold a thing from above: across a block's faces, all round a can or a ball, astride a mug's rim."""
        pose, size = self.scene.pose(thing), thing.scale
        bottom, top = self.truth.bottom_and_top(thing)
        z = max((bottom + top) / 2, top - DEEPEST, bottom + LOWEST)
        yaw = float(np.arctan2(pose[1, 0], pose[0, 0]))
        here = np.array([*pose[:2, 3], z])
        if thing.kind == "mug":
            sides = yaw + np.linspace(np.pi / 3, 5 * np.pi / 3, 9)
            rims = [here + MUG_RIM * np.array([np.cos(side), np.sin(side), 0.0]) for side in sides]
            return [_grip([*rim[:2], top - 0.014], side + np.pi / 2, 0.012) for rim, side in zip(rims, sides, strict=True)]
        if thing.kind == "block":
            width = 2 * KINDS["block"].half_height * size
            return [_grip(here, yaw + quarter, width) for quarter in (0.0, np.pi / 2)]
        if thing.kind in ("can", "ball"):
            return [_grip(here, angle, 2 * thing.radius) for angle in np.linspace(-np.pi / 2, np.pi / 2, 13)[:-1]]
        raise InstructionRefused(f"no script knows how to hold a {thing.kind}")

    def _release(self, middle: np.ndarray, T_ee_thing: np.ndarray, opened: float, yaws: np.ndarray | None) -> np.ndarray:
        """The tool pose with the most elbow room that brings the middle of what is held to a point (3,)."""
        now = self.truth.tool()
        free = _yaw_of(now) + np.linspace(-np.pi / 2, np.pi / 2, 13)
        poses = []
        for yaw in free if yaws is None else yaws:
            T = pointing_down(np.zeros(3), folded(float(yaw)))
            T[:3, 3] = middle - T[:3, :3] @ T_ee_thing[:3, 3]
            poses.append(T)
        discs = [disc for disc in self.others() if np.hypot(disc.x - middle[0], disc.y - middle[1]) > disc.radius]

        def worth(T: np.ndarray) -> tuple[float, float]:
            return min(room_around(T, opened, discs, self.scene.model), ROOMY), -abs(_yaw_of(T) - _yaw_of(now))

        return max(poses, key=worth)

    def _push_once(self, thing: SceneObject, goal: np.ndarray) -> Script:
        """Come down behind the thing and slide it along one straight line, low: pushed higher up it would tip."""
        pose = self.scene.pose(thing)
        way = goal - pose[:2, 3]
        direction = way / np.linalg.norm(way)
        box = Box(pose=pose, size=np.full(3, 2 * KINDS["block"].half_height * thing.scale))
        behind = (reach_along(box, direction) if thing.kind == "block" else thing.radius) + HALF_FINGER
        yaw = folded(float(np.arctan2(direction[1], direction[0])))
        begin = pointing_down(np.array([*(pose[:2, 3] - (behind + RUN_UP) * direction), LOWEST]), yaw)
        end = pointing_down(np.array([*(goal - behind * direction), LOWEST]), yaw)
        # Open fingers hold a face straight; something round would wedge itself between them.
        width = 0.7 * float(box.size[0]) if thing.kind == "block" else 0.0
        room = self._room(begin, end)
        yield self._fly(self._overhead(begin), width, f"going behind the {thing.name}")
        yield self._touch(begin, width, f"going down behind the {thing.name}", room)
        yield self._touch(end, width, f"pushing the {thing.name}", room, PUSH_SPEED)
        back = end.copy()
        back[:2, 3] -= RUN_UP / 2 * direction
        yield self._touch(back, width + SPARE_WIDTH, "drawing back", room)  # wider, lest a corner stay between the fingers
        yield self._touch(self._overhead(back), self._width, "rising", room)

    def _fly(self, T_goal: np.ndarray, width: float, saying: str) -> Move:
        """Up, across above everything, down."""
        T_now, self._width = self.truth.tool(), width
        height = max(self._height(), float(T_goal[2, 3]))
        up, over = T_now.copy(), T_goal.copy()
        up[2, 3] = over[2, 3] = height
        rises = bool(height > T_now[2, 3] + LEVEL)
        sinks = bool(height > T_goal[2, 3] + LEVEL)
        ways = [up] * rises + [over] * sinks + [T_goal]
        return Move(saying=saying, waypoints=np.stack(ways), gripper_width=width, speed=FLY_SPEED, holds=self._box())

    def _overhead(self, T_base_ee: np.ndarray) -> np.ndarray:
        """The pose straight above another at which a flight to or from it ends or begins."""
        return raised(T_base_ee, max(self._height() - float(T_base_ee[2, 3]), LEAST_ABOVE))

    def _height(self) -> float:
        """At which the tool flies above everything, with what it holds."""
        hanging = FINGERS_BELOW
        if self._held is not None:
            hanging = max(float(self.truth.tool()[2, 3]) - self.truth.bottom_and_top(self._held)[0], hanging)
        return max((disc.top for disc in self.others()), default=0.0) + OVER_ALL + hanging

    def _touch(self, T_goal: np.ndarray, width: float, saying: str, room: Box | None, speed: float = TOUCH_SPEED) -> Move:
        """Straight to a pose, touching what is in the room."""
        self._width = width
        return Move(saying=saying, waypoints=T_goal[None], gripper_width=width, speed=speed, room=room, holds=self._box())

    def _box(self) -> Box | None:
        """The box in ee of what is held."""
        if self._held is None:
            return None
        T_ee_thing = invert(self.truth.tool()) @ self.scene.pose(self._held)
        side = 2 * self._held.radius * (0.71 if self._held.kind == "block" else 1.0)
        return Box(pose=T_ee_thing, size=np.array([side, side, 2 * self._held.half_height]))

    def _room(self, *poses: np.ndarray) -> Box:
        """The upright box in base in which the hand at these poses works, from below the table's top to above the fingers."""
        half = np.array([1.0, 1.0, 0.0]) * (self.scene.model.hand_size[1] / 2 + 0.03)
        points = np.array([pose[:3, 3] for pose in poses])
        low, high = points.min(axis=0) - half, points.max(axis=0) + half
        low[2], high[2] = -0.02, high[2] + 0.06
        return Box(pose=transform((low + high) / 2), size=high - low)


def until_met(unmet: Callable[[], str], attempt: Callable[[], Script]) -> Script:
    """An attempt, and again up to twice while there is a reason why the goal is not met."""
    for _ in range(ATTEMPTS):
        yield from attempt()
        if not unmet():
            return


def _grip(position: np.ndarray | list[float], yaw: float, thickness: float) -> Grip:
    """A grip at a point (3,), the fingers moving along y turned by yaw."""
    return Grip(T_base_ee=pointing_down(np.array(position, dtype=float), folded(yaw)), thickness=thickness)


def _yaw_of(T_base_ee: np.ndarray) -> float:
    """How far a tool that looks down is turned, rad."""
    return float(np.arctan2(T_base_ee[1, 0], T_base_ee[0, 0]))
