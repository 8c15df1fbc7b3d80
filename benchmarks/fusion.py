"""How fast is fusion, and how near to the true surfaces is what it makes, from each source and from all together?

    python benchmarks/fusion.py [worlds=3]

Accuracy: the arm stands at home in a few worlds, with the noise of configs/sensors/tabletop.yaml; after 2 s each point of the
fused cloud is measured against the nearest point of the true surfaces (dense samples of the meshes that the sensors look at).
Complete is the share of those samples on the table's upper side and on the objects, within the arm's reach, that some point
of the cloud lies within 1 cm of: undersides and hidden sides count as missing. Outliers are farther than 2 cm from any
surface. Speed: the packets of an errand through fusion, twice, each source's own and all together; time of the processor, on
one thread, for one turn's packets. The figures are means over the worlds; seeds are 0 and up.
"""

import os
import platform
import sys
import time

import numpy as np
import open3d as o3d
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from policies.catalogue import build_policy
from policies.rollout import Step, rollout
from robot.configuration import load
from robot.transforms import apply, invert
from sensors.fusion import Fusion, FusionConfig
from sensors.packets import Packet
from sensors.pointcloud import PointCloud
from sim.command import SCHEMAS
from sim.parts import PartPoses, read_parts
from sim.stage import Stage

SENTENCE = "put the red block in the blue bowl"
SOURCES = {"front": ["front"], "wrist": ["wrist"], "lidar": ["lidar"], "all": ["front", "wrist", "lidar", "imu"]}
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
REACH_LOWER, REACH_UPPER = np.array([0.3, -0.3, -0.002]), np.array([0.7, 0.3, 0.3])


class Turns:
    """An observer that keeps what fusion was given."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.kept: list[tuple[tuple[Packet, ...], object, int]] = []

    def on_step(self, step: Step) -> None:
        """Keep a turn."""
        self.kept.append((step.packets, step.observation.state, step.observation.stamp_ns))

    def on_end(self, result: object) -> None:
        """Nothing is left to do."""


def fresh_fusion(stage: Stage) -> Fusion:
    """Senses that have seen nothing, with fusion's own defaults."""
    return Fusion(stage.robot.fusion.calibration, stage.kinematics, stage.shapes, FusionConfig())


def true_surfaces(stage: Stage) -> o3d.t.geometry.RaycastingScene:
    """All that is visible, as triangles in base."""
    parts = read_parts(stage.world.client)
    T_base_world = invert(stage.scene.T_world_base)
    scene = o3d.t.geometry.RaycastingScene()
    for part, pose in zip(parts, PartPoses(stage.world.client, parts).read(), strict=True):
        rotation = Rotation.from_quat(pose[3:]).as_matrix()
        for mesh in part.meshes:
            points_base = apply(T_base_world, mesh.vertices @ rotation.T + pose[:3])
            scene.add_triangles(
                o3d.core.Tensor(np.ascontiguousarray(points_base, dtype=np.float32)),
                o3d.core.Tensor(np.ascontiguousarray(mesh.faces, dtype=np.uint32)),
            )
    return scene


def seen_from_above(scene: o3d.t.geometry.RaycastingScene) -> np.ndarray:
    """Points (N, 3) every 4 mm of what a light straight above would fall on, within reach and below the arm's hand."""
    x, y = np.meshgrid(np.arange(0.3, 0.7, 0.004), np.arange(-0.3, 0.3, 0.004))
    top = np.full_like(x, 0.15)
    down = np.stack([x, y, top, 0 * x, 0 * x, 0 * x - 1], axis=-1).reshape(-1, 6).astype(np.float32)
    drop = scene.cast_rays(o3d.core.Tensor(down))["t_hit"].numpy()
    return np.column_stack([down[:, 0], down[:, 1], 0.15 - drop])


def judged(cloud: PointCloud, scene: o3d.t.geometry.RaycastingScene) -> tuple[float, float, float, float, int]:
    """Median and 95th percentile of the error (m), outliers and completeness (shares), and how many points there are."""
    error = scene.compute_distance(o3d.core.Tensor(np.ascontiguousarray(cloud.points_base))).numpy()
    wanted = seen_from_above(scene)
    near, _ = cKDTree(cloud.points_base).query(wanted, distance_upper_bound=0.01)
    return (
        float(np.median(error)),
        float(np.percentile(error, 95)),
        float((error > 0.02).mean()),
        float(np.isfinite(near).mean()),
        len(error),
    )


def accuracy(seed: int) -> dict[str, tuple[float, float, float, float, int]]:
    """The figures of each source in one world."""
    stage = Stage(load("command", [f"seed={seed}"], SCHEMAS)[0])
    fusions = {name: fresh_fusion(stage) for name in SOURCES}
    clouds = {}
    for _ in range(20):
        stage.robot.body.advance(stage.world.now_ns() + 100_000_000)
        packets = [packet for source in stage.robot.sources for packet in source.read()]
        for name, fusion in fusions.items():
            own = [packet for packet in packets if packet.sensor in SOURCES[name]]
            clouds[name] = fusion.observe(own, stage.robot.body.state(), stage.world.now_ns()).cloud
    result = {name: judged(cloud, true_surfaces(stage)) for name, cloud in clouds.items()}
    stage.close()
    return result


def speed() -> dict[str, np.ndarray]:
    """Time of the processor for each observation of an errand, ms, from each source."""
    config, _ = load("command", ["seed=0"], SCHEMAS)
    stage = Stage(config)
    turns, policy = Turns(), build_policy(config.policy, stage.model, stage.kinematics)
    rollout(stage.robot, policy, SENTENCE, [turns], lambda _: "long enough" if len(turns.kept) >= 90 else None)
    times: dict[str, list[float]] = {name: [] for name in SOURCES}
    for _ in range(2):
        for name, sensors in SOURCES.items():
            fusion = fresh_fusion(stage)
            for packets, state, now_ns in turns.kept:
                own = [packet for packet in packets if packet.sensor in sensors]
                start = time.process_time()
                fusion.observe(own, state, now_ns)  # type: ignore[arg-type]
                times[name].append(1e3 * (time.process_time() - start))
    stage.close()
    return {name: np.array(each) for name, each in times.items()}


def main() -> None:
    """Measure and print the table."""
    if os.environ.get("OMP_NUM_THREADS") != "1":  # numeric libraries read it once, when they are loaded
        os.execve(sys.executable, sys.orig_argv, os.environ | dict.fromkeys(THREADS, "1"))
    options = dict(word.split("=") for word in sys.argv[1:])
    worlds = [accuracy(seed) for seed in range(int(options.get("worlds", 3)))]
    times = speed()
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"\n{machine}, {len(worlds)} worlds, {len(times['all'])} turns\n")
    print("| source | points | median error, mm | 95 %, mm | outliers | complete | time, median, ms | p99, ms |")
    print("|---|---|---|---|---|---|---|---|")
    for name in SOURCES:
        median, most, outliers, complete, count = np.mean([world[name] for world in worlds], axis=0)
        surfaces = f"{count:.0f} | {1e3 * median:.2f} | {1e3 * most:.1f} | {outliers:.2%} | {complete:.1%}"
        print(f"| {name} | {surfaces} | {np.median(times[name]):.1f} | {np.percentile(times[name], 99):.1f} |")


if __name__ == "__main__":
    main()
