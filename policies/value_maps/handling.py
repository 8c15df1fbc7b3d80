"""Handling: what is done with one thing at a time: picking, putting, pushing, moving over it, pointing at it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from policies.grounding.grounder import Candidate
from policies.language.program import Phrase, Place, Push
from policies.value_maps.aims import Aims, held_after
from policies.value_maps.courses import Course, Failed, Find
from policies.value_maps.grasps import raised
from policies.value_maps.hand import Hand
from policies.value_maps.push_aims import corridor
from policies.value_maps.pushes import Pushes
from policies.value_maps.reference import Reference
from robot.errors import InstructionRefused
from robot.transforms import transform
from sensors.observation import Observation

Release = Callable[[Observation], np.ndarray]


@dataclass
class HandlingConfig:
    """How things are handled; m."""

    lift: float = 0.14
    squeeze: float = 0.015
    moved: float = 0.02
    attempts: int = 3
    astray: float = 0.025


class Handling:
    """The skills of one hand with one thing."""

    def __init__(self, hand: Hand, aims: Aims, pushes: Pushes, reference: Reference, config: HandlingConfig) -> None:
        """Hold what finds things, tool poses and legs."""
        self.hand, self._aims, self._pushes, self._reference, self._config = hand, aims, pushes, reference, config

    def pick(self, find: Find, observation: Observation) -> Course:
        """Look, fly above the thing, go down, close, lift; again if it slipped or moved."""
        hand, name = self.hand, ""
        for _ in range(self._config.attempts):
            hand.refuse_if_full()
            thing = find(observation)
            name, grasp = thing.description, self._aims.grasp(thing, observation)
            above, lifted = raised(grasp.T_base_ee, self._aims.above), raised(grasp.T_base_ee, self._config.lift)
            observation = yield hand.fly(observation, above, grasp.open_width, f"reaching for the {name}", thing)
            if self._has_moved(thing, observation):
                continue
            room = hand.room(grasp.T_base_ee, thing.box_base)
            observation = yield hand.straight(observation, grasp.T_base_ee, grasp.open_width, f"going down to the {name}", room)
            closed = max(grasp.thickness - self._config.squeeze, 0.0)
            observation = yield hand.grip(observation, closed, f"closing on the {name}", room)
            hand.held = held_after(grasp, thing, closed)
            observation = yield hand.straight(observation, lifted, closed, f"lifting the {name}", room)
            if hand.still_holds(observation):
                return observation
            hand.held = None
            observation = yield hand.grip(observation, grasp.open_width, f"the {name} slipped; opening again", None)
        raise Failed(f"I tried {self._config.attempts} times, but the {name} would not stay in the gripper.")

    def put(self, phrase: Phrase | None, place: Place, observation: Observation) -> Course:
        """Take the thing if it is not held yet, and bring it to its place."""
        if not self._is_held(phrase):
            if phrase is None:
                raise InstructionRefused("The gripper holds nothing; say what to put there, such as 'put the red block there'.")
            self._aims.rehearse(self._reference.one(phrase, observation), place, observation)
            observation = yield from self.pick(lambda now: self._reference.one(phrase, now), observation)
        return (yield from self.bring(place.text, lambda now: self._release(place, now), observation))

    def put_thing(self, find: Find, place: Place, anchors: list[Candidate], observation: Observation) -> Course:
        """As `put`, for one certain thing, and anchors that are known already."""
        self._aims.rehearse(find(observation), place, observation, anchors)
        observation = yield from self.pick(find, observation)
        return (yield from self.bring(place.text, lambda now: self._release(place, now, anchors), observation))

    def bring(self, where: str, release: Release, observation: Observation) -> Course:
        """Fly with what is held to above where it is let go, set it down, let go, rise."""
        hand, held = self.hand, self.hand.held
        assert held is not None
        name, T_release = held.thing.description, release(observation)
        above, risen = raised(T_release, self._aims.above), raised(T_release, self._config.lift)
        observation = yield hand.fly(observation, above, held.width, f"bringing the {name} {where}")
        room = hand.room(T_release, held.box_ee.moved(T_release))
        observation = yield hand.straight(observation, T_release, held.width, f"setting the {name} down", room)
        if not hand.still_holds(observation):
            hand.held = None
            raise Failed(f"The {name} fell out of the gripper on the way.")
        open_width = min(observation.state.gripper_width + 0.02, self.hand.model.gripper_width_max)
        hand.held = None
        self._reference.left(held.thing, T_release @ held.box_ee.pose)
        observation = yield hand.grip(observation, open_width, f"letting go of the {name}", room)
        return (yield hand.straight(observation, risen, open_width, "rising", room))

    def push(self, find: Find, step: Push, observation: Observation) -> Course:
        """Slide the thing along a straight line, or along several one after another; again where it slid aside."""
        self.hand.refuse_if_full()
        thing = find(observation)
        goals = list(self._pushes.targets(thing, step, observation))
        for number, goal in enumerate(goals):
            observation = yield from self._push_once(thing, goal, step.place, observation)
            seen = self._reference.at(thing, goal, observation)
            if seen is not None and float(np.linalg.norm(seen.box_base.pose[:2, 3] - goal)) > self._config.astray:
                with suppress(InstructionRefused):  # no way is left to mend it: whoever judges it sees where it is
                    observation = yield from self._push_once(seen, goal, step.place, observation)
                    seen = self._reference.at(seen, goal, observation)
            if seen is None and number + 1 < len(goals):
                raise Failed(f"I pushed the {thing.description} and no longer see it.")
            thing = seen or thing
        return observation

    def _push_once(self, thing: Candidate, goal: np.ndarray, place: Place, observation: Observation) -> Course:
        """Come down behind the thing, slide it until its middle is at a point (2,), rise."""
        hand, name, where = self.hand, thing.description, place.text
        aim = self._pushes.aim(thing, goal, place, observation)
        behind, risen = raised(aim.T_base_begin, self._aims.above), raised(aim.T_base_end, self._config.lift)
        room = corridor(aim, thing, self.hand.model.finger_length)
        observation = yield hand.fly(observation, behind, aim.width, f"going behind the {name}", thing)
        observation = yield hand.straight(observation, aim.T_base_begin, aim.width, f"going behind the {name}", room)
        observation = yield hand.straight(observation, aim.T_base_end, aim.width, f"pushing the {name} {where}", room)
        self._reference.left(thing, transform([*aim.goal_xy, thing.box_base.pose[2, 3]]))
        return (yield hand.straight(observation, risen, aim.width, "rising", room))

    def move_to(self, place: Place, observation: Observation) -> Course:
        """Fly to a place without touching anything; the thing that it is at is "it" afterwards."""
        goal = self._aims.hover(place, observation, self.hand.rules)
        for phrase in place.anchors[:1]:
            self._reference.one(phrase, observation)
        return (yield self.hand.fly(observation, goal, self.hand.width(observation), f"moving {place.text}"))

    def point_at(self, phrase: Phrase, observation: Observation) -> Course:
        """Hold the closed fingers over the thing."""
        thing = self._reference.one(phrase, observation)
        goal = self._aims.point(thing, observation)
        width = 0.0 if self.hand.held is None else self.hand.held.width
        return (yield self.hand.fly(observation, goal, width, f"pointing at the {thing.description}"))

    def set_gripper(self, opened: bool, observation: Observation) -> Course:
        """Open or close the fingers where they are; opening lets go of what was held."""
        room = self.hand.room(self._aims.tool(observation))
        self.hand.held = None if opened else self.hand.held
        width = self.hand.model.gripper_width_max if opened else 0.0
        return (yield self.hand.grip(observation, width, "opening the gripper" if opened else "closing the gripper", room))

    def go_home(self, observation: Observation) -> Course:
        """Rise if low, then go back to the posture of the start."""
        if self._aims.tool(observation)[2, 3] < 0.15:
            observation = yield self.hand.raised_leg(observation, 0.15)
        return (yield self.hand.home(observation))

    def _release(self, place: Place, observation: Observation, anchors: list[Candidate] | None = None) -> np.ndarray:
        """Where the tool lets go of what it holds."""
        assert self.hand.held is not None
        return self._aims.release(self.hand.held, place, observation, anchors)

    def _is_held(self, phrase: Phrase | None) -> bool:
        """Whether a phrase means what is in the hand; no phrase does, if anything is."""
        held = self.hand.held
        if held is None:
            return False
        return phrase is None or phrase.pronoun or self._reference.grounder.fits(phrase, held.thing)

    def _has_moved(self, thing: Candidate, observation: Observation) -> bool:
        """Whether the thing is no longer where it was when the leg to it was planned."""
        now = self._reference.again(thing, observation)
        return now is not None and float(np.linalg.norm((now.box_base.pose - thing.box_base.pose)[:2, 3])) > self._config.moved
