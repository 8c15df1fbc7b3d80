"""How many environment steps a second: two 128×128 RGB-D cameras and the LiDAR fresh at each, noise as configured.

    python -m benchmarks.environment [steps=300]

A step is a tenth of a second of robot time: 24 ticks of physics, controller and safety filter, then every sensor. Random
actions; no resets in the measured time. `raw` gives the packets, `fused` the fused cloud as well. Every process has one
thread for its numerics. Prints two Markdown tables: steps a second by the clock on the wall, of one process and of one
per core; and the processor time of a step, part by part, which a busy machine changes less.
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

NUMERIC_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TBB_NUM_THREADS")
os.environ.update(dict.fromkeys(NUMERIC_THREADS, "1"))  # before numpy and Open3D read them

import numpy as np  # noqa: E402
from gymnasium.vector import AsyncVectorEnv, AutoresetMode  # noqa: E402

from sim.bullet import pybullet  # noqa: E402
from sim.env import TabletopEnv  # noqa: E402
from sim.imu import SimulatedImu  # noqa: E402

SIDE_PX = 128
ROUNDS = 5
TARGETS = {"raw": 100, "fused": 40}
REST = "jog, motion, judge, observation"


def make(fused: bool) -> Callable[[], TabletopEnv]:
    """What makes one environment; importable, so that each worker makes its own."""
    sizes = [f"sensors.cameras.front.{edge}={SIDE_PX}" for edge in ("width", "height")]
    return lambda: TabletopEnv(overrides=sizes, fused=fused)


def one_process(fused: bool, num_steps: int) -> tuple[list[float], dict[str, float]]:
    """Steps a second in each round, one environment alone; and the processor time of a step by parts, ms."""
    env = make(fused)()
    env.reset(seed=0)
    env.action_space.seed(0)
    rates = [_rate(lambda: env.step(env.action_space.sample()), num_steps // ROUNDS) for _ in range(ROUNDS)]
    parts = Parts()
    parts.watch(env)
    per_round = [parts.measure(lambda: env.step(env.action_space.sample()), num_steps // ROUNDS) for _ in range(ROUNDS)]
    env.close()
    return rates, {part: median(each[part] for each in per_round) for part in per_round[0]}


def many_processes(fused: bool, num_steps: int, workers: int) -> list[float]:
    """Steps a second in each round, of all workers together."""
    envs = AsyncVectorEnv([make(fused)] * workers, autoreset_mode=AutoresetMode.DISABLED, copy=False)
    envs.reset(seed=list(range(workers)))
    envs.action_space.seed(0)
    per_round = num_steps // ROUNDS
    rates = [workers * _rate(lambda: envs.step(envs.action_space.sample()), per_round) for _ in range(ROUNDS)]
    envs.close()
    return rates


class Parts:
    """Where the processor time of a process goes; time spent in a part within another counts for the inner one."""

    def __init__(self) -> None:
        """Nothing measured yet."""
        self._spent_ns: dict[str, int] = {}
        self._inner_ns = [0]

    def watch(self, env: TabletopEnv) -> None:
        """Time what an environment is made of."""
        robot, world = env.stage.robot, env.stage.world
        controller: Any = robot.body.controller  # type: ignore[attr-defined]
        self._wrap(controller, "tick", "controller and filter")
        self._wrap(controller.driver, "state", "driver")
        self._wrap(controller.driver, "command", "driver")
        self._wrap(pybullet, "stepSimulation", "physics")
        self._wrap(robot.fusion, "observe", "fusion")
        for hook in list(world.on_step):
            owner = getattr(hook, "__self__", None)
            part = "IMU" if isinstance(owner, SimulatedImu) else "rendering"
            world.on_step[world.on_step.index(hook)] = self._timed(hook, part)
        for source in robot.sources:
            self._wrap(source, "read", "IMU" if isinstance(source, SimulatedImu) else "rendering")

    def measure(self, step: Callable[[], object], count: int) -> dict[str, float]:
        """Milliseconds per call of each part."""
        self._spent_ns = dict.fromkeys(self._spent_ns, 0)
        whole = self._timed(step, REST)
        for _ in range(count):
            whole()
        return {part: spent * 1e-6 / count for part, spent in self._spent_ns.items()}

    def _wrap(self, owner: object, name: str, part: str) -> None:
        """Time a method or a function of a module from now on."""
        setattr(owner, name, self._timed(getattr(owner, name), part))

    def _timed(self, call: Callable[..., Any], part: str) -> Callable[..., Any]:
        """The same call, its time put to this part."""
        self._spent_ns.setdefault(part, 0)

        def timed(*arguments: object, **named: object) -> object:
            start = time.process_time_ns()
            self._inner_ns.append(0)
            try:
                return call(*arguments, **named)
            finally:
                took = time.process_time_ns() - start
                self._spent_ns[part] += took - self._inner_ns.pop()
                self._inner_ns[-1] += took

        return timed


def _rate(step: Callable[[], object], count: int) -> float:
    """Calls a second."""
    start_s = time.perf_counter()
    for _ in range(count):
        step()
    return count / (time.perf_counter() - start_s)


def main() -> None:
    """Measure and print."""
    options = dict(word.split("=", 1) for word in sys.argv[1:])
    num_steps, cores = int(options.get("steps", 300)), os.cpu_count() or 1
    alone = {what: one_process(what == "fused", num_steps) for what in TARGETS}
    together = {what: many_processes(what == "fused", num_steps, cores) for what in TARGETS}
    machine, load = platform.processor() or platform.machine(), os.getloadavg()[0]
    print(f"{machine}, {cores} cores, load {load:.1f}, numpy {np.__version__}\n")
    print("| observation | processes | steps a second, median | least to greatest round | target |\n|---|---|---|---|---|")
    for what, target in TARGETS.items():
        for workers, rates, aim in ((1, alone[what][0], ""), (cores, together[what], target)):
            print(f"| {what} | {workers} | {median(rates):.1f} | {min(rates):.1f} to {max(rates):.1f} | {aim} |")
    print("\n| part of a step | raw, CPU ms | fused, CPU ms |\n|---|---|---|")
    for part in alone["fused"][1]:
        print(f"| {part} | {alone['raw'][1][part]:.2f} | {alone['fused'][1][part]:.2f} |")
    print(f"| all | {sum(alone['raw'][1].values()):.2f} | {sum(alone['fused'][1].values()):.2f} |")


if __name__ == "__main__":
    main()
