"""checked(): the one wording for a wrong shape, dtype or value; what it returns can't be written to."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from robot.errors import InvalidInput

_SMALL = 32  # up to so many values Python's own sum is the quicker look for what is not finite


def checked(
    name: str,
    value: Any,
    shape: Sequence[int | str],
    dtype: Any = np.float64,
    *,
    dims: dict[str, int] | None = None,
    nan_ok: bool = False,
) -> np.ndarray:
    """The value as a read-only array of this shape and dtype, or a refusal that names both.

    Args:
        name: how the refusal calls the value.
        value: an array, or anything numpy makes one of without losing information.
        shape: sizes; a letter such as "N" stands for any size, the same wherever `dims` has met it.
        dtype: what the array must be; safe casts only (float32 to float64, never float to int).
        dims: what letters stand for; filled as arrays of one record are checked one after another.
        nan_ok: whether NaN may stand for "no value"; infinity is refused in any case.

    Raises:
        InvalidInput: wrong shape, dtype, or a value that is not finite.
    """
    array, wanted = np.asarray(value), np.dtype(dtype)
    if array.dtype != wanted and not np.can_cast(array.dtype, wanted, casting="same_kind"):
        raise InvalidInput(f"{name}: expected {wanted}, got {array.dtype}")
    if array.dtype != wanted or array.base is not None or array.flags.writeable:
        array = array.astype(wanted)
    _check_shape(name, array.shape, shape, {} if dims is None else dims)
    if wanted.kind == "f" and not _surely_finite(array):
        bad = np.isinf(array) if nan_ok else ~np.isfinite(array)
        if bad.any():
            raise InvalidInput(f"{name}: {int(bad.sum())} of {array.size} values are not finite")
    array.setflags(write=False)
    return array


def _surely_finite(array: np.ndarray) -> bool:
    """Whether a glance shows that all is finite: a value that is not leaves no sum finite."""
    return array.size <= _SMALL and isfinite(sum(array.reshape(-1).tolist()))


def _check_shape(name: str, got: tuple[int, ...], wanted: Sequence[int | str], dims: dict[str, int]) -> None:
    """Refuse a shape that is not the wanted one; learn what each new letter stands for."""
    if got == wanted:
        return
    fits = len(got) == len(wanted)
    for size, want in zip(got, wanted, strict=False):
        expected = dims.setdefault(want, size) if isinstance(want, str) else want
        fits = fits and size == expected
    if not fits:
        spelled = ", ".join(f"{want}={dims[want]}" if isinstance(want, str) and want in dims else str(want) for want in wanted)
        raise InvalidInput(f"{name}: expected shape ({spelled}), got {got}")


def freeze(record: object, **arrays: np.ndarray) -> None:
    """Store checked arrays on a frozen dataclass from its __post_init__."""
    for field, array in arrays.items():
        object.__setattr__(record, field, array)
