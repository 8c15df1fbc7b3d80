"""How often is a sound sensor doubted while the arm works?

    nice python benchmarks/false_alarms.py [minutes=60] [key=value …]

The arm wanders through random joint positions over the table and pauses between, with the noise of
configs/sensors/tabletop.yaml and smaller pictures (the senses judge shares of a view, not counts of pixels); after each
minute comes the scene of the next seed, with fresh senses. Every verdict on every sensor is counted but those of the first
turn, in which nothing has come yet. An alarm is a run of verdicts against one sensor. It prints what it has after each minute.
"""

import os
import platform
import sys
import time
from collections import Counter

import numpy as np

from policies.rollout import Robot
from robot.configuration import load
from robot.obstacles import Obstacles
from robot.state import RobotState
from robot.trajectory import JointTrajectory
from sim.command import SCHEMAS
from sim.stage import Stage

SMALLER = [
    *("sensors.cameras.front.width=96", "sensors.cameras.front.height=72"),
    *("sensors.cameras.wrist.width=64", "sensors.cameras.wrist.height=64", "sensors.lidars.lidar.columns=450"),
]
TURNS = 600  # a minute
REACH, PAUSE_S = 0.25, 0.5  # rad around the first position, s


def wander(state: RobotState, home: np.ndarray, now_ns: int, random: np.random.Generator) -> JointTrajectory:
    """A quintic to somewhere around home, from and to rest, and a pause there."""
    start, goal = state.joint_position, home + random.uniform(-REACH, REACH, len(home))
    duration_s = float(random.uniform(1.0, 2.5))
    share = np.linspace(0, 1, 50)[:, None]
    along = 10 * share**3 - 15 * share**4 + 6 * share**5
    speed = (30 * share**2 - 60 * share**3 + 30 * share**4) / duration_s
    return JointTrajectory(
        stamp_ns=now_ns,
        time_s=share[:, 0] * duration_s,
        joint_position=start + along * (goal - start),
        joint_velocity=speed * (goal - start),
        gripper_width=np.full(50, state.gripper_width),
        expires_ns=now_ns + round((duration_s + PAUSE_S + 1) * 1e9),
    )


def minute(robot: Robot, random: np.random.Generator, alarms: Counter[tuple[str, str]]) -> int:
    """Wander for a minute; how many verdicts there were."""
    home, verdicts, until_ns = robot.body.state().joint_position, 0, 0
    doubted: set[str] = set()
    for turn in range(TURNS):
        now_ns, state = robot.clock.now_ns(), robot.body.state()
        packets = [packet for source in robot.sources for packet in source.read()]
        health = robot.fusion.observe(packets, state, now_ns).health
        if turn:
            verdicts += len(health)
            now_doubted = {name for name, each in health.items() if not each.valid}
            for name in now_doubted - doubted:
                alarms[name, health[name].reason] += 1
            doubted = now_doubted
        trajectory = wander(state, home, now_ns, random) if now_ns >= until_ns else None
        if trajectory is not None:
            until_ns = now_ns + round((float(trajectory.time_s[-1]) + PAUSE_S) * 1e9)
        robot.body.submit(trajectory, Obstacles.none(now_ns))
        robot.body.advance(now_ns + robot.period_ns)
    return verdicts


def main() -> None:
    """Minute after minute."""
    words = [word for word in sys.argv[1:] if not word.startswith("minutes=")]
    minutes = next((int(word.partition("=")[2]) for word in sys.argv[1:] if word.startswith("minutes=")), 60)
    config, _ = load("command", [*SMALLER, *words], SCHEMAS)
    stage, alarms, verdicts, random = Stage(config), Counter[tuple[str, str]](), 0, np.random.default_rng(0)
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; scenes of seeds 0 to {minutes - 1}", flush=True
    )
    for seed in range(minutes):
        stage.reset(seed)
        verdicts += minute(stage.robot, random, alarms)
        so_far = f"{sum(alarms.values())} alarms in {verdicts} verdicts"
        print(f"{seed + 1} simulated minutes: {so_far}; {time.process_time():.0f} s of CPU time", flush=True)
    hours = minutes / 60
    bound = f"; below {3 / hours:.1f} an hour with 95 % confidence (rule of three)" if not alarms else ""
    print(f"\n{sum(alarms.values())} alarms in {hours:.2f} simulated hours and {verdicts} verdicts{bound}")
    for (name, reason), count in alarms.most_common():
        print(f"  {count} × {name}: {reason}")
    stage.close()


if __name__ == "__main__":
    main()
