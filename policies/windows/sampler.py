"""Samplers: in which order windows are given out: seeded, shared out over ranks, to be taken up again anywhere."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from torch.utils.data import Sampler

from robot.errors import InvalidInput


class Counted(Protocol):
    """What a sampler needs to know of a dataset.

    Attributes:
        lengths: how many windows each episode has.
    """

    lengths: list[int]


class ShuffledSampler(Sampler[int]):
    """Every window once an epoch, in an order that seed and epoch decide; each rank gets every so-manyth of them.

    Ranks get equally many: fewer windows than ranks at an epoch's end are left for the next shuffle. An iterator begins where
    the sampler stands; who counts what is consumed calls `advance`, and `set_epoch` begins the next.
    """

    def __init__(self, windows: Counted, seed: int = 0, rank: int = 0, ranks: int = 1) -> None:
        """Begin with epoch 0."""
        if not 0 <= rank < ranks:
            raise InvalidInput(f"sampler.rank: expected 0 to {ranks - 1}, got {rank}")
        self._lengths, self._seed, self._rank, self._ranks = list(windows.lengths), seed, rank, ranks
        self.epoch, self.position = 0, 0

    def __len__(self) -> int:
        """How many windows an epoch has for this rank."""
        return sum(self._lengths) // self._ranks

    def __iter__(self) -> Iterator[int]:
        """The rest of this epoch."""
        mine = self._order(np.random.default_rng((self._seed, self.epoch)))[self._rank :: self._ranks]
        return iter(mine[self.position : len(self)].tolist())

    def advance(self, count: int) -> None:
        """So many more windows of this epoch were consumed."""
        self.position += count

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch."""
        self.epoch, self.position = epoch, 0

    def state_dict(self) -> dict[str, Any]:
        """Where it stands; plain numbers."""
        kind, count = type(self).__name__, sum(self._lengths)
        return {
            "kind": kind,
            "seed": self._seed,
            "ranks": self._ranks,
            "windows": count,
            "epoch": self.epoch,
            "position": self.position,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where another stood.

        Raises:
            InvalidInput: that one had another order: another kind, seed, number of ranks or of windows.
        """
        own = self.state_dict()
        for key in ("kind", "seed", "ranks", "windows"):
            if state[key] != own[key]:
                raise InvalidInput(
                    f"sampler.{key}: expected {own[key]} as in this run, got {state[key]} in the state to go on from"
                )
        self.epoch, self.position = int(state["epoch"]), int(state["position"])

    def _order(self, random: np.random.Generator) -> np.ndarray:
        """All windows of an epoch."""
        return random.permutation(sum(self._lengths))


class EqualEpisodesSampler(ShuffledSampler):
    """As many windows an epoch, drawn so that long episodes weigh no more than short ones."""

    def _order(self, random: np.random.Generator) -> np.ndarray:
        """Episodes with equal chances, steps within them too."""
        lengths = np.array(self._lengths)
        begins = np.cumsum(lengths) - lengths
        filled = np.flatnonzero(lengths)
        chosen = random.choice(filled, int(lengths.sum()))
        return begins[chosen] + (random.random(len(chosen)) * lengths[chosen]).astype(np.int64)
