"""Skills: how each step of a program is done; every skill is a generator of legs that is sent an observation after each.

observation = yield leg      # "do this; what do you see now?"
"""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from policies.grounding.grounder import Candidate
from policies.language.program import GoHome, MoveTo, Phrase, Pick, Place, PointAt, Push, Put, SetGripper, Step
from policies.value_maps.aims import Aims, Held, corridor, held_after, raised
from policies.value_maps.legs import Leg, LegMaker
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from robot.model import RobotModel
from robot.obstacles import Box
from robot.transforms import transform
from sensors.observation import Observation

Course = Generator[Leg, Observation, Observation]


class Failed(Exception):
    """A step that was begun did not work out; the text says why, for the user."""


@dataclass
class SkillsConfig:
    """How skills are done; m."""

    above: float = 0.10
    lift: float = 0.14
    squeeze: float = 0.015
    least_thickness: float = 0.004
    moved: float = 0.02
    attempts: int = 3


class Skills:
    """The skills of one arm, and what it holds."""

    def __init__(self, model: RobotModel, aims: Aims, legs: LegMaker, reference: Reference, config: SkillsConfig) -> None:
        """Begin with an empty hand."""
        self._model, self._aims, self._legs, self._reference, self._config = model, aims, legs, reference, config
        self.held: Held | None = None

    def course(self, step: Step, observation: Observation) -> Course:
        """The skill for a step."""
        self._reference.begin_step()
        match step:
            case Pick(thing=thing):
                return self.pick(thing, observation)
            case Put(thing=thing, place=place):
                return self.put(thing, place, observation)
            case Push(thing=thing, place=place):
                return self.push(thing, place, observation)
            case MoveTo(place=place):
                return self.move_to(place, observation)
            case PointAt(thing=thing):
                return self.point_at(thing, observation)
            case SetGripper(open=opened):
                return self.set_gripper(opened, observation)
            case GoHome():
                return self.go_home(observation)

    def pick(self, phrase: Phrase, observation: Observation) -> Course:
        """Look, fly above the thing, go down, close, lift; again if it slipped or moved."""
        for _ in range(self._config.attempts):
            self._refuse_full_hand()
            thing = self._reference.one(phrase, observation)
            name, grasp = thing.description, self._aims.grasp(thing, observation)
            above, lifted = raised(grasp.T_base_ee, self._config.above), raised(grasp.T_base_ee, self._config.lift)
            observation = yield self._fly(observation, above, grasp.open_width, f"reaching for the {name}", thing)
            if self._has_moved(thing, observation):
                continue
            room = self._legs.room(grasp.T_base_ee, thing.box_base)
            observation = yield self._straight(
                observation, grasp.T_base_ee, grasp.open_width, f"going down to the {name}", room
            )
            closed = max(grasp.thickness - self._config.squeeze, 0.0)
            observation = yield self._grip(observation, closed, f"closing on the {name}", room)
            self.held = held_after(grasp, thing, closed)
            observation = yield self._straight(observation, lifted, closed, f"lifting the {name}", room)
            if self._still_holds(observation):
                return observation
            self.held = None
            observation = yield self._grip(observation, grasp.open_width, f"the {name} slipped; opening again", None)
        raise Failed(f"I tried {self._config.attempts} times, but the {name} would not stay in the gripper.")

    def put(self, phrase: Phrase | None, place: Place, observation: Observation) -> Course:
        """Take the thing if it is not held yet, fly above its place, set it down, let go, rise."""
        if not self._is_held(phrase):
            if phrase is None:
                raise InstructionRefused("The gripper holds nothing; say what to put there, such as 'put the red block there'.")
            self._aims.rehearse(self._reference.one(phrase, observation), place, observation)
            observation = yield from self.pick(phrase, observation)
        held = self.held
        assert held is not None
        name = held.thing.description
        T_release = self._aims.release(held, place, observation)
        above, risen = raised(T_release, self._config.above), raised(T_release, self._config.lift)
        observation = yield self._fly(observation, above, held.width, f"bringing the {name} {place.text}")
        room = self._legs.room(T_release, held.box_ee.moved(T_release))
        observation = yield self._straight(observation, T_release, held.width, f"setting the {name} down", room)
        if not self._still_holds(observation):
            self.held = None
            raise Failed(f"The {name} fell out of the gripper on the way.")
        open_width = min(observation.state.gripper_width + 0.02, self._model.gripper_width_max)
        self.held = None
        self._reference.left(held.thing, T_release @ held.box_ee.pose)
        observation = yield self._grip(observation, open_width, f"letting go of the {name}", room)
        return (yield self._straight(observation, risen, open_width, "rising", room))

    def push(self, phrase: Phrase, place: Place, observation: Observation) -> Course:
        """Come down behind the thing and slide it along one straight line."""
        self._refuse_full_hand()
        thing = self._reference.one(phrase, observation)
        name, aim = thing.description, self._aims.push(thing, place, observation)
        behind, risen = raised(aim.T_base_begin, self._config.above), raised(aim.T_base_end, self._config.lift)
        room = corridor(aim, thing, self._model.finger_length)
        observation = yield self._fly(observation, behind, aim.width, f"going behind the {name}", thing)
        observation = yield self._straight(observation, aim.T_base_begin, aim.width, f"going behind the {name}", room)
        observation = yield self._straight(observation, aim.T_base_end, aim.width, f"pushing the {name} {place.text}", room)
        self._reference.left(thing, transform([*aim.goal_xy, thing.box_base.pose[2, 3]]))
        return (yield self._straight(observation, risen, aim.width, "rising", room))

    def move_to(self, place: Place, observation: Observation) -> Course:
        """Fly to a place without touching anything; the thing that it is at is "it" afterwards."""
        goal = self._aims.hover(place, observation)
        for phrase in place.anchors[:1]:
            self._reference.one(phrase, observation)
        return (yield self._fly(observation, goal, self._width(observation), f"moving {place.text}"))

    def point_at(self, phrase: Phrase, observation: Observation) -> Course:
        """Hold the closed fingers over the thing."""
        thing = self._reference.one(phrase, observation)
        goal = self._aims.point(thing, observation)
        width = 0.0 if self.held is None else self.held.width
        return (yield self._fly(observation, goal, width, f"pointing at the {thing.description}"))

    def set_gripper(self, opened: bool, observation: Observation) -> Course:
        """Open or close the fingers where they are; opening lets go of what was held."""
        room = self._legs.room(self._aims.tool(observation))
        self.held = None if opened else self.held
        width = self._model.gripper_width_max if opened else 0.0
        return (yield self._grip(observation, width, "opening the gripper" if opened else "closing the gripper", room))

    def go_home(self, observation: Observation) -> Course:
        """Rise if low, then go back to the posture of the start."""
        T_now = self._aims.tool(observation)
        if T_now[2, 3] < 0.15:
            room = self._legs.room(T_now)
            observation = yield self._straight(observation, raised(T_now, 0.15), self._width(observation), "rising", room)
        attached = None if self.held is None else self.held.box_ee
        return (yield self._legs.in_joints(self._model.home, self._width(observation), "going home", attached))

    def rest_of(self, leg: Leg, observation: Observation) -> Leg:
        """What is left of a leg that was stopped on its way: straight from here to its goal, touching no more than it might."""
        if leg.arm is None:
            return leg
        room = leg.contacts[0].box_base if leg.contacts else None
        now, goal = self._aims.tool(observation), leg.arm.T_base_ee[-1]
        return self._legs.straight(
            observation.stamp_ns, now, goal, leg.gripper_width, leg.saying, room, leg.attached, leg.watched
        )

    def _fly(
        self, observation: Observation, goal: np.ndarray, width: float, saying: str, watched: Candidate | None = None
    ) -> Leg:
        """A leg through value maps, off everything on the table."""
        points = observation.cloud.points_base
        standing = points[:, 2] > self._aims.table_z(observation) + 0.012
        obstacles = points[standing if watched is None else standing & ~watched.mask]
        attached = None if self.held is None else self.held.box_ee
        start = self._aims.tool(observation)
        return self._legs.through_maps(observation.stamp_ns, start, goal, obstacles, width, saying, attached, watched)

    def _straight(self, observation: Observation, goal: np.ndarray, width: float, saying: str, room: Box | None) -> Leg:
        """A straight leg that may touch what is in the room."""
        attached = None if self.held is None else self.held.box_ee
        return self._legs.straight(observation.stamp_ns, self._aims.tool(observation), goal, width, saying, room, attached)

    def _grip(self, observation: Observation, width: float, saying: str, room: Box | None) -> Leg:
        """A leg that moves the fingers only."""
        now = observation.state.gripper_width
        return self._legs.grip(observation.stamp_ns, self._aims.tool(observation), now, width, saying, room)

    def _width(self, observation: Observation) -> float:
        """The gripper width to keep: closed on what is held, else as it is."""
        return float(np.clip(observation.state.gripper_width, 0, None)) if self.held is None else self.held.width

    def _still_holds(self, observation: Observation) -> bool:
        """Whether something keeps the fingers from closing as far as they were told."""
        assert self.held is not None
        return observation.state.gripper_width > max(self._config.least_thickness, self.held.width + 0.002)

    def _is_held(self, phrase: Phrase | None) -> bool:
        """Whether a phrase means what is in the hand; no phrase does, if anything is."""
        if self.held is None:
            return False
        return phrase is None or phrase.pronoun or self._reference.grounder.fits(phrase, self.held.thing)

    def _refuse_full_hand(self) -> None:
        """A full hand can't take or push another thing."""
        if self.held is not None:
            raise InstructionRefused(f"I hold the {self.held.thing.description}; say where to put it first.")

    def _has_moved(self, thing: Candidate, observation: Observation) -> bool:
        """Whether the thing is no longer where it was when the leg to it was planned."""
        now = self._reference.again(thing, observation)
        return now is not None and float(np.linalg.norm((now.box_base.pose - thing.box_base.pose)[:2, 3])) > self._config.moved
