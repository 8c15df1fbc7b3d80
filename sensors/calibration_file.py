"""A calibration as one readable YAML file: saved, loaded and refused in one sentence when anything in it is wrong.

    handsight_calibration: 1          version of this format
    date: '2026-11-21'
    cameras: {front: {mount, T_mount_sensor (4 × 4), rate_hz, noisy, K (3 × 3), width, height, distortion (5)}, …}
    lidars: {lidar: {mount, T_mount_sensor, rate_hz, noisy}, …}
    imus: …
    sha256: of all of the above       so that a damaged or hand-edited file is not believed by accident

Numbers are written with as many digits as it takes to read the same float64 back.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from robot.errors import HandsightError, InvalidInput
from sensors.calibration import Calibration, Mounted, MountedCamera, SensorsConfig

VERSION = 1
KINDS: dict[str, type[Mounted]] = {"cameras": MountedCamera, "lidars": Mounted, "imus": Mounted}


def save(path: Path, calibration: Calibration, date: str = "") -> None:
    """Write a calibration made on this date, today if none is given."""
    contents: dict[str, Any] = {"handsight_calibration": VERSION, "date": date or f"{datetime.now():%Y-%m-%d}"}
    contents |= as_record(calibration)
    contents["sha256"] = _hash(contents)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(contents, sort_keys=False, default_flow_style=None, width=200, allow_unicode=True))


def as_record(calibration: Calibration) -> dict[str, Any]:
    """A calibration as plain lists and numbers: kind → name → field → value, as in a file."""
    return {kind: {name: _record(mounted) for name, mounted in getattr(calibration, kind).items()} for kind in KINDS}


def load(path: Path) -> Calibration:
    """The calibration in a file.

    Raises:
        InvalidInput: no such file, another version, a key too few or too many, a value that is none (a matrix that is not
            rigid, a size that is not a whole number, anything not finite), or contents that do not fit their hash.
    """
    contents = _contents(path)
    sensors: dict[str, Any] = {
        kind: {name: _mounted(f"{path}: {kind}.{name}", made_of, record) for name, record in contents[kind].items()}
        for kind, made_of in KINDS.items()
    }
    if contents["sha256"] != _hash(contents):
        raise InvalidInput(f"{path}: its contents do not fit its sha256; it was damaged or edited: save or calibrate it anew")
    return Calibration(**sensors)


def validate(calibration: Calibration, config: SensorsConfig) -> None:
    """Refuse a calibration that is not of the set-up in this configuration.

    Raises:
        InvalidInput: a sensor that only one of them has, another mount, or pictures of another size.
    """
    for kind in KINDS:
        calibrated, configured = getattr(calibration, kind), getattr(config, kind)
        missing, unknown = sorted(set(configured) - set(calibrated)), sorted(set(calibrated) - set(configured))
        if missing:
            raise InvalidInput(f"calibration: no {kind[:-1]} {missing[0]!r}; it has: {', '.join(calibrated) or 'none'}")
        if unknown:
            raise InvalidInput(f"calibration: unknown {kind[:-1]} {unknown[0]!r}; available: {', '.join(configured) or 'none'}")
        for name, mounted in calibrated.items():
            _refuse_other_mount(name, mounted, configured[name].mount)
    for name, camera in calibration.cameras.items():
        _refuse_other_size(name, camera, config.cameras[name].width, config.cameras[name].height)


def calibration_of(config: SensorsConfig) -> Calibration:
    """Where the sensors of a set-up are: from its calibration file if it names one, else from its own figures.

    Raises:
        InvalidInput: a file that can't be believed, or of another set-up.
    """
    nominal = Calibration.from_config(config)
    if not config.calibration:
        return nominal
    loaded = load(Path(config.calibration))
    validate(loaded, config)
    return Calibration(**{kind: _as_driven(getattr(loaded, kind), getattr(nominal, kind)) for kind in KINDS})


def _as_driven(loaded: Mapping[str, Any], nominal: Mapping[str, Any]) -> dict[str, Any]:
    """Calibrated sensors in the configuration's order, with the rate and the noise that the configuration gives them."""
    return {name: replace(loaded[name], rate_hz=each.rate_hz, noisy=each.noisy) for name, each in nominal.items()}


def _refuse_other_mount(name: str, mounted: Mounted, mount: str) -> None:
    """Refuse a sensor that is calibrated on another mount than the configuration's."""
    if mounted.mount != mount:
        raise InvalidInput(f"calibration: {name} is mounted to {mounted.mount!r} there, to {mount!r} in the configuration")


def _refuse_other_size(name: str, camera: MountedCamera, width: int, height: int) -> None:
    """Refuse a camera that is calibrated for pictures of another size."""
    if (camera.width, camera.height) != (width, height):
        size = f"{camera.width}×{camera.height}"
        raise InvalidInput(f"calibration: {name} takes pictures of {size} there, of {width}×{height} in the configuration")


def _record(mounted: Mounted) -> dict[str, Any]:
    """A sensor's fields as plain lists and numbers."""
    values = {field.name: getattr(mounted, field.name) for field in fields(mounted)}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _contents(path: Path) -> dict[str, Any]:
    """The file as a mapping with the keys of this version."""
    try:
        contents = yaml.safe_load(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: can't be read: {getattr(error, 'strerror', None) or error}") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{path}: expected a YAML file: {' '.join(str(error).split())}") from None
    if not isinstance(contents, dict) or "handsight_calibration" not in contents:
        raise InvalidInput(f"{path}: expected a calibration, a YAML file that begins with handsight_calibration: {VERSION}")
    if contents["handsight_calibration"] != VERSION:
        raise InvalidInput(f"{path}: expected version {VERSION} of the format, got {contents['handsight_calibration']!r}")
    _refuse_other_keys(str(path), contents, ["handsight_calibration", "date", *KINDS, "sha256"])
    for kind in KINDS:
        if not isinstance(contents[kind], dict):
            raise InvalidInput(f"{path}: {kind}: expected sensors by name, got {contents[kind]!r}")
    return contents


def _mounted(where: str, made_of: type[Mounted], record: Any) -> Mounted:
    """One sensor from its fields."""
    if not isinstance(record, dict):
        raise InvalidInput(f"{where}: expected the sensor's fields, got {record!r}")
    _refuse_other_keys(where, record, [field.name for field in fields(made_of)])
    for name in {"rate_hz", "width", "height"} & set(record):
        if type(record[name]) is not int or record[name] < 1:
            raise InvalidInput(f"{where}: {name}: expected a whole number above 0, got {record[name]!r}")
    if type(record["noisy"]) is not bool:
        raise InvalidInput(f"{where}: noisy: expected true or false, got {record['noisy']!r}")
    try:
        values: dict[str, Any] = {name: _array(name, each) if isinstance(each, list) else each for name, each in record.items()}
        return made_of(**values)
    except HandsightError as error:
        raise InvalidInput(f"{where}: {error}") from None


def _array(name: str, value: list[Any]) -> np.ndarray:
    """Lists of numbers as an array."""
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name}: expected rows of numbers of equal length, got {value!r}") from None


def _refuse_other_keys(where: str, record: dict[str, Any], wanted: list[str]) -> None:
    """Refuse a mapping that lacks a key or has one too many."""
    missing, unknown = [key for key in wanted if key not in record], [key for key in record if key not in wanted]
    if missing:
        raise InvalidInput(f"{where}: {missing[0]} is missing; expected {', '.join(wanted)}")
    if unknown:
        raise InvalidInput(f"{where}: unknown {unknown[0]!r}; available: {', '.join(wanted)}")


def _hash(contents: dict[str, Any]) -> str:
    """The SHA-256 of everything but the hash itself, in an order and a spelling that do not depend on the file's."""
    hashed = {key: value for key, value in contents.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(hashed, sort_keys=True, default=str).encode()).hexdigest()
