"""A calibration file reads back bit for bit, and each way of being wrong is refused in a sentence of its own."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from robot.errors import InvalidInput
from robot.transforms import from_xyz_rpy
from sensors.calibration import Calibration, CameraConfig, ImuConfig, LidarConfig, Mounted, MountedCamera, SensorsConfig
from sensors.calibration_file import calibration_of, load, save, validate

PLACE: dict[str, Any] = {"xyz": [0.1, 0.2, 0.3], "rpy": [0.1, 0.2, 0.3]}


def config() -> SensorsConfig:
    return SensorsConfig(
        cameras={"front": CameraConfig(**PLACE, width=192, height=144, vertical_fov=0.85)},
        lidars={"lidar": LidarConfig(**PLACE)},
        imus={"imu": ImuConfig(**PLACE)},
    )


def drawn(seed: int) -> Calibration:
    random = np.random.default_rng(seed)

    def pose() -> np.ndarray:
        return from_xyz_rpy(list(random.normal(size=3)), list(random.normal(size=3)))

    K = np.array([[random.uniform(100, 900), 0, random.uniform(50, 90)], [0, random.uniform(100, 900), 70], [0, 0, 1]])
    lens = random.normal(size=5) * 10.0 ** random.integers(-8, 1, 5)
    front = MountedCamera(mount="base", T_mount_sensor=pose(), rate_hz=30, K=K, width=192, height=144, distortion=lens)
    others = [Mounted(mount="base", T_mount_sensor=pose(), rate_hz=10), Mounted(mount="ee", T_mount_sensor=pose(), rate_hz=240)]
    return Calibration(cameras={"front": front}, lidars={"lidar": others[0]}, imus={"imu": others[1]})


def same(a: Mounted, b: Mounted) -> bool:
    return type(a) is type(b) and all(np.array_equal(getattr(a, each.name), getattr(b, each.name)) for each in fields(a))


@pytest.mark.parametrize("seed", range(20))
def test_what_was_saved_reads_back_bit_for_bit(tmp_path: Path, seed: int) -> None:
    saved, path = drawn(seed), tmp_path / "calibration.yaml"
    save(path, saved)
    loaded = load(path)
    for kind in ("cameras", "lidars", "imus"):
        assert list(getattr(loaded, kind)) == list(getattr(saved, kind))
        assert all(same(getattr(loaded, kind)[name], each) for name, each in getattr(saved, kind).items())
    save(tmp_path / "again.yaml", loaded)
    assert (tmp_path / "again.yaml").read_bytes() == path.read_bytes()


def test_the_file_can_be_read_by_a_person(tmp_path: Path) -> None:
    save(tmp_path / "calibration.yaml", Calibration.from_config(config()), "2026-11-21")
    text = (tmp_path / "calibration.yaml").read_text()
    assert "date: '2026-11-21'" in text and "- [0.0, 0.0, 0.0, 1.0]" in text and max(map(len, text.splitlines())) < 128


def _set(path: Path, keys: list, value: object) -> None:
    contents = node = yaml.safe_load(path.read_text())
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    path.write_text(yaml.safe_dump(contents))


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (["cameras", "front", "T_mount_sensor", 0, 0], 2.0, ["cameras.front", "rigid"]),
        (["cameras", "front", "T_mount_sensor", 3, 0], 1.0, ["cameras.front", "last row"]),
        (["lidars", "lidar", "T_mount_sensor", 0, 3], float("nan"), ["lidars.lidar", "not finite"]),
        (["cameras", "front", "distortion", 2], float("inf"), ["cameras.front", "distortion", "not finite"]),
        (["cameras", "front", "K", 0, 0], -1.0, ["cameras.front", "fx"]),
        (["cameras", "front", "K"], [[1.0], [2.0, 3.0]], ["cameras.front", "K", "equal length"]),
        (["cameras", "front", "distortion"], [0.0, 0.0], ["distortion", "(5)", "(2,)"]),
        (["cameras", "front", "width"], 192.5, ["width", "192.5"]),
        (["imus", "imu", "mount"], "hand", ["imus.imu", "hand", "base, ee"]),
        (["imus", "imu", "colour"], "red", ["imus.imu", "colour", "rate_hz"]),
        (["imus"], None, ["imus"]),
        (["imus", "imu"], 7, ["imus.imu", "7"]),
        (["handsight_calibration"], 2, ["version 1", "2"]),
        (["sha256"], "0" * 64, ["sha256", "edited"]),
        (["date"], "1999-01-01", ["sha256", "edited"]),
        (["lidars", "lidar", "T_mount_sensor", 0, 3], 0.10000000000000002, ["sha256", "edited"]),
    ],
)
def test_a_wrong_value_is_refused_in_one_sentence(tmp_path: Path, keys: list, value: object, words: list[str]) -> None:
    path = tmp_path / "calibration.yaml"
    save(path, Calibration.from_config(config()))
    _set(path, keys, value)
    with pytest.raises(InvalidInput) as refusal:
        load(path)
    message = str(refusal.value)
    assert "\n" not in message and str(path) in message and all(word in message for word in words), message


@pytest.mark.parametrize("text", ["", "[1, 2", "a: b", "\x00", "- 1", "!!python/object:os.system {}"])
def test_what_is_no_calibration_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.yaml").write_text(text)
    with pytest.raises(InvalidInput, match=r"^[^\n]*expected[^\n]*$"):
        load(tmp_path / "calibration.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        load(tmp_path / "nothing.yaml")


def test_every_missing_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "calibration.yaml"
    save(path, Calibration.from_config(config()))
    whole = yaml.safe_load(path.read_text())
    for key in whole["cameras"]["front"]:
        damaged = yaml.safe_load(path.read_text())
        del damaged["cameras"]["front"][key]
        path.with_name("damaged.yaml").write_text(yaml.safe_dump(damaged))
        with pytest.raises(InvalidInput, match=f"{key} is missing"):
            load(path.with_name("damaged.yaml"))


def test_a_calibration_of_another_set_up_is_refused() -> None:
    calibration = Calibration.from_config(config())
    validate(calibration, config())
    more, fewer, larger, moved = config(), config(), config(), config()
    more.cameras["wrist"] = more.cameras["front"]
    del fewer.lidars["lidar"]
    larger.cameras["front"].width = 640
    moved.imus["imu"].mount = "base"
    cases = [(more, "no camera 'wrist'"), (fewer, "unknown lidar 'lidar'"), (larger, "192×144.*640×144"), (moved, "imu.*'ee'")]
    for other, words in cases:
        with pytest.raises(InvalidInput, match=words):
            validate(calibration, other)


def test_a_set_up_that_names_a_file_is_calibrated_by_it(tmp_path: Path) -> None:
    save(tmp_path / "mine.yaml", drawn(3))
    named = config()
    named.calibration = str(tmp_path / "mine.yaml")
    named.cameras["front"].rate_hz = 15
    front = calibration_of(named).cameras["front"]
    np.testing.assert_array_equal(front.T_mount_sensor, drawn(3).cameras["front"].T_mount_sensor)
    assert front.rate_hz == 15 and front.distortion.any()
    assert not calibration_of(config()).cameras["front"].distortion.any()
