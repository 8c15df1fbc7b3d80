"""What a checkpoint says of recorded frames, drawn beside what was done."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

MOST_PANELS = 12
SAID, DONE = "crimson", "black"


@dataclass(frozen=True, eq=False, kw_only=True)
class Reach:
    """The next keypose of one frame, as it was said and as it was done.

    Attributes:
        agreed: whether both say that there is one, or both that there is none.
        ended: whether one of them says that there is none; the rest is then empty.
        done_base: (3,) m; said_base: (3,) m.
        angle: between the two, rad.
        done_width: of the fingers, m; said_width: m.
    """

    agreed: bool
    ended: bool
    done_base: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    said_base: np.ndarray = field(default_factory=lambda: np.full(3, np.nan))
    angle: float = 0.0
    done_width: float = 0.0
    said_width: float = 0.0

    @property
    def off(self) -> float:
        """How far apart the places are, m."""
        return float(np.linalg.norm(self.said_base - self.done_base))


@dataclass(frozen=True, eq=False, kw_only=True)
class Dense:
    """T steps of an episode, as they were said one by one and as they were done, (T, D) each."""

    names: Sequence[str]
    units: Sequence[str]
    rate_hz: float
    said: np.ndarray
    done: np.ndarray


def reach_sheet(reaches: Sequence[Reach]) -> Figure:
    """From above, from the side, the fingers, and how errors are spread."""
    both = [each for each in reaches if not each.ended]
    figure = Figure(figsize=(13, 8), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplot_mosaic("AB;CD", height_ratios=[1.3, 1.0])
    done, said = (np.array([getattr(each, key) for each in both]).reshape(-1, 3) for key in ("done_base", "said_base"))
    for name, (across, up), title in (("A", (1, 0), "from above"), ("B", (1, 2), "from the robot's side")):
        axes = panels[name]
        axes.plot([done[:, across], said[:, across]], [done[:, up], said[:, up]], color="0.7", linewidth=0.8)
        axes.plot(done[:, across], done[:, up], "o", color=DONE, markersize=4, label="done")
        axes.plot(said[:, across], said[:, up], "x", color=SAID, markersize=5, label="said")
        axes.invert_xaxis()  # as from behind the robot: its left, +y, is on the left
        axes.set(xlabel=f"{'xyz'[across]} in base (m)", ylabel=f"{'xyz'[up]} in base (m)", aspect="equal")
        axes.set_title(f"next keypose, {title}", loc="left")
    panels["A"].legend(frameon=False)
    widths = 1000 * np.array([(each.done_width, each.said_width) for each in both]).reshape(-1, 2)
    panels["C"].plot([0, 80], [0, 80], color="0.7", linewidth=0.8)
    panels["C"].plot(widths[:, 0], widths[:, 1], "x", color=SAID)
    panels["C"].set(xlabel="fingers as done (mm)", ylabel="fingers as said (mm)")
    share = np.arange(1, len(both) + 1) / max(len(both), 1)
    panels["D"].step(np.sort([100 * each.off for each in both]), share, color=DONE, label="place (cm)")
    panels["D"].step(np.sort([np.rad2deg(each.angle) for each in both]), share, color=SAID, label="turn (degrees)")
    panels["D"].set(xlabel="off by at most", ylabel="share of frames", xlim=(0, 20), ylim=(0, 1))
    panels["D"].legend(frameon=False)
    return figure


def dense_sheet(dense: Dense) -> Figure:
    """Every number over time."""
    count = min(len(dense.names), MOST_PANELS)
    across = min(3, count)
    down = -(-count // across)
    figure = Figure(figsize=(13, 2.6 * down), layout="constrained")
    FigureCanvasAgg(figure)
    panels = np.ravel(figure.subplots(down, across, sharex=True, squeeze=False))
    time_s = np.arange(len(dense.done)) / dense.rate_hz
    for number, axes in enumerate(panels):
        axes.set_visible(number < count)
        if number < count:
            axes.plot(time_s, dense.done[:, number], color=DONE, label="done")
            axes.plot(time_s, dense.said[:, number], color=SAID, linestyle="--", label="said")
            axes.set_title(f"{dense.names[number]} ({dense.units[number]})", loc="left", fontsize=9)
            axes.set_xlabel("time (s)")
    panels[0].legend(frameon=False)
    return figure
