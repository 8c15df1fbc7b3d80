"""What a checkpoint's config.json may say: known keys, each of its type and of a size that a machine can hold."""

import math
from collections.abc import Mapping
from typing import Any

from policies.vla.config import STRIDE, VlaConfig
from robot.errors import InvalidInput, one_of

LARGEST = {
    "width": 4096, "layers": 64, "heads": 64, "widening": 16, "words": 1 << 20, "slots": 64, "bins": 4096, "state_size": 4096
}  # fmt: skip
WORDS = ("fusion", "decoding", "state", "robot", "trained_on", "model_type", "transformers_version", "dtype")
NUMBERS = {"top_cell": (0.001, 1.0), "height_lower": (-10.0, 10.0), "height_upper": (-10.0, 10.0), "rate_hz": (0.0, 1000.0)}
LONGEST = 100_000  # letters
MOST = 16  # sensors of a kind
LARGEST_VIEW = 2048  # px
MOST_CELLS = 1 << 20  # of the view from above
FAR = 100.0  # m


def refuse_implausible(document: Mapping[str, Any]) -> None:
    """Refuse a config that no training wrote.

    Raises:
        InvalidInput: an unknown key, or a value of another type or size.
    """
    known = {*VlaConfig().to_dict(), "architectures"}
    for key in document:
        if key not in known:
            raise one_of("config", str(key)[:60], sorted(known))
    for key, largest in LARGEST.items():
        _expect(type(document.get(key)) is int and 0 < document[key] <= largest, document, key, f"1 to {largest}")
    for key in WORDS:
        value = document.get(key, "")
        _expect(isinstance(value, str) and len(value) <= LONGEST, document, key, "words")
    for key in ("aligned", "located"):
        _expect(type(document.get(key, False)) is bool, document, key, "true or false")
    for key, (low, high) in NUMBERS.items():
        _expect(_is_number(document.get(key)) and low <= document[key] <= high, document, key, f"{low:g} to {high:g}")
    _expect(document["height_lower"] < document["height_upper"], document, "height_upper", "more than height_lower")
    _expect(
        document["width"] % document["heads"] == 0 == document["width"] % 8, document, "width", "a multiple of 8 and of heads"
    )
    views: Any = document.get("views")
    _expect(isinstance(views, dict) and len(views) <= MOST and all(map(_is_view, views.values())), document, "views",
            f"at most {MOST} cameras with a height and a width, multiples of {STRIDE} px")  # fmt: skip
    lidars = document.get("lidars")
    _expect(isinstance(lidars, list) and len(lidars) <= MOST and all(isinstance(each, str) for each in lidars),
            document, "lidars", f"at most {MOST} names")  # fmt: skip
    _expect(isinstance(document.get("chunk_code", {}), dict), document, "chunk_code", "an object")
    _refuse_view_from_above(document)


def _refuse_view_from_above(document: Mapping[str, Any]) -> None:
    """The view from above is absent, or a rectangle that is not too fine."""
    lower: Any = document.get("top_lower")
    upper: Any = document.get("top_upper")
    for key, corner in (("top_lower", lower), ("top_upper", upper)):
        fits = isinstance(corner, list) and len(corner) in (0, 2) and all(map(_is_number, corner))
        _expect(fits and all(abs(each) <= FAR for each in corner), document, key, f"none, or x and y within {FAR:g} m")
    _expect(len(lower) == len(upper), document, "top_upper", "as many numbers as top_lower")
    if lower:
        cells = [(b - a) / document["top_cell"] for a, b in zip(lower, upper, strict=True)]
        _expect(min(cells) > 0 and cells[0] * cells[1] <= MOST_CELLS, document, "top_cell", f"at most {MOST_CELLS} cells")


def _is_number(value: object) -> bool:
    """Whether it is a finite number."""
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _is_view(size: object) -> bool:
    """Whether it is a height and a width."""
    return (
        isinstance(size, list)
        and len(size) == 2
        and all(type(each) is int and 0 < each <= LARGEST_VIEW and each % STRIDE == 0 for each in size)
    )


def _expect(fits: object, document: Mapping[str, Any], key: str, wanted: str) -> None:
    """One sentence, unless it fits."""
    if not fits:
        raise InvalidInput(f"{key}: expected {wanted}, got {document.get(key)!r:.60}")
