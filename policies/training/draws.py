"""Draws: which sample comes when: tasks alike often, demonstrations and still scenes by their shares, keyposes evenly."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policies.training.recordings import Recording
from policies.windows.sampler import ShuffledSampler

EPOCH = 1 << 16  # draws


@dataclass
class Epoch:
    """How many draws an epoch has, as the sampler counts windows."""

    lengths: list[int]


class Draws(ShuffledSampler):
    """An endless order of sample numbers that a seed decides; it is shared out over ranks, and can be taken up anywhere.

    A number holds draw and step, `draw · steps + step`, so that the same step is changed in another way each time it comes.
    """

    def __init__(
        self, recordings: Sequence[Recording], scenes_share: float, seed: int = 0, rank: int = 0, ranks: int = 1
    ) -> None:
        """Weigh the episodes, and their steps."""
        super().__init__(Epoch([EPOCH]), seed, rank, ranks)
        lengths = np.array([recording.episode.num_steps for recording in recordings])
        self._begins, self._steps = np.cumsum(lengths) - lengths, int(lengths.sum())
        self._cumulated = [np.cumsum(recording.weights()) for recording in recordings]
        self._weights = _episode_weights(recordings, scenes_share)

    def _order(self, random: np.random.Generator) -> np.ndarray:
        """An epoch's numbers."""
        episodes = random.choice(len(self._weights), EPOCH, p=self._weights)
        where = random.random(EPOCH)
        within = [
            int(np.searchsorted(self._cumulated[e], w * self._cumulated[e][-1])) for e, w in zip(episodes, where, strict=True)
        ]
        steps = self._begins[episodes] + np.minimum(within, np.diff(np.append(self._begins, self._steps))[episodes] - 1)
        draw = self.epoch * EPOCH + np.arange(EPOCH)
        return draw * self._steps + steps


def _episode_weights(recordings: Sequence[Recording], scenes_share: float) -> np.ndarray:
    """How likely each episode is: still scenes take their share, the rest is parted evenly among the tasks."""
    tasks = [str(each.episode.attributes.get("task", "")) if each.acts else None for each in recordings]
    scenes = np.array([not each.acts for each in recordings])
    share = scenes_share if scenes.any() and not scenes.all() else float(scenes.any())
    kinds = Counter(task for task in tasks if task is not None)
    weights = [share / scenes.sum() if task is None else (1 - share) / len(kinds) / kinds[task] for task in tasks]
    return np.array(weights) / np.sum(weights)
