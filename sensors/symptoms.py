"""Symptoms: what speaks against a packet, each a function that answers with a sentence, or with an empty one for nothing."""

import numpy as np

from sensors.health import HealthConfig
from sensors.odometry import STANDARD_GRAVITY
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

FEWEST = 60  # pixels or points from which a comparison means something
LEAST_COMMON = 0.75  # share of a standing sensor's view that must have a return where it had one before
LEAST_PAST = 0.08  # share of a moving camera's view that must lie behind what it remembers, if it is the camera that moved
NEARER = 0.3  # m: what a moving camera sees that much before a remembered point may be anything that stands between
DEPTH_TOLERANCE = 0.006  # m, and twice what makes a depth jump more: three σ of a short-range stereo camera
RANGE_TOLERANCE = 0.05  # m: five σ of a VLP-16
MOVING = 0.02  # rad between two packets: the robot moves, and no two pictures of it are the same


def stuck(packet: Packet, before: Packet | None, noisy: bool, joint_motion: float) -> str:
    """The same reading again, where that can't be."""
    if before is None or not (noisy or joint_motion > MOVING) or not same_reading(packet, before):
        return ""
    return "says the same again and again"


def same_reading(a: Packet, b: Packet) -> bool:
    """Whether two packets say the same, bit for bit."""
    if isinstance(a, CameraFrame) and isinstance(b, CameraFrame):
        return np.array_equal(a.rgb, b.rgb) and _same(a.depth, b.depth)
    if isinstance(a, LidarScan) and isinstance(b, LidarScan):
        return np.array_equal(a.points_lidar, b.points_lidar)
    if isinstance(a, ImuSample) and isinstance(b, ImuSample):
        same_rate = np.array_equal(a.angular_velocity_imu, b.angular_velocity_imu)
        return same_rate and np.array_equal(a.specific_force_imu, b.specific_force_imu)
    return False


def changed_picture(depth: np.ndarray, expected: np.ndarray | None, jump: float, config: HealthConfig) -> str:
    """More of a standing camera's depth (H, W) differs from what it saw before than the world can have changed."""
    if expected is None or expected.shape != depth.shape:
        return ""
    change = np.abs(depth - expected)
    known = int(np.isfinite(expected).sum())
    common = np.isfinite(change)
    count = int(common.sum())
    if known < FEWEST:
        return ""
    if count < LEAST_COMMON * known:
        return f"sees only {count / known:.0%} of what it saw before"
    off = int((change > DEPTH_TOLERANCE + 2 * jump * expected * expected).sum())  # NaN compares as False
    return _disagrees(off / count, config.disagreement)


def strange_view(farther: np.ndarray, z: np.ndarray, jump: float, config: HealthConfig) -> str:
    """A moving camera measures other depths (M,) than the remembered points that it looks at: farther, or somewhat nearer.

    What is carried, or what the hand reaches into, stands before much of the view and makes it nearer only; a camera that has
    moved also looks past some of what it remembers.
    """
    counts = farther > -NEARER
    if int(counts.sum()) < FEWEST:
        return ""
    tolerance = DEPTH_TOLERANCE + 2 * jump * z[counts] ** 2
    past = float((farther[counts] > tolerance).mean())
    off = float((np.abs(farther[counts]) > tolerance).mean())
    return _disagrees(off, config.strangeness) if past > LEAST_PAST else ""


def changed_sweep(change: tuple[np.ndarray, float] | None, config: HealthConfig) -> str:
    """A standing LiDAR's ranges (M,) changed more, or along other beams, than the world can have done."""
    if change is None or (len(change[0]) < FEWEST and change[1] > LEAST_COMMON):
        return ""
    farther, common = change
    if common < LEAST_COMMON:
        return f"sees only {common:.0%} of its view along the beams that it had before"
    return _disagrees(float((np.abs(farther) > RANGE_TOLERANCE).mean()), config.disagreement)


def strange_motion(
    samples: list[ImuSample],
    turn_imu: np.ndarray,
    bias_imu: np.ndarray | None,
    duration_s: float,
    rate_hz: int,
    config: HealthConfig,
) -> str:
    """An IMU leaves samples out, feels another turn (3,) rad than the joints made, or far more or less than gravity.

    A gyroscope's bias may be `bias_max`; where it is known (3,) rad/s, what it says may be `rate_error` off that.
    """
    if duration_s * rate_hz > config.silent_periods * len(samples):
        return f"says {len(samples)} times what it should have said {duration_s * rate_hz:.0f} times"
    if not 0 < duration_s < 0.5:
        return ""
    rate = turn_imu / duration_s
    excess = np.mean([sample.angular_velocity_imu for sample in samples], axis=0) - rate
    scale_error = config.rate_share * float(np.linalg.norm(rate))
    off, jump = (float(np.linalg.norm(excess - each)) for each in (np.zeros(3), excess if bias_imu is None else bias_imu))
    if off > config.bias_max + scale_error or jump > config.rate_error + scale_error:
        return f"feels a turn that is {off:.3f} rad/s off what the joints do"
    force = float(np.linalg.norm(np.mean([sample.specific_force_imu for sample in samples], axis=0)))
    if abs(force - STANDARD_GRAVITY) > config.force_error:
        return f"feels {force:.1f} m/s² where gravity is {STANDARD_GRAVITY:.1f}"
    return ""


def _disagrees(share: float, most: float) -> str:
    """What is said of a view in which this share is not as before, and at most so much may be."""
    return f"{share:.0%} of its view is not where it was: moved, or broken" if share > most else ""


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    """Whether two depth pictures are the same, bit for bit; NaN is itself here."""
    if a is None or b is None:
        return a is b
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))
