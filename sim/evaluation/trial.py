"""Trials: plays one episode after another on one stage, each as if the stage were new, and judges it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.evaluation.bout import Bout
from sim.evaluation.film import Film
from sim.evaluation.players import Player
from sim.perturbations.catalogue import perturbations
from sim.perturbations.perturbation import Perturbation
from sim.scores import EpisodeResult
from sim.stage import Stage, StageConfig
from sim.suites import EpisodeName, SelectionConfig, SuiteConfig
from sim.tasks.catalogue import family
from sim.tasks.family import Episode

SWAPS = 20  # draws in search of a sentence that is another one
VIDEOS = ("none", "failures", "all")


@dataclass
class TrialConfig(SelectionConfig, StageConfig):
    """A stage, a suite, a policy: all that an episode's outcome depends on, and whether it is filmed."""

    suite: SuiteConfig = field(default_factory=SuiteConfig)
    policy: Any = None
    video: str = "none"
    out: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Answer:
    """What a worker says of an episode.

    Attributes:
        result: the row.
        picture: (H, W, 3) uint8 of the end where it failed, else None.
    """

    result: EpisodeResult
    picture: np.ndarray | None


class Trials:
    """Plays episodes by name; what comes of one depends on the config and its name alone."""

    def __init__(self, config: TrialConfig) -> None:
        """Build the stage, and the policy once, so that one that can't be built is refused before anything is played.

        Raises:
            HandsightError: the policy can't be built.
        """
        self._config = config
        self._base = StageConfig(**{each.name: getattr(config, each.name) for each in fields(StageConfig)})
        self._stage = Stage(self._base)
        self._perturbations = perturbations(config.sensors)
        Player(config.policy, self._stage, np.random.default_rng(config.seed))

    def __call__(self, name: EpisodeName) -> Answer:
        """Play one."""
        began = time.perf_counter(), time.process_time()
        perturbation = self._perturbations[name.perturbation]
        episode = self._drawn(name, 0)
        disturb = self._set(name, episode, perturbation)
        player = Player(self._config.policy, self._stage, name.random("policy"))
        bouts: list[Bout] = []
        films = [] if self._config.video == "none" else [Film(self._stage, self._film_path(name))]
        for position, errand in enumerate(episode.errands):
            policy = perturbation.policy(player.policy(errand))
            sentence = perturbation.sentence(errand.instruction, self._another(name, position, errand.instruction))
            bouts.append(Bout(self._stage, errand, policy, sentence, disturb, name.time_limit_s))
            if not bouts[-1].play(films).success:
                break
        for film in films:
            film.finish(keep=self._config.video == "all" or not bouts[-1].verdict.success)
        result = self._result(name, episode, bouts)
        picture = None if result.success else self._picture()
        wall_s, cpu_s = time.perf_counter() - began[0], time.process_time() - began[1]
        return Answer(result=replace(result, wall_s=round(wall_s, 3), cpu_s=round(cpu_s, 3)), picture=picture)

    def _drawn(self, name: EpisodeName, attempt: int) -> Episode:
        """The episode of a name; later attempts are other ones, for the sake of their sentences."""
        stream = "episode" if attempt == 0 else f"episode/{attempt}"
        return family(name.task).draw(name.split, self._config.scene, name.random(stream))

    def _set(self, name: EpisodeName, episode: Episode, perturbation: Perturbation) -> Callable[[], None]:
        """Set the stage; what disturbs it from then on."""
        sentences = [errand.instruction for errand in episode.errands]
        config = replace(self._base, scene=episode.scene)
        self._stage.reset(
            name.scene_seed,
            perturbation.config(config, sentences, name.random("perturbation/config")),
            perturbation.light(),
            perturbation.placed(config.sensors, name.random("perturbation/placed")),
        )
        return perturbation.begin(self._stage, sentences, name.random("perturbation/begin"))

    def _another(self, name: EpisodeName, position: int, sentence: str) -> str:
        """The sentence of another episode of the same task, or of this one if all are alike."""
        for attempt in range(1, SWAPS + 1) if name.perturbation == "sentence_swapped" else ():
            errands = self._drawn(name, attempt).errands
            other = errands[position % len(errands)].instruction
            if other != sentence:
                return other
        return sentence

    def _result(self, name: EpisodeName, episode: Episode, bouts: list[Bout]) -> EpisodeResult:
        """The row."""
        last, score = bouts[-1], sum(bout.verdict.success for bout in bouts)
        success = score == len(episode.errands)
        return EpisodeResult(
            suite=name.suite,
            task=name.task,
            group=name.group,
            split=name.split,
            perturbation=name.perturbation,
            index=name.index,
            policy=self._config.policy.name,
            seed=name.seed,
            instruction=" / ".join(errand.instruction for errand in episode.errands),
            success=success,
            score=score,
            num_errands=len(episode.errands),
            failure="" if success else last.failure(),
            stage="" if success else last.verdict.stage,
            reason=last.reason(),
            duration_s=round(sum(bout.num_steps for bout in bouts) * self._stage.robot.period_ns * 1e-9, 1),
            num_steps=sum(bout.num_steps for bout in bouts),
            num_interventions=sum(bout.num_interventions for bout in bouts),
        )

    def _film_path(self, name: EpisodeName) -> Path:
        """Where the film of an episode goes."""
        return Path(self._config.out) / "videos" / f"{file_stem(name.task, name.split, name.perturbation, name.index)}.mp4"

    def _picture(self) -> np.ndarray:
        """The stage as it is left, (240, 320, 3) uint8."""
        large = self._stage.spectator.render().astype(np.uint16)
        return ((large[::2, ::2] + large[1::2, ::2] + large[::2, 1::2] + large[1::2, 1::2] + 2) // 4).astype(np.uint8)


def file_stem(task: str, split: str, perturbation: str, index: int) -> str:
    """What the files of an episode are called."""
    return f"{task}_{split}_{perturbation}_{index:03d}"
