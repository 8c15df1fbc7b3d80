"""InstructionTask: a typed program as a task, judged step by step from the simulator's own state."""

from collections.abc import Sequence
from itertools import product

from policies.language.describe import describe_step
from policies.language.program import (
    GoHome,
    MoveTo,
    Phrase,
    Pick,
    Place,
    PointAt,
    Program,
    Push,
    Put,
    Relation,
    SetGripper,
    Step,
)
from robot.errors import InstructionRefused
from sim.objects import SceneObject
from sim.scene import Scene
from sim.tasks.goals import AnyOf, AtHome, Goal, GripperSet, MovedTo, Picked, PointedAt, PushedThere, PutThere
from sim.tasks.referents import Mentions, referents
from sim.tasks.task import Verdict
from sim.tasks.truth import Truth
from sim.world import World


class InstructionTask:
    """What a sentence asks for.

    Steps are judged in their order. The words of a step are matched with the scene when the step begins: the
    first at `reset`, each other when the goal of the one before is met. A step's goal must be met at some tick
    after it began, and must still be met in the end, unless a later step undoes it:

    - picking, putting or pushing a thing that a later step moves again counts once it was met;
    - a thing that was picked need not be held any longer once a later step opens the gripper;
    - where the tool was, and whether the gripper was open, count in the end for the last step only.
    """

    def __init__(self, program: Program, scene: Scene, world: World) -> None:
        """Judge this program in this scene."""
        self.instruction = program.text
        self._steps = program.steps
        self._truth = Truth(scene, world)
        self._begun: list[Goal] = []
        self._mentions = Mentions()
        self._refusal = ""

    @property
    def refusal(self) -> str:
        """Why the words of a step do not fit the scene; empty if they do."""
        return self._refusal

    def reset(self) -> None:
        """Begin with the first step, as things are now."""
        self._begun, self._mentions, self._refusal = [], Mentions(), ""
        self._begin_next()
        self._go_on()

    def observe(self) -> None:
        """Let the present goal watch; begin the next step once it is met."""
        if self._begun:
            for goal in self._begun:
                goal.watch(self._truth)
            self._go_on()

    def success(self) -> Verdict:
        """Whether every step was done in its order and what should last has lasted."""
        if self._begun:
            self._go_on()
        present = len(self._begun) - 1
        if self._refusal:
            return Verdict(success=False, stage=self._stage(present + 1), reason=_sentence(self._refusal))
        for index, goal in enumerate(self._begun):
            lasting = index == present or self._lasts(index)
            reason = goal.unmet(self._truth) if lasting else ""
            if reason:
                return Verdict(success=False, stage=self._stage(index), reason=_sentence(reason))
        return Verdict(success=True, stage="", reason=f'All that "{self.instruction}" asks for is so.')

    def _go_on(self) -> None:
        """Begin each step whose predecessor's goal is met."""
        while len(self._begun) < len(self._steps) and not self._refusal:
            present = len(self._begun) - 1
            if self._begun[present].unmet(self._truth):
                return
            self._begin_next()

    def _begin_next(self) -> None:
        """Match the next step's words with the scene as it is now; note a refusal if nothing fits them."""
        step = self._steps[len(self._begun)]
        if self._begun and self._begun[-1].thing is not None:
            self._mentions.things.append(self._begun[-1].thing)
        try:
            self._begun.append(AnyOf(self._goals(step)))
        except InstructionRefused as refusal:
            self._refusal = str(refusal)

    def _goals(self, step: Step) -> Sequence[Goal]:
        """One goal for each choice of objects that the step's words leave open, as "a block" does."""
        truth = self._truth
        match step:
            case Pick(manners=(_, *_)) | Put(manners=(_, *_)) | Push(manners=(_, *_)) | MoveTo(manners=(_, *_)):
                raise InstructionRefused("there is no judge here of the manner in which a step is done")
            case Put(thing=Phrase(every=True)) | Push(thing=Phrase(every=True)) | Push(place=Place(relation=Relation.ALONG)):
                raise InstructionRefused(f"there is no judge here of {described(step)!r}")
            case Pick(thing=thing):
                return [Picked(each, truth) for each in self._meant(thing)]
            case Put(thing=thing, place=place):
                things = self._carried() if thing is None else self._meant(thing)
                return [PutThere(each, place, anchors, truth) for each, anchors in self._choices(things, place)]
            case Push(thing=thing, place=place):
                return [PushedThere(each, place, anchors, truth) for each, anchors in self._choices(self._meant(thing), place)]
            case MoveTo(place=place):
                return [MovedTo(place, anchors, truth) for anchors in product(*map(self._meant, place.anchors))]
            case PointAt(thing=thing):
                return [PointedAt(each) for each in self._meant(thing)]
            case SetGripper(open=is_open):
                return [GripperSet(is_open)]
            case GoHome():
                return [AtHome()]
            case _:
                raise InstructionRefused(f"there is no judge here of {described(step)!r}")

    def _meant(self, phrase: Phrase, mentions: Mentions | None = None) -> tuple[SceneObject, ...]:
        """What a phrase means now; several things only if the words say that any of them will do.

        Raises:
            InstructionRefused: nothing fits, or more than one thing fits words that mean one.
        """
        found = referents(phrase, self._truth, mentions or self._mentions)
        if not found:
            raise InstructionRefused(f"nothing here is {phrase.text!r}; there are: {_names(self._truth.scene.objects)}")
        if len(found) > 1 and not phrase.indefinite:
            raise InstructionRefused(f"{phrase.text!r} could be any of {_names(found)}")
        return found

    def _carried(self) -> tuple[SceneObject, ...]:
        """What "whatever the gripper holds" is: what is held now, else the thing spoken of last.

        Raises:
            InstructionRefused: neither.
        """
        held = tuple(thing for thing in self._truth.scene.objects if self._truth.held(thing))
        if not held and not self._mentions.things:
            raise InstructionRefused("the gripper holds nothing that could be put anywhere")
        return held or (self._mentions.things[-1],)

    def _choices(self, things: tuple[SceneObject, ...], place: Place) -> list[tuple[SceneObject, tuple[SceneObject, ...]]]:
        """Every choice of a thing and of anchors that are other things.

        Raises:
            InstructionRefused: there is none.
        """
        spoken = Mentions(things=[*self._mentions.things, *things[:1]])
        options = [self._meant(anchor, spoken if anchor.other else None) for anchor in place.anchors]
        choices = [(thing, anchors) for thing in things for anchors in product(*options) if thing not in anchors]
        if not choices:
            raise InstructionRefused(f"{_names(things)} cannot go {place.text}: that is the thing itself")
        return choices

    def _lasts(self, index: int) -> bool:
        """Whether a step's goal must hold to the end although others follow."""
        step = self._steps[index]
        if not isinstance(step, Pick | Put | Push):
            return False
        let_go = isinstance(step, Pick) and SetGripper(open=True) in self._steps[index + 1 :]
        moved_again = [goal.thing for later, goal in self._later(index) if isinstance(later, Pick | Put | Push)]
        return not let_go and self._begun[index].thing not in moved_again

    def _later(self, index: int) -> list[tuple[Step, Goal]]:
        """The steps that were begun after one, with their goals."""
        return list(zip(self._steps, self._begun, strict=False))[index + 1 :]

    def _stage(self, index: int) -> str:
        """How a verdict calls a step: "step 2 of 3: put the red block in the blue bowl"."""
        return f"step {index + 1} of {len(self._steps)}: {described(self._steps[index])}"


def described(step: Step) -> str:
    """A step in words, as they were said."""
    match step:
        case Pick(thing=thing):
            return f"pick {thing.text}"
        case Put(thing=thing, place=place):
            return f"put {'it' if thing is None else thing.text} {place.text}"
        case Push(thing=thing, place=place):
            return f"push {thing.text} {place.text}"
        case MoveTo(place=place):
            return f"move {place.text}"
        case PointAt(thing=thing):
            return f"point at {thing.text}"
        case SetGripper(open=is_open):
            return "open the gripper" if is_open else "close the gripper"
        case GoHome():
            return "go home"
        case _:
            return describe_step(step)


def _names(things: Sequence[SceneObject]) -> str:
    """The names of objects, as a list in a sentence."""
    return ", ".join(thing.name for thing in things)


def _sentence(clause: str) -> str:
    """A clause as a sentence."""
    return clause[:1].upper() + clause[1:] + "."
