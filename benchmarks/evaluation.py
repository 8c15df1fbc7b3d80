"""How many episodes a minute one core plays, with our renderer and with PyBullet's, and where an episode's seconds go.

    python -m benchmarks.evaluation [suites=tabletop,sorting,household,chains,voxposer] [episodes=6] [policy=value_maps]

Both sides play the same episodes (of cells that are spread evenly over the suite) in one worker process each, kept to one
thread: on one side cameras and LiDAR look into the ray-cast mirror, on the other cameras are drawn by PyBullet's TinyRenderer
and the LiDAR is its rayTestBatch, with the same noise. What counts is CPU time, which other programs disturb least, and of
that the ratio for each simulated second, as what is seen differs in its last bits and episodes may end otherwise; the sides
take turns, suite by suite. The second table is of our side: exclusive CPU time of each stage of the loop.
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np
import pybullet

import sim.evaluation.trial as trial
from policies.value_maps.policy import ValueMapPolicy
from robot.configuration import load
from robot.motion import Motion
from robot.safety import SafetyFilter
from robot.transforms import invert
from sensors.fusion import Fusion
from sim.cameras import Camera
from sim.evaluate import SCHEMAS
from sim.evaluation.crew import play_all
from sim.evaluation.processes import Processes
from sim.evaluation.trial import TrialConfig, Trials
from sim.expert import Expert
from sim.lidar import SimulatedLidar
from sim.noise import CameraNoise, LidarNoise
from sim.perturbations.catalogue import perturbations
from sim.rated import RatedSource
from sim.shading import Light
from sim.stage import Stage
from sim.suites import SCHEMAS as SUITE_SCHEMAS
from sim.suites import EpisodeName, SelectionConfig, select
from sim.world import World

STAGES: dict[str, list[tuple[type, str]]] = {
    "sensors (rendering, noise)": [(RatedSource, "read")],
    "fusion": [(Fusion, "observe")],
    "policy": [(ValueMapPolicy, "plan"), (Expert, "plan")],
    "motion": [(Motion, "plan")],
    "safety filter": [(SafetyFilter, "step")],
    "physics": [(World, "step")],
    "setting the scene": [(Stage, "reset")],
}


class TinyCamera(Camera):
    """A camera drawn by PyBullet's software renderer, shadows included; every surface counts as met straight on."""

    client = 0

    def draw(self) -> tuple[np.ndarray, np.ndarray, Callable[[], np.ndarray]]:
        """Colours, depth along the optical axis, cosines of incidence."""
        width, height, K = self._mounted.width, self._mounted.height, self._mounted.K
        near, far = self._range
        field_of_view = 2 * np.degrees(np.arctan(height / 2 / K[1, 1]))
        projection = pybullet.computeProjectionMatrixFOV(field_of_view, width / height, near, far)
        view = np.diag([1.0, -1.0, -1.0, 1.0]) @ invert(self.T_world_camera())  # OpenGL looks along -z with y up
        _, _, rgba, buffer, _ = pybullet.getCameraImage(
            width,
            height,
            view.T.ravel().tolist(),
            projection,
            lightDirection=Light().towards_sun_world,
            shadow=1,
            renderer=pybullet.ER_TINY_RENDERER,
            flags=pybullet.ER_NO_SEGMENTATION_MASK,
            physicsClientId=self.client,
        )
        buffer = np.asarray(buffer, dtype=np.float32).reshape(-1)
        depth = np.where(buffer < 1, far * near / (far - (far - near) * buffer), np.float32(np.inf)).astype(np.float32)
        rgb = np.ascontiguousarray(np.reshape(np.asarray(rgba, dtype=np.uint8), (-1, 4))[:, :3])
        return rgb, depth, lambda: np.ones(len(depth), dtype=np.float32)


class RayTestLidar(SimulatedLidar):
    """A LiDAR measured by PyBullet's own ray test; it gives no brightness."""

    client = 0

    def _look(self) -> tuple[np.ndarray, np.ndarray]:
        T_world_lidar = self._T_world_mount() @ self._mounted.T_mount_sensor
        start, far = T_world_lidar[:3, 3], self._range[1]
        ends = start + far * self._directions_lidar @ T_world_lidar[:3, :3].T
        answers = pybullet.rayTestBatch([start.tolist()] * len(ends), ends.tolist(), numThreads=1, physicsClientId=self.client)
        share = np.array([answer[2] for answer in answers], dtype=np.float32)
        return np.where(share < 1, far * share, np.float32(np.inf)), np.full(len(share), 0.5, dtype=np.float32)


class BulletStage(Stage):
    """A stage whose cameras and LiDARs are PyBullet's."""

    def _camera(self, name: str) -> Any:
        config, mounted = self._config.sensors.cameras[name], self._calibration.cameras[name]
        noise = CameraNoise(config, self.world.random(f"noise/{name}")) if config.noise else None
        camera = TinyCamera(self.world, name, mounted, self._mount(config.mount), config, noise=noise)
        camera.client = self.world.client
        return camera

    def _lidar(self, name: str) -> Any:
        config, mounted = self._config.sensors.lidars[name], self._calibration.lidars[name]
        noise = LidarNoise(config, self.world.random(f"noise/{name}")) if config.noise else None
        lidar = RayTestLidar(self._mirror, self.world, name, mounted, self._mount(config.mount), config, noise)
        lidar.client = self.world.client
        return lidar


def bullet_trials(config: TrialConfig) -> Trials:
    """Trials on a BulletStage."""
    trial.Stage = BulletStage  # type: ignore[misc]
    return Trials(config)


class TimedTrials:
    """Trials that also tell where the CPU seconds of an episode went."""

    def __init__(self, config: TrialConfig) -> None:
        """Put a watch around every stage."""
        self._watch = Watch()
        for stage, methods in STAGES.items():
            for owner, method in methods:
                setattr(owner, method, self._watch.around(stage, getattr(owner, method)))
        self._trials = Trials(config)

    def __call__(self, name: EpisodeName) -> tuple[Any, dict[str, float]]:
        """Play one."""
        self._watch.seconds = dict.fromkeys(STAGES, 0.0)
        answer = self._trials(name)
        return answer, self._watch.seconds


class Watch:
    """CPU seconds of nested stages, each without what is inside it."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.seconds: dict[str, float] = dict.fromkeys(STAGES, 0.0)
        self._inside: list[float] = []

    def around(self, stage: str, method: Callable) -> Callable:
        """The method, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            start = time.process_time()
            try:
                return method(*args, **kwargs)
            finally:
                spent = time.process_time() - start
                self.seconds[stage] += spent - self._inside.pop()
                if self._inside:
                    self._inside[-1] += spent

        return timed


def played(make: Callable[[TrialConfig], Any], config: TrialConfig, count: int) -> list[Any]:
    """The answers of so many episodes in one worker; one before them warms up."""
    cells = select(config.suite, SelectionConfig(episodes=1), config.seed, list(perturbations(config.sensors)))
    names = [cells[each] for each in np.linspace(0, len(cells) - 1, min(count, len(cells))).astype(int)]
    outcomes = list(play_all(Processes(partial(make, config), 1), [names[0], *names]))
    assert all(outcome.answer is not None for outcome in outcomes), outcomes[-1].error
    return [outcome.answer for outcome in outcomes[1:]]


def main() -> None:
    """Measure and print."""
    options = dict(word.split("=", 1) for word in sys.argv[1:])
    policy, count = options.get("policy", "value_maps"), int(options.get("episodes", 6))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {policy}\n")
    print(
        "| suite | episodes a minute per core | with PyBullet's renderer | CPU s of a simulated second, ratio | CPU s, median |"
    )
    print("|---|---|---|---|---|")
    shares: dict[str, dict[str, float]] = {}
    for suite in options.get("suites", ",".join(each.partition("/")[2] for each in SUITE_SCHEMAS)).split(","):
        config, _ = load("evaluate", [f"suite={suite}", f"policy={policy}"], SCHEMAS)
        ours = played(TimedTrials, config, count)
        sides = [[answer.result for answer, _ in ours], [answer.result for answer in played(bullet_trials, config, count)]]
        cpu_s = [sum(row.cpu_s for row in side) for side in sides]
        rates = [60 * len(side) / spent for side, spent in zip(sides, cpu_s, strict=True)]
        mine, theirs = (spent / sum(row.duration_s for row in side) for side, spent in zip(sides, cpu_s, strict=True))
        middle = median(row.cpu_s for row in sides[0])
        print(f"| {suite} | {rates[0]:.1f} | {rates[1]:.1f} | {theirs / mine:.1f} | {middle:.1f} |", flush=True)
        total = {stage: sum(seconds[stage] for _, seconds in ours) for stage in STAGES}
        shares[suite] = {**total, "the rest": cpu_s[0] - sum(total.values())}
    print(f"\n| CPU time, share | {' | '.join(shares)} |\n|---{'|---' * len(shares)}|")
    for stage in (*STAGES, "the rest"):
        cells = [f"{seconds[stage] / sum(seconds.values()):.0%}" for seconds in shares.values()]
        print(f"| {stage} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
