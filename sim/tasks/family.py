"""Family: the contract of one kind of task: which scenes and sentences, who judges, how an expert does it. Open it first.

    Family.draw(split, scene, random) → Episode: a scene and its errands
    Errand.judge(scene, world) → Task      from the simulator's own state
    Errand.script(scene, world) → Script   what the expert does, one Move after another

A split names two things that training may or may not have shown, the words first: "seen-unseen" has sentences of a seen
kind about things whose attributes are unseen.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from robot.obstacles import Box
from sim.scene import Scene, SceneConfig
from sim.tasks.task import Task
from sim.world import World

SPLITS = ("seen-seen", "seen-unseen", "unseen-seen", "unseen-unseen")


@dataclass(frozen=True, eq=False, kw_only=True)
class Move:
    """One stretch of an expert's motion, to a still end.

    Attributes:
        saying: what it does, for the user: "reaching for the red block".
        waypoints: T_base_ee (T, 4, 4) after the present pose, passed in straight lines; the last one is the goal.
        gripper_width: at the end, m.
        speed: of the tool, m/s.
        room: the box in base inside which the tool may touch; None: it touches nothing.
        holds: the box in ee of what the gripper holds while it moves, or None.
    """

    saying: str
    waypoints: np.ndarray
    gripper_width: float
    speed: float = 0.25
    room: Box | None = None
    holds: Box | None = None


Script = Generator[Move, None, None]
"""An expert's moves; each is asked for when the one before has ended, so that the script may look at the world again."""


@dataclass(frozen=True, kw_only=True)
class Errand:
    """One sentence of an episode.

    Attributes:
        instruction: the sentence.
        judge: the task behind it; `Task.reset` is the caller's to call when the errand begins.
        script: how an expert does it, from the world as it is when the errand begins.
    """

    instruction: str
    judge: Callable[[Scene, World], Task]
    script: Callable[[Scene, World], Script]


@dataclass(frozen=True, kw_only=True)
class Episode:
    """What one draw of a family came to.

    Attributes:
        scene: with all that it holds; places may be left to the scene's own draw.
        errands: one sentence, or several to be done in a row in the same world.
    """

    scene: SceneConfig
    errands: tuple[Errand, ...]


class Family(Protocol):
    """One kind of task, in one file of `sim/tasks/`; listed in `sim/tasks/catalogue.py`."""

    @property
    def name(self) -> str:
        """As suites and results call it, such as "place_in"."""
        ...

    @property
    def splits(self) -> tuple[str, ...]:
        """Those of `SPLITS` that it can be drawn in."""
        ...

    def draw(self, split: str, scene: SceneConfig, random: np.random.Generator) -> Episode:
        """An episode of a split in this kind of scene; the same random numbers give the same episode.

        Raises:
            InvalidInput: an unknown split, or a scene in which the task makes no sense.
        """
        ...
