"""What it takes for a push to count: how far, along which way, and never lifted."""

import numpy as np

from sim.objects import SceneObject
from sim.tasks.goals import NEVER_LIFTED
from sim.tasks.placement import HEIGHT_TOLERANCE
from sim.tasks.truth import Truth

FAR_ENOUGH = 0.06
OFF_LINE = 0.03


class PushedFar:
    """The thing stands on the table at least 6 cm from where it was, at rest, and was never more than 1.5 cm higher."""

    def __init__(self, thing: SceneObject, truth: Truth) -> None:
        """Note where it lies."""
        self.thing: SceneObject | None = thing
        self._pushed, self._start = thing, truth.position(thing)
        self._highest = float(self._start[2])

    def watch(self, truth: Truth) -> None:
        """Note how high it has been."""
        self._highest = max(self._highest, float(truth.position(self._pushed)[2]))

    def unmet(self, truth: Truth) -> str:
        """Why it was not pushed."""
        name, shift = self._pushed.name, truth.position(self._pushed) - self._start
        if self._highest - float(self._start[2]) > NEVER_LIFTED:
            return f"the {name} was lifted, not pushed"
        if abs(truth.bottom_and_top(self._pushed)[0]) > HEIGHT_TOLERANCE:
            return f"the {name} does not stand on the table"
        if not truth.at_rest(self._pushed):
            return f"the {name} still moves"
        return self._too_short(name, shift[:2])

    def _too_short(self, name: str, shift: np.ndarray) -> str:
        """Whether a shift (2,) is enough."""
        far = float(np.linalg.norm(shift))
        return "" if far >= FAR_ENOUGH else f"the {name} was pushed {far:.3f} m, less than {FAR_ENOUGH} m"


class PushedAlong(PushedFar):
    """As PushedFar, along an axis of base either way, and at most 3 cm off the parallel through where the thing was."""

    def __init__(self, thing: SceneObject, axis: int, truth: Truth) -> None:
        """Along x (0) or y (1)."""
        super().__init__(thing, truth)
        self._axis = axis

    def _too_short(self, name: str, shift: np.ndarray) -> str:
        """Whether it went far enough along and not too far across."""
        across = abs(float(shift[1 - self._axis]))
        if across > OFF_LINE:
            return f"the {name} came {across:.3f} m off the line, more than {OFF_LINE} m"
        return super()._too_short(name, shift)
