"""RecordDemonstrations: a wrapper that records whoever steps an environment; a user's own loop with one added line.

    env = RecordDemonstrations(env, "demonstrations")

Every episode becomes `<path>/episode_000000.json` and its `.zarr.zip` in the format of `policies/demonstrations.py`, as
soon as it ends or the next one begins: pictures and state vector as streams and, up to the last action, as observations; the
action's numbers as actions and as commands (`joint_position`, one for each step, stamped with the observation it answers);
and the sentence, the verdict, the rewards and the action's kind as attributes. Numbering goes on behind what is in the folder
already.
"""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from policies.demonstrations import Episode, rows_of_packets, stacked, write
from robot.clock import tick_ns
from sensors.packets import Packet
from sim.translation import ForeignConfig, Translation

KINDS = {"position": "joint_position", "delta": "joint_delta", "velocity": "opaque"}  # what the format calls them


class RecordDemonstrations(gymnasium.Wrapper):
    """Passes everything through unchanged and keeps a copy.

    Attributes:
        manifests: of the episodes that this wrapper has written.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], path: str | Path, config: ForeignConfig | None = None) -> None:
        """Record into a folder; the config names the environment's keys where they can't be found by shape and type."""
        super().__init__(env)
        self._translation = Translation(env, config)
        self._folder = Path(path)
        self.manifests: list[Path] = []
        self._begin({})

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        """Write what was recorded and begin the next episode."""
        self._commit()
        observation, info = self.env.reset(**kwargs)
        self._begin({"seed": kwargs.get("seed"), "instruction": self._translation.sentence(observation, info)})
        self._packets += self._translation.packets(observation, 0)
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step, and keep the action and what came of it."""
        self._stamps.append(self._now_ns())
        self._actions.append(self._translation.numbers(action))
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._packets += self._translation.packets(observation, self._now_ns())
        self._rewards.append(float(reward))
        self._success = self._translation.succeeded(info, bool(terminated), float(reward))
        if terminated or truncated:
            self._commit()
        return observation, reward, terminated, truncated, info

    def close(self) -> None:
        """Write what was recorded and close the environment."""
        self._commit()
        self.env.close()

    def _now_ns(self) -> int:
        """The stamp after as many steps as actions were taken."""
        return tick_ns(len(self._actions), self._translation.config.rate_hz)

    def _begin(self, attributes: dict[str, Any]) -> None:
        """Forget the last episode."""
        self._attributes = attributes
        self._packets: list[Packet] = []
        self._stamps: list[int] = []
        self._actions: list[np.ndarray] = []
        self._rewards: list[float] = []
        self._success = False

    def _commit(self) -> None:
        """Write the episode, if anything was done in it, and begin an empty one."""
        if not self._actions:
            return
        spec = self.env.spec
        attributes = {
            **self._attributes,
            "success": self._success,
            "rewards": self._rewards,
            "env": "" if spec is None else spec.id,
            "action_kind": self._translation.config.kind,
            "action_names": list(self._translation.model.joint_names),
            "rate_hz": self._translation.config.rate_hz,
            "action": {"kind": KINDS[self._translation.config.kind], "names": list(self._translation.model.joint_names)},
            "absent": ["calibration"],
        }
        episode = Episode(
            packets=tuple(self._packets),
            commands=self._commands(),
            attributes=attributes,
            observations=self._observations(),
            actions=np.array(self._actions),
        )
        number = len(list(self._folder.glob("episode_*.json")))
        self.manifests.append(write(self._folder, f"episode_{number:06d}", episode))
        self._begin({})

    def _observations(self) -> dict[str, np.ndarray]:
        """What each action answered, as the arrays of `observations/`."""
        seen = {stamp_ns: [packet for packet in self._packets if packet.stamp_ns == stamp_ns] for stamp_ns in self._stamps}
        return stacked([rows_of_packets(stamp_ns, packets) for stamp_ns, packets in seen.items()])

    def _commands(self) -> dict[str, np.ndarray]:
        """The actions as the arrays of `commands/`."""
        actions = np.array(self._actions)
        return {
            "stamp_ns": np.array(self._stamps, dtype=np.int64),
            "joint_position": actions,
            "joint_velocity": np.zeros_like(actions),
            "gripper_width": np.zeros(len(actions)),
            "level": np.zeros(len(actions), dtype=np.int8),
        }
