"""Faults of sensors as part of the product: FaultySource wraps any source and spoils what it says, on a seeded schedule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
from scipy.spatial.transform import Rotation

from robot.clock import Clock
from robot.errors import InvalidInput, one_of
from robot.transforms import apply, transform
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet
from sensors.source import SensorSource
from sensors.spoiled import garbage, knocked, restamped


@dataclass
class FaultConfig:
    """One fault of one sensor.

    Attributes:
        sensor: whose.
        mode: off (nothing comes; "off" in quotes in YAML), stuck (the last reading again and again, newly stamped), garbage
            (numbers that mean nothing), wrong (a camera or LiDAR knocked out of its place, an IMU with a bias), slow (one
            reading of several), delayed (each reading comes late), intermittent (gone now and then).
        start_s: when it begins, on the clock.
        duration_s: how long it lasts; 0 = for good.
        share: slow: one reading in so many comes; intermittent: so many are gone at a time.
        delay_s: delayed: how late.
        offset: wrong: how far it was knocked, m.
        turn: wrong: about which angle, rad.
        rate_bias: wrong: of a gyroscope, rad/s.
        force_bias: wrong: of an accelerometer, m/s².
    """

    sensor: str = ""
    mode: str = "off"
    start_s: float = 0.0
    duration_s: float = 0.0
    share: int = 4
    delay_s: float = 0.3
    offset: float = 0.05
    turn: float = 0.0873  # 5 degrees
    rate_bias: float = 0.03
    force_bias: float = 0.2


@dataclass
class FaultScheduleConfig:
    """Faults at random, seeded as the episode is.

    Attributes:
        every_s: one begins every so many seconds on average; 0 = none.
        duration_s: how long each lasts.
        until_s: none begins after that, on the clock.
        sensors: whose; none named = any sensor's.
        modes: which; none named = any.
    """

    every_s: float = 0.0
    duration_s: float = 2.0
    until_s: float = 600.0
    sensors: list[str] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)


class Projection(Protocol):
    """How a camera projects, as a calibration says it."""

    @property
    def K(self) -> np.ndarray:
        """(3, 3) intrinsics, pixels."""
        ...


class FaultySource:
    """A SensorSource that reads another one and spoils the readings of some sensors; the others pass as they are."""

    def __init__(
        self,
        source: SensorSource,
        clock: Clock,
        faults: Sequence[FaultConfig],
        cameras: Mapping[str, Projection],
        random: np.random.Generator,
    ) -> None:
        """Spoil a source.

        Args:
            source: what is read.
            clock: the one that stamps it.
            faults: what goes wrong and when.
            cameras: how the cameras among the sensors project; needed where one is knocked out of its place.
            random: all that is drawn, in this order: one number now, one a spoiled packet later.

        Raises:
            InvalidInput: an unknown mode.
        """
        for fault in faults:
            if fault.mode not in MODES:
                raise one_of("faults.mode", fault.mode, MODES)
        self._source, self._clock, self._cameras = source, clock, cameras
        self._seed = int(random.integers(2**31))
        self._faults = [_Running(fault) for fault in faults]

    def read(self) -> Sequence[Packet]:
        """What the source says now, spoiled."""
        now_ns = self._clock.now_ns()
        packets: list[Packet] = list(self._source.read())
        for running in self._faults:
            own = [packet for packet in packets if packet.sensor == running.config.sensor]
            others = [packet for packet in packets if packet.sensor != running.config.sensor]
            packets = [*others, *self._spoiled(running, own, now_ns)]
        return tuple(packets)

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def save(self) -> Any:
        """What the faults keep back."""
        return [running.save() for running in self._faults]

    def restore(self, saved: Any) -> None:
        """Go on from there."""
        for running, each in zip(self._faults, saved, strict=True):
            running.restore(each)

    def _spoiled(self, running: "_Running", packets: list[Packet], now_ns: int) -> list[Packet]:
        """A sensor's packets under one fault."""
        held = running.release(now_ns)
        passing = []
        for packet in packets:
            if running.covers(packet.stamp_ns):
                passing += MODES[running.config.mode](self, running, packet)
                running.count += 1
            else:
                running.last, running.count = packet, 0
                passing.append(packet)
        return [*held, *passing]

    def _random(self, packet: Packet) -> np.random.Generator:
        """Random numbers that depend on the seed, the sensor and the stamp alone."""
        return np.random.default_rng([self._seed, packet.stamp_ns, *packet.sensor.encode()])

    def _off(self, running: "_Running", packet: Packet) -> list[Packet]:
        """Nothing."""
        return []

    def _stuck(self, running: "_Running", packet: Packet) -> list[Packet]:
        """The last good reading with this one's stamp."""
        running.last = running.last or packet
        return [restamped(running.last, packet.stamp_ns)]

    def _garbage(self, running: "_Running", packet: Packet) -> list[Packet]:
        """Numbers of the right kind that mean nothing."""
        return [garbage(packet, self._random(packet))]

    def _wrong(self, running: "_Running", packet: Packet) -> list[Packet]:
        """What the sensor would say from another place, or with a bias."""
        fault = running.config
        random = np.random.default_rng([self._seed, round(fault.start_s * 1e3), *fault.sensor.encode()])
        way, axis = random.standard_normal(3), random.standard_normal(3)
        way, axis = way / np.linalg.norm(way), axis / np.linalg.norm(axis)
        T = transform(fault.offset * way, Rotation.from_rotvec(fault.turn * axis).as_matrix())
        if isinstance(packet, CameraFrame):
            return [knocked(packet, T, self._cameras[packet.sensor].K)]
        if isinstance(packet, LidarScan):
            return [replace(packet, points_lidar=apply(T, packet.points_lidar))]
        if isinstance(packet, ImuSample):
            rates, forces = packet.angular_velocity_imu, packet.specific_force_imu
            return [
                replace(
                    packet,
                    angular_velocity_imu=rates + fault.rate_bias * axis,
                    specific_force_imu=forces + fault.force_bias * way,
                )
            ]
        return [packet]

    def _slow(self, running: "_Running", packet: Packet) -> list[Packet]:
        """One in so many."""
        return [packet] if running.count % running.config.share == running.config.share - 1 else []

    def _delayed(self, running: "_Running", packet: Packet) -> list[Packet]:
        """Nothing yet."""
        running.held.append((packet.stamp_ns + round(running.config.delay_s * 1e9), packet))
        return []

    def _intermittent(self, running: "_Running", packet: Packet) -> list[Packet]:
        """Gone for `share` readings of every twice as many, beginning with the first."""
        return [] if running.count % (2 * running.config.share) < running.config.share else [packet]


MODES: dict[str, Callable[[FaultySource, "_Running", Packet], list[Packet]]] = {
    "off": FaultySource._off,
    "stuck": FaultySource._stuck,
    "garbage": FaultySource._garbage,
    "wrong": FaultySource._wrong,
    "slow": FaultySource._slow,
    "delayed": FaultySource._delayed,
    "intermittent": FaultySource._intermittent,
}


class _Running:
    """A fault as it goes on: how many readings it has had, the last good one, and those that it keeps back."""

    def __init__(self, config: FaultConfig) -> None:
        """Not begun."""
        self.config = config
        self.count = 0
        self.last: Packet | None = None
        self.held: list[tuple[int, Packet]] = []

    def covers(self, stamp_ns: int) -> bool:
        """Whether a reading of that instant is spoiled."""
        since_s = stamp_ns * 1e-9 - self.config.start_s
        return since_s >= 0 and (self.config.duration_s <= 0 or since_s < self.config.duration_s)

    def release(self, now_ns: int) -> list[Packet]:
        """What was kept back long enough."""
        due = [packet for due_ns, packet in self.held if due_ns <= now_ns]
        self.held = [each for each in self.held if each[0] > now_ns]
        return due

    def save(self) -> Any:
        """All of it."""
        return self.count, self.last, list(self.held)

    def restore(self, saved: Any) -> None:
        """Be as then."""
        self.count, self.last, self.held = saved[0], saved[1], list(saved[2])


def with_faults(
    faults: Sequence[FaultConfig],
    name: str,
    source: SensorSource,
    clock: Clock,
    cameras: Mapping[str, Projection],
    random: np.random.Generator,
) -> SensorSource:
    """The source of one sensor, wrapped if any of the faults is its own."""
    own = [fault for fault in faults if fault.sensor == name]
    return FaultySource(source, clock, own, cameras, random) if own else source


def refuse_unknown(faults: Sequence[FaultConfig], known: Sequence[str]) -> None:
    """Refuse a fault of a sensor that is not known."""
    for fault in faults:
        if fault.sensor not in known:
            raise one_of("faults.sensor", fault.sensor, known)


def scheduled(config: FaultScheduleConfig, known: Sequence[str], random: np.random.Generator) -> list[FaultConfig]:
    """The faults of a schedule over sensors that are known, one at a time.

    Raises:
        InvalidInput: faults that would come in less time than they last, or an unknown mode.
    """
    if config.every_s == 0:
        return []
    if config.every_s <= config.duration_s:
        raise InvalidInput(f"fault_schedule.every_s: expected more than duration_s = {config.duration_s}, got {config.every_s}")
    sensors, modes = config.sensors or list(known), config.modes or list(MODES)
    for mode in modes:
        if mode not in MODES:
            raise one_of("fault_schedule.modes", mode, MODES)
    pause_s = config.every_s - config.duration_s
    faults, start_s = [], pause_s * random.uniform(0.5, 1.5)
    while start_s < config.until_s:
        sensor, mode = sensors[int(random.integers(len(sensors)))], modes[int(random.integers(len(modes)))]
        faults.append(FaultConfig(sensor=sensor, mode=mode, start_s=start_s, duration_s=config.duration_s))
        start_s += config.duration_s + pause_s * random.uniform(0.5, 1.5)
    return faults
