"""What does fusion make of a scene, and what does it remember? The picture of it for the README.

    python benchmarks/fusion_picture.py [out=docs/fusion.png] [turns=44]

So many turns into an errand: the scene as a spectator sees it, the fused cloud from the same place (points that only the
LiDAR met are blue), and the voxel map, coloured by which sensor saw a voxel last and faded by how long ago that was.
"""

import sys
from pathlib import Path

import numpy as np
import open3d as o3d
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from PIL import Image

from policies.catalogue import build_policy
from policies.rollout import Step, rollout
from robot.configuration import load
from robot.transforms import apply, invert
from sensors.fusion import Fusion, FusionConfig
from sensors.pointcloud import PointCloud, project, voxel_keys
from sim.cameras import SpectatorCamera, look_at
from sim.command import SCHEMAS
from sim.raycast import RaycastMirror
from sim.stage import Stage

SENTENCE = "put the red block in the blue bowl"
EYE_BASE, TARGET_BASE = (0.02, -1.18, 1.22), (0.41, 0.01, 0.08)  # behind the robot's right shoulder
WIDTH, HEIGHT, VERTICAL_FOV = 720, 580, 0.66
LOWER, UPPER = np.array([0.05, -0.62, -0.02]), np.array([0.9, 0.62, 0.7])  # what is drawn, m in base
SHOWN = {"front": "#e8891c", "wrist": "#1f9e6e", "lidar": "#3a6fd8"}
FADED, FADED_S = np.array([0.87, 0.86, 0.9]), 4.0  # what a voxel's colour has become so long after it was last seen
PATCH = 0.03  # m: a camera's pixels lie farther apart than voxels, so it is asked which patches of this size it sees
LIGHT_BASE = np.array([-0.35, -0.5, 0.8])
CUBE = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) - 0.5
FACES = np.array([[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
                  [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]])  # fmt: skip


class Last:
    """An observer that keeps the last steps."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.steps: list[Step] = []

    def on_step(self, step: Step) -> None:
        """Keep a step."""
        self.steps.append(step)

    def on_end(self, result: object) -> None:
        """Nothing is left to do."""


def perform(stage: Stage, policy_config: object, turns: int) -> list[Step]:
    """So many turns of the errand."""
    last = Last()
    policy = build_policy(policy_config, stage.model, stage.kinematics)  # type: ignore[arg-type]
    rollout(stage.robot, policy, SENTENCE, [last], lambda _: "long enough" if len(last.steps) >= turns else None)
    return last.steps


def last_seen_s(stage: Stage, steps: list[Step], points_base: np.ndarray) -> np.ndarray:
    """How long ago (N,) s any sensor saw what is where these points (N, 3) are: what each turn's packets say by themselves."""
    age_s = np.full(len(points_base), np.inf)
    wanted, end_ns = voxel_keys(points_base, PATCH), steps[-1].observation.stamp_ns
    for step in steps:
        alone = Fusion(stage.robot.fusion.calibration, stage.kinematics, stage.shapes, FusionConfig())
        seen = alone.observe(step.packets, step.observation.state, step.observation.stamp_ns).cloud
        age_s[np.isin(wanted, voxel_keys(seen.points_base, PATCH))] = (end_ns - step.observation.stamp_ns) * 1e-9
    return age_s


def drawn(cloud: PointCloud) -> PointCloud:
    """The part of a cloud that is drawn."""
    return cloud.where(((cloud.points_base > LOWER) & (cloud.points_base < UPPER)).all(axis=1))


def cloud_panel(axes, cloud: PointCloud, K: np.ndarray, T_base_camera: np.ndarray) -> None:
    """Each point as a dot as large as it is near, the farthest first."""
    u, v, z = project(apply(invert(T_base_camera), cloud.points_base), K)
    order = np.argsort(-z)
    colours = np.where(cloud.coloured[:, None], cloud.rgb / 255, [0.23, 0.44, 0.85])[order]
    axes.scatter(u[order], v[order], c=colours, s=(2.9 / z[order]) ** 2, linewidths=0)
    axes.set(xlim=(0, WIDTH), ylim=(HEIGHT, 0), aspect="equal")


def voxel_picture(cloud: PointCloud, age_s: np.ndarray, K: np.ndarray, T_base_camera: np.ndarray) -> np.ndarray:
    """The voxels as cubes (H, W, 3), last seen (N,) s ago, ray-cast with nine rays a pixel."""
    size = FusionConfig().voxel_size
    index = np.round(cloud.points_base / size)
    corners = (index[:, None] + 0.94 * CUBE) * size  # a gap between neighbours
    faces = FACES + 8 * np.arange(len(cloud))[:, None, None]
    scene = o3d.t.geometry.RaycastingScene()
    scene.add_triangles(
        o3d.core.Tensor(np.ascontiguousarray(corners.reshape(-1, 3), dtype=np.float32)),
        o3d.core.Tensor(np.ascontiguousarray(faces.reshape(-1, 3), dtype=np.uint32)),
    )
    hit = scene.cast_rays(o3d.core.Tensor(_rays(K, T_base_camera, 3)))
    triangle, normal = hit["primitive_ids"].numpy(), hit["primitive_normals"].numpy()
    voxel = np.minimum(triangle // len(FACES), len(cloud) - 1)
    light = 0.35 + 0.65 * np.abs(normal @ (LIGHT_BASE / np.linalg.norm(LIGHT_BASE)))
    fading = np.minimum(age_s / FADED_S, 1.0)[:, None]
    fresh = np.array([to_rgb(SHOWN.get(name, "gray")) for name in cloud.sources])[cloud.source]
    colours = ((1 - fading) * fresh + fading * FADED)[voxel] * light[..., None]
    colours[~np.isfinite(hit["t_hit"].numpy())] = 1.0
    return colours.reshape(HEIGHT, 3, WIDTH, 3, 3).mean(axis=(1, 3))


def _rays(K: np.ndarray, T_base_camera: np.ndarray, finer: int) -> np.ndarray:
    """Rays (finer H, finer W, 6) float32 through the camera's pixels, in base."""
    u, v = np.meshgrid((np.arange(finer * WIDTH) + 0.5) / finer, (np.arange(finer * HEIGHT) + 0.5) / finer)
    directions = np.stack([(u - K[0, 2]) / K[0, 0], (v - K[1, 2]) / K[1, 1], np.ones_like(u)], axis=-1)
    directions_base = directions @ T_base_camera[:3, :3].T
    return np.concatenate([np.broadcast_to(T_base_camera[:3, 3], (*u.shape, 3)), directions_base], axis=-1).astype(np.float32)


def main() -> None:
    """Perform, draw, save."""
    options = dict(word.split("=") for word in sys.argv[1:])
    out = Path(options.get("out", "docs/fusion.png"))
    config, _ = load("command", ["seed=0"], SCHEMAS)
    stage = Stage(config)
    steps = perform(stage, config.policy, int(options.get("turns", 44)))
    T_world_camera = stage.scene.T_world_base @ look_at(EYE_BASE, TARGET_BASE)
    spectator = SpectatorCamera(RaycastMirror(stage.world.client), T_world_camera, WIDTH, HEIGHT, VERTICAL_FOV)
    focal_px = HEIGHT / 2 / np.tan(VERTICAL_FOV / 2)
    K = np.array([[focal_px, 0, WIDTH / 2], [0, focal_px, HEIGHT / 2], [0, 0, 1]])
    T_base_camera = invert(stage.scene.T_world_base) @ T_world_camera
    figure = Figure(figsize=(15, 4.75), layout="constrained")
    canvas = FigureCanvasAgg(figure)
    scene_axes, cloud_axes, voxel_axes = figure.subplots(1, 3)
    cloud = drawn(steps[-1].observation.cloud)
    age_s = last_seen_s(stage, steps, cloud.points_base)
    scene_axes.imshow(spectator.render())
    cloud_panel(cloud_axes, cloud, K, T_base_camera)
    voxel_axes.imshow(voxel_picture(cloud, age_s, K, T_base_camera), interpolation="antialiased")
    titles = "The scene", f"The fused cloud: {len(cloud):,} points, the robot removed", "The voxel map and its memory"
    for axes, title in zip((scene_axes, cloud_axes, voxel_axes), titles, strict=True):
        axes.set_title(title, fontsize=13, loc="left")
        axes.set(xticks=[], yticks=[])
        axes.set_frame_on(False)
    patches = [Patch(color=colour, label=f"seen last by {name}") for name, colour in SHOWN.items()]
    patches.append(Patch(color=tuple(FADED), label=f"remembered: out of view for {FADED_S:.0f} s"))
    voxel_axes.legend(handles=patches, loc="upper right", frameon=False, fontsize=11)
    canvas.draw()
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    picture.quantize(256, kmeans=1).save(out, optimize=True)
    stage.close()
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
