"""How large an error of a sensor's pose does the look before arming notice, and how often does it cry wolf?

    python benchmarks/calibration_check.py [scenes] [key=value …]

Scenes of the table are drawn by seed; at each of several ticks, while nothing moves, the packets of all sensors are taken
with the noise of the shipped configuration. One sensor at a time is then said to be where it is not, in a random direction
or about a random axis through itself. A cell is the share of errors that were refused and, in brackets, the share in which
the sensor that was wrong was also named; below stands how often true calibrations were refused.
"""

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from robot.configuration import load
from robot.transforms import from_rotation_vector, transform
from sensors.agreement import AgreementConfig, SensorsDisagree, refuse_disagreement
from sensors.calibration import Calibration
from sensors.packets import Packet
from sim.command import SCHEMAS
from sim.stage import Stage

NUM_SCENES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
NUM_TICKS = 10  # per scene for true calibrations, the first NUM_DIRECTIONS of them for wrong ones
NUM_DIRECTIONS = 3
MILLIMETRES = (2, 5, 10, 15, 20, 30, 50)
DEGREES = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)


def scenes(config: Any) -> list[tuple[list[list[Packet]], np.ndarray]]:
    """The packets of a few ticks of each scene, and where the tool was."""
    stage, found = Stage(config), []
    for seed in range(NUM_SCENES):
        stage.reset(seed)
        robot = stage.robot
        ticks: list[list[Packet]] = []
        for _ in range(NUM_TICKS):
            ticks.append([packet for source in robot.sources for packet in source.read()])
            robot.body.advance(robot.clock.now_ns() + robot.period_ns)
        found.append((ticks, stage.kinematics.forward(robot.body.state().joint_position)))
    stage.close()
    return found


def said_elsewhere(calibration: Calibration, name: str, mm: float, degrees: float, random: np.random.Generator) -> Calibration:
    """The calibration with one sensor off by so much in a random direction."""
    shift, axis = (each / np.linalg.norm(each) for each in random.standard_normal((2, 3)))
    error = transform(shift * mm * 1e-3, from_rotation_vector(axis * np.radians(degrees)))
    kind = "cameras" if name in calibration.cameras else "lidars"
    sensors = dict(getattr(calibration, kind))
    sensors[name] = replace(sensors[name], T_mount_sensor=sensors[name].T_mount_sensor @ error)
    return replace(calibration, **{kind: sensors})


def refusal(packets: list[Packet], calibration: Calibration, T_base_ee: np.ndarray) -> str:
    """What the check says, empty if it passes."""
    try:
        refuse_disagreement(packets, calibration, T_base_ee, AgreementConfig())
    except SensorsDisagree as error:
        return str(error)
    return ""


def main() -> None:
    """Print the tables."""
    config, _ = load("command", sys.argv[2:], SCHEMAS)
    calibration = Calibration.from_config(config.sensors)
    drawn, random = scenes(config), np.random.default_rng(0)
    names = [*calibration.cameras, *calibration.lidars]
    print(f"\n{NUM_SCENES} scenes x {NUM_DIRECTIONS} directions a cell; {AgreementConfig()}\n")
    print(f"| error | {' | '.join(f'{name} refused (named)' for name in names)} |\n|---|{'---|' * len(names)}")
    for mm, degrees in [(mm, 0.0) for mm in MILLIMETRES] + [(0.0, degrees) for degrees in DEGREES]:
        cells = []
        for name in names:
            said = [
                refusal(packets, said_elsewhere(calibration, name, mm, degrees, random), T_base_ee)
                for ticks, T_base_ee in drawn
                for packets in ticks[:NUM_DIRECTIONS]
            ]
            named = sum(f"{name} is not where" in each for each in said)
            cells.append(f"{sum(map(bool, said)) / len(said):.0%} ({named / len(said):.0%})")
        print(f"| {f'{mm} mm' if mm else f'{degrees}°'} | {' | '.join(cells)} |", flush=True)
    true = [refusal(packets, calibration, T_base_ee) for ticks, T_base_ee in drawn for packets in ticks]
    print(f"\nfalse alarms: {sum(map(bool, true))} of {len(true)} checks of the true calibration")
    for each in sorted({said for said in true if said})[:5]:
        print(f"  {each}")


if __name__ == "__main__":
    main()
