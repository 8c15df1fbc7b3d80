"""sample_task(): a sentence that makes sense in a scene, drawn from a small list of templates, and its judge."""

import numpy as np

from policies.language.parser import RuleParser
from robot.errors import HandsightError, InstructionRefused
from sim.objects import SceneObject
from sim.scene import Scene
from sim.tasks.instruction import InstructionTask
from sim.world import World

TEMPLATES = (
    "pick up the {thing}",
    "put the {thing} in the {hollow}",
    "put the {thing} to the left of the {other}",
    "put the {thing} to the right of the {other}",
    "put the {thing} behind the {other}",
    "point at the {other}",
    "move above the {other}",
)
GRASPABLE = ("block", "can", "ball")
HOLLOW = ("bowl", "plate")
TRIES = 50


def task_of(sentence: str, scene: Scene, world: World) -> InstructionTask:
    """The task of a given sentence, begun.

    Raises:
        InstructionRefused: it is not understood, or nothing in the scene fits it.
    """
    task = InstructionTask(RuleParser().parse(sentence), scene, world)
    task.reset()
    if task.refusal:
        raise InstructionRefused(task.refusal)
    return task


def sample_task(scene: Scene, world: World, random: np.random.Generator) -> InstructionTask:
    """A task that the judge understands in this scene and that is not done yet, begun.

    Where no template fits, as on an empty table, it is "close the gripper".
    """
    for _ in range(TRIES):
        sentence = _drawn(scene.objects, random)
        if sentence is None:
            continue
        try:
            task = task_of(sentence, scene, world)
        except HandsightError:
            continue
        if not task.success().success:
            return task
    return task_of("close the gripper", scene, world)


def _drawn(objects: tuple[SceneObject, ...], random: np.random.Generator) -> str | None:
    """One template with objects of the scene in its gaps, or None if a gap stays empty."""
    template = str(random.choice(TEMPLATES))
    things = [each.name for each in objects if each.kind in GRASPABLE]
    hollows = [each.name for each in objects if each.kind in HOLLOW]
    thing, hollow, other = (
        str(random.choice(names)) if names else "" for names in (things, hollows, [each.name for each in objects])
    )
    chosen = {"thing": thing, "hollow": hollow, "other": other}
    used = [name for gap, name in chosen.items() if f"{{{gap}}}" in template]
    return template.format(**chosen) if all(used) and len(set(used)) == len(used) else None
