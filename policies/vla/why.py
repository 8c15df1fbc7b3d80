"""Why: what a model attended to and where it points, as people see it."""

import numpy as np

from policies.policy import Explanation
from policies.vla.config import patch_centres
from policies.vla.reader import Decision, Reader
from sensors.observation import Observation


def explained(
    reader: Reader, observation: Observation, heard: str, decision: Decision | None = None, path_base: np.ndarray | None = None
) -> Explanation:
    """What an action looked at, words, pixels and points, and how likely each patch is its place; one more reading.

    Args:
        reader: that decides.
        observation: of which it was decided.
        heard: the sentence, as it was read.
        decision: what came of it; None for a dense plan, which points nowhere.
        path_base: (T, 3) the way that was chosen, m.
    """
    config, gaze = reader.config, reader.gaze(observation, heard)
    points = {"attention": (gaze.points_base, gaze.value)}
    if decision is not None and config.points:
        centres = patch_centres(config.top_lower, config.top_shape, config.top_cell, 0.0)
        points["pointing"] = (centres, decision.pointing / decision.pointing.max())
    title = "what to do next" if decision is None else f"where to go next, {decision.confidence:.0%} sure"
    path = np.zeros((0, 3)) if path_base is None else path_base
    return Explanation(title=title, points=points, pixels=gaze.pixels, words=gaze.words, path_base=path)
