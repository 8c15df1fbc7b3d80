"""Takes: plays one episode after another on one stage and records each; what a recording worker does."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from policies.observers.recorder import Recorder
from policies.observers.run_folder import versions
from policies.observers.subtasks import Subtasks
from policies.policy import Policy
from policies.storage.writer import EpisodeWriter
from robot.model import RobotModel
from sensors.calibration_file import as_record, calibration_of
from sim.evaluation.bout import Bout, Looks
from sim.evaluation.players import Player
from sim.expert import Expert
from sim.facts import SceneFacts, Witness
from sim.stage import Stage, StageConfig
from sim.suites import EpisodeName, SelectionConfig, SuiteConfig
from sim.tasks.catalogue import family
from sim.tasks.family import Errand
from sim.tasks.scripts import Hand

WANDERS_S = 10.0  # at most


@dataclass
class TakesConfig(SelectionConfig, StageConfig):
    """What a recording depends on.

    Attributes:
        suite: the tasks.
        policy: who acts.
        look_hz: how often, at least, an expert's sensors are read and recorded: it does without. They always are where it gives
            a new plan. Other policies look at every turn of the loop, and so does an expert at 0.
        random_start: which share of the episodes begins with the hand somewhere over the table instead of at home, so that a
            policy learns to go on from wherever it is.
        scenes: so many still scenes, with facts and nothing moving, instead of episodes.
        streams: whether raw packets are kept too, from which observations can be made anew.
        facts: whether the simulator's truth is kept, for losses and scores.
        leave_out: what of an observation is not kept: "cloud" and "lidar", which depth can stand in for, are two fifths of it.
        out: the folder.
    """

    suite: SuiteConfig = field(default_factory=SuiteConfig)
    policy: Any = None
    look_hz: float = 0.0
    random_start: float = 0.0
    scenes: int = 0
    streams: bool = False
    facts: bool = True
    leave_out: list[str] = field(default_factory=list)
    out: str = ""


@dataclass(frozen=True, kw_only=True)
class Take:
    """What came of one episode.

    Attributes:
        manifests: one for each sentence that was recorded, still in a folder of their own; none if nothing moved.
        success: whether all of it was done.
        reason: what the judge said last, or why the recording failed.
        num_steps: of the policy.
        num_bytes: of the data files.
    """

    manifests: tuple[Path, ...]
    success: bool
    reason: str
    num_steps: int
    num_bytes: int


def lost(error: str) -> Take:
    """What came of an episode that no worker could finish."""
    return Take(manifests=(), success=False, reason=error, num_steps=0, num_bytes=0)


class Takes:
    """Records episodes by name; what comes of one depends on the config and its name alone."""

    def __init__(self, config: TakesConfig, config_yaml: str) -> None:
        """Build the stage."""
        self._config = config
        self._base = StageConfig(**{each.name: getattr(config, each.name) for each in fields(StageConfig)})
        self._stage = Stage(self._base)
        self._attributes = {
            "policy": config.policy.name,
            "config": config_yaml,
            "versions": versions(),
            "calibration": as_record(calibration_of(config.sensors)),
            "robot": described(self._stage.model),
        }

    def __call__(self, name: EpisodeName) -> Take:
        """Record one."""
        episode = family(name.task).draw(name.split, self._config.scene, name.random("episode"))
        self._stage.reset(name.scene_seed, replace(self._base, scene=episode.scene))
        folder = parts_of(Path(self._config.out)) / stem_of(name)
        rmtree(folder, ignore_errors=True)
        if self._config.scenes:
            return self._still(name, folder)
        start = name.random("start")
        if start.random() < self._config.random_start:
            self._wander(episode.errands[0], start)
        player = Player(self._config.policy, self._stage, name.random("policy"))
        takes: list[Take] = []
        for position, errand in enumerate(episode.errands):
            stem = stem_of(name) if len(episode.errands) == 1 else f"{stem_of(name)}_{position + 1}"
            policy = player.policy(errand)
            witness, looks = Witness(policy, SceneFacts(self._stage)), self._looks(policy)
            bout = Bout(self._stage, errand, witness, errand.instruction, lambda: None, name.time_limit_s, looks)
            takes.append(self._take(name, folder, stem, witness, bout, errand.instruction))
            if not takes[-1].success:
                break
        return Take(
            manifests=tuple(each for take in takes for each in take.manifests),
            success=takes[-1].success and len(takes) == len(episode.errands),
            reason=takes[-1].reason,
            num_steps=sum(take.num_steps for take in takes),
            num_bytes=sum(take.num_bytes for take in takes),
        )

    def _wander(self, errand: Errand, random: np.random.Generator) -> None:
        """Bring the hand somewhere else, unrecorded; it stays where it is if no motion leads there."""
        stage = self._stage
        away = replace(errand, script=lambda scene, world: Hand(scene, world).wander(random))
        expert = Expert(away, stage.scene, stage.world, stage.model, stage.kinematics)
        Bout(stage, away, expert, "", lambda: None, WANDERS_S, Looks(round(1e9 * WANDERS_S), expert.is_due)).play([])

    def _looks(self, policy: Policy) -> Looks | None:
        """When a policy's sensors are read; None: at every turn of the loop."""
        if not self._config.look_hz or not isinstance(policy, Expert):
            return None
        return Looks(round(1e9 / self._config.look_hz), policy.is_due)

    def _take(self, name: EpisodeName, folder: Path, stem: str, witness: Witness, bout: Bout, instruction: str) -> Take:
        """Play and record one sentence."""
        subtasks = Subtasks()
        said: list[str] = []
        recorder = Recorder(
            folder,
            stem,
            self._named(name, instruction),
            leave_out=self._config.leave_out,
            streams=self._config.streams,
            facts=witness.noted if self._config.facts else None,
            at_end=lambda: {"success": bout.judged().success, "subtasks": subtasks.annotations, "rate_hz": bout.rate_hz},
            tell=said.append,
        )
        verdict = bout.play([subtasks, recorder])
        manifests = () if recorder.manifest is None else (recorder.manifest,)
        return Take(
            manifests=manifests,
            success=verdict.success and not recorder.failure,
            reason=recorder.failure or bout.reason(),
            num_steps=bout.num_steps,
            num_bytes=sum(size_of(each) for each in manifests),
        )

    def _still(self, name: EpisodeName, folder: Path) -> Take:
        """One look at a scene in which nothing moves."""
        robot = self._stage.robot
        packets = [packet for source in robot.sources for packet in source.read()]
        observation = robot.fusion.observe(packets, robot.body.state(), robot.clock.now_ns())
        truth = SceneFacts(self._stage).now()
        with EpisodeWriter(folder, stem_of(name), leave_out=self._config.leave_out) as writer:
            writer.add_facts({key: rows for key, rows in truth.items() if key != "attributes"}, truth["attributes"])
            writer.add_step(observation, packets if self._config.streams else ())
            manifest = writer.commit(self._named(name, ""))
        return Take(manifests=(manifest,), success=True, reason="", num_steps=1, num_bytes=size_of(manifest))

    def _named(self, name: EpisodeName, instruction: str) -> Mapping[str, Any]:
        """The attributes of an episode."""
        which = {"suite": name.suite, "task": name.task, "split": name.split, "index": name.index, "seed": name.seed}
        return {**self._attributes, **which, "instruction": instruction}


def stem_of(name: EpisodeName) -> str:
    """What an episode of this name is called in a folder of demonstrations."""
    return f"{name.task}_{name.split}_{name.index:05d}"


def parts_of(out: Path) -> Path:
    """Where episodes lie while they are being recorded."""
    return out / ".parts"


def size_of(manifest: Path) -> int:
    """How many bytes the data beside a manifest has."""
    return manifest.with_suffix(".zarr.zip").stat().st_size


def described(model: RobotModel) -> dict[str, Any]:
    """A robot as a log names it."""
    arrays = ("position_lower", "position_upper", "velocity")
    return {
        "name": model.name,
        "joint_names": list(model.joint_names),
        "gripper_width_max": model.gripper_width_max,
        **{key: getattr(model, key).tolist() for key in arrays},
    }
