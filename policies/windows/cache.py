"""ByteCache: keeps what was asked for last, up to so many bytes; safe to share between threads."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any

import numpy as np


class ByteCache:
    """Least recently used arrays go first; a value is an array or a mapping of arrays."""

    def __init__(self, limit_bytes: int) -> None:
        """Begin empty; 0 keeps nothing."""
        self.limit_bytes, self.held_bytes = limit_bytes, 0
        self._values: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The value of a key, made if it isn't held; two threads may make the same one at the same time."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        value = make()
        size = _bytes(value)
        with self._lock:
            if size <= self.limit_bytes and key not in self._values:
                self._values[key] = value
                self.held_bytes += size
                while self.held_bytes > self.limit_bytes:
                    self.held_bytes -= _bytes(self._values.popitem(last=False)[1])
        return value

    def __reduce__(self) -> tuple[type, tuple[int]]:
        """A copy for another process begins empty."""
        return ByteCache, (self.limit_bytes,)


def _bytes(value: np.ndarray | Mapping[str, np.ndarray]) -> int:
    """What a value takes."""
    return value.nbytes if isinstance(value, np.ndarray) else sum(each.nbytes for each in value.values())
