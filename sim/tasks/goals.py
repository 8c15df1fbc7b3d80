"""Goals: what each step of a program is after, and whether the world is so; tolerances stand in the docstrings."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from policies.language.program import Place, Relation
from robot.errors import InvalidInput
from sim.objects import SceneObject
from sim.tasks.placement import SIDES, beside, in_region, misplaced, shifted
from sim.tasks.truth import Truth

LIFTED = 0.03
NEVER_LIFTED = 0.015
TOOL_NEAR = 0.04
POINTING_ACROSS = 0.05
POINTING_NEAR = 0.15
POINTING_FAR = 0.30
CLOSED_WIDTH = 0.01
OPEN_SHARE = 0.75
HOME_TOLERANCE = 0.05


class Goal(Protocol):
    """One step's goal for one choice of objects; made when the step begins, so it may note how things were then."""

    @property
    def thing(self) -> SceneObject | None:
        """What the step is about, if it is about a thing."""
        ...

    def watch(self, truth: Truth) -> None:
        """See the world at one tick after the step has begun."""
        ...

    def unmet(self, truth: Truth) -> str:
        """Why the goal is not met now, a clause; empty if it is."""
        ...


class Still:
    """A goal that need not be watched."""

    thing: SceneObject | None = None

    def watch(self, truth: Truth) -> None:
        """Nothing on the way matters."""


class Picked(Still):
    """The thing is at least 3 cm above where it lay and every finger presses on it."""

    def __init__(self, thing: SceneObject, truth: Truth) -> None:
        """Note where it lies."""
        self.thing: SceneObject = thing
        self._start = truth.position(thing)

    def unmet(self, truth: Truth) -> str:
        """Why it is not in the gripper and lifted."""
        if not truth.held(self.thing):
            return f"the gripper does not hold the {self.thing.name}"
        risen = truth.position(self.thing)[2] - self._start[2]
        return "" if risen >= LIFTED else f"the {self.thing.name} is lifted by {risen:.3f} m, less than {LIFTED} m"


class PutThere(Still):
    """The thing is at the place (tolerances: `sim/tasks/placement.py`), moves by less than 1 cm/s, and is not held."""

    def __init__(self, thing: SceneObject, place: Place, anchors: tuple[SceneObject, ...], truth: Truth) -> None:
        """Note where it lies."""
        self.thing: SceneObject = thing
        self._place = place
        self._anchors = anchors
        self._start = truth.position(thing)

    def unmet(self, truth: Truth) -> str:
        """Why it does not lie there."""
        reason = misplaced(self._place, self.thing, self._anchors, truth, self._start)
        if reason:
            return f"the {self.thing.name}: {reason}"
        if truth.held(self.thing) and self._place.direction != "up":
            return f"the gripper still holds the {self.thing.name}"
        return "" if truth.at_rest(self.thing) else f"the {self.thing.name} still moves"


class PushedThere(PutThere):
    """As PutThere, and the thing was never more than 1.5 cm higher than it lay."""

    def __init__(self, thing: SceneObject, place: Place, anchors: tuple[SceneObject, ...], truth: Truth) -> None:
        """Nothing has been lifted yet."""
        super().__init__(thing, place, anchors, truth)
        self._highest = float(self._start[2])

    def watch(self, truth: Truth) -> None:
        """Note how high the thing has been."""
        self._highest = max(self._highest, float(truth.position(self.thing)[2]))

    def unmet(self, truth: Truth) -> str:
        """Why it was not pushed there."""
        lifted = self._highest - float(self._start[2]) > NEVER_LIFTED
        return f"the {self.thing.name} was lifted, not pushed" if lifted else super().unmet(truth)


class MovedTo(Still):
    """The arm is at rest and the tool is at the place.

    Over a thing: its tool centre point within 4 cm of the thing's middle horizontally, not below its middle and at
    most 30 cm above it; beside things, in regions and by directions: as for objects, with a disc of 4 cm.
    """

    def __init__(self, place: Place, anchors: tuple[SceneObject, ...], truth: Truth) -> None:
        """Note where the tool is; what it goes to has been spoken of."""
        self.thing = anchors[0] if anchors else None
        self._place = place
        self._anchors = anchors
        self._start = truth.tool()[:3, 3]

    def unmet(self, truth: Truth) -> str:
        """Why the tool is not there."""
        if not truth.arm_at_rest():
            return "the arm still moves"
        reason = self._off(truth, truth.tool()[:3, 3])
        return reason and f"the tool: {reason}"

    def _off(self, truth: Truth, tool: np.ndarray) -> str:
        """Why a tool at this point (3,) is not at the place."""
        place = self._place
        if place.direction is not None and not self._anchors:
            return "" if shifted(tool - self._start, place) else f"it did not go far enough {place.text}"
        if not self._anchors:
            there = place.region is None or in_region(place.region, tool[:2], truth.scene.config)
            return "" if there else f"it is not at the {place.region} of the table"
        positions = [truth.position(anchor) for anchor in self._anchors]
        if place.relation in SIDES or place.relation in (Relation.BETWEEN, Relation.NEXT_TO):
            return beside(place, tool, TOOL_NEAR, positions, [anchor.radius for anchor in self._anchors])
        offset = tool - positions[0]
        over = np.linalg.norm(offset[:2]) < TOOL_NEAR and -0.005 <= offset[2] <= POINTING_FAR
        return "" if over else f"it is not over the {self._anchors[0].name}"


class PointedAt(Still):
    """The arm is at rest, the gripper closed (below 1 cm) and pointing.

    Either the tool centre point is within 15 cm of the thing's surface, or its axis passes within 5 cm of the
    thing's middle from at most 30 cm away.
    """

    def __init__(self, thing: SceneObject) -> None:
        """What to point at."""
        self.thing: SceneObject = thing

    def unmet(self, truth: Truth) -> str:
        """Why the gripper does not point at it."""
        if not truth.arm_at_rest():
            return "the arm still moves"
        if truth.gripper_width() > CLOSED_WIDTH:
            return f"the gripper is {truth.gripper_width():.3f} m open"
        T_base_ee = truth.tool()
        away = truth.position(self.thing) - T_base_ee[:3, 3]
        along = float(away @ T_base_ee[:3, 2])
        across = float(np.linalg.norm(away - along * T_base_ee[:3, 2]))
        near = float(np.linalg.norm(away)) - max(self.thing.radius, self.thing.half_height) < POINTING_NEAR
        aimed = across < POINTING_ACROSS and 0 < along < POINTING_FAR
        return "" if near or aimed else f"the tool neither points at the {self.thing.name} nor is close to it"


class GripperSet(Still):
    """Open: at least three quarters of its width; closed: below 1 cm, or shut on something."""

    def __init__(self, open: bool) -> None:
        """Which of the two."""
        self._open = open

    def unmet(self, truth: Truth) -> str:
        """Why the gripper is not so."""
        width, widest = truth.gripper_width(), truth.scene.model.gripper_width_max
        if self._open:
            return "" if width >= OPEN_SHARE * widest else f"the gripper is only {width:.3f} m open"
        shut = width < CLOSED_WIDTH or any(truth.held(thing) for thing in truth.scene.objects)
        return "" if shut else f"the gripper is still {width:.3f} m open"


class AtHome(Still):
    """The arm is at rest and every joint within 0.05 rad of home."""

    def unmet(self, truth: Truth) -> str:
        """Why the arm is not at home."""
        if not truth.arm_at_rest():
            return "the arm still moves"
        off = float(np.abs(truth.joint_position() - truth.scene.model.home).max())
        return "" if off < HOME_TOLERANCE else f"a joint is {off:.2f} rad from home"


class AnyOf:
    """The goals of all choices that the words leave open ("a red block"); one of them is enough."""

    def __init__(self, goals: Sequence[Goal]) -> None:
        """At least one goal.

        Raises:
            InvalidInput: there is none.
        """
        if not goals:
            raise InvalidInput("goal: expected at least one choice of objects, got none")
        self._goals = goals
        self.thing = goals[0].thing

    def watch(self, truth: Truth) -> None:
        """Let every goal watch."""
        for goal in self._goals:
            goal.watch(truth)

    def unmet(self, truth: Truth) -> str:
        """Why none is met, in the words of the first; the thing becomes that of the goal that is."""
        reasons = []
        for goal in self._goals:
            reasons.append(goal.unmet(truth))
            if not reasons[-1]:
                self.thing = goal.thing
                return ""
        return reasons[0]
