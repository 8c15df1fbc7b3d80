"""What can happen on the way: somebody pushes the arm, moves the object that is spoken of, or undoes what was done."""

import re
from collections.abc import Callable, Sequence

import numpy as np

from robot.transforms import transform
from sim.bullet import pybullet
from sim.objects import SceneObject
from sim.perturbations.perturbation import Perturbation
from sim.stage import Stage
from sim.tasks.truth import Truth
from sim.tasks.wording import load_words

ON_TABLE = 0.01  # m: how much higher than on the table an object's middle may be and still count as standing on it


class Push(Perturbation):
    """Somebody bumps into the hand, from a drawn horizontal direction.

    PyBullet's motors give way to nothing that is within their torque: 100 N on the hand move the Panda by 1e-5 rad, 150 N
    for a twentieth of a second by 0.03 to 0.25 rad.
    """

    def __init__(self, force: float = 150.0, start_s: float = 2.0, duration_s: float = 0.05) -> None:
        """How hard (N), when, and for how long."""
        self._force, self._start_s, self._end_s = force, start_s, start_s + duration_s

    def begin(self, stage: Stage, sentences: Sequence[str], random: np.random.Generator) -> Callable[[], None]:
        """A hook of the physics."""
        angle = float(random.uniform(0, 2 * np.pi))
        force_world = [self._force * np.cos(angle), self._force * np.sin(angle), 0.0]
        world, body = stage.world, stage.scene.robot_body
        names = [
            pybullet.getJointInfo(body, joint, physicsClientId=world.client)[12].decode()
            for joint in range(pybullet.getNumJoints(body, physicsClientId=world.client))
        ]
        link = names.index(stage.model.tool_link)

        def push() -> None:
            if self._start_s <= world.now_ns() * 1e-9 < self._end_s:
                at_world = world.pose(body, link)[:3, 3].tolist()
                pybullet.applyExternalForce(
                    body, link, force_world, at_world, pybullet.WORLD_FRAME, physicsClientId=world.client
                )

        world.on_step.append(push)
        return lambda: None


class ObjectMoved(Perturbation):
    """An object that the first sentence names is moved over the table while the arm is on its way to it."""

    def __init__(self, distance: float = 0.08, at_s: float = 1.0) -> None:
        """How far (m), and when."""
        self._distance, self._at_s = distance, at_s

    def begin(self, stage: Stage, sentences: Sequence[str], random: np.random.Generator) -> Callable[[], None]:
        """A move that waits for its time, and for an object that stands free."""
        angles = random.uniform(0, 2 * np.pi, size=64)
        named = _named(stage.scene.objects, sentences[0])
        done: list[SceneObject] = []

        def move() -> None:
            if done or stage.world.now_ns() * 1e-9 < self._at_s:
                return
            truth = Truth(stage.scene, stage.world)
            for thing in named:
                place = self._place(stage, truth, thing, angles)
                if place is not None:
                    stage.world.place(thing.body_id, stage.scene.T_world_base @ place)
                    done.append(thing)
                    return

        return move

    def _place(self, stage: Stage, truth: Truth, thing: SceneObject, angles: np.ndarray) -> np.ndarray | None:
        """Where it can go (4, 4) in base; None if it does not stand on the table or no place is free."""
        T_base_thing = stage.scene.pose(thing)
        if truth.held(thing) or T_base_thing[2, 3] > thing.half_height + ON_TABLE:
            return None
        lower, upper = stage.scene.config.region_lower, stage.scene.config.region_upper
        for angle in angles:
            xy = T_base_thing[:2, 3] + self._distance * np.array([np.cos(angle), np.sin(angle)])
            inside = bool((xy > lower).all() and (xy < upper).all())
            if inside and all(_clear(xy, thing, other, stage) for other in stage.scene.objects if other is not thing):
                return transform([*xy, T_base_thing[2, 3]], T_base_thing[:3, :3])
        return None


class ProgressUndone(Perturbation):
    """What was moved first, by a hand's breadth, is put back to where it was, once; so is a drawer."""

    def __init__(self, distance: float = 0.06) -> None:
        """How far a thing must have got, m."""
        self._distance = distance

    def begin(self, stage: Stage, sentences: Sequence[str], random: np.random.Generator) -> Callable[[], None]:
        """Remember where everything is."""
        began = {thing: stage.scene.pose(thing) for thing in stage.scene.objects}
        joints = {key: position for body in stage.scene.fixtures.values() for key, position in _joints(stage, body).items()}
        done: list[object] = []

        def undo() -> None:
            if done:
                return
            for thing, T_base_then in began.items():
                if np.linalg.norm(stage.scene.pose(thing)[:3, 3] - T_base_then[:3, 3]) > self._distance:
                    stage.world.place(thing.body_id, stage.scene.T_world_base @ T_base_then)
                    done.append(thing)
                    return
            for (body, joint), then in joints.items():
                if abs(_joints(stage, body)[body, joint] - then) > self._distance:
                    pybullet.resetJointState(body, joint, then, 0.0, physicsClientId=stage.world.client)
                    done.append(joint)
                    return

        return undo


def _named(objects: Sequence[SceneObject], sentence: str) -> list[SceneObject]:
    """The objects, those first whose kind and colour are said, in whatever words, the earlier the better; then the others."""
    words = sentence.lower()

    def rank(thing: SceneObject) -> tuple[int, int]:
        said = [_first(words, load_words("attributes")[thing.kind].all), _first(words, (thing.colour,))]
        return sum(at < 0 for at in said), min((at for at in said if at >= 0), default=len(words))

    return sorted(objects, key=rank)


def _first(sentence: str, words: Sequence[str]) -> int:
    """Where the first of some words begins, or its plural; -1 if none is said."""
    found = [match.start() for word in words if (match := re.search(rf"\b{word}s?\b", sentence))]
    return min(found, default=-1)


def _clear(xy: np.ndarray, thing: SceneObject, other: SceneObject, stage: Stage) -> bool:
    """Whether a thing at (x, y) stands a centimetre clear of another."""
    return bool(np.linalg.norm(stage.scene.pose(other)[:2, 3] - xy) > thing.radius + other.radius + 0.01)


def _joints(stage: Stage, body: int) -> dict[tuple[int, int], float]:
    """(body, joint) → position of every joint of a body."""
    client = stage.world.client
    return {
        (body, joint): float(pybullet.getJointState(body, joint, physicsClientId=client)[0])
        for joint in range(pybullet.getNumJoints(body, physicsClientId=client))
    }
