"""Deskewing: the points of a LiDAR that moved while it turned, brought to where they are from its place at the sweep's end."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from scipy.spatial.transform import Rotation

from robot.transforms import interpolate, invert
from sensors.packets import ImuSample, LidarScan

INSTANTS = 9  # poses along a sweep between which motion is taken as straight: 12.5 ms apart at 10 Hz


def deskewed(scan: LidarScan, T_base_lidar: Callable[[int], np.ndarray]) -> np.ndarray:
    """The points (N, 3) float32 in the LiDAR's frame at the sweep's end, given its pose (4, 4) at any stamp."""
    first_ns = int(scan.point_stamp_ns.min())
    stamps_ns = np.linspace(first_ns, scan.stamp_ns, INSTANTS)
    T_end_base = invert(T_base_lidar(scan.stamp_ns))
    poses = [T_end_base @ T_base_lidar(int(stamp_ns)) for stamp_ns in stamps_ns]
    if first_ns == scan.stamp_ns or max(np.abs(pose - np.eye(4)).max() for pose in poses) < 1e-5:
        return scan.points_lidar
    moments_ns, moment = np.unique(scan.point_stamp_ns, return_inverse=True)
    T_end_moment = np.concatenate(
        [
            interpolate(start, end, (moments_ns[chosen] - since_ns) / (until_ns - since_ns))
            for start, end, since_ns, until_ns, chosen in _pieces(poses, stamps_ns, moments_ns)
        ]
    )[moment].astype(np.float32)  # (N, 4, 4)
    return np.einsum("nij,nj->ni", T_end_moment[:, :3, :3], scan.points_lidar) + T_end_moment[:, :3, 3]


def turned_by_gyro(
    T_base_lidar: Callable[[int], np.ndarray], samples: list[ImuSample], T_imu_lidar: np.ndarray, end_ns: int
) -> Callable[[int], np.ndarray]:
    """The same motion with its rotation taken from a gyroscope on the same mount, which knows it better and more often.

    Positions stay those of `T_base_lidar`; rotations are its last one, turned back by the integrated rates.
    """
    if not samples:
        return T_base_lidar
    stamps_ns = np.array([sample.stamp_ns for sample in samples])
    rates_lidar = np.array([sample.angular_velocity_imu for sample in samples]) @ T_imu_lidar[:3, :3]
    T_end = T_base_lidar(end_ns)

    def pose(stamp_ns: int) -> np.ndarray:
        """The LiDAR's pose (4, 4) at a stamp."""
        rotation_end_then = Rotation.identity()
        edges_ns = np.concatenate([[stamp_ns], stamps_ns[(stamps_ns > stamp_ns) & (stamps_ns < end_ns)], [end_ns]])
        for since_ns, until_ns in pairwise(edges_ns):
            rate = rates_lidar[min(np.searchsorted(stamps_ns, until_ns), len(samples) - 1)]
            rotation_end_then = rotation_end_then * Rotation.from_rotvec(rate * (until_ns - since_ns) * 1e-9)
        result = T_base_lidar(stamp_ns).copy()
        result[:3, :3] = T_end[:3, :3] @ rotation_end_then.as_matrix().T
        return result

    return pose


def _pieces(
    poses: list[np.ndarray], stamps_ns: np.ndarray, moments_ns: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray, float, float, np.ndarray]]:
    """Each stretch between two poses: both of them, its stamps, and the moments (mask) in it; every moment in one stretch."""
    piece = np.clip(np.searchsorted(stamps_ns, moments_ns, side="right") - 1, 0, len(poses) - 2)
    for index in range(len(poses) - 1):
        yield poses[index], poses[index + 1], stamps_ns[index], stamps_ns[index + 1], piece == index
