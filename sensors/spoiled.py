"""Spoiled packets: the same reading at another time, garbage in its place, or what a camera that was knocked would see."""

from dataclasses import replace

import cv2
import numpy as np

from robot.state import RobotState
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

FAR = 10.0  # m: what a depth camera has no return from
HALF_PIXELS = ((0.0, 0.0), (-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5))


def restamped(packet: Packet, stamp_ns: int) -> Packet:
    """The same reading at another time."""
    if isinstance(packet, LidarScan):
        point_stamp_ns = packet.point_stamp_ns + (stamp_ns - packet.stamp_ns)
        return replace(packet, stamp_ns=stamp_ns, point_stamp_ns=point_stamp_ns)
    return replace(packet, stamp_ns=stamp_ns)


def garbage(packet: Packet, random: np.random.Generator) -> Packet:
    """A packet that its class accepts and that means nothing."""
    if isinstance(packet, CameraFrame):
        rgb = random.integers(0, 256, packet.rgb.shape, dtype=np.uint8)
        depth = None if packet.depth is None else random.uniform(0.1, 3.0, packet.depth.shape).astype(np.float32)
        return replace(packet, rgb=rgb, depth=depth)
    if isinstance(packet, LidarScan):
        return replace(packet, points_lidar=random.uniform(-3, 3, packet.points_lidar.shape).astype(np.float32))
    if isinstance(packet, ImuSample):
        return replace(packet, angular_velocity_imu=random.uniform(-30, 30, 3), specific_force_imu=random.uniform(-200, 200, 3))
    assert isinstance(packet, RobotState)
    return packet


def knocked(frame: CameraFrame, T_old_new: np.ndarray, K: np.ndarray) -> CameraFrame:
    """Nearly what a camera sees after it was moved by T_old_new (4, 4): its pixels where they are seen from the new place.

    What was hidden from the old place stays unknown: no return there, and the colour of what it was hidden by.
    """
    if frame.depth is None:
        return frame
    height, width = frame.depth.shape
    v, u = np.nonzero(np.isfinite(frame.depth))
    points_old = _points(u, v, frame.depth[v, u].astype(float), K)
    points_new = (points_old - T_old_new[:3, 3]) @ T_old_new[:3, :3]
    z = points_new[:, 2]
    pixels = points_new @ K.T / np.maximum(z, 1e-3)[:, None]
    order = np.argsort(-z, kind="stable")  # the nearest is written last
    depth = np.full((height, width), np.nan, np.float32)
    for shift in HALF_PIXELS:  # what comes nearer grows, and would else have gaps
        column, row = np.floor(pixels[order, :2] + shift).astype(int).T
        inside = (z[order] > 0.02) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        kept, row, column = order[inside], row[inside], column[inside]
        nearer = ~(depth[row, column] <= z[kept])
        depth[row[nearer], column[nearer]] = z[kept[nearer]]
    return replace(frame, depth=depth, rgb=_colours(frame.rgb, depth, T_old_new, K))


def _colours(rgb: np.ndarray, depth: np.ndarray, T_old_new: np.ndarray, K: np.ndarray) -> np.ndarray:
    """The colours (H, W, 3) that a picture from the old place says of depths (H, W) from the new one; no return is far away."""
    filled = cv2.dilate(np.nan_to_num(depth, nan=0.0), np.ones((3, 3), np.uint8))
    filled = np.where(np.isfinite(depth), depth, np.where(filled > 0, filled, FAR))
    v, u = np.indices(depth.shape).reshape(2, -1)
    points_old = _points(u, v, filled.reshape(-1).astype(float), K) @ T_old_new[:3, :3].T + T_old_new[:3, 3]
    pixels = points_old @ K.T / np.maximum(points_old[:, 2:], 1e-3) - 0.5  # OpenCV's pixel centres are whole numbers
    where = pixels[:, :2].astype(np.float32).reshape(*depth.shape, 2)
    return cv2.remap(rgb, where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]


def _points(u: np.ndarray, v: np.ndarray, z: np.ndarray, K: np.ndarray) -> np.ndarray:
    """Points (N, 3) of pixels in the camera's frame."""
    return np.stack([(u + 0.5 - K[0, 2]) / K[0, 0] * z, (v + 0.5 - K[1, 2]) / K[1, 1] * z, z], axis=1)
