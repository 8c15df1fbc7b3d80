"""How fast is one full set of sensor pictures, by our ray-cast mirror and by PyBullet's own renderer and ray test?

    python benchmarks/rendering.py

Both sides look at the same scene (floor, table, Panda, eight objects) from the same poses: two RGB-D pictures of
128 x 128, one of 224 x 224, and a LiDAR sweep of 16 x 900 beams. The arm moves before every set, and one camera rides on
the hand; two cameras and the LiDAR stand still, and what stands still before them is not cast again. Without noise, then
with it on our side only, which is its cost. The sides take turns, so that both meet the same load of the machine; the
ratio of the fastest rounds is the one that other programs disturb least. The last column is the number of rays answered
a second, as a share of the rays a second that one call of `cast_rays` answers of the same scene, nothing else done.
"""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pybullet
import pybullet_data

from robot.clock import WallClock
from robot.transforms import from_xyz_quat_xyzw, invert, transform
from sensors.calibration import Calibration, CameraConfig, LidarConfig, SensorsConfig
from sim.cameras import SimulatedCamera, look_at, pixel_directions
from sim.lidar import SimulatedLidar, beam_directions
from sim.noise import CameraNoise, LidarNoise
from sim.parts import PartPoses, read_parts
from sim.raycast import RaycastMirror
from sim.rays import RayBundle, Rays
from sim.surfaces import merged
from sim.tree import Tree

ROUNDS = 40
FOV = 0.85
NEAR, FAR = 0.05, 5.0
SIZES = {"front": 128, "wrist": 128, "large": 224}
FIXED = {"front": look_at([1.35, 0, 0.62], [0.4, 0, 0.22]), "large": look_at([1.1, 0.7, 0.7], [0.3, 0, 0.2])}
T_HAND_WRIST = look_at([0.08, 0, 0.02], [0.06, 0, 0.12], up=[1, 0, 0])
HAND = 8  # PyBullet's index of panda_hand
T_WORLD_LIDAR = transform([0.5, 0.9, 0.45], np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
LIDAR = LidarConfig(xyz=[0.0] * 3, rpy=[0.0] * 3, elevations=np.radians(np.arange(-15, 16, 2)).tolist(), columns=900,
                    range_noise=0.01, white_range=100.0, dropout=0.005)  # fmt: skip
HOME = (0.0, -0.785, 0.0, -2.356, 0.0, 1.571, 0.785)


def build_scene(client: int) -> int:
    """Floor, table, arm and eight coloured objects; returns the arm."""
    shipped = pybullet_data.getDataPath()
    pybullet.loadURDF(f"{shipped}/plane.urdf", [0, 0, -0.625], physicsClientId=client)
    pybullet.loadURDF(f"{shipped}/table/table.urdf", [0.5, 0, -0.625], useFixedBase=True, physicsClientId=client)
    robot = pybullet.loadURDF(f"{shipped}/franka_panda/panda.urdf", useFixedBase=True, physicsClientId=client)
    for i in range(8):
        shape = dict(shapeType=pybullet.GEOM_BOX, halfExtents=[0.02] * 3)
        collision = pybullet.createCollisionShape(**shape, physicsClientId=client)
        visual = pybullet.createVisualShape(**shape, rgbaColor=[i & 1, i >> 1 & 1, i >> 2, 1], physicsClientId=client)
        position = [0.4 + 0.08 * (i % 4), -0.2 + 0.35 * (i // 4), 0.02]
        pybullet.createMultiBody(0.05, collision, visual, position, physicsClientId=client)
    return robot


def move_arm(client: int, robot: int, step: int) -> None:
    """Put the arm somewhere it was not before."""
    for joint, position in enumerate(HOME):
        pybullet.resetJointState(robot, joint, position + 0.2 * np.sin(0.3 * step + joint), physicsClientId=client)


def pose_of(client: int, robot: int, camera: str) -> np.ndarray:
    """The camera's pose (4, 4) in world now: two stand still, one rides on the hand."""
    if camera in FIXED:
        return FIXED[camera]
    hand = pybullet.getLinkState(robot, HAND, computeForwardKinematics=1, physicsClientId=client)
    return from_xyz_quat_xyzw(hand[4], hand[5]) @ T_HAND_WRIST


def mirror_set(client: int, robot: int, mirror: RaycastMirror, shadows: bool, noise: bool = False) -> Callable[[], object]:
    """A function that renders the whole set by the mirror."""
    clock, random = WallClock(), np.random.default_rng(0)
    cameras = {name: CameraConfig(xyz=[0.0] * 3, rpy=[0.0] * 3, width=size, height=size, vertical_fov=FOV, near=NEAR, far=FAR,
                                  depth_noise=0.00125, grazing_cosine=0.17, full_well_electrons=6300, read_noise_electrons=2.5)
               for name, size in SIZES.items()}  # fmt: skip
    calibration = Calibration.from_config(SensorsConfig(cameras=cameras, lidars={"lidar": LIDAR}))
    sources = [
        SimulatedCamera(
            mirror,
            clock,
            name,
            calibration.cameras[name],
            lambda name=name: pose_of(client, robot, name),
            cameras[name],
            shadows,
            CameraNoise(cameras[name], random) if noise else None,
        )
        for name in SIZES
    ]
    lidar_noise = LidarNoise(LIDAR, random) if noise else None
    lidar = SimulatedLidar(mirror, clock, "lidar", calibration.lidars["lidar"], lambda: T_WORLD_LIDAR, LIDAR, lidar_noise)
    return lambda: ([source.render() for source in sources], lidar.measure(0))


def all_rays(client: int, robot: int) -> Rays:
    """The rays of the whole set."""
    bundles = [RayBundle(beam_directions(LIDAR.elevations, LIDAR.columns)).at(T_WORLD_LIDAR)]
    for name, size in SIZES.items():
        focal_px = size / 2 / np.tan(FOV / 2)
        K = np.array([[focal_px, 0, size / 2], [0, focal_px, size / 2], [0, 0, 1]])
        bundles.append(RayBundle(pixel_directions(K, size, size)).at(pose_of(client, robot, name)))
    return Rays.of(np.concatenate([each.rows for each in bundles]))


def embree_seconds(client: int, robot: int) -> float:
    """The median time that Embree takes for all rays of the set in one call, all parts in one tree that stays as it is."""
    parts = [replace(part, movable=False) for part in read_parts(client)]
    surfaces, poses = merged(parts, (0.0, 0.0, 0.0)), PartPoses(client, parts).read()
    tree, rays = Tree(surfaces, len(parts)), all_rays(client, robot)
    for part, pose in enumerate(poses):
        T_world_part = from_xyz_quat_xyzw(pose[:3].tolist(), pose[3:].tolist()).astype(np.float32)
        tree.move(part, T_world_part[:3, :3], T_world_part[:3, 3])
    tree.cast(rays)
    return median_seconds(lambda: tree.cast(rays))


def median_seconds(action: Callable[[], object]) -> float:
    """Of as many rounds as everything else."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def pybullet_set(client: int, robot: int, shadows: bool) -> Callable[[], object]:
    """A function that renders the whole set by TinyRenderer and rayTestBatch, arrays and metric depth included."""
    projection = pybullet.computeProjectionMatrixFOV(np.degrees(FOV), 1.0, NEAR, FAR, physicsClientId=client)
    ends = T_WORLD_LIDAR[:3, 3] + LIDAR.far * beam_directions(LIDAR.elevations, LIDAR.columns) @ T_WORLD_LIDAR[:3, :3].T
    starts, ends = [T_WORLD_LIDAR[:3, 3].tolist()] * len(ends), ends.tolist()

    def render() -> object:
        pictures = []
        for name, size in SIZES.items():
            view = (np.diag([1.0, -1.0, -1.0, 1.0]) @ invert(pose_of(client, robot, name))).T.ravel().tolist()
            _, _, rgba, buffer, _ = pybullet.getCameraImage(
                size, size, view, projection, shadow=int(shadows), lightDirection=[0.45, -0.6, 1.2],
                renderer=pybullet.ER_TINY_RENDERER, flags=pybullet.ER_NO_SEGMENTATION_MASK, physicsClientId=client,
            )  # fmt: skip
            depth = FAR * NEAR / (FAR - (FAR - NEAR) * np.asarray(buffer))
            pictures.append((np.asarray(rgba)[..., :3], depth))
        answers = pybullet.rayTestBatch(starts, ends, numThreads=0, physicsClientId=client)
        return pictures, np.array([answer[2] for answer in answers])

    return render


def compare(client: int, robot: int, shadows: bool) -> list[str]:
    """Two rows of the table, without and with noise: medians in ms, ratios, sets a second, share of Embree's limit."""
    renders = {
        "ours": mirror_set(client, robot, RaycastMirror(client), shadows),
        "noisy": mirror_set(client, robot, RaycastMirror(client), shadows, noise=True),  # its own: it rebuilds its tree too
        "theirs": pybullet_set(client, robot, shadows),
    }
    times: dict[str, list[float]] = {name: [] for name in renders}
    limit_s = embree_seconds(client, robot)
    for step in range(ROUNDS):
        for name in ("theirs", "ours", "theirs", "noisy"):  # both of ours right after theirs, with equally cold caches
            move_arm(client, robot, step)
            start = time.perf_counter()
            renders[name]()
            times[name].append(time.perf_counter() - start)
    medians = {name: float(np.median(each[3:])) for name, each in times.items()}
    rows = []
    for name, noise in (("ours", "off"), ("noisy", "on")):
        ratio, fastest = medians["theirs"] / medians[name], min(times["theirs"]) / min(times[name])
        rows.append(
            f"| {'with' if shadows else 'without'} | {noise} | {1e3 * medians[name]:.1f} | {1e3 * medians['theirs']:.1f} "
            f"| {ratio:.1f} x | {fastest:.1f} x | {1 / medians[name]:.0f} | {limit_s / medians[name]:.0%} |"
        )
    return rows


def main() -> None:
    """Build the scene once and print the table."""
    client = pybullet.connect(pybullet.DIRECT)
    robot = build_scene(client)
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{ROUNDS} rounds, 2 x 128 x 128 + 224 x 224 RGB-D + 16 x 900 LiDAR\n")  # fmt: skip
    print("| shadows | our noise | mirror, ms | PyBullet, ms | ratio of medians | of fastest | sets/s | of Embree's limit |")
    print("|---|---|---|---|---|---|---|---|")
    for shadows in (False, True):
        print("\n".join(compare(client, robot, shadows)), flush=True)
    pybullet.disconnect(client)


if __name__ == "__main__":
    main()
