"""Captures: a folder of pictures, scans and arm poses, read and refused in one sentence where something is missing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from robot.errors import HandsightError, InvalidInput
from robot.transforms import checked_transform
from sensors.calibration import Calibration


@dataclass(frozen=True, eq=False, kw_only=True)
class Captures:
    """What was recorded, by sensor and by the capture's name.

    Attributes:
        T_base_ee: (4, 4) where the arm stood.
        pictures: by camera, grey (H, W) uint8.
        scans: by LiDAR, points (N, 3) m in its frame.
    """

    T_base_ee: Mapping[str, np.ndarray]
    pictures: Mapping[str, Mapping[str, np.ndarray]]
    scans: Mapping[str, Mapping[str, np.ndarray]]


def read(folder: Path, nominal: Calibration) -> Captures:
    """All captures in a folder, for the sensors of a set-up.

    Raises:
        InvalidInput: no such folder, a file that can't be read, a sensor that the set-up lacks, a picture of another size
            than the camera's, or a capture without the arm's pose.
    """
    if not folder.is_dir():
        raise InvalidInput(f"captures: expected a folder, got {str(folder)!r}")
    T_base_ee = _poses(folder / "poses.json")
    known = (*nominal.cameras, *nominal.lidars)
    found = sorted(path.name for path in folder.iterdir() if path.is_dir())
    unknown = [name for name in found if name not in known]
    if unknown or not found:
        got = repr(unknown[0]) if unknown else "none"
        raise InvalidInput(
            f"captures: expected one folder for each sensor to calibrate, got {got}; available: {', '.join(known)}"
        )
    pictures = {
        name: {path.stem: _picture(path, camera.width, camera.height) for path in sorted((folder / name).glob("*.png"))}
        for name, camera in nominal.cameras.items()
        if name in found
    }
    scans = {
        name: {path.stem: _scan(path) for path in sorted((folder / name).glob("*.npy"))}
        for name in nominal.lidars
        if name in found
    }
    for sensor, captures in (pictures | scans).items():
        without = [name for name in captures if name not in T_base_ee]
        if without:
            raise InvalidInput(f"captures: poses.json does not say where the arm stood at {sensor}/{without[0]}")
    return Captures(T_base_ee=T_base_ee, pictures=pictures, scans=scans)


def _poses(path: Path) -> dict[str, np.ndarray]:
    """The arm's poses by capture."""
    try:
        contents: Any = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path}: expected the arm's poses as JSON: {error}") from None
    if not isinstance(contents, dict):
        raise InvalidInput(f"{path}: expected 4 × 4 matrices T_base_ee by capture, got {type(contents).__name__}")
    try:
        return {name: checked_transform(f"{path}: {name}", np.array(T, dtype=float)) for name, T in contents.items()}
    except (HandsightError, ValueError, TypeError) as error:
        raise InvalidInput(str(error) if isinstance(error, HandsightError) else f"{path}: expected 4 × 4 matrices") from None


def _picture(path: Path, width: int, height: int) -> np.ndarray:
    """A grey picture of this size."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise InvalidInput(f"{path}: expected a picture, can't read it")
    if grey.shape != (height, width):
        got = f"{grey.shape[1]}×{grey.shape[0]}"
        raise InvalidInput(f"{path}: expected {width}×{height} pixels as in the configuration, got {got}")
    return np.asarray(grey)


def _scan(path: Path) -> np.ndarray:
    """The finite points of a scan."""
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InvalidInput(f"{path}: expected an array of points: {error}") from None
    if points.ndim != 2 or points.shape[1] != 3 or not np.issubdtype(points.dtype, np.floating):
        raise InvalidInput(f"{path}: expected points (N, 3) of floats in m, got {points.dtype} {points.shape}")
    return points[np.isfinite(points).all(axis=1)].astype(np.float64)
