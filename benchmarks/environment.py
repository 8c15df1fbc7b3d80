"""How many environment steps a second: two 128×128 RGB-D cameras and the LiDAR fresh at each, noise as configured.

    python -m benchmarks.environment [steps=300]

A step is a tenth of a second of robot time: 24 ticks of physics, controller and safety filter, then every sensor. Random
actions; no resets in the measured time. `raw` gives the packets, `fused` the fused cloud as well. Prints a Markdown table.
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from statistics import median

import numpy as np
from gymnasium.vector import AsyncVectorEnv, AutoresetMode

from sim.env import TabletopEnv

SIDE_PX = 128
ROUNDS = 5
TARGETS = {"raw": 100, "fused": 40}


def make(fused: bool) -> Callable[[], TabletopEnv]:
    """What makes one environment; importable, so that each worker makes its own."""
    sizes = [f"sensors.cameras.front.{edge}={SIDE_PX}" for edge in ("width", "height")]
    return lambda: TabletopEnv(overrides=sizes, fused=fused)


def one_process(fused: bool, num_steps: int) -> list[float]:
    """Steps a second in each round, one environment alone."""
    env = make(fused)()
    env.reset(seed=0)
    env.action_space.seed(0)
    rates = [_rate(lambda: env.step(env.action_space.sample()), num_steps // ROUNDS) for _ in range(ROUNDS)]
    env.close()
    return rates


def many_processes(fused: bool, num_steps: int, workers: int) -> list[float]:
    """Steps a second in each round, of all workers together."""
    envs = AsyncVectorEnv([make(fused)] * workers, autoreset_mode=AutoresetMode.DISABLED, copy=False)
    envs.reset(seed=list(range(workers)))
    envs.action_space.seed(0)
    per_round = num_steps // ROUNDS
    rates = [workers * _rate(lambda: envs.step(envs.action_space.sample()), per_round) for _ in range(ROUNDS)]
    envs.close()
    return rates


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
    rows = [
        (
            what,
            workers,
            many_processes(what == "fused", num_steps, workers) if workers > 1 else one_process(what == "fused", num_steps),
        )
        for what in TARGETS
        for workers in (1, cores)
    ]
    print(
        f"{platform.processor() or platform.machine()}, {cores} cores, load {os.getloadavg()[0]:.1f}, numpy {np.__version__}\n"
    )
    print("| observation | processes | steps a second, median | least to greatest round | target |\n|---|---|---|---|---|")
    for what, workers, rates in rows:
        target = TARGETS[what] if workers == cores else ""
        print(f"| {what} | {workers} | {median(rates):.1f} | {min(rates):.1f} to {max(rates):.1f} | {target} |")


if __name__ == "__main__":
    main()
