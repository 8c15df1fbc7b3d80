"""Facts of a scene, as the `facts/` of a demonstration has them, and the witness who notes them at each look of a policy."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from policies.language.program import Place, Relation
from policies.policy import Policy
from policies.wrapper import PolicyWrapper
from robot.trajectory import Plan
from sensors.observation import Observation
from sim.bullet import pybullet
from sim.cameras import SimulatedCamera
from sim.objects import SceneObject
from sim.stage import Stage
from sim.tasks.placement import SIDES, misplaced
from sim.tasks.truth import Truth

RELATIONS = (*SIDES, Relation.ON, Relation.IN)
SIDE_COSINE = np.cos(np.pi / 4)


class SceneFacts:
    """What the simulator knows of the scene that stands on a stage; of no use once another one does."""

    def __init__(self, stage: Stage) -> None:
        """Find what can be asked."""
        self._scene, self._client = stage.scene, stage.world.client
        self._truth = Truth(stage.scene, stage.world)
        self._cameras = {name: each for name, each in stage.cameras.items() if isinstance(each, SimulatedCamera)}
        self._joints = _joints(stage)

    def now(self) -> dict[str, Any]:
        """All of it, by path below `facts/`; "attributes" holds the names that the axes refer to."""
        things = self._scene.objects
        bodies = np.array([thing.body_id for thing in things], dtype=np.int64)
        joints = [pybullet.getJointState(body, joint, physicsClientId=self._client)[0] for _, body, joint in self._joints]
        return {
            "pose": np.array([self._scene.pose(thing) for thing in things]).reshape(-1, 4, 4),
            "size": np.array([_size(thing) for thing in things]).reshape(-1, 3),
            "relations": relations(self._truth, things),
            "articulation": np.array(joints, dtype=np.float64),
            **{f"masks/{name}": mask_of(camera, bodies) for name, camera in self._cameras.items()},
            "attributes": {
                "objects": [{"name": t.name, "colour": t.colour, "shape": t.kind, "size": t.size} for t in things],
                "relations": [str(relation) for relation in RELATIONS],
                "articulation": [name for name, _, _ in self._joints],
            },
        }


class Witness(PolicyWrapper):
    """A policy's shadow: passes everything through, and at each look notes the facts of that very instant.

    The loop tells observers of a step when it is over; the facts that belong to an observation are those of its beginning.
    """

    def __init__(self, policy: Policy, facts: SceneFacts) -> None:
        """Watch a policy whose looks count."""
        super().__init__(policy)
        self._facts = facts
        self._noted: dict[str, Any] = {}

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """As the policy, after a note of the facts."""
        self._noted = self._facts.now()
        return super().plan(observation, instruction)

    def noted(self) -> Mapping[str, Any]:
        """The facts at the last look."""
        return self._noted


def relations(truth: Truth, things: tuple[SceneObject, ...]) -> np.ndarray:
    """Which relation (L, O, O) bool holds from the first object to the second.

    Sides: the direction is the dominant one, within 45°, whatever the distance; on and in: as `placement` judges them.
    """
    places = np.array([truth.position(thing)[:2] for thing in things]).reshape(-1, 2)
    offset = places[:, None] - places[None]  # (O, O, 2): from the second to the first
    apart = np.linalg.norm(offset, axis=-1)
    sides = [(offset @ side >= SIDE_COSINE * apart) & (apart > 0) for side in SIDES.values()]
    upon = [np.zeros_like(apart, dtype=bool) for _ in (Relation.ON, Relation.IN)]
    for first, second in zip(*np.nonzero(apart < _radii(things)[None]), strict=True):
        for held, relation in zip(upon, (Relation.ON, Relation.IN), strict=True):
            place = Place(text=str(relation), relation=relation)
            start = truth.position(things[first])
            held[first, second] = first != second and not misplaced(place, things[first], (things[second],), truth, start)
    return np.stack([*sides, *upon])


def mask_of(camera: SimulatedCamera, bodies: np.ndarray) -> np.ndarray:
    """1 + the index of the object that each pixel (H, W) shows, 0 for anything else, uint8."""
    seen = camera.body_mask()
    index = np.zeros(int(max(seen.max(), bodies.max(initial=-1))) + 2, dtype=np.uint8)
    index[bodies] = np.arange(1, len(bodies) + 1)
    return index[seen]


def _radii(things: tuple[SceneObject, ...]) -> np.ndarray:
    """(O,) m."""
    return np.array([thing.radius for thing in things])


def _size(thing: SceneObject) -> list[float]:
    """The box about an object, in its own frame, m."""
    return [2 * thing.radius, 2 * thing.radius, 2 * thing.half_height]


def _joints(stage: Stage) -> list[tuple[str, int, int]]:
    """Name, body and number of every joint of the furniture that moves."""
    client = stage.world.client
    return [
        (f"{name}/{pybullet.getJointInfo(body, joint, physicsClientId=client)[1].decode()}", body, joint)
        for name, body in stage.scene.fixtures.items()
        for joint in range(pybullet.getNumJoints(body, physicsClientId=client))
    ]
