"""How soon is a broken sensor noticed, how soon is it believed again, and how small an error is noticed at all?

    python benchmarks/faults.py [seeds=20] [worlds=3] [curve=yes]

The arm does an errand in a few worlds, with the noise of configs/sensors/tabletop.yaml; what its sensors say is recorded.
Then each fault is put on each sensor, for each seed at another moment of an errand and in another direction, and the senses
look at the spoiled packets: 0.6 s sound, 2 s broken, and sound until the sensor is believed again. A latency is counted from
the first instant that the fault can show to the observation that no longer believes the sensor, in periods of the sensor or
of the loop (10 Hz), whichever is longer; "in time" is 3 periods for stuck and 2 for the others. "wrong" is a camera or LiDAR
that is knocked by 5 cm and 5 degrees, or an IMU with a bias of 11 sigma; the curve puts smaller errors on each, one kind at a
time. "doubted" counts sound sensors that were not believed; benchmarks/false_alarms.py does so for longer.
"""

import copy
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from policies.catalogue import build_policy
from policies.rollout import Step, rollout
from robot.configuration import load
from robot.state import RobotState
from sensors.faults import MODES, FaultConfig, FaultySource
from sensors.fusion import Fusion
from sensors.health import SensorHealth
from sensors.inertia import STANDARD_GRAVITY
from sensors.packets import Packet
from sim.command import SCHEMAS
from sim.stage import Stage

SENTENCE = "put the red block in the blue bowl"
LOOP_S = 0.1
SOUND, BROKEN, AFTER = 6, 20, 8  # turns of the loop
LONGEST = 60  # turns that are recorded of an errand
IN_TIME = {"stuck": 3}  # periods; 2 for the others
OFFSETS, DEGREES, SIGMAS = (0.005, 0.01, 0.02, 0.03, 0.05), (0.5, 1, 2, 3, 5), (1, 2, 3, 5, 10)  # m, degrees, σ of a reading


@dataclass(frozen=True)
class Turn:
    """What the senses were given in one turn of the loop."""

    packets: tuple[Packet, ...]
    state: RobotState
    now_ns: int


class Recording:
    """An errand's packets, as a source and a clock that go from turn to turn."""

    def __init__(self, seed: int) -> None:
        """Let the arm work in the world of a seed and record it."""
        self.config, _ = load("command", [f"seed={seed}"], SCHEMAS)
        stage = Stage(self.config)
        policy = build_policy(self.config.policy, stage.model, stage.kinematics)
        self.turns: list[Turn] = []
        rollout(stage.robot, policy, SENTENCE, [self], lambda _: "long enough" if len(self.turns) >= LONGEST else None)
        self.calibration = stage.robot.fusion.calibration
        self._kinematics, self._shapes = stage.kinematics, stage.shapes
        stage.close()
        self.turn = 0

    def on_step(self, step: Step) -> None:
        """Keep a turn."""
        self.turns.append(Turn(step.packets, step.observation.state, step.observation.stamp_ns))

    def on_end(self, rollout: object) -> None:
        """Nothing is left to do."""

    def read(self) -> tuple[Packet, ...]:
        """This turn's packets."""
        return self.turns[self.turn].packets

    def close(self) -> None:
        """Nothing to close."""

    def now_ns(self) -> int:
        """This turn's instant."""
        return self.turns[self.turn].now_ns

    def wait_until(self, stamp_ns: int) -> None:
        """A recording does not wait."""

    def warm(self, first: int) -> Fusion:
        """Senses that have seen the sound turns from this one on."""
        fusion = Fusion(self.calibration, self._kinematics, self._shapes, self.config.fusion)
        for self.turn in range(first, first + SOUND):
            fusion.observe(self.read(), self.turns[self.turn].state, self.now_ns())
        return fusion

    def health(self, warm: Fusion, first: int, fault: FaultConfig, seed: int) -> Iterator[dict[str, SensorHealth]]:
        """What such senses think of their sources in the turns after, one after another."""
        fusion = copy.deepcopy(warm, {id(each): each for each in (self._kinematics, self._shapes)})
        source = FaultySource(self, self, [fault], self.calibration.cameras, np.random.default_rng(seed))
        for self.turn in range(first, first + SOUND):
            source.read()
        for self.turn in range(first + SOUND, first + SOUND + BROKEN + AFTER):
            yield dict(fusion.observe(source.read(), self.turns[self.turn].state, self.now_ns()).health)


@dataclass
class Tally:
    """What is counted of one mode and sensor, over all seeds."""

    latencies: list[float]
    recoveries: list[float]
    doubted: int = 0
    sound: int = 0

    def add(self, run: Iterator[dict[str, SensorHealth]], sensor: str, period: float) -> None:
        """Count one run, which ends when the sensor is believed again; what never comes takes infinitely long."""
        noticed = back = np.inf
        for turn, health in enumerate(run):
            if not health[sensor].valid and turn < BROKEN:
                noticed = min(noticed, turn + 1)
            others = [each.valid for name, each in health.items() if name != sensor]
            self.doubted, self.sound = self.doubted + others.count(False), self.sound + len(others)
            if health[sensor].valid and turn >= BROKEN:
                back = turn + 1 - BROKEN
                break
        self.latencies.append(noticed * LOOP_S / period)
        self.recoveries.append(back * LOOP_S / period)

    def cell(self, in_time: float) -> str:
        """How many were noticed in time; periods until they were, median and worst; and until it was believed again, worst."""
        noticed = sum(each <= in_time for each in self.latencies)
        median, worst = np.median(self.latencies), max(self.latencies)
        return f"{noticed}/{len(self.latencies)}, {median:.0f} / {worst:.0f}, back {max(self.recoveries):.0f}"


class Bench:
    """The recordings, and where in them each seed's fault begins."""

    def __init__(self, seeds: int, worlds: int) -> None:
        """Record, and let the senses warm up."""
        recordings = [Recording(seed) for seed in range(worlds)]
        self.calibration, self.config = recordings[0].calibration, recordings[0].config
        self.runs: list[tuple[Recording, Fusion, int]] = []
        for seed in range(seeds):
            recording = recordings[seed % worlds]
            first = int(np.random.default_rng(seed).integers(1, len(recording.turns) - SOUND - BROKEN - AFTER))
            self.runs.append((recording, recording.warm(first), first))

    def health(self, seed: int, **fault: Any) -> Iterator[dict[str, SensorHealth]]:
        """What the senses say from the first spoiled turn on."""
        recording, warm, first = self.runs[seed]
        start_ns = recording.turns[first + SOUND - 1].now_ns + 1_000_000
        config = FaultConfig(start_s=start_ns * 1e-9, duration_s=BROKEN * LOOP_S, **fault)
        return recording.health(warm, first, config, seed)

    def table(self) -> None:
        """Each mode on each sensor."""
        sensors, sound, doubted = self.calibration.names, 0, 0
        print("| fault | " + " | ".join(sensors) + " |\n|---" + "|---" * len(sensors) + "|")
        for mode in MODES:
            cells = []
            for sensor in sensors:
                tally, period = Tally([], []), max(1 / self.calibration.mounted(sensor).rate_hz, LOOP_S)
                for seed in range(len(self.runs)):
                    tally.add(self.health(seed, sensor=sensor, mode=mode), sensor, period)
                cells.append(tally.cell(IN_TIME.get(mode, 2)))
                sound, doubted = sound + tally.sound, doubted + tally.doubted
            print(f"| {mode} | " + " | ".join(cells) + " |", flush=True)
        print(f"\nsound sensors doubted: {doubted} of {sound} verdicts\n")

    def share(self, sensor: str, **error: float) -> str:
        """How many errors of a size are noticed within 2 periods, and while they last."""
        turns = []
        for seed in range(len(self.runs)):
            run = zip(range(BROKEN), self.health(seed, sensor=sensor, mode="wrong", **error))  # noqa: B905
            turns.append(next((turn + 1 for turn, health in run if not health[sensor].valid), np.inf))
        return f"{np.mean(np.array(turns) <= 2):.0%} / {np.mean(np.isfinite(turns)):.0%}"

    def curve(self) -> None:
        """Smaller errors than the table's."""
        seeing = [*self.calibration.cameras, *self.calibration.lidars]
        print("| error of the pose | " + " | ".join(seeing) + " |\n|---" + "|---" * len(seeing) + "|")
        for name, error in [
            *((f"{1e2 * offset:g} cm", {"offset": offset, "turn": 0.0}) for offset in OFFSETS),
            *((f"{degrees:g}°", {"offset": 0.0, "turn": float(np.radians(degrees))}) for degrees in DEGREES),
        ]:
            print(f"| {name} | " + " | ".join(self.share(sensor, **error) for sensor in seeing) + " |", flush=True)
        imu = next(iter(self.calibration.imus))
        config = self.config.sensors.imus[imu]
        per_sample = np.sqrt(config.rate_hz / 2)
        rate_sigma = float(np.radians(config.gyro_noise_density) * per_sample)
        force_sigma = float(config.accel_noise_density * STANDARD_GRAVITY * per_sample)
        print("\n| bias | gyroscope | accelerometer |\n|---|---|---|")
        for sigmas in SIGMAS:
            gyro = self.share(imu, rate_bias=sigmas * rate_sigma, force_bias=0.0)
            print(f"| {sigmas} σ | {gyro} | {self.share(imu, rate_bias=0.0, force_bias=sigmas * force_sigma)} |", flush=True)


def main() -> None:
    """Record, spoil, print."""
    options = dict(word.split("=") for word in sys.argv[1:])
    bench = Bench(int(options.get("seeds", 20)), int(options.get("worlds", 3)))
    machine = f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"
    print(f"\n{machine}; seeds 0 to {len(bench.runs) - 1}\n")
    print("noticed in time, periods until noticed: median / worst, until believed again: worst\n")
    bench.table()
    if options.get("curve", "yes") == "yes":
        print(f"noticed within 2 periods / within {BROKEN * LOOP_S:.0f} s\n")
        bench.curve()


if __name__ == "__main__":
    main()
