"""CALVIN: a folder of one npz a step, and `ep_start_end_ids.npy` with the first and last step of every episode.

`rgb_*` become the cameras, `robot_obs` the state vector, `rel_actions` the actions, the rest `observations/foreign/`. Steps
are 1/30 s apart. Nothing is ever unpickled: the sentences lie in a pickle (`lang_annotations/auto_lang_ann.npy`), so they are
left out, and said to be. Source: github.com/mees/calvin, dataset/README.md.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.foreign import ForeignEpisode, ImportConfig, as_rows, first_line, plain_name, refuse_oversized, stamps_at
from robot.errors import InvalidInput, one_of

RATE_HZ = 30.0
IDS = "ep_start_end_ids.npy"
STATE = [
    *(f"tcp_{axis}" for axis in ("x", "y", "z", "roll", "pitch", "yaw")), "gripper_width",
    *(f"joint_{index}" for index in range(7)), "gripper_action",
]  # fmt: skip
STEP = ["dx", "dy", "dz", "droll", "dpitch", "dyaw", "gripper"]
# rel_actions are 50 times metres and 20 times radians, clipped to ±1; actions are tool poses in the world
MEANING: dict[str, dict[str, Any]] = {
    "rel_actions": {
        "kind": "ee_delta", "names": STEP, "units": ["0.02 m"] * 3 + ["0.05 rad"] * 3 + ["-1 closes, 1 opens"],
        "low": [-1.0] * 7, "high": [1.0] * 7,
    },
    "actions": {
        "kind": "ee_pose", "names": [*STATE[:6], "gripper"], "units": ["m"] * 3 + ["rad"] * 3 + ["-1 closes, 1 opens"],
    },
}  # fmt: skip


class Calvin:
    """An open folder: `training/` or `validation/` of one of CALVIN's splits."""

    format = "calvin"

    def __init__(self, folder: Path, config: ImportConfig) -> None:
        """Find the steps of each episode.

        Raises:
            InvalidInput: no steps, or episodes that are not there.
        """
        self._folder, self._config = folder, config
        files = {int(found[1]): path for path in folder.glob("*.npz") if (found := re.search(r"(\d+)\.npz$", path.name))}
        if not files:
            raise InvalidInput(f"{folder}: expected steps such as episode_0000000.npz")
        self._files = files
        self._ends = self._read_ends()
        self._rate_hz = config.rate_hz or RATE_HZ

    def __len__(self) -> int:
        """How many episodes there are."""
        return len(self._ends)

    def episodes(self) -> Iterator[ForeignEpisode]:
        """One after another."""
        for number, (first, last) in enumerate(self._ends):
            yield self._episode(number, first, last)

    def _read_ends(self) -> list[tuple[int, int]]:
        """First and last step of each episode; without that file, every run of steps without a hole is one."""
        path = self._folder / IDS
        if not path.is_file():
            numbers = np.array(sorted(self._files))
            runs = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1)
            return [(int(run[0]), int(run[-1])) for run in runs]
        try:
            ends = np.atleast_2d(np.load(path, allow_pickle=False))
        except (ValueError, OSError, EOFError) as error:
            raise InvalidInput(f"{path} is not a plain array: {first_line(error)}") from None
        if ends.ndim != 2 or ends.shape[1] != 2 or ends.dtype.kind not in "iu" or np.any(ends[:, 0] > ends[:, 1]):
            raise InvalidInput(f"{path}: expected pairs of a first and a last step, got {ends.dtype} {ends.shape}")
        return [(int(first), int(last)) for first, last in ends]

    def _episode(self, number: int, first: int, last: int) -> ForeignEpisode:
        """One episode, whole."""
        where = f"episode {number}"
        if last - first >= len(self._files):
            raise InvalidInput(f"{where}: {IDS} says steps {first} to {last}; there are {len(self._files)} files")
        arrays: dict[str, np.ndarray] = {}
        length = last - first + 1
        for row in range(length):
            path = self._files.get(first + row)
            if path is None:
                raise InvalidInput(f"{where}: step {first + row} is missing in {self._folder}")
            _fill(arrays, row, length, _step(path, where), where, path)
        cameras = [key for key, values in arrays.items() if values.dtype == np.uint8 and values.ndim == 4]
        action = self._config.actions or ("rel_actions" if "rel_actions" in arrays else "actions")
        pictures = {plain_name(key.removeprefix("rgb_")): arrays.pop(key) for key in cameras if arrays[key].shape[-1] == 3}
        actions = self._vector(arrays, action, where, bool(self._config.actions))
        keys = self._config.state or ["robot_obs"]
        states = [self._vector(arrays, key, where, bool(self._config.state)) for key in keys]
        state = (
            np.concatenate([each for each in states if each is not None], axis=1)
            if any(s is not None for s in states)
            else None
        )
        width = 0 if state is None else state.shape[1]
        names = STATE if not self._config.state and width == len(STATE) else [f"state_{index}" for index in range(width)]
        annotated = (self._folder / "lang_annotations").exists()
        return ForeignEpisode(
            name=f"episode_{number:06d}",
            stamp_ns=stamps_at(self._rate_hz, length),
            rate_hz=self._rate_hz,
            cameras=pictures,
            state=state,
            state_names=names,
            actions=actions,
            action=MEANING.get(action, {}) if actions is not None and actions.shape[1] == 7 else {},
            arrays=arrays,
            robot="panda",
            left_out=["lang_annotations: a pickle, which is never opened"] if annotated else [],
        )

    def _vector(self, arrays: dict[str, np.ndarray], key: str, where: str, wanted: bool) -> np.ndarray | None:
        """An array (T, D), taken out of the others; one that was asked for by name must be there."""
        if wanted and key not in arrays:
            raise one_of(f"{where}: array", key, list(arrays))
        return as_rows(f"{where}: {key}", arrays.pop(key)) if key in arrays else None


def _step(path: Path, where: str) -> Mapping[str, np.ndarray]:
    """The arrays of one step; headers are asked for their size before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {entry.filename.removesuffix(".npy"): _member(archive, entry, where, path) for entry in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise InvalidInput(f"{where}: {path} is not a whole npz: {first_line(error)}") from None


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str, path: Path) -> np.ndarray:
    """One array of an npz, its checksum checked by the zip."""
    refuse_oversized(f"{where}: {path}: {entry.filename}", (entry.file_size,), 1)
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
        if dtype.hasobject:
            raise InvalidInput(
                f"{where}: {path}: {entry.filename} is pickled; expected plain numbers, pickles are never opened"
            )
        refuse_oversized(f"{where}: {path}: {entry.filename}", shape, dtype.itemsize)
        if int(np.prod(shape)) * dtype.itemsize > entry.file_size:
            raise InvalidInput(f"{where}: {path}: {entry.filename} claims {shape} in {entry.file_size} bytes")
    with archive.open(entry) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def _fill(arrays: dict[str, np.ndarray], row: int, length: int, step: Mapping[str, np.ndarray], where: str, path: Path) -> None:
    """Put one step's arrays into a row; each step must have those of the first."""
    if row == 0:
        for key, values in step.items():
            if values.dtype.kind in "biuf":
                refuse_oversized(f"{where}: {key}", (length, *values.shape), values.itemsize)
                arrays[key] = np.zeros((length, *values.shape), values.dtype)
    for key, rows in arrays.items():
        if key not in step or step[key].shape != rows.shape[1:] or step[key].dtype != rows.dtype:
            got = f"{step[key].dtype} {step[key].shape}" if key in step else "nothing"
            raise InvalidInput(
                f"{where}: {path}: {key}: expected {rows.dtype} {rows.shape[1:]} as in the first step, got {got}"
            )
        rows[row] = step[key]
