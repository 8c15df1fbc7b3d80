"""Rendered boards at known poses give back the lens, the hand-eye and the LiDAR they were rendered with."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from robot.configuration import load as load_config
from robot.errors import InvalidInput
from robot.transforms import angle_between, apply, from_xyz_rpy, invert, transform
from sensors.calibrate import SCHEMAS, CalibrateConfig, calibrate, calibrated, main
from sensors.calibration import Calibration, CameraConfig, ImuConfig, LidarConfig, Mounted, MountedCamera, SensorsConfig
from sensors.calibration_file import load
from sensors.charuco.board import Board, BoardConfig
from sensors.charuco.captures import read
from sensors.charuco.hand_eye import HandEye
from sensors.charuco.lens import project_through, solve_lens
from sensors.charuco.report import camera_lines
from tests.sensors.rendered_board import BOARD, BoardCamera, board_poses, jittered, scan

K = np.array([[612.0, 0, 322.7], [0, 609.0, 236.4], [0, 0, 1]])
LENS = np.array([-0.12, 0.05, 0.0012, -0.0008, -0.01])
T_BASE_FRONT = from_xyz_rpy([1.35, 0.0, 0.62], [-1.9693, 0.0, 1.5708])
T_FRONT_LIDAR = transform([0.12, -0.1, 0.03], np.array([[0.0, -1, 0], [0, 0, -1], [1, 0, 0]]))  # looks along with the camera
T_EE_WRIST = from_xyz_rpy([0.08, 0.01, -0.085], [-0.2, 0.03, 1.5708])
T_BASE_BOARD = from_xyz_rpy([0.4, 0.1, 0.0], [np.pi, 0.0, 0.3])
T_EE_BOARD = from_xyz_rpy([-0.15, 0.1, 0.05], [0.1, -0.1, 0.2])


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """A folder of captures and what is true of it."""

    folder: Path
    truth: Calibration
    config: SensorsConfig


def _truth() -> Calibration:
    front = MountedCamera(mount="base", T_mount_sensor=T_BASE_FRONT, rate_hz=30, K=K, width=640, height=480, distortion=LENS)
    wrist = replace(front, mount="ee", T_mount_sensor=T_EE_WRIST, distortion=-0.7 * LENS)
    lidar = Mounted(mount="base", T_mount_sensor=T_BASE_FRONT @ T_FRONT_LIDAR, rate_hz=10)
    imu = Mounted(mount="ee", T_mount_sensor=np.eye(4), rate_hz=240)
    return Calibration(cameras={"front": front, "wrist": wrist}, lidars={"lidar": lidar}, imus={"imu": imu})


def _nominal(truth: Calibration, random: np.random.Generator) -> SensorsConfig:
    def place(mounted: Mounted) -> dict:
        T = jittered(mounted.T_mount_sensor, random, 0.05, 3.0)
        return {
            "mount": mounted.mount,
            "xyz": T[:3, 3].tolist(),
            "rpy": Rotation.from_matrix(T[:3, :3]).as_euler("xyz").tolist(),
        }

    size = {"width": 640, "height": 480, "vertical_fov": 0.8}
    return SensorsConfig(
        cameras={name: CameraConfig(**place(each), **size) for name, each in truth.cameras.items()},
        lidars={name: LidarConfig(**place(each)) for name, each in truth.lidars.items()},
        imus={"imu": ImuConfig(xyz=[0.0] * 3, rpy=[0.0] * 3)},
    )


def _record(folder: Path, seed: int, count: int) -> Recorded:
    random, truth, board = np.random.default_rng(seed), _truth(), Board(BOARD)
    for name in ("front", "wrist", "lidar"):
        (folder / name).mkdir()
    poses: dict[str, list] = {}
    for name, camera in truth.cameras.items():
        eye = BoardCamera(camera, board)
        for number, T_camera_board in enumerate(board_poses(count, random, 0.55, 0.85)):
            capture = f"{name}{number:03d}"
            cv2.imwrite(str(folder / name / f"{capture}.png"), eye.picture(T_camera_board, random))
            if name == "wrist":
                T_base_ee = T_BASE_BOARD @ invert(T_EE_WRIST @ T_camera_board)
            else:
                T_base_ee = T_BASE_FRONT @ T_camera_board @ invert(T_EE_BOARD)
                np.save(folder / "lidar" / f"{capture}.npy", scan(invert(T_FRONT_LIDAR) @ T_camera_board, random))
            poses[capture] = T_base_ee.tolist()
    (folder / "poses.json").write_text(json.dumps(poses))
    return Recorded(folder=folder, truth=truth, config=_nominal(truth, random))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return _record(tmp_path_factory.mktemp("captures"), seed=0, count=16)


def _check(found: Calibration, truth: Calibration) -> None:
    """Every pose to 1 mm and 0.1°, every pixel's ray to 0.1°, and what it looks at 0.7 m away to 1 mm in the mount."""
    for kind in ("cameras", "lidars"):
        for name, true in getattr(truth, kind).items():
            T, T_true = getattr(found, kind)[name].T_mount_sensor, true.T_mount_sensor
            assert np.linalg.norm(T[:3, 3] - T_true[:3, 3]) < 1e-3, (name, T[:3, 3] - T_true[:3, 3])
            assert np.degrees(angle_between(T, T_true)) < 0.1, name
    x, y = np.meshgrid(np.linspace(-0.47, 0.47, 9), np.linspace(-0.35, 0.35, 9))  # the middle nine tenths of the picture
    looked_at = 0.7 * np.stack([x.ravel(), y.ravel(), np.ones(x.size)], axis=1)
    for name, camera in truth.cameras.items():
        lens = found.cameras[name]
        true_px = project_through(looked_at, camera.K, camera.distortion)
        seen = apply(invert(lens.T_mount_sensor) @ camera.T_mount_sensor, looked_at)
        for points, allowed in ((looked_at, np.radians(0.1)), (seen, 1e-3 / 0.7)):
            error_px = np.linalg.norm(project_through(points, lens.K, lens.distortion) - true_px, axis=1)
            assert error_px.max() < allowed * K[0, 0], (name, error_px.max())


def test_everything_is_recovered_to_a_millimetre_and_a_tenth_of_a_degree(
    recorded: Recorded, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    out = tmp_path / "calibration.yaml"
    code = calibrate(CalibrateConfig(sensors=recorded.config, captures=str(recorded.folder), out=str(out), board=BOARD), "")
    said = capsys.readouterr().out
    _check(load(out), recorded.truth)
    assert code == 0 and "!" not in said and "imu: no captures" in said and out.with_suffix(".txt").exists(), said


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 7))
def test_other_poses_and_noise_give_the_same(tmp_path: Path, seed: int) -> None:
    recorded = _record(tmp_path, seed, count=20)
    nominal = Calibration.from_config(recorded.config)
    found, _ = calibrated(nominal, read(recorded.folder, nominal), Board(BOARD))
    _check(found, recorded.truth)


def _run(recorded: Recorded, folder: Path, **changes: object) -> None:
    calibrate(
        CalibrateConfig(**{"sensors": recorded.config, "captures": str(folder), "out": "", "board": BOARD, **changes}), ""
    )


def _copy(recorded: Recorded, folder: Path, *sensors: str) -> Path:
    for name in sensors:
        shutil.copytree(recorded.folder / name, folder / name)
    shutil.copy(recorded.folder / "poses.json", folder)
    return folder


def test_too_few_boards_are_refused(recorded: Recorded, tmp_path: Path) -> None:
    folder = _copy(recorded, tmp_path, "front")
    for path in sorted((folder / "front").iterdir())[5:]:
        path.unlink()
    with pytest.raises(InvalidInput, match=r"^front: the board was found in 5 pictures, expected 8 or more$"):
        _run(recorded, folder)


def test_pictures_without_the_board_are_refused(recorded: Recorded, tmp_path: Path) -> None:
    folder = _copy(recorded, tmp_path, "wrist")
    for path in (folder / "wrist").iterdir():
        cv2.imwrite(str(path), np.full((480, 640), 128, np.uint8))
    with pytest.raises(InvalidInput, match="wrist: the board was found in 0 pictures"):
        _run(recorded, folder)


def test_another_board_than_the_one_described_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="was found in 0 pictures"):
        _run(recorded, _copy(recorded, tmp_path, "wrist"), board=BoardConfig(dictionary="DICT_7X7_50"))


def test_pictures_that_are_all_the_same_are_refused(recorded: Recorded, tmp_path: Path) -> None:
    folder = _copy(recorded, tmp_path, "front")
    first, *others = sorted((folder / "front").iterdir())
    for path in others:
        shutil.copy(first, path)
    with pytest.raises(InvalidInput, match=r"front: .* the same way"):
        _run(recorded, folder)


def test_an_arm_that_never_turned_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    folder = _copy(recorded, tmp_path, "wrist")
    poses = json.loads((folder / "poses.json").read_text())
    (folder / "poses.json").write_text(json.dumps(dict.fromkeys(poses, np.eye(4).tolist())))
    with pytest.raises(InvalidInput, match=r"wrist: the arm turned by 0\.0°"):
        _run(recorded, folder)


def test_wrong_poses_of_the_arm_are_reported(recorded: Recorded, tmp_path: Path) -> None:
    folder = _copy(recorded, tmp_path, "wrist")
    poses = json.loads((folder / "poses.json").read_text())
    random = np.random.default_rng(0)
    shaken = {name: jittered(np.array(T), random, 0.01, 2.0).tolist() for name, T in poses.items()}
    (folder / "poses.json").write_text(json.dumps(shaken))
    nominal = Calibration.from_config(recorded.config)
    _, report = calibrated(nominal, read(folder, nominal), Board(BOARD))
    assert any("! the corners do not fit" in line for line in report), report
    assert any("! the pose is poorly known" in line for line in report), report


def test_corners_that_leave_part_of_the_picture_unseen_are_reported(recorded: Recorded) -> None:
    camera, board, random = replace(recorded.truth.cameras["front"]), Board(BOARD), np.random.default_rng(0)
    eye = BoardCamera(camera, board)
    right = [transform([0.12, 0.0, 0.0]) @ T for T in board_poses(12, random, 1.0, 1.2) if T[0, 3] > -0.3]
    found = {str(number): board.find(eye.picture(T, random)) for number, T in enumerate(right)}
    lens = solve_lens("front", {name: each for name, each in found.items() if each is not None}, 640, 480)
    assert lens.unseen > 0.1
    hand_eye = HandEye(T_mount_camera=np.eye(4), T_other_board=np.eye(4), rms_px=0.1, sigma_m=1e-4, sigma_rad=1e-4)
    assert any("! no corners in the outer" in line for line in camera_lines("front", lens, hand_eye, np.eye(4), 12))


def test_the_program_ends_with_one_sentence_and_code_2(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["handsight-calibrate", "captures=/nowhere"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2 and capsys.readouterr().err == "captures: expected a folder, got '/nowhere'\n"


def test_scans_without_a_picture_are_refused(recorded: Recorded, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="lidar: none of its 16 scans"):
        _run(recorded, _copy(recorded, tmp_path, "wrist", "lidar"))


def test_a_lidar_far_from_where_it_is_said_to_be_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    config = replace(recorded.config, lidars={"lidar": LidarConfig(xyz=[0.0, 0.0, 3.0], rpy=[0.0, 0.0, 0.0])})
    with pytest.raises(InvalidInput, match="lidar: the board was found in 0 of 16 scans"):
        _run(recorded, _copy(recorded, tmp_path, "front", "lidar"), sensors=config)


@pytest.mark.parametrize(
    ("name", "contents", "words"),
    [
        ("poses.json", b"{", "poses.json"),
        ("poses.json", b"[]", "by capture"),
        ("poses.json", b'{"a": [[1, 2]]}', "a: expected shape"),
        ("poses.json", b'{"a": "here"}', "4 × 4"),
        ("poses.json", b"{}", "does not say where the arm stood at front/front000"),
        ("side/001.png", b"", "'side'; available: front, wrist, lidar"),
        ("front/front000.png", b"not a picture", "can't read it"),
        ("lidar/front000.npy", b"not an array", "expected an array"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(
    recorded: Recorded, tmp_path: Path, name: str, contents: bytes, words: str
) -> None:
    folder = _copy(recorded, tmp_path, "front", "lidar")
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(contents)
    with pytest.raises(InvalidInput) as refusal:
        _run(recorded, folder)
    assert words in str(refusal.value) and "\n" not in str(refusal.value), refusal.value


def test_a_picture_of_another_size_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    folder = _copy(recorded, tmp_path, "front")
    cv2.imwrite(str(folder / "front/front000.png"), np.zeros((240, 320), np.uint8))
    with pytest.raises(InvalidInput, match=r"640×480.*320×240"):
        _run(recorded, folder)


@pytest.mark.parametrize(
    "board",
    [
        BoardConfig(squares_x=2),
        BoardConfig(marker=0.05),
        BoardConfig(dictionary="DICT_9"),
        BoardConfig(dictionary="DICT_5X5_50", squares_x=20),
    ],
)
def test_a_board_that_cannot_be_is_refused(board: BoardConfig) -> None:
    with pytest.raises(InvalidInput, match="board"):
        Board(board)


def test_the_program_has_its_yaml() -> None:
    config, _ = load_config("calibrate", ["board.square=0.03", "board.marker=0.02"], SCHEMAS)
    assert type(config) is CalibrateConfig and config.board.square == 0.03 and config.sensors.cameras
