"""handsight-calibrate: pictures and scans of a ChArUco board become a calibration file.

    handsight-calibrate captures=captures out=calibration.yaml
    handsight-command sensors.calibration=calibration.yaml "put the red block in the blue bowl"

A folder of captures holds the arm's poses and one folder for each sensor to calibrate; captures of the same name belong
together, and a sensor without a folder stays as the configuration says:

    poses.json         {"001": T_base_ee as four rows of four numbers, …}
    wrist/001.png      a camera on the hand: the board lies still, the arm turns about two axes or more between pictures
    front/101.png      a camera that stands still: the hand holds the board and turns it in the same way
    lidar/101.npy      points (N, 3) of a LiDAR in m in its own frame, taken with a picture of that name by any camera

Eight or more pictures for a lens (fifteen are good: the board tilted by 30 degrees, in all corners of the picture, in some
turned by a quarter), four or more boards for a LiDAR (fifteen are good), which the configuration must know to 10 cm and
5 degrees. The report says how well everything is known, and in lines that begin with ! what is known too little and what
would help.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from robot.configuration import run
from robot.errors import InvalidInput
from robot.transforms import invert
from sensors.calibration import Calibration, Mounted, MountedCamera, SensorsConfig
from sensors.calibration_file import calibration_of, save
from sensors.charuco.board import Board, BoardConfig
from sensors.charuco.captures import Captures, read
from sensors.charuco.hand_eye import board_in_base, solve_hand_eye
from sensors.charuco.lens import solve_lens
from sensors.charuco.planes import solve_planes
from sensors.charuco.report import camera_lines, lidar_lines, nominal_lines


@dataclass
class CalibrateConfig:
    """The YAML of this program."""

    sensors: SensorsConfig = field(default_factory=SensorsConfig)
    board: BoardConfig = field(default_factory=BoardConfig)
    captures: str = "captures"
    out: str = "calibration.yaml"


SCHEMAS = {"calibrate": CalibrateConfig, "sensors/tabletop": SensorsConfig}


def calibrate(config: CalibrateConfig, sentence: str) -> int:
    """Calibrate what there are captures of, save the file and its report."""
    if sentence.strip():
        raise InvalidInput(f"calibrate: expected key=value, such as captures=folder, got {sentence!r}")
    nominal, board = calibration_of(config.sensors), Board(config.board)
    calibration, report = calibrated(nominal, read(Path(config.captures), nominal), board)
    out = Path(config.out)
    save(out, calibration)
    out.with_suffix(".txt").write_text("\n".join(report) + "\n")
    print("\n".join([*report, f"saved {out}"]))
    return 0


def calibrated(nominal: Calibration, captures: Captures, board: Board) -> tuple[Calibration, list[str]]:
    """The set-up as the captures show it, and the report.

    Raises:
        InvalidInput: too few captures of a sensor, or captures too much alike to tell.
    """
    cameras, lidars = dict(nominal.cameras), dict(nominal.lidars)
    report: list[str] = []
    T_base_board: dict[str, np.ndarray] = {}
    for name, pictures in captures.pictures.items():
        cameras[name], seen, lines = _camera(name, nominal.cameras[name], pictures, captures.T_base_ee, board)
        T_base_board |= seen
        report += lines
    for name, scans in captures.scans.items():
        lidars[name], lines = _lidar(name, nominal.lidars[name], scans, captures.T_base_ee, T_base_board, board)
        report += lines
    silent = [name for name in (*cameras, *lidars, *nominal.imus) if name not in {*captures.pictures, *captures.scans}]
    return replace(nominal, cameras=cameras, lidars=lidars), report + nominal_lines(silent)


def _camera(
    name: str, nominal: MountedCamera, pictures: Mapping[str, np.ndarray], T_base_ee: Mapping[str, np.ndarray], board: Board
) -> tuple[MountedCamera, dict[str, np.ndarray], list[str]]:
    """A camera's lens and place, the board's place in base at each of its pictures, and its lines of the report."""
    found = {capture: sighting for capture, grey in pictures.items() if (sighting := board.find(grey)) is not None}
    lens = solve_lens(name, found, nominal.width, nominal.height)
    hand_eye = solve_hand_eye(name, nominal.mount, lens, found, T_base_ee)
    camera = replace(nominal, T_mount_sensor=hand_eye.T_mount_camera, K=lens.K, distortion=lens.distortion)
    seen = {capture: board_in_base(nominal.mount, hand_eye, T_base_ee[capture]) for capture in found}
    return camera, seen, camera_lines(name, lens, hand_eye, nominal.T_mount_sensor, len(pictures))


def _lidar(
    name: str,
    nominal: Mounted,
    scans: Mapping[str, np.ndarray],
    T_base_ee: Mapping[str, np.ndarray],
    T_base_board: Mapping[str, np.ndarray],
    board: Board,
) -> tuple[Mounted, list[str]]:
    """A LiDAR's place and its lines of the report."""
    T_mount_board = {
        capture: T_base_board[capture] if nominal.mount == "base" else invert(T_base_ee[capture]) @ T_base_board[capture]
        for capture in scans
        if capture in T_base_board
    }
    if not T_mount_board:
        raise InvalidInput(f"{name}: none of its {len(scans)} scans has the name of a picture in which the board was found")
    placed = solve_planes(name, scans, T_mount_board, (board.width, board.height), nominal.T_mount_sensor)
    lines = lidar_lines(name, placed, nominal.T_mount_sensor, len(scans))
    return replace(nominal, T_mount_sensor=placed.T_mount_lidar), lines


def main() -> None:
    """The console script."""
    run(calibrate, "calibrate", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()
