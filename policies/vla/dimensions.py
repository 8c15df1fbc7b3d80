"""Dimensions: what each number of an action is, in which unit and between which bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robot.arrays import checked, freeze
from robot.errors import InvalidInput

QUANTILES = (0.01, 0.99)  # as RT-2's successor does, against outliers: OpenVLA, arXiv:2406.09246, section 3.2
CONSTANT = 1e-6  # the span, against its size, of a dimension that never changes
LARGEST = 1e100  # a bound: the span of two such is a number still


@dataclass(frozen=True, eq=False, kw_only=True)
class Dimensions:
    """D numbers of an action; they travel with the weights as plain JSON.

    Attributes:
        names: (D,) all different.
        units: (D,) such as "m" or "rad".
        low: (D,) lower bounds, each in its unit.
        high: (D,) upper bounds, above the lower ones.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze."""
        count = len(self.names)
        if not count or len(set(self.names)) != count or len(self.units) != count:
            raise InvalidInput(f"dimensions: expected different names, each with a unit, got {self.names} and {self.units}")
        freeze(self, low=checked("low", self.low, (count,)), high=checked("high", self.high, (count,)))
        for name, low, high in zip(self.names, self.low, self.high, strict=True):
            if not low < high or max(-low, high) > LARGEST:
                raise InvalidInput(
                    f"dimension {name!r}: expected bounds within ±{LARGEST:g}, the lower first, got {low:g} and {high:g}"
                )

    def normalised(self, values: object) -> np.ndarray:
        """Values (..., D) as numbers in [-1, 1]; what lies outside the bounds is moved to them.

        Raises:
            InvalidInput: not D numbers in the last axis, or one that is not finite.
        """
        array = np.asarray(values)
        array = checked("action", array, (*array.shape[:-1], len(self.names)))
        return np.clip(2.0 * (array - self.low) / (self.high - self.low) - 1.0, -1.0, 1.0)

    def physical(self, normalised: np.ndarray) -> np.ndarray:
        """The mirror: numbers (..., D) in [-1, 1] as values in their units."""
        return self.low + (np.asarray(normalised) + 1.0) * (self.high - self.low) / 2.0

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        return {
            "names": list(self.names), "units": list(self.units), "low": self.low.tolist(), "high": self.high.tolist()
        }  # fmt: skip

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Dimensions":
        """The mirror of `to_json`.

        Raises:
            InvalidInput: a field is missing or not what it should be.
        """
        fields = fields_of("dimensions", document, {"names": list, "units": list, "low": list, "high": list})
        for key in ("names", "units"):
            if not all(isinstance(each, str) for each in fields[key]):
                raise InvalidInput(f"dimensions.{key}: expected words, got {fields[key]}")
        for key in ("low", "high"):
            if not all(type(each) in (int, float) for each in fields[key]):
                raise InvalidInput(f"dimensions.{key}: expected numbers, got {fields[key]}")
        return cls(names=tuple(fields["names"]), units=tuple(fields["units"]), low=fields["low"], high=fields["high"])


def dimensions_of(actions: object, names: Sequence[str], units: Sequence[str]) -> Dimensions:
    """Dimensions bounded by the 1 % and 99 % quantiles of actions (N, D), N at least 1; a constant keeps its value.

    Raises:
        InvalidInput: no actions, another number of dimensions than names, or values that are not finite.
    """
    array = checked("actions", actions, ("N", len(names)))
    if not len(array):
        raise InvalidInput("actions: expected at least one row to take quantiles of, got none")
    low, high = np.quantile(array, QUANTILES, axis=0)
    spare = CONSTANT * np.maximum(1.0, np.abs(low))
    constant = high - low < spare
    low, high = np.where(constant, low - spare / 2, low), np.where(constant, low + spare / 2, high)
    return Dimensions(names=tuple(names), units=tuple(units), low=low, high=high)


def fields_of(name: str, document: object, wanted: Mapping[str, type]) -> dict[str, Any]:
    """Exactly the wanted fields of a JSON document, each of its type.

    Raises:
        InvalidInput: not an object, a field missing, unknown, or of another type.
    """
    if not isinstance(document, Mapping) or set(document) != set(wanted):
        got = sorted(map(str, document)) if isinstance(document, Mapping) else type(document).__name__
        raise InvalidInput(f"{name}: expected the fields {', '.join(wanted)}, got {got}")
    for key, kind in wanted.items():
        if type(document[key]) is not kind:
            raise InvalidInput(f"{name}.{key}: expected {kind.__name__}, got {type(document[key]).__name__}")
    return dict(document)
