"""How soon is a broken sensor noticed, how soon is it believed again, and how often is a sound one doubted?

    python benchmarks/faults.py [seeds=20] [worlds=3]

The arm does an errand in a few worlds, with the noise of configs/sensors/tabletop.yaml; what its sensors say is recorded. Then
each fault is put on each sensor, for each seed at another moment of an errand and in another direction, and the senses
look at the spoiled packets: 0.6 s sound, 1.2 s broken, 0.8 s sound. A latency is counted from the first instant that the
fault can show to the observation that no longer believes the sensor, in periods of the sensor or of the loop (10 Hz),
whichever is longer. "doubted" counts observations in which a sound sensor was not believed.
"""

import os
import platform
import sys
from dataclasses import dataclass

import numpy as np

from policies.catalogue import build_policy
from policies.rollout import Step, rollout
from robot.configuration import load
from robot.state import RobotState
from sensors.faults import MODES, FaultConfig, FaultySource
from sensors.fusion import Fusion
from sensors.health import SensorHealth
from sensors.packets import Packet
from sim.command import SCHEMAS
from sim.stage import Stage

SENTENCE = "put the red block in the blue bowl"
LOOP_S = 0.1
SOUND, BROKEN, AFTER = 6, 12, 8  # turns of the loop
LONGEST = 60  # turns that are recorded of an errand


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

    def on_end(self, result: object) -> None:
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

    def health(self, turns: range, fault: FaultConfig, seed: int) -> list[dict[str, SensorHealth]]:
        """What the senses think of their sources in these turns."""
        fusion = Fusion(self.calibration, self._kinematics, self._shapes, self.config.fusion)
        source = FaultySource(self, self, [fault], self.calibration.cameras, np.random.default_rng(seed))
        result = []
        for self.turn in turns:
            result.append(dict(fusion.observe(source.read(), self.turns[self.turn].state, self.now_ns()).health))
        return result


@dataclass
class Tally:
    """What is counted of one mode and sensor, over all seeds."""

    latencies: list[float]
    recoveries: list[float]
    missed: int = 0
    lasting: int = 0
    doubted: int = 0
    sound: int = 0

    def add(self, health: list[dict[str, SensorHealth]], sensor: str, period: float) -> None:
        """Count one run."""
        own = [each[sensor].valid for each in health]
        broken, after = own[SOUND : SOUND + BROKEN], own[SOUND + BROKEN :]
        if all(broken):
            self.missed += 1
        else:
            self.latencies.append((broken.index(False) + 1) * LOOP_S / period)
            if not any(after):
                self.lasting += 1
            else:
                self.recoveries.append((after.index(True) + 1) * LOOP_S / period)
        others = [each.valid for turn in health[1:] for name, each in turn.items() if name != sensor]
        self.doubted += own[1:SOUND].count(False) + others.count(False)
        self.sound += SOUND - 1 + len(others)

    def cell(self) -> str:
        """The worst latency, the worst recovery, and what went wrong."""
        if not self.latencies:
            return f"**missed {self.missed}**"
        text = f"{np.median(self.latencies):.0f} / {max(self.latencies):.0f}, back {max(self.recoveries, default=np.inf):.0f}"
        text += f", **missed {self.missed}**" if self.missed else ""
        return text + (f", **never back {self.lasting}**" if self.lasting else "")


def main() -> None:
    """Record, spoil, print the table."""
    options = dict(word.split("=") for word in sys.argv[1:])
    seeds, worlds = int(options.get("seeds", 20)), int(options.get("worlds", 3))
    recordings = [Recording(seed) for seed in range(worlds)]
    calibration = recordings[0].calibration
    sensors = calibration.names
    tallies = {(mode, sensor): Tally([], []) for mode in MODES for sensor in sensors}
    for seed in range(seeds):
        recording = recordings[seed % worlds]
        first = int(np.random.default_rng(seed).integers(1, len(recording.turns) - SOUND - BROKEN - AFTER))
        turns = range(first, first + SOUND + BROKEN + AFTER)
        start_ns = recording.turns[first + SOUND - 1].now_ns + 1_000_000
        for (mode, sensor), tally in tallies.items():
            fault = FaultConfig(sensor=sensor, mode=mode, start_s=start_ns * 1e-9, duration_s=BROKEN * LOOP_S)
            period = max(1 / calibration.mounted(sensor).rate_hz, LOOP_S)
            tally.add(recording.health(turns, fault, seed), sensor, period)
    doubted, sound = (sum(getattr(tally, name) for tally in tallies.values()) for name in ("doubted", "sound"))
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores; {seeds} seeds, {worlds} worlds, "
          "periods until noticed: median / worst, until believed again: worst\n")  # fmt: skip
    print("| fault | " + " | ".join(sensors) + " |\n|---" * 1 + "|---" * len(sensors) + "|")
    for mode in MODES:
        print(f"| {mode} | " + " | ".join(tallies[mode, sensor].cell() for sensor in sensors) + " |")
    print(f"\nsound sensors doubted: {doubted} of {sound} verdicts")


if __name__ == "__main__":
    main()
