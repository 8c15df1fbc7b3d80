"""Loader: batches of windows, read ahead by threads; it can be stopped and taken up again in the middle of an epoch."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Any

from torch.utils.data import default_collate

from policies.dataset import Windows
from policies.windows.sampler import ShuffledSampler


class Loader:
    """Iterates over the rest of an epoch in batches; the next iteration is the next epoch.

    Reading and unpacking release the interpreter's lock, so that threads are enough for most training; where they are not, a
    torch DataLoader with worker processes takes the same windows and sampler.
    """

    def __init__(
        self,
        windows: Windows,
        sampler: ShuffledSampler,
        batch_size: int,
        threads: int = 2,
        ahead: int = 4,
        drop_last: bool = True,
        collate: Callable[[list[Any]], dict[str, Any]] = default_collate,
    ) -> None:
        """Hold what it reads from.

        Args:
            windows: the dataset.
            sampler: the order.
            batch_size: B, windows a batch.
            threads: that read.
            ahead: so many batches are read before they are asked for.
            drop_last: whether a last batch of fewer windows is left out.
            collate: windows → batch.
        """
        self._windows, self._sampler, self._batch_size = windows, sampler, batch_size
        self._threads, self._ahead, self._drop_last, self._collate = threads, ahead, drop_last, collate

    def __len__(self) -> int:
        """How many batches an epoch has."""
        count = len(self._sampler)
        return count // self._batch_size if self._drop_last else -(-count // self._batch_size)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Batches: tensors (B, …), lists of sentences."""
        indices = iter(self._sampler)
        with ThreadPoolExecutor(self._threads) as pool:
            pending: deque[tuple[int, Future[dict[str, Any]]]] = deque()
            try:
                while True:
                    while len(pending) < self._ahead and (batch := list(islice(indices, self._batch_size))):
                        if len(batch) == self._batch_size or not self._drop_last:
                            pending.append((len(batch), pool.submit(self._read, batch)))
                    if not pending:
                        break
                    count, future = pending.popleft()
                    read = future.result()
                    self._sampler.advance(count)
                    yield read
            finally:
                for _, future in pending:
                    future.cancel()
        self._sampler.set_epoch(self._sampler.epoch + 1)

    def endless(self) -> Iterator[dict[str, Any]]:
        """Batches, epoch after epoch."""
        while True:
            yield from self

    def state_dict(self) -> dict[str, Any]:
        """What was consumed so far, so that another loader goes on behind it."""
        return self._sampler.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on behind what another loader gave out."""
        self._sampler.load_state_dict(state)

    def _read(self, indices: list[int]) -> dict[str, Any]:
        """One batch."""
        return self._collate([self._windows[index] for index in indices])
