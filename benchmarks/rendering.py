"""How fast is one full set of sensor pictures, by our ray-cast mirror and by PyBullet's own renderer and ray test?

    python benchmarks/rendering.py

Both sides look at the same scene (floor, table, Panda, eight objects) from the same poses: two RGB-D pictures of
128 x 128, one of 224 x 224, and a LiDAR sweep of 16 x 900 beams. The arm moves before every set, so the mirror
rebuilds its tree each time, and one camera rides on the hand. No noise on either side; first without, then with
shadows on both. The sides take turns, so that both meet the same load of the machine; the ratio of the fastest
rounds is the one that other programs disturb least.
"""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import open3d as o3d
import pybullet
import pybullet_data

from robot.clock import WallClock
from robot.transforms import from_xyz_quat_xyzw, invert, transform
from sensors.calibration import Calibration, CameraConfig, LidarConfig, SensorsConfig
from sim.cameras import SimulatedCamera, look_at
from sim.lidar import SimulatedLidar, beam_directions
from sim.raycast import RaycastMirror

ROUNDS = 40
FOV = 0.85
NEAR, FAR = 0.05, 5.0
SIZES = {"front": 128, "wrist": 128, "large": 224}
FIXED = {"front": look_at([1.35, 0, 0.62], [0.4, 0, 0.22]), "large": look_at([1.1, 0.7, 0.7], [0.3, 0, 0.2])}
T_HAND_WRIST = look_at([0.08, 0, 0.02], [0.06, 0, 0.12], up=[1, 0, 0])
HAND = 8  # PyBullet's index of panda_hand
T_WORLD_LIDAR = transform([0.5, 0.9, 0.45], np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]))
LIDAR = LidarConfig(xyz=[0.0] * 3, rpy=[0.0] * 3, elevations=np.radians(np.arange(-15, 16, 2)).tolist(), columns=900)
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


def mirror_set(client: int, robot: int, mirror: RaycastMirror, shadows: bool) -> Callable[[], object]:
    """A function that renders the whole set by the mirror."""
    clock = WallClock()
    cameras = {name: CameraConfig(xyz=[0.0] * 3, rpy=[0.0] * 3, width=size, height=size, vertical_fov=FOV, near=NEAR, far=FAR)
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
        )
        for name in SIZES
    ]
    lidar = SimulatedLidar(mirror, clock, "lidar", calibration.lidars["lidar"], lambda: T_WORLD_LIDAR, LIDAR)
    return lambda: ([source.render() for source in sources], lidar.measure(0))


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


@contextmanager
def embree_seconds(total: list[float]) -> Iterator[None]:
    """Add up the time spent inside Embree (tree and rays) meanwhile."""
    scene_class = o3d.t.geometry.RaycastingScene
    originals = {name: getattr(scene_class, name) for name in ("cast_rays", "test_occlusions")}

    def timed(original: Callable) -> Callable:
        def call(*args: object, **kwargs: object) -> object:
            start = time.perf_counter()
            answer = original(*args, **kwargs)
            total[0] += time.perf_counter() - start
            return answer

        return call

    for name, original in originals.items():
        setattr(scene_class, name, timed(original))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(scene_class, name, original)


def compare(client: int, robot: int, mirror: RaycastMirror, shadows: bool) -> str:
    """One row of the table: medians of both sides in ms, ratios, and Embree's share of our side."""
    ours, theirs = mirror_set(client, robot, mirror, shadows), pybullet_set(client, robot, shadows)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    in_embree = [0.0]
    for step in range(ROUNDS):
        for name, render in (("ours", ours), ("theirs", theirs)):
            move_arm(client, robot, step)
            with embree_seconds(in_embree):
                start = time.perf_counter()
                render()
                times[name].append(time.perf_counter() - start)
    ours_ms, theirs_ms = (1e3 * float(np.median(times[name][3:])) for name in ("ours", "theirs"))
    fastest = min(times["theirs"]) / min(times["ours"])
    share = in_embree[0] / sum(times["ours"])
    word = "with" if shadows else "without"
    return f"| {word} | {ours_ms:.1f} | {theirs_ms:.1f} | {theirs_ms / ours_ms:.1f} x | {fastest:.1f} x | {share:.0%} |"


def main() -> None:
    """Build the scene once and print the table."""
    client = pybullet.connect(pybullet.DIRECT)
    robot = build_scene(client)
    mirror = RaycastMirror(client)
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
          f"{ROUNDS} rounds, 2 x 128 x 128 + 224 x 224 RGB-D + 16 x 900 LiDAR\n")  # fmt: skip
    print("| shadows | mirror, ms | PyBullet, ms | ratio of medians | of fastest | Embree's share |\n|---|---|---|---|---|---|")
    for shadows in (False, True):
        print(compare(client, robot, mirror, shadows), flush=True)
    pybullet.disconnect(client)


if __name__ == "__main__":
    main()
