"""Symptoms: what speaks against a packet, each a function that answers with a sentence, or with an empty one for nothing."""

import numpy as np

from sensors.health import HealthConfig
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

FEWEST = 60  # pixels or points from which a comparison means something
LEAST_COMMON = 0.75  # share of a standing sensor's view that must have a return where it had one before
LEAST_PAST = 0.08  # share of a moving camera's view that must lie behind what it remembers, if it is the camera that moved
NEARER = 0.3  # m: what a moving camera sees that much before a remembered point may be anything that stands between
AT_HAND = 0.25  # m from a moving camera: what the hand may move
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
    moved also looks past some of what it remembers. What is near a hand may have moved with it, as a drawer does: there only
    `OwnFingers` tell.
    """
    counts = (farther > -NEARER) & (z > AT_HAND)
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


def gaps(num_samples: int, duration_s: float, rate_hz: int, config: HealthConfig) -> str:
    """An IMU leaves samples out."""
    if duration_s * rate_hz <= config.silent_periods * num_samples:
        return ""
    return f"says {num_samples} times what it should have said {duration_s * rate_hz:.0f} times"


def strange_turn(excess_imu: np.ndarray, bias_imu: np.ndarray | None, rate: float, config: HealthConfig) -> str:
    """A gyroscope that turns at a rate, rad/s, feels more (3,) than the joints do, or than its known bias explains."""
    off, jump = _off_and_jump(excess_imu, bias_imu)
    scale_error = config.rate_share * rate
    if off <= config.bias_max + scale_error and jump <= config.rate_error + scale_error:
        return ""
    return f"feels a turn that is {off:.3f} rad/s off what the joints do"


def strange_force(excess_imu: np.ndarray, bias_imu: np.ndarray | None, config: HealthConfig) -> str:
    """An accelerometer feels more (3,) m/s² than gravity and the joints do, or than its known bias explains."""
    off, jump = _off_and_jump(excess_imu, bias_imu)
    if off <= config.force_bias_max and jump <= config.force_error:
        return ""
    return f"feels a force that is {off:.2f} m/s² off what gravity and the joints do"


def _off_and_jump(excess_imu: np.ndarray, bias_imu: np.ndarray | None) -> tuple[float, float]:
    """How large an excess (3,) is, and how far from the bias, which is not known at first."""
    jump = 0.0 if bias_imu is None else float(np.linalg.norm(excess_imu - bias_imu))
    return float(np.linalg.norm(excess_imu)), jump


def _disagrees(share: float, most: float) -> str:
    """What is said of a view in which this share is not as before, and at most so much may be."""
    return f"{share:.0%} of its view is not where it was: moved, or broken" if share > most else ""


def _same(a: np.ndarray | None, b: np.ndarray | None) -> bool:
    """Whether two depth pictures are the same, bit for bit; NaN is itself here."""
    if a is None or b is None:
        return a is b
    return np.array_equal(a.view(np.uint32), b.view(np.uint32))
