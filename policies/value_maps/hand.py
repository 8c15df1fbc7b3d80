"""Hand: what the gripper holds, and the legs of motion that it is asked for, in the manner of the present step."""

from dataclasses import dataclass

import numpy as np

from policies.grounding.grounder import Candidate
from policies.value_maps.aims import Aims, Held
from policies.value_maps.grasps import raised
from policies.value_maps.legs import Leg, LegMaker
from policies.value_maps.rules import NO_RULES, Rules
from robot.errors import InstructionRefused
from robot.model import RobotModel
from robot.obstacles import Box
from sensors.observation import Observation


@dataclass
class HandConfig:
    """When something counts as held; m."""

    least_thickness: float = 0.004


class Hand:
    """The hand of one arm.

    Attributes:
        held: what it holds, None if nothing.
        rules: what the present step's manners demand of every leg.
    """

    def __init__(self, model: RobotModel, aims: Aims, legs: LegMaker, config: HandConfig) -> None:
        """Begin with an empty hand."""
        self.model, self._aims, self._legs, self._config = model, aims, legs, config
        self.held: Held | None = None
        self.rules: Rules = NO_RULES

    def fly(
        self, observation: Observation, goal: np.ndarray, width: float, saying: str, watched: Candidate | None = None
    ) -> Leg:
        """A leg through value maps, off everything on the table."""
        points = observation.cloud.points_base
        standing = points[:, 2] > self._aims.table_z(observation) + 0.012
        obstacles = points[standing if watched is None else standing & ~watched.mask]
        return self._legs.through_maps(
            observation.stamp_ns,
            self._aims.tool(observation),
            goal,
            obstacles,
            width,
            saying,
            self._attached,
            watched,
            self.rules,
        )

    def straight(self, observation: Observation, goal: np.ndarray, width: float, saying: str, room: Box | None) -> Leg:
        """A straight leg that may touch what is in the room."""
        tool = self._aims.tool(observation)
        return self._legs.straight(
            observation.stamp_ns, tool, goal, width, saying, room, self._attached, rules=self.rules
        )  # fmt: skip

    def grip(self, observation: Observation, width: float, saying: str, room: Box | None) -> Leg:
        """A leg that moves the fingers only."""
        now = observation.state.gripper_width
        return self._legs.grip(observation.stamp_ns, self._aims.tool(observation), now, width, saying, room)

    def home(self, observation: Observation) -> Leg:
        """A leg in joints to the posture of the start."""
        return self._legs.in_joints(self.model.home, self.width(observation), "going home", self._attached)

    def room(self, T_base_ee: np.ndarray, thing_base: Box | None = None) -> Box:
        """The upright box in base in which the hand at a pose works, and the thing that it takes or sets down lies."""
        return self._legs.room(T_base_ee, thing_base)

    def rest_of(self, leg: Leg, observation: Observation) -> Leg:
        """What is left of a leg that was stopped on its way: straight from here to its goal, touching no more than it might."""
        if leg.arm is None:
            return leg
        room = leg.contacts[0].box_base if leg.contacts else None
        now, goal = self._aims.tool(observation), leg.arm.T_base_ee[-1]
        return self._legs.straight(
            observation.stamp_ns, now, goal, leg.gripper_width, leg.saying, room, leg.attached, leg.watched
        )

    def width(self, observation: Observation) -> float:
        """The gripper width to keep: closed on what is held, else as it is."""
        return float(np.clip(observation.state.gripper_width, 0, None)) if self.held is None else self.held.width

    def still_holds(self, observation: Observation) -> bool:
        """Whether something keeps the fingers from closing as far as they were told."""
        assert self.held is not None
        return observation.state.gripper_width > max(self._config.least_thickness, self.held.width + 0.002)

    def refuse_if_full(self) -> None:
        """A full hand can't take, push or open another thing."""
        if self.held is not None:
            raise InstructionRefused(f"I hold the {self.held.thing.description}; say where to put it first.")

    def raised_leg(self, observation: Observation, height: float) -> Leg:
        """Straight up from where the tool is."""
        tool = self._aims.tool(observation)
        return self.straight(observation, raised(tool, height), self.width(observation), "rising", self.room(tool))

    @property
    def _attached(self) -> Box | None:
        """The box of what is held."""
        return None if self.held is None else self.held.box_ee
