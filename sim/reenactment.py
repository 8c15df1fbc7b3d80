"""Reenactment: a recorded episode again in its own simulated scene, and how far it drifts from what was recorded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from policies.demonstrations import Episode, Facts, read, read_facts
from robot.configuration import from_yaml
from robot.errors import InvalidInput, one_of
from robot.obstacles import Obstacles
from robot.trajectory import JointTrajectory
from sim.stage import Stage, StageConfig
from sim.suites import EpisodeName
from sim.tasks.catalogue import family

WAYS = ("state", "command")
ELSEWHERE = 0.02  # rad: a robot that is so far off at the beginning does not stand where the episode began
AFTER_NS = 1_000_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Drift:
    """How far a reenactment was from the recording, at the recorded steps.

    Attributes:
        joint: (T, J) joint positions, ours less the recorded, rad.
        tool: (T,) between the tools, m.
        objects: (T, O) between each object's two places, m; None if the recording holds no facts.
        num_changed: control ticks at which the safety filter changed something.
    """

    joint: np.ndarray
    tool: np.ndarray
    objects: np.ndarray | None
    num_changed: int

    def __str__(self) -> str:
        """One plain line."""
        rms = float(np.sqrt(np.mean(self.joint**2)))
        objects = (
            ""
            if self.objects is None or not self.objects.size
            else (f", objects by at most {self.objects.max() * 1e3:.2f} mm ({self.objects[-1].max() * 1e3:.2f} mm at the end)")
        )
        return (
            f"over {len(self.tool)} steps the joints drift by at most {np.abs(self.joint).max():.6f} rad (rms {rms:.6f} rad), "
            f"the tool by at most {self.tool.max() * 1e3:.3f} mm{objects}; the filter changed {self.num_changed} commands"
        )


def reenact(where: str | Path, by: str, view: str = "none") -> Drift:
    """Set the recorded scene and do what was recorded once more, through controller and safety filter.

    The filter sees no obstacles: it keeps limits, workspace and the distance to itself.

    Args:
        where: the episode's manifest.
        by: "state": the arm follows the recorded joint states, the gripper what it was told;
            "command": both follow what was commanded at each control tick.
        view: "none" or "window".

    Raises:
        InvalidInput: no such way, or an episode without a simulated scene, without states or commands, or one that does not
            begin with its scene.
    """
    if by not in WAYS:
        raise one_of("by", by, WAYS)
    episode, facts = read(where), read_facts(where)
    name = Path(where).stem
    missing = [key for key in ("stamp_ns", "state/joint_position", "state/joint_velocity") if key not in episode.observations]
    if missing or (by == "command" and len(episode.commands.get("stamp_ns", ())) < 2):
        raise InvalidInput(f"episode {name}: expected recorded {'joint states' if missing else 'commands'}, and there are none")
    stage = stage_of(name, episode.attributes, view)
    try:
        return _follow(name, stage, episode, facts, by)
    finally:
        stage.close()


def stage_of(name: str, attributes: Mapping[str, Any], view: str = "none") -> Stage:
    """The stage on which an episode was recorded, its scene as it was at time 0.

    Raises:
        InvalidInput: its attributes do not say what scene that was.
    """
    written = attributes.get("config", "")
    if "\nscene:" not in f"\n{written}":
        raise InvalidInput(
            f"episode {name}: its attributes hold no simulated scene; expected one of handsight-command or handsight-record"
        )
    config = replace(from_yaml(written, StageConfig), agreement=None, view=view)
    config.sensors.renderer = "raycast"  # who draws changes no motion
    if "task" not in attributes:
        return Stage(config)
    which = {key: attributes[key] for key in ("suite", "task", "split", "index", "seed")}
    recorded = EpisodeName(**which, group="", perturbation="none", time_limit_s=0.0)
    drawn = family(recorded.task).draw(recorded.split, config.scene, recorded.random("episode"))
    stage = Stage(replace(config, scene=drawn.scene))
    stage.reset(recorded.scene_seed)
    return stage


def trajectory(episode: Episode, by: str, period_s: float) -> JointTrajectory:
    """What to follow so that each recorded state, or command, is met at its own time; the tick between two takes `period_s`."""
    commands, seen = episode.commands, episode.observations
    if by == "command":
        stamps = commands["stamp_ns"]
        ticks = np.rint((stamps - stamps[0]) * 1e-9 / period_s).astype(np.int64)
        time_s = np.cumsum(np.full(int(ticks[-1]) + 1, period_s))[ticks]  # as the controller counts: a tick after its stamp
        position, velocity, width = (commands[key] for key in ("joint_position", "joint_velocity", "gripper_width"))
    else:
        stamps = seen["stamp_ns"]
        time_s = (stamps - stamps[0]) * 1e-9
        position, velocity, width = (seen[f"state/{key}"] for key in ("joint_position", "joint_velocity", "gripper_width"))
        if len(commands.get("stamp_ns", ())):  # fingers that go where they were stopped press on nothing
            width = np.interp(stamps, commands["stamp_ns"], commands["gripper_width"])
    return JointTrajectory(
        stamp_ns=int(stamps[0]),
        time_s=time_s,
        joint_position=position,
        joint_velocity=velocity,
        gripper_width=width,
        expires_ns=int(stamps[-1]) + AFTER_NS,
    )


def _follow(name: str, stage: Stage, episode: Episode, facts: Facts, by: str) -> Drift:
    """Do it and look at each recorded step."""
    body, clock, seen = stage.robot.body, stage.world, episode.observations
    wanted = trajectory(episode, by, stage.model.period_s)
    poses = _recorded_poses(name, stage, facts)
    joint, tool, objects, num_changed = [], [], [], 0
    submitted = False
    for step, (stamp_ns, recorded) in enumerate(zip(seen["stamp_ns"].tolist(), seen["state/joint_position"], strict=True)):
        body.submit(None, Obstacles.none(clock.now_ns()))
        report = body.advance(stamp_ns)
        num_changed += sum(bool(command.interventions) for command in report.commands) * submitted
        q = body.state().joint_position
        if not submitted:
            _refuse_elsewhere(name, q, recorded)
            body.submit(wanted, Obstacles.none(clock.now_ns()))
            submitted = True
        joint.append(q - recorded)
        tool.append(np.linalg.norm((stage.kinematics.forward(q) - stage.kinematics.forward(recorded))[:3, 3]))
        if poses is not None:
            ours = np.array([stage.scene.pose(thing)[:3, 3] for thing in stage.scene.objects])
            objects.append(np.linalg.norm(ours - poses[step, :, :3, 3], axis=-1))
    return Drift(
        joint=np.array(joint), tool=np.array(tool), objects=np.array(objects) if objects else None, num_changed=num_changed
    )


def _recorded_poses(name: str, stage: Stage, facts: Facts) -> np.ndarray | None:
    """Where the objects were (T, O, 4, 4) in base, in the order of the stage's; None if nobody noted it."""
    if "pose" not in facts.arrays:
        return None
    noted, ours = [each["name"] for each in facts.attributes["objects"]], [thing.name for thing in stage.scene.objects]
    if noted != ours:
        raise InvalidInput(f"episode {name}: its config and seed give a scene with {ours}; recorded were {noted}")
    return facts.arrays["pose"]


def _refuse_elsewhere(name: str, q: np.ndarray, recorded: np.ndarray) -> None:
    """Refuse an episode before which the robot had moved already."""
    if q.shape != recorded.shape or np.abs(q - recorded).max() > ELSEWHERE:
        raise InvalidInput(
            f"episode {name}: it does not begin with its scene: the robot stood at {np.round(recorded, 2).tolist()} rad, and "
            f"the scene begins with {np.round(q, 2).tolist()}; expected the first sentence of a run"
        )
