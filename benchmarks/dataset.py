"""How many random windows a second does training get, and what does a log take on disk, against LeRobot's own reader?

    python benchmarks/dataset.py [lerobot=/path/to/an/environment/bin/python] [episodes=8] [steps=100] [windows=2000] [seed=0]

The same episodes in both: two cameras of 128 × 128 with a camera's noise, a state of 8 numbers, actions of 8 numbers, 10 steps
a second. A window is one step's pictures and state and the 8 actions from it on, drawn at random, read one after another in
one process, files in the system's page cache. LeRobot writes and reads its v3.0 dataset itself, pictures as images, in an
environment of its own that holds the real `lerobot`; without one its row is left out. Ours is measured without any cache,
with everything in the cache, and as batches of 32 from the loader's two threads. Time is that of the processor: it does not
depend on who else uses the machine; the loader's is by the clock.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from policies.dataset import DatasetConfig, Windows
from policies.demonstrations import Episode, write
from policies.windows.loader import Loader
from policies.windows.sampler import ShuffledSampler

HORIZON, SIDE = 8, 128
PERIOD_NS, TICKS = 100_000_000, 24

LEROBOT = """
import json, sys, time
from pathlib import Path
import numpy as np
from lerobot.datasets.lerobot_dataset import LeRobotDataset
folder, count = Path(sys.argv[1]), int(sys.argv[2])
picture = {"dtype": "image", "shape": (128, 128, 3), "names": ["height", "width", "channel"]}
numbers = {"dtype": "float32", "shape": (8,), "names": None}
pictures = {f"observation.images.{name}": picture for name in ("front", "wrist")}
features = {**pictures, "observation.state": numbers, "action": numbers}
made = LeRobotDataset.create("local/benchmark", 10, features, root=folder / "lerobot", use_videos=False)
for path in sorted(folder.glob("*.npz")):
    raw = np.load(path)
    for step in range(len(raw["state"])):
        made.add_frame({
            "observation.images.front": raw["front"][step], "observation.images.wrist": raw["wrist"][step],
            "observation.state": raw["state"][step], "action": raw["action"][step], "task": "pick up the red block"})
    made.save_episode()
made.finalize()
chunk = {"action": [k / 10 for k in range(8)]}
read = LeRobotDataset("local/benchmark", root=folder / "lerobot", delta_timestamps=chunk)
order = np.random.default_rng(0).integers(0, len(read), count)
for index in order[:20]:
    window = read[int(index)]
assert window["action"].shape == (8, 8) and window["observation.images.front"].shape == (3, 128, 128)
start = time.process_time()
for index in order:
    read[int(index)]
spent = time.process_time() - start
size = sum(path.stat().st_size for path in (folder / "lerobot").rglob("*") if path.is_file())
print("RESULT " + json.dumps({"windows_per_s": count / spent, "bytes": size}))
"""


def episode_of(number: int, steps: int, seed: int) -> dict[str, np.ndarray]:
    """One episode's arrays, drawn from seed and number."""
    random = np.random.default_rng((seed, number))
    v, u = np.mgrid[:SIDE, :SIDE]
    time_s = np.arange(steps)[:, None, None] / 10
    smooth = 120 + 60 * np.sin(u / 30 + time_s + number) + 40 * np.cos(v / 20)
    pictures = {
        name: (smooth[..., None] + random.normal(0, 3, (steps, SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
        for name in ("front", "wrist")
    }
    action = np.cumsum(random.normal(0, 0.01, (steps, 8)), axis=0).astype(np.float32)
    return {**pictures, "state": action, "action": action}


def ours(folder: Path, raw: list[dict[str, np.ndarray]]) -> list[Path]:
    """The episodes in our format; their manifests."""
    manifests = []
    for number, each in enumerate(raw):
        steps = len(each["state"])
        stamps = PERIOD_NS * np.arange(1, steps + 1)
        observations = {
            "stamp_ns": stamps, "state/joint_position": each["state"][:, :7], "state/gripper_width": each["state"][:, 7],
            "cameras/front/rgb": each["front"], "cameras/wrist/rgb": each["wrist"],
        }  # fmt: skip
        position = np.repeat(each["action"], TICKS, axis=0)
        commands = {
            "stamp_ns": (stamps[:, None] + np.arange(TICKS) * 4_166_667).reshape(-1), "joint_position": position[:, :7],
            "joint_velocity": np.zeros_like(position[:, :7]), "gripper_width": position[:, 7],
            "level": np.zeros(len(position), np.int8),
        }  # fmt: skip
        episode = Episode(observations=observations, commands=commands, attributes={"instruction": "pick up the red block"})
        manifests.append(write(folder / "ours", f"episode_{number:06d}", episode))
    return manifests


def windows_per_s(windows: Windows, count: int) -> float:
    """Random windows in a second of the processor's time."""
    order = np.random.default_rng(0).integers(0, len(windows), count).tolist()
    for index in order[:20]:
        window = windows[index]
    assert window["actions"]["joint_position"].shape == (HORIZON, 7) and window["actions_mask"].shape == (HORIZON,)
    start = time.process_time()
    for index in order:
        windows[index]
    return count / (time.process_time() - start)


def loaded_per_s(windows: Windows) -> float:
    """Windows in a second of the clock, in batches of 32 from two threads."""
    loader = Loader(windows, ShuffledSampler(windows, seed=0), batch_size=32)
    start, count = time.perf_counter(), 0
    for _ in range(3):
        for batch in loader:
            count += len(batch["step"])
    return count / (time.perf_counter() - start)


def lerobots(python: str, folder: Path, raw: list[dict[str, np.ndarray]], count: int) -> dict[str, float]:
    """What LeRobot makes of the same episodes."""
    for number, each in enumerate(raw):
        np.savez(folder / f"episode_{number:06d}.npz", **each)  # type: ignore[arg-type]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    command = [python, "-c", LEROBOT, str(folder), str(count)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    found = [line for line in ran.stdout.splitlines() if line.startswith("RESULT ")]
    if not found:
        raise SystemExit(f"lerobot: {ran.stderr[-2000:]}")
    return json.loads(found[0].removeprefix("RESULT "))


def main() -> None:
    """Measure and print."""
    words: dict[str, str] = dict(word.split("=", 1) for word in sys.argv[1:])
    episodes, steps, count, seed = (
        int(words.get(key, usual)) for key, usual in (("episodes", 8), ("steps", 100), ("windows", 2000), ("seed", 0))
    )
    raw = [episode_of(number, steps, seed) for number in range(episodes)]
    raw_bytes = sum(values.nbytes for each in raw for key, values in each.items())
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent) as name:
        folder = Path(name)
        manifests = ours(folder, raw)
        own_bytes = sum(path.stat().st_size for path in (folder / "ours").iterdir())
        cold = windows_per_s(Windows(manifests, DatasetConfig(horizon=HORIZON, cache_bytes=0)), count)
        kept = Windows(manifests, DatasetConfig(horizon=HORIZON, cache_bytes=1 << 32))
        for index in range(len(kept)):
            kept[index]
        warm = windows_per_s(kept, count)
        loaded = loaded_per_s(Windows(manifests, DatasetConfig(horizon=HORIZON, cache_bytes=0)))
        peer = lerobots(words["lerobot"], folder, raw, max(200, count // 10)) if "lerobot" in words else None
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"\n{machine}, {episodes} episodes of {steps} steps, seed {seed}\n")
    print("| | random windows/s | bytes a step |\n|---|---|---|")
    print(f"| raw | | {raw_bytes / episodes / steps:.0f} |")
    if peer is not None:
        print(f"| LeRobot 0.4.4, v3.0 images | {peer['windows_per_s']:.0f} | {peer['bytes'] / episodes / steps:.0f} |")
    print(f"| Handsight, nothing cached | {cold:.0f} | {own_bytes / episodes / steps:.0f} |")
    print(f"| Handsight, all cached | {warm:.0f} | |")
    print(f"| Handsight, loader, two threads, by the clock | {loaded:.0f} | |")
    if peer is not None:
        print(f"\nnothing cached: {cold / peer['windows_per_s']:.1f} times LeRobot's")


if __name__ == "__main__":
    main()
