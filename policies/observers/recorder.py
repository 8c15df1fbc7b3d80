"""Recorder: keeps everything of a rollout and commits it as one episode at the end."""

from pathlib import Path
from typing import Any

from policies.demonstrations import Episode, commands_as_arrays, write
from policies.rollout import Rollout, Step
from robot.records import CommandRecord
from sensors.packets import Packet


class Recorder:
    """An observer that writes `<folder>/<name>.zarr.zip` and its manifest."""

    def __init__(self, folder: Path, name: str, attributes: dict[str, Any]) -> None:
        """Say where the episode goes and what stands in its attributes."""
        self._folder, self._name, self._attributes = folder, name, attributes
        self._packets: list[Packet] = []
        self._commands: list[CommandRecord] = []
        self._said: list[dict[str, Any]] = []
        self.manifest: Path | None = None

    def on_step(self, step: Step) -> None:
        """Keep the step's packets, joint state, commands and what the policy said."""
        self._packets += [step.observation.state, *step.packets]
        self._commands += step.commands
        if step.plan is not None:
            said = {"stamp_ns": step.observation.stamp_ns, "status": step.plan.status.value, "reason": step.plan.reason}
            self._said.append({**said, "instruction": step.instruction})

    def on_end(self, rollout: Rollout) -> None:
        """Commit; nothing is written for a rollout in which nothing moved."""
        if not rollout.moved or not self._commands:
            return
        attributes = {**self._attributes, "plans": self._said, "ended": rollout.reason, "num_steps": rollout.num_steps}
        commands = commands_as_arrays(self._commands, len(self._commands[0].joint_position))
        episode = Episode(packets=tuple(self._packets), commands=commands, attributes=attributes)
        self.manifest = write(self._folder, self._name, episode)
