"""What the things on the table can be like: more of them, heavier or lighter, more or less slippery."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from sim.bullet import pybullet
from sim.layout import ObjectConfig
from sim.objects import KINDS
from sim.perturbations.perturbation import Perturbation
from sim.stage import Stage, StageConfig


class Distractors(Perturbation):
    """More objects, of kinds and colours that no sentence of the episode names and no object of it has."""

    def __init__(self, count: int = 3) -> None:
        """At most how many more; fewer where no free kind or colour is left."""
        self._count = count

    def config(self, config: StageConfig, sentences: Sequence[str], random: np.random.Generator) -> StageConfig:
        """With them; where the scene draws its own objects, it draws more."""
        scene, words = config.scene, " ".join(sentences).lower()
        if not scene.objects:
            more = {"num_objects_min": scene.num_objects_min, "num_objects_max": scene.num_objects_max + self._count}
            return replace(config, scene=replace(scene, **more))
        kinds = [kind for kind in KINDS if kind not in words and kind not in {each.kind for each in scene.objects}]
        colours = [each for each in scene.palette if each not in words and each not in {one.colour for one in scene.objects}]
        count = min(self._count, len(colours)) if kinds else 0
        chosen = random.choice(colours, size=count, replace=False)
        added = [ObjectConfig(kind=str(random.choice(kinds)), colour=str(colour)) for colour in chosen]
        return replace(config, scene=replace(scene, objects=[*scene.objects, *added], gap=min(scene.gap, 0.03)))


class Physics(Perturbation):
    """Every object with another mass and another friction than it has by itself."""

    def __init__(self, mass: tuple[float, float] = (0.5, 2.0), friction: tuple[float, float] = (0.6, 1.4)) -> None:
        """Between which factors each is drawn."""
        self._mass, self._friction = mass, friction

    def begin(self, stage: Stage, sentences: Sequence[str], random: np.random.Generator) -> Callable[[], None]:
        """Change them."""
        client = stage.world.client
        for thing in stage.scene.objects:
            dynamics = pybullet.getDynamicsInfo(thing.body_id, -1, physicsClientId=client)
            pybullet.changeDynamics(
                thing.body_id,
                -1,
                mass=dynamics[0] * float(random.uniform(*self._mass)),
                lateralFriction=dynamics[1] * float(random.uniform(*self._friction)),
                physicsClientId=client,
            )
        return lambda: None
