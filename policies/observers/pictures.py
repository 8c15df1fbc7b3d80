"""Pictures: one sheet with the scene, what the cameras see, the fused cloud, and the value maps with the path."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from policies.policy import Explanation, Policy
from policies.rollout import Rollout, Step
from sensors.observation import Observation

matplotlib.rcParams["font.size"] = 9


class Pictures:
    """An observer that draws `<path>` from the moment at which the first path was planned through value maps."""

    def __init__(self, path: Path, policy: Policy, scene: Callable[[], np.ndarray]) -> None:
        """Say where the sheet goes, whose plans it explains, and what gives a picture (H, W, 3) of the scene."""
        self._path, self._policy, self._scene = path, policy, scene
        self._moment: tuple[Observation, Explanation, np.ndarray] | None = None
        self._last_scene: np.ndarray | None = None

    def on_step(self, step: Step) -> None:
        """Keep the first explained moment."""
        if self._moment is None and step.plan is not None and (explanation := self._policy.explain()) is not None:
            self._moment = (step.observation, explanation, self._scene())

    def on_end(self, rollout: Rollout) -> None:
        """Draw, if there is something to explain."""
        if self._moment is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            sheet(*self._moment, self._scene(), rollout.reason).savefig(self._path, dpi=110)


def sheet(observation: Observation, explanation: Explanation, before: np.ndarray, after: np.ndarray, reason: str) -> Figure:
    """The whole sheet as a figure."""
    figure = Figure(figsize=(15, 8.2), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(reason, fontsize=9, x=0.01, ha="left")
    panels = figure.subplot_mosaic(
        "AAAABBBBCCCCDDD;EEEEEFFFFFGGGGG",
        height_ratios=[1.0, 1.35],
        per_subplot_kw={"E": {"projection": "3d"}},
    )
    _picture(panels["A"], before, "the scene")
    _picture(panels["B"], after, "the end")
    for name, panel in (("front", "C"), ("wrist", "D")):
        view = observation.cameras.get(name)
        _picture(panels[panel], np.zeros((2, 2, 3), np.uint8) if view is None else view.rgb, f"camera: {name}")
    _cloud(panels["E"], observation, explanation)
    _map(panels["F"], explanation, across=2, title="value map from above, at the goal's height")
    _map(panels["G"], explanation, across=1, title="value map from the right, through the goal")
    return figure


def _picture(axes, rgb: np.ndarray, title: str) -> None:
    """A picture without axes."""
    axes.imshow(rgb)
    axes.set_title(title, loc="left")
    axes.axis("off")


def _cloud(axes, observation: Observation, explanation: Explanation) -> None:
    """The fused cloud in its colours, LiDAR returns in gray-blue, and the path."""
    cloud = observation.cloud
    near = np.flatnonzero(np.all((cloud.points_base > [0.1, -0.5, -0.05]) & (cloud.points_base < [0.9, 0.5, 0.6]), axis=1))
    colours = np.where(cloud.coloured[near, None], cloud.rgb[near] / 255, [0.45, 0.55, 0.75])
    x, y, z = cloud.points_base[near].T
    axes.scatter(x, y, z, c=colours, s=2.0, linewidths=0, depthshade=False)
    axes.plot(*explanation.path_base.T, color="crimson", linewidth=2.5, zorder=10)
    axes.scatter(*explanation.path_base[-1], color="crimson", s=40, zorder=11)
    axes.set(xlabel="x (m)", ylabel="y (m)", xlim=(0.15, 0.85), ylim=(-0.4, 0.4), zlim=(0.0, 0.5))
    axes.set_box_aspect((0.7, 0.8, 0.5), zoom=1.25)
    axes.view_init(elev=32, azim=-140)
    axes.set_title(f"fused cloud in base, {len(cloud)} points, with the path for “{explanation.title}”", loc="left")


def _map(axes, explanation: Explanation, across: int, title: str) -> None:
    """Affordance less avoidance on the slice through the goal across one axis, with the path."""
    points, affordance = explanation.points["affordance"]
    value = affordance - explanation.points["avoidance"][1]
    goal = explanation.path_base[-1]
    levels = np.unique(points[:, across])
    on_slice = points[:, across] == levels[np.abs(levels - goal[across]).argmin()]
    horizontal, vertical = (1, 0) if across == 2 else (0, 2)
    columns, rows = np.unique(points[:, horizontal]), np.unique(points[:, vertical])
    image = np.zeros((len(rows), len(columns)))
    where = points[on_slice]
    image[np.searchsorted(rows, where[:, vertical]), np.searchsorted(columns, where[:, horizontal])] = value[on_slice]
    axes.pcolormesh(columns, rows, image, cmap="RdYlGn", vmin=-1, vmax=1, shading="nearest", rasterized=True)
    axes.plot(explanation.path_base[:, horizontal], explanation.path_base[:, vertical], color="black", linewidth=1.8)
    axes.plot(goal[horizontal], goal[vertical], "k*", markersize=12)
    if across == 2:
        axes.invert_xaxis()  # as from behind the robot: its left, +y, is on the left
    axes.set(xlabel="xyz"[horizontal] + " (m)", ylabel="xyz"[vertical] + " (m)", aspect="equal")
    axes.set_title(title, loc="left")
