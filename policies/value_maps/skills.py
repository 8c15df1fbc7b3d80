"""Skills: which skill does a step of a program, and in which manner."""

from dataclasses import dataclass, field

from policies.language.program import (
    Build,
    GoHome,
    MoveTo,
    Phrase,
    Pick,
    PointAt,
    Push,
    Put,
    SetDrawer,
    SetGripper,
    Sort,
    StayAt,
    Step,
    Sweep,
)
from policies.value_maps.aims import Aims
from policies.value_maps.courses import Course
from policies.value_maps.drawers import Drawers
from policies.value_maps.hand import Hand, HandConfig
from policies.value_maps.handling import Handling, HandlingConfig
from policies.value_maps.legs import LegMaker
from policies.value_maps.manners import Manners
from policies.value_maps.placements import PlacementConfig
from policies.value_maps.push_aims import PushAims
from policies.value_maps.pushes import Pushes, PushesConfig
from policies.value_maps.reference import Reference
from policies.value_maps.rules import NO_RULES, Rules
from policies.value_maps.several import Several
from policies.value_maps.sweeping import Sweeping, SweepingConfig
from robot.model import RobotModel
from sensors.observation import Observation


@dataclass
class SkillsConfig:
    """How skills are done."""

    hand: HandConfig = field(default_factory=HandConfig)
    handling: HandlingConfig = field(default_factory=HandlingConfig)
    pushes: PushesConfig = field(default_factory=PushesConfig)
    sweeping: SweepingConfig = field(default_factory=SweepingConfig)


class Skills:
    """The skills of one arm."""

    def __init__(
        self,
        model: RobotModel,
        aims: Aims,
        legs: LegMaker,
        reference: Reference,
        placement: PlacementConfig,
        config: SkillsConfig,
    ) -> None:
        """Begin with an empty hand."""
        self._reference = reference
        self.hand = Hand(model, aims, legs, config.hand)
        self._manners = Manners(reference, placement)
        pushes = Pushes(PushAims(aims, reference), reference, self._manners, placement, config.pushes)
        self._handling = Handling(self.hand, aims, pushes, reference, config.handling)
        self._several = Several(self._handling, aims, reference, placement)
        self._drawers = Drawers(self.hand, aims, reference)
        self._sweeping = Sweeping(self.hand, aims, reference, placement, config.sweeping)

    def course(self, step: Step, observation: Observation) -> Course:
        """The skill for a step, in its manner."""
        self._reference.begin_step()
        self.hand.rules = self._rules(step, observation)
        match step:
            case Put(thing=Phrase(every=True) as things) | Push(thing=Phrase(every=True) as things):
                return self._several.each(things, step, observation)
            case Pick(thing=thing):
                return self._handling.pick(lambda now: self._reference.one(thing, now), observation)
            case Put(thing=thing, place=place):
                return self._handling.put(thing, place, observation)
            case Push(thing=thing):
                return self._handling.push(lambda now: self._reference.one(thing, now), step, observation)
            case MoveTo(place=place):
                return self._handling.move_to(place, observation)
            case PointAt(thing=thing):
                return self._handling.point_at(thing, observation)
            case SetGripper(open=opened):
                return self._handling.set_gripper(opened, observation)
            case GoHome():
                return self._handling.go_home(observation)
            case SetDrawer(drawer=drawer, open=opened):
                return self._drawers.set(drawer, opened, observation)
            case Sweep(thing=thing, place=place):
                return self._sweeping.sweep(thing, place, observation)
            case Sort():
                return self._several.sort(step, observation)
            case Build():
                return self._several.build(step, observation)

    def _rules(self, step: Step, observation: Observation) -> Rules:
        """What a step's manners demand of the tool; where a push is to stay is said of the thing."""
        match step:
            case Pick(manners=manners) | Put(manners=manners):
                return self._manners.rules(manners, observation, usual=False)
            case Push(manners=manners):
                of_tool = tuple(each for each in manners if not isinstance(each, StayAt))
                return self._manners.rules(of_tool, observation, usual=False)
            case MoveTo(manners=manners):
                return self._manners.rules(manners, observation)
        return NO_RULES
