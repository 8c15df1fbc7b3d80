"""NumericObservation: the environment for learners that know numbers only, such as stable-baselines3."""

import zlib
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

BUCKETS = 256


class NumericObservation(gymnasium.ObservationWrapper):
    """Replaces the sentence by counts of its words in 256 buckets and gives depth pictures a channel; keeps the rest.

    A word's bucket is the CRC-32 of its letters, the same in every process and on every machine.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wrap an environment whose observations are a Dict with an `instruction`."""
        super().__init__(env)
        assert isinstance(env.observation_space, spaces.Dict)
        self._depths = [name for name in env.observation_space if name.endswith("_depth")]
        entries = dict(env.observation_space.items())
        entries["instruction"] = spaces.Box(0.0, 100.0, (BUCKETS,), np.float32)
        for name in self._depths:
            box = entries[name]
            assert isinstance(box, spaces.Box)
            entries[name] = spaces.Box(box.low[..., None], box.high[..., None], dtype=np.float32)
        self.observation_space = spaces.Dict(entries)

    def observation(self, observation: dict[str, Any]) -> dict[str, Any]:
        """The same observation in numbers."""
        counts = np.zeros(BUCKETS, np.float32)
        for word in observation["instruction"].lower().split():
            counts[zlib.crc32(word.encode()) % BUCKETS] += 1
        depths = {name: observation[name][..., None] for name in self._depths}
        return {**observation, **depths, "instruction": counts}
