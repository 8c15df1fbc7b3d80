"""quiet(): keeps from the terminal what C libraries print past Python."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

STDOUT, STDERR = 1, 2


@contextmanager
def quiet(descriptor: int = STDOUT) -> Iterator[None]:
    """Send a file descriptor nowhere for a while; what was written to it before still arrives."""
    _flush()
    kept = os.dup(descriptor)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
        _flush()
    finally:
        os.dup2(kept, descriptor)
        os.close(nowhere)
        os.close(kept)


def _flush() -> None:
    """Write out what Python and C still hold back."""
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)
