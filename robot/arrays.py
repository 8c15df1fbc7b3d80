"""checked(): the one wording for a wrong shape, dtype or value; what it returns can't be written to."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from robot.errors import InvalidInput


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
    array = np.asarray(value)
    if not np.can_cast(array.dtype, dtype, casting="same_kind"):
        raise InvalidInput(f"{name}: expected {np.dtype(dtype)}, got {array.dtype}")
    if array.dtype != dtype or array.base is not None or array.flags.writeable:
        array = array.astype(dtype)
    _check_shape(name, array.shape, tuple(shape), {} if dims is None else dims)
    if np.issubdtype(array.dtype, np.floating):
        bad = np.isinf(array) if nan_ok else ~np.isfinite(array)
        if bad.any():
            raise InvalidInput(f"{name}: {int(bad.sum())} of {array.size} values are not finite")
    array.flags.writeable = False
    return array


def _check_shape(name: str, got: tuple[int, ...], wanted: tuple[int | str, ...], dims: dict[str, int]) -> None:
    """Refuse a shape that is not the wanted one; learn what each new letter stands for."""
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
