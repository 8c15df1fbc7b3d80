"""How large an error of a sensor's pose does the look before arming notice, and how often does it cry wolf?

    python benchmarks/calibration_check.py

Scenes of the table are drawn by seed and every sensor's first packets are taken; one sensor at a time is then said to be
where it is not, in a random direction or about a random axis through itself. A cell is the share of errors that were
refused, over scenes and directions; a second table says how often the sensor that had moved was the one that was named,
and how often true calibrations were refused. Depth and ranges have the noise of the datasheets that are named below.
"""

import sys
from dataclasses import replace

import numpy as np

from robot.configuration import load
from robot.transforms import from_rotation_vector, transform
from sensors.agreement import AgreementConfig, SensorsDisagree, refuse_disagreement
from sensors.calibration import Calibration
from sensors.packets import CameraFrame, LidarScan, Packet
from sim.command import SCHEMAS
from sim.stage import Stage

NUM_SCENES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
NUM_DIRECTIONS = 3
NUM_TRUE = 10  # draws of the noise per scene, without an error
MILLIMETRES = (2, 5, 10, 15, 20, 30, 50)
DEGREES = (0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
DEPTH_NOISE = 0.0025  # σ_z / z², 1/m: Intel RealSense D435 datasheet 337029, 0.08 px of subpixel error at 50 mm baseline
RANGE_NOISE = 0.01  # σ in m: Velodyne VLP-16 manual 63-9243, "accuracy ± 3 cm (typical)" taken as three σ


def scenes(config: object) -> list[tuple[list[Packet], np.ndarray]]:
    """The first packets of each scene, without noise, and where the tool was."""
    stage, found = None, []
    for seed in range(NUM_SCENES):
        stage = stage or Stage(config)  # type: ignore[arg-type]
        stage.reset(seed)
        packets = [packet for source in stage.robot.sources for packet in source.read()]
        found.append((packets, stage.kinematics.forward(stage.robot.body.state().joint_position)))
    return found


def noisy(packet: Packet, random: np.random.Generator) -> Packet:
    """The packet with noise on its depth or ranges."""
    if isinstance(packet, CameraFrame) and packet.depth is not None:
        error = DEPTH_NOISE * packet.depth**2 * random.standard_normal(packet.depth.shape)
        return replace(packet, depth=(packet.depth + error).astype(np.float32))
    if isinstance(packet, LidarScan):
        ranges = np.linalg.norm(packet.points_lidar, axis=1, keepdims=True)
        longer = 1 + RANGE_NOISE * random.standard_normal(ranges.shape) / ranges
        return replace(packet, points_lidar=(packet.points_lidar * longer).astype(np.float32))
    return packet


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
    for each in (*config.sensors.cameras.values(), *config.sensors.lidars.values()):
        each.noise = False  # drawn anew below for every check
    calibration = Calibration.from_config(config.sensors)
    first, random = scenes(config), np.random.default_rng(0)
    names = [*calibration.cameras, *calibration.lidars]
    print(f"\n{NUM_SCENES} scenes x {NUM_DIRECTIONS} directions a cell; {AgreementConfig()}\n")
    print(f"| error | {' | '.join(f'{name} refused (named)' for name in names)} |\n|---|{'---|' * len(names)}")
    for mm, degrees in [(mm, 0.0) for mm in MILLIMETRES] + [(0.0, degrees) for degrees in DEGREES]:
        cells = []
        for name in names:
            said = [
                refusal([noisy(each, random) for each in packets], said_elsewhere(calibration, name, mm, degrees, random), T)
                for packets, T in first
                for _ in range(NUM_DIRECTIONS)
            ]
            named = sum(f"{name} is not where" in each for each in said)
            cells.append(f"{sum(map(bool, said)) / len(said):.0%} ({named / len(said):.0%})")
        print(f"| {f'{mm} mm' if mm else f'{degrees}°'} | {' | '.join(cells)} |", flush=True)
    true = [refusal([noisy(each, random) for each in packets], calibration, T) for packets, T in first for _ in range(NUM_TRUE)]
    print(f"\nfalse alarms: {sum(map(bool, true))} of {len(true)} checks of the true calibration")
    for each in sorted({said for said in true if said})[:5]:
        print(f"  {each}")


if __name__ == "__main__":
    main()
