"""Pictures: one sheet with the scene, what the cameras see, the fused cloud with the path, and what the policy thought."""

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
    """An observer that draws `<path>` from the first moment at which the policy could say why."""

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
        if view is not None and name in explanation.pixels:
            looked = explanation.pixels[name]
            panels[panel].imshow(looked, cmap="inferno", vmin=0, vmax=1, alpha=0.8 * looked)
            panels[panel].set_title(f"camera: {name}, looked at", loc="left")
    _cloud(panels["E"], observation, explanation)
    if "affordance" in explanation.points:
        _map(panels["F"], explanation, across=2, title="value map from above, at the goal's height")
        _map(panels["G"], explanation, across=1, title="value map from the right, through the goal")
    else:
        _pointing(panels["F"], explanation)
        _words(panels["G"], explanation)
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
    axes.scatter(*explanation.path_base[-1:].T, color="crimson", s=40, zorder=11)
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
    _mesh(axes, points[on_slice][:, [horizontal, vertical]], value[on_slice], cmap="RdYlGn", vmin=-1, vmax=1)
    axes.plot(explanation.path_base[:, horizontal], explanation.path_base[:, vertical], color="black", linewidth=1.8)
    axes.plot(goal[horizontal], goal[vertical], "k*", markersize=12)
    if across == 2:
        axes.invert_xaxis()  # as from behind the robot: its left, +y, is on the left
    axes.set(xlabel="xyz"[horizontal] + " (m)", ylabel="xyz"[vertical] + " (m)", aspect="equal")
    axes.set_title(title, loc="left")


def _pointing(axes, explanation: Explanation) -> None:
    """How likely each patch is the next place, seen from above; dots are what was looked at, the larger the more."""
    for name, (points, value) in explanation.points.items():
        if name == "attention":
            axes.scatter(points[:, 1], points[:, 0], s=60 * value, color="tab:blue", linewidths=0, zorder=5)
        else:
            _mesh(axes, points[:, [1, 0]], value, cmap="Reds", vmin=0, vmax=1)
    axes.plot(explanation.path_base[:, 1], explanation.path_base[:, 0], color="black", linewidth=1.8)
    axes.plot(explanation.path_base[-1:, 1], explanation.path_base[-1:, 0], "k*", markersize=12)
    axes.invert_xaxis()  # as from behind the robot: its left, +y, is on the left
    axes.set(xlabel="y (m)", ylabel="x (m)", aspect="equal")
    axes.set_title("from above: next place (red), looked at (blue)", loc="left")


def _words(axes, explanation: Explanation) -> None:
    """The words of the sentence from top to bottom, each as long as it was looked at."""
    if not explanation.words:
        axes.axis("off")
        return
    words, weights = zip(*explanation.words, strict=True)
    axes.barh(range(len(words)), weights, color="tab:blue")
    axes.set_yticks(range(len(words)), words)
    axes.set(xlim=(0, 1), xlabel="share of the most looked at")
    axes.invert_yaxis()
    axes.set_title("words that were looked at", loc="left")


def _mesh(axes, places: np.ndarray, value: np.ndarray, **style: object) -> None:
    """Values (N,) of places (N, 2) on a grid, as coloured cells."""
    columns, rows = np.unique(places[:, 0]), np.unique(places[:, 1])
    image = np.zeros((len(rows), len(columns)))
    image[np.searchsorted(rows, places[:, 1]), np.searchsorted(columns, places[:, 0])] = value
    axes.pcolormesh(columns, rows, image, shading="nearest", rasterized=True, **style)
