"""A look before arming: do camera and LiDAR, and the cameras among each other, see the same surfaces in the same place?

Each sensor's points are put into base by its calibration; for each pair, the smallest motion that brings one's points onto
the other's surfaces says how far they disagree: across the surface (a table seen too high) and along it (a table's edge,
an arm and objects seen too far to the side, which is told less exactly). `benchmarks/calibration_check.py` measures how
large an error of a sensor's pose is noticed so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from robot.clock import Clock
from robot.errors import HandsightError
from robot.transforms import apply
from sensors.calibration import Calibration
from sensors.packets import CameraFrame, LidarScan, Packet
from sensors.pointcloud import unproject, voxel_keys
from sensors.rectify import Rectifier
from sensors.registration import Surface, register, surface
from sensors.source import SensorSource

SPACING = 0.01  # m: between a camera's points, whose pictures are denser than that nearby
READS = 4  # of all sources, so that a sensor at 10 Hz has spoken thrice
BETWEEN_READS_NS = 100_000_000


class SensorsDisagree(HandsightError):
    """Two sensors do not see the same surfaces in the same place; the text says which, by how much and what to do."""


@dataclass
class AgreementConfig:
    """What counts as agreement; a program's `agreement: null` leaves the look out.

    Surfaces may be `across_max` m apart (at nine of ten shared points) and shifted along themselves by `along_max` m (at
    half of them), by `along_max_lidar` m where one of the two is a LiDAR, which has few points on anything but the table;
    `share_min` of the shared points must lie on common surfaces at all. Points beyond `reach` m are not compared, nor
    pairs with fewer than `num_shared_min` points in common.
    """

    across_max: float = 0.005
    along_max: float = 0.01
    along_max_lidar: float = 0.02
    share_min: float = 0.75
    reach: float = 2.0
    num_shared_min: int = 300


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How well two sensors agree.

    Attributes:
        pair: their names.
        median: m between the surfaces they see, at half of the shared points.
        p90: m, at nine of ten.
        slide: m along the surfaces, at half of the shared points.
        share: of the shared points, how many lie on common surfaces.
        slide_max: m that are allowed of it.
        passes: whether all that is good enough.
    """

    pair: tuple[str, str]
    median: float
    p90: float
    slide: float
    share: float
    slide_max: float
    passes: bool

    def __str__(self) -> str:
        """One line for a person."""
        return (
            f"{' and '.join(self.pair)}: surfaces {self.median * 1e3:.1f} mm apart (nine of ten below "
            f"{self.p90 * 1e3:.1f} mm), shifted {self.slide * 1e3:.1f} mm along them, {self.share:.0%} in common"
        )


def agreements(
    packets: Sequence[Packet], calibration: Calibration, T_base_ee: np.ndarray, config: AgreementConfig
) -> list[Agreement]:
    """How well each pair of sensors agrees that has enough in common; LiDARs are not compared with LiDARs.

    Args:
        packets: some of every sensor's, taken while nothing moved; more of them average more noise away.
        calibration: where the sensors are said to be.
        T_base_ee: (4, 4) where the tool was.
        config: what counts as agreement.
    """
    clouds = _clouds(packets, calibration, T_base_ee, config.reach)
    surfaces = {name: surface(clouds[name]) for name in clouds if name in calibration.cameras}
    pairs = [pair for pair in combinations(clouds, 2) if pair[0] in surfaces]
    slide_max = {name: config.along_max if name in surfaces else config.along_max_lidar for name in clouds}
    found = [_agreement(pair, surfaces[pair[0]], clouds[pair[1]], slide_max[pair[1]], config) for pair in pairs]
    return [each for each in found if each is not None]


def first_packets(sources: Sequence[SensorSource], calibration: Calibration, clock: Clock) -> list[Packet]:
    """What the sources say until every camera and LiDAR has spoken, or until those that have not must be dead."""
    packets: list[Packet] = []
    for _ in range(READS):
        packets += [packet for source in sources for packet in source.read()]
        if {*calibration.cameras, *calibration.lidars} <= {packet.sensor for packet in packets}:
            break
        clock.wait_until(clock.now_ns() + BETWEEN_READS_NS)
    return packets


def refuse_disagreement(
    packets: Sequence[Packet], calibration: Calibration, T_base_ee: np.ndarray, config: AgreementConfig
) -> list[Agreement]:
    """What `agreements` says, or a refusal: to be called once before the body is armed.

    Raises:
        SensorsDisagree: two sensors disagree by more than is allowed, or one that speaks can't be compared with any other.
    """
    found = agreements(packets, calibration, T_base_ee, config)
    failed = [each for each in found if not each.passes]
    if failed:
        worst = max(failed, key=lambda each: each.p90 / config.across_max + each.slide / each.slide_max)
        suspect = _suspect(found)
        raise SensorsDisagree(
            f"calibration: {worst}; allowed are {config.across_max * 1e3:.0f} mm, {worst.slide_max * 1e3:.0f} mm and "
            f"{config.share_min:.0%}: {suspect}calibrate again with handsight-calibrate, or see what has moved"
        )
    seeing = {packet.sensor for packet in packets if _seen(packet)}
    alone = sorted(seeing - {name for each in found for name in each.pair})
    if alone and len(seeing) > 1:
        raise SensorsDisagree(
            f"calibration: {alone[0]} sees too little of what another sensor sees to be checked: let both look at the table, "
            "or set agreement=null to start without this check"
        )
    return found


def _suspect(found: Sequence[Agreement]) -> str:
    """Which sensor is in all pairs that fail and in none that pass, as the beginning of advice; empty if several could be."""
    failing = [set(each.pair) for each in found if not each.passes]
    passing = {name for each in found if each.passes for name in each.pair}
    suspects = set.intersection(*failing) - passing
    return f"{suspects.pop()} is not where the calibration says; " if len(suspects) == 1 else ""


def _agreement(
    pair: tuple[str, str], onto: Surface, points_base: np.ndarray, slide_max: float, config: AgreementConfig
) -> Agreement | None:
    """How well one pair agrees, None if it has too little in common."""
    result = register(points_base, onto, config.num_shared_min)
    if result is None:
        return None
    median, p90 = (float(each) for each in np.quantile(result.across, [0.5, 0.9]))
    slide = float(np.median(result.along))
    passes = p90 <= config.across_max and slide <= slide_max and result.share >= config.share_min
    return Agreement(pair=pair, median=median, p90=p90, slide=slide, share=result.share, slide_max=slide_max, passes=passes)


def _clouds(packets: Sequence[Packet], calibration: Calibration, T_base_ee: np.ndarray, reach: float) -> dict[str, np.ndarray]:
    """The points (N, 3) in base of each sensor that sees any within reach, cameras first."""
    mounted = {**calibration.cameras, **calibration.lidars}
    clouds: dict[str, np.ndarray] = {}
    for name, sensor in mounted.items():
        own = [packet for packet in packets if packet.sensor == name]
        scans = [packet.points_lidar for packet in own if isinstance(packet, LidarScan)]
        depths = [packet.depth for packet in own if isinstance(packet, CameraFrame) and packet.depth is not None]
        if depths and name in calibration.cameras:
            camera = calibration.cameras[name]
            points = unproject(Rectifier(camera).depth(_average(depths)), camera.K).reshape(-1, 3)
            points = _thinned(points[points[:, 2] < reach])
        else:
            points = np.concatenate([np.zeros((0, 3), np.float32), *scans])
            points = points[np.linalg.norm(points, axis=1) < reach]
        if len(points) > 100:
            clouds[name] = apply(sensor.T_base_sensor(T_base_ee), points.astype(np.float64))
    return clouds


def _average(depths: Sequence[np.ndarray]) -> np.ndarray:
    """The mean depth (H, W) float32 of pictures of a scene at rest; NaN where most of them saw nothing."""
    seen = np.isfinite(depths)
    count = seen.sum(axis=0)
    total = np.where(seen, depths, 0).sum(axis=0)
    return np.where(2 * count > len(depths), total / np.maximum(count, 1), np.nan).astype(np.float32)


def _thinned(points: np.ndarray) -> np.ndarray:
    """The mean point (K, 3) of each filled cube of a grid."""
    _, inverse = np.unique(voxel_keys(points, SPACING), return_inverse=True)
    count = np.bincount(inverse)
    return np.stack([np.bincount(inverse, points[:, axis]) / count for axis in range(3)], axis=1)


def _seen(packet: Packet) -> bool:
    """Whether a packet says where things are."""
    return isinstance(packet, LidarScan) or (isinstance(packet, CameraFrame) and packet.depth is not None)
