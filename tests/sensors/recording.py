"""A few seconds of what the shipped sensors say, noise and all, to play to fusion again and again, whole or spoiled."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from omegaconf import OmegaConf

import configs
from robot.collision import CollisionShapes
from robot.kinematics import Kinematics
from robot.state import RobotState
from sensors.calibration import Calibration, SensorsConfig
from sensors.faults import FaultConfig, FaultySource
from sensors.fusion import Fusion, FusionConfig
from sensors.observation import Observation
from sensors.packets import Packet
from sim.stage import Stage, StageConfig
from tests.sim.stages import panda, tabletop

LOOP_NS = 100_000_000


@dataclass
class Recording:
    """Turns of the loop, as a source and a clock; the arm stands at home."""

    calibration: Calibration
    turns: list[tuple[tuple[Packet, ...], RobotState, int]] = field(default_factory=list)
    turn: int = 0

    def read(self) -> Sequence[Packet]:
        return self.turns[self.turn][0]

    def close(self) -> None:
        self.turns = []

    def now_ns(self) -> int:
        return self.turns[self.turn][2]

    def wait_until(self, stamp_ns: int) -> None:
        raise AssertionError("a recording does not wait")

    def observe(self, faults: Sequence[FaultConfig] = (), seed: int = 0, but: Sequence[str] = ()) -> list[Observation]:
        """What fusion makes of the turns with these faults, and without the sensors that are left out."""
        fusion = fresh_fusion()
        source = FaultySource(self, self, faults, self.calibration.cameras, np.random.default_rng(seed))
        result = []
        for index, (_, state, now_ns) in enumerate(self.turns):
            self.turn = index
            packets = [packet for packet in source.read() if packet.sensor not in but]
            result.append(fusion.observe(packets, state, now_ns))
        return result


def sensors_config() -> SensorsConfig:
    """configs/sensors/tabletop.yaml."""
    node = OmegaConf.load(Path(configs.__file__).parent / "sensors/tabletop.yaml")
    del node["defaults"]
    result = OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(SensorsConfig), node))
    assert isinstance(result, SensorsConfig)
    return result


@cache
def body() -> tuple[Kinematics, CollisionShapes]:
    """The shipped arm."""
    model = panda()
    kinematics = Kinematics(model)
    return kinematics, CollisionShapes(model, kinematics)


def fresh_fusion() -> Fusion:
    """Senses that have seen nothing."""
    return Fusion(Calibration.from_config(sensors_config()), *body(), FusionConfig())


@cache
def recording(turns: int = 16) -> Recording:
    """So many turns of a standing arm in the scene of seed 0, made once."""
    stage = Stage(StageConfig(robot=_robot_config(), sensors=sensors_config(), scene=tabletop()))
    made = Recording(Calibration.from_config(sensors_config()))
    for _ in range(turns):
        stage.robot.body.advance(stage.world.now_ns() + LOOP_NS)
        packets = tuple(packet for source in stage.robot.sources for packet in source.read())
        made.turns.append((packets, stage.robot.body.state(), stage.world.now_ns()))
    stage.close()
    return made


def _robot_config():
    """configs/robot/panda.yaml."""
    from robot.model import RobotConfig

    node = OmegaConf.load(Path(configs.__file__).parent / "robot/panda.yaml")
    del node["defaults"]
    return OmegaConf.to_object(OmegaConf.merge(OmegaConf.structured(RobotConfig), node))
