"""Is recording safe, cheap and small: what does it cost a control loop, how fast is a commit, what survives kills and flips?

    python benchmarks/demonstrations.py [episodes=100] [kills=200] [flips=10000] [seed=0]

Steps are drawn from the seed in the sizes of configs/sensors/tabletop.yaml (two cameras with depth, noisy pictures, a LiDAR, an
IMU, 24 commands a step), half a minute's worth an episode for the cost. Cost: a loop of 240 ticks a second that does 0.2 ms of
work in each hands a step to the recorder at every 24th; a tick's cost is how much longer it takes with the recorder than the
99.9 % quantile of the same loop alone. Commits are timed from the last row to the return, fsync included. Bytes stand beside
those of the same arrays raw. Kills and flips are those of the tests, more of them.
"""

import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from policies.demonstrations import EpisodeWriter, open_episode
from policies.observers.recorder import Recorder
from policies.rollout import Rollout, Step
from robot.guard.ladder import Level
from robot.records import BodyReport, CommandRecord
from robot.state import RobotState
from sensors.health import SensorHealth
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.packets import CameraFrame, LidarScan, Packet
from sensors.pointcloud import PointCloud, from_points

ROOT = Path(__file__).parent.parent
PERIOD_NS, TICKS = 100_000_000, 24
CAMERAS = {"front": (144, 192), "wrist": (128, 128)}


def step_of(number: int, random: np.random.Generator) -> Step:
    """One step of a rollout: smooth pictures with a camera's noise, a wavy table as cloud and sweep."""
    now_ns = (number + 1) * PERIOD_NS
    still = np.zeros(7)
    state = RobotState(
        stamp_ns=now_ns,
        joint_position=np.sin(still + number / 30),
        joint_velocity=still,
        joint_torque=still,
        gripper_width=0.04,
    )
    frames = [_frame(name, shape, now_ns, number, random) for name, shape in CAMERAS.items()]
    views = {
        each.sensor: CameraView(rgb=each.rgb, depth=each.depth, K=np.diag([200.0, 200.0, 1.0]), T_base_camera=np.eye(4))
        for each in frames
    }
    cloud = PointCloud(
        points_base=_table(28_000, random), rgb=random.integers(80, 120, (28_000, 3), dtype=np.uint8),
        coloured=np.ones(28_000, bool), source=np.zeros(28_000, np.uint8), sources=("front", "wrist", "lidar"),
    )  # fmt: skip
    points = _table(6_600, random)
    stamps = np.linspace(now_ns - PERIOD_NS + 1, now_ns, len(points)).astype(np.int64)
    scan = LidarScan(
        stamp_ns=now_ns, sensor="lidar", points_lidar=points, point_stamp_ns=stamps, intensity=np.ones(len(points), np.float32)
    )
    observation = Observation(
        stamp_ns=now_ns, state=state, cameras=views, lidar={"lidar": from_points(points, None, 2, cloud.sources)},
        imu=ImuWindow(
            stamp_ns=now_ns - 4_166_667 * np.arange(TICKS)[::-1], angular_velocity_imu=random.normal(size=(TICKS, 3)),
            specific_force_imu=random.normal(size=(TICKS, 3)),
        ),
        cloud=cloud, T_odom_base=np.eye(4), odom_covariance=np.eye(6), gravity_base=np.array([0, 0, -9.81]),
        health={name: SensorHealth(age_s=0.0, valid=True) for name in cloud.sources},
    )  # fmt: skip
    packets: tuple[Packet, ...] = (*frames, scan)
    commands = tuple(
        CommandRecord(
            stamp_ns=now_ns + tick * 4_166_667, joint_position=state.joint_position, joint_velocity=still, gripper_width=0.04,
            interventions=(), level=Level.OK,
        )
        for tick in range(TICKS)
    )  # fmt: skip
    report = BodyReport(commands=commands, level=Level.OK, reason="")
    return Step(
        observation=observation,
        instruction="pick up the red block",
        plan=None,
        commands=commands,
        packets=packets,
        report=report,
    )


def _frame(name: str, shape: tuple[int, int], now_ns: int, number: int, random: np.random.Generator) -> CameraFrame:
    """A picture and its depth."""
    v, u = np.mgrid[: shape[0], : shape[1]]
    smooth = 120 + 60 * np.sin(u / 30 + number / 10) + 40 * np.cos(v / 20)
    rgb = (smooth[..., None] + random.normal(0, 3, (*shape, 3))).clip(0, 255).astype(np.uint8)
    depth = (1.0 + 0.3 * np.sin(u / 40) + random.normal(0, 0.002, shape)).astype(np.float32)
    return CameraFrame(stamp_ns=now_ns, sensor=name, rgb=rgb, depth=depth)


def _table(count: int, random: np.random.Generator) -> np.ndarray:
    """Points (count, 3) float32 of a wavy table, in rows."""
    x, y = np.sort(random.uniform(0, 1, count)), random.uniform(-0.8, 0.8, count)
    return np.stack([x, y, 0.02 * np.sin(9 * x) + random.normal(0, 0.002, count)], axis=1).astype(np.float32)


def tick_costs(steps: list[Step], folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds each tick took without and with a recorder, and seconds that handing a step over took."""
    alone, handed = _loop(steps, None), []
    recorder = Recorder(folder, "cost", {})

    def hand_over(step: Step) -> None:
        start = time.perf_counter()
        recorder.on_step(step)
        handed.append(time.perf_counter() - start)

    recorded = _loop(steps, hand_over)
    recorder.on_end(Rollout(reason="over", num_steps=len(steps), num_interventions=0, last_plan=None, moved=True))
    assert recorder.manifest is not None, recorder.failure
    return alone, recorded, np.array(handed)


def _loop(steps: list[Step], hand_over) -> np.ndarray:
    """A control loop in step with the clock; how long the work of each tick took, s."""
    work, durations = np.random.default_rng(0).normal(size=(40, 40)), []
    begin = time.perf_counter()
    for tick in range(len(steps) * TICKS):
        time.sleep(max(0.0, begin + tick / 240 - time.perf_counter()))
        start = time.perf_counter()
        for _ in range(10):
            np.linalg.solve(work, work[0])
        if tick % TICKS == 0 and hand_over is not None:
            hand_over(steps[tick // TICKS])
        durations.append(time.perf_counter() - start)
    return np.array(durations)


def commit_times(steps: list[Step], folder: Path, episodes: int) -> tuple[np.ndarray, Path]:
    """Seconds from the last row to the end of each commit, and the last manifest."""
    times, manifest = [], folder
    for number in range(episodes):
        with EpisodeWriter(folder, f"episode_{number:06d}") as writer:
            for step in steps[:100]:
                writer.add_step(step.observation, step.packets, step.plan)
                writer.add_commands(step.commands)
            start = time.perf_counter()
            manifest = writer.commit({})
            times.append(time.perf_counter() - start)
        if number:
            (folder / f"episode_{number - 1:06d}.zarr.zip").unlink()
            (folder / f"episode_{number - 1:06d}.json").unlink()
    return np.array(times), manifest


def sizes(manifest: Path) -> tuple[float, float, float]:
    """Bytes a step: of the file, of its arrays raw, and of the file without streams."""
    stored = open_episode(manifest)
    entries = stored.manifest.arrays
    raw = sum(int(np.prod(entry.shape)) * np.dtype(entry.dtype).itemsize for entry in entries.values())
    lean = sum(sum(entry.size) for path, entry in entries.items() if not path.startswith("streams/"))
    return stored.manifest.size / stored.num_steps, raw / stored.num_steps, lean / stored.num_steps


def mistreat(way: str, folder: Path, count: int, seed: int) -> tuple[int, float]:
    """Kill or flip so many times, in a process without threads; what it counted, and the seconds it took."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "tests.policies.mistreatment", way, str(folder), str(count), str(seed)]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if ran.returncode:
        raise SystemExit(ran.stderr)
    return int(ran.stdout), time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    options = {"episodes": 100, "kills": 200, "flips": 10_000, "seed": 0}
    options |= {key: int(value) for key, value in (word.split("=") for word in sys.argv[1:])}
    random = np.random.default_rng(options["seed"])
    steps = [step_of(number, random) for number in range(300)]
    with tempfile.TemporaryDirectory(dir=ROOT / "benchmarks") as name:
        folder = Path(name)
        alone, recorded, handed = tick_costs(steps, folder / "cost")
        commits, manifest = commit_times(steps, folder / "commits", options["episodes"])
        stored, raw, lean = sizes(manifest)
        committed, kill_s = mistreat("kill", folder / "kills", options["kills"], options["seed"])
        flips, flip_s = mistreat("flip", folder / "flips", options["flips"], options["seed"])
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"\n{machine}, seed {options['seed']}\n")
    q = 99.9
    print(f"| a tick of 240 Hz | median, ms | {q} %, ms |\n|---|---|---|")
    for what, times in (("alone", alone), ("recording", recorded), ("handing a step over", handed)):
        print(f"| {what} | {1e3 * np.median(times):.3f} | {1e3 * np.percentile(times, q):.3f} |")
    print(f"| cost: difference | | {1e3 * (np.percentile(recorded, q) - np.percentile(alone, q)):.3f} |\n")
    median, most = 1e3 * np.median(commits), 1e3 * np.percentile(commits, 99)
    print(f"commit of 100 steps, {len(commits)} times: median {median:.1f} ms, p99 {most:.1f} ms")
    print(f"bytes a step: {stored:.0f}, raw {raw:.0f}; without streams {lean:.0f}")
    rule = 3 / options["kills"]
    kills = f"{options['kills']} kills, {committed} commits"
    print(f"{kills}: 0 lost, 0 unreadable, 0 silently filled (below {rule:.1%}), {kill_s:.0f} s")
    print(f"{flips} flips and cuts: all noticed by episode, array and chunk (missed: below {3 / flips:.2%}), {flip_s:.0f} s")


if __name__ == "__main__":
    main()
