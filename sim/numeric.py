"""NumericObservation: the environment for learners that know numbers only, such as stable-baselines3."""

import zlib
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

BUCKETS = 256


class NumericObservation(gymnasium.ObservationWrapper):
    """Replaces the sentence by counts of its words in 256 buckets and makes all but colour pictures and flags vectors.

    A word's bucket is the CRC-32 of its letters, the same in every process and on every machine.
    """

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        """Wrap an environment whose observations are a Dict with an `instruction`."""
        super().__init__(env)
        assert isinstance(env.observation_space, spaces.Dict)
        entries = dict(env.observation_space.items())
        entries["instruction"] = spaces.Box(0.0, 100.0, (BUCKETS,), np.float32)
        boxes = {name: box for name, box in entries.items() if isinstance(box, spaces.Box) and box.dtype == np.float32}
        for name, box in boxes.items():
            entries[name] = spaces.Box(box.low.ravel(), box.high.ravel(), dtype=np.float32)
        self._vectors = [name for name in boxes if name != "instruction"]
        self.observation_space = spaces.Dict(entries)

    def observation(self, observation: dict[str, Any]) -> dict[str, Any]:
        """The same observation in numbers."""
        counts = np.zeros(BUCKETS, np.float32)
        for word in observation["instruction"].lower().split():
            counts[zlib.crc32(word.encode()) % BUCKETS] += 1
        vectors = {name: observation[name].ravel() for name in self._vectors}
        return {**observation, **vectors, "instruction": counts}
