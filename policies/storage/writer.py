"""EpisodeWriter: an episode written step by step, with little of it in memory, and committed at the end."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from policies.storage.archive import ArchiveWriter
from policies.storage.commit import DATA, PARTIAL, FolderLock, commit
from policies.storage.manifest import SCHEMA
from policies.storage.observations import ObservationPacker, Sizes
from policies.storage.packets import POINT_KEYS, packet_row
from policies.storage.plans import plans_as_arrays
from robot.errors import HandsightError, InvalidInput
from robot.records import CommandRecord
from robot.trajectory import Plan
from sensors.observation import Observation
from sensors.packets import LidarScan, Packet

PER_STEP = ("observations/", "actions/", "corrections/", "facts/")


class EpisodeWriter:
    """Writes one episode; nobody sees it before `commit`. As a context it gives up what was not committed.

    A refused step leaves the file unfit: `abort` is all that is left then.
    """

    def __init__(self, folder: Path, name: str, sizes: Sizes | None = None, leave_out: Sequence[str] = ()) -> None:
        """Take the folder and begin a file in it; `leave_out` names what of an observation is not kept, such as "cloud".

        Raises:
            InvalidInput: an episode of that name is there already, or another writer is at work.
        """
        self._name = name
        self._lock = FolderLock(folder)
        try:
            if (folder / f"{name}.json").exists():
                raise InvalidInput(f"episode: {folder / name}.json is there already; expected a new name")
            self._archive = ArchiveWriter(folder / f"{name}{DATA}{PARTIAL}")
        except (InvalidInput, OSError):
            self._lock.release()
            raise
        self._packer = ObservationPacker(sizes or Sizes())
        self._leave_out = set(leave_out)
        self._plans: list[tuple[int, Plan]] = []
        self._said: list[dict[str, Any]] = []
        self._facts_attributes: dict[str, Any] = {}
        self._points: dict[str, int] = {}
        self._stamp_ns = -1
        self.num_steps = 0

    def __enter__(self) -> "EpisodeWriter":
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Give up what was not committed."""
        self.abort()

    def add_step(
        self,
        observation: Observation,
        packets: Sequence[Packet] = (),
        plan: Plan | None = None,
        instruction: str = "",
        taken_over: bool = False,
    ) -> None:
        """One step of the policy: what it saw, what was read for it, what it answered to which sentence.

        `taken_over` says whether a person had taken over.

        Raises:
            InvalidInput: the clock went back, another shape than before, or values that are not finite.
        """
        rows = self._packer.rows(observation).items()
        self.add_rows({f"observations/{path}": row for path, row in rows if path.split("/")[0] not in self._leave_out})
        for packet in packets:
            self.add_packet(packet)
        if plan is not None:
            self._plans.append((self.num_steps, plan))
            said = {"stamp_ns": observation.stamp_ns, "status": plan.status.value, "reason": plan.reason}
            self._said.append({**said, "instruction": instruction})
        self._append("corrections/taken_over", np.bool_(taken_over), self.num_steps)
        self.num_steps += 1

    def add_rows(self, rows: Mapping[str, Any]) -> None:
        """Rows of the present step, by path; `add_step` then goes on to the next."""
        stamp_ns = int(rows.get("observations/stamp_ns", self._stamp_ns))
        if "observations/stamp_ns" in rows and stamp_ns <= self._stamp_ns:
            self._refuse(f"observations/stamp_ns: step {self.num_steps} is at {stamp_ns}, not after {self._stamp_ns}")
        self._stamp_ns = stamp_ns
        for path, row in rows.items():
            self._append(path, row, self.num_steps)

    def add_packet(self, packet: Packet) -> None:
        """One raw packet, read in the present step."""
        stream = f"streams/{packet.sensor}"
        row = packet_row(packet)
        if isinstance(packet, LidarScan):
            for key in POINT_KEYS:
                self._extend(f"{stream}/{key}", row.pop(key))
            self._points[stream] = self._points.get(stream, 0) + len(packet.points_lidar)
            row["end"] = np.int64(self._points[stream])
        for key, value in row.items():
            self._append(f"{stream}/{key}", value)
        self._append(f"{stream}/step", np.int32(self.num_steps))

    def add_commands(self, commands: Sequence[CommandRecord]) -> None:
        """What was commanded, a row a control tick."""
        if commands:
            arrays = commands_as_arrays(commands, len(commands[0].joint_position))
            for key, rows in arrays.items():
                self._extend(f"commands/{key}", rows)

    def add_facts(self, rows: Mapping[str, Any], attributes: Mapping[str, Any] | None = None) -> None:
        """The truth of the present step, by path below `facts/`, and the names that its axes refer to."""
        for path, row in rows.items():
            if path == "size":  # the same at all steps
                if self.num_steps == 0:
                    self._extend("facts/size", row)
            else:
                self._append(f"facts/{path}", row, self.num_steps)
        self._facts_attributes |= attributes or {}

    def put(self, path: str, values: np.ndarray) -> None:
        """All of an array at once."""
        self._extend(path, values)

    def commit(self, attributes: Mapping[str, Any]) -> Path:
        """End the episode and give it its name; its manifest's path.

        Raises:
            InvalidInput: attributes that are not plain JSON.
            HandsightError: the disk is full, or would not take it for another reason.
        """
        try:
            for key, values in plans_as_arrays(self._plans).items():
                self._extend(f"plans/{key}", values)
            spoken = {"plans": self._said} if self._said else {}
            described = {"schema": SCHEMA, **self._packer.attributes, **spoken, **attributes}
            groups = {"": described} | ({"facts": self._facts_attributes} if self._facts_attributes else {})
            manifest = self._archive.finish(self.num_steps, self._lengths(), groups)
            path = commit(self._archive.path, manifest)
        except OSError as error:
            self.abort()
            raise HandsightError(f"episode {self._name} could not be written: {error.strerror or error}") from None
        except (TypeError, ValueError) as error:
            self.abort()
            raise InvalidInput(f"episode {self._name}: attributes: expected plain JSON: {error}") from None
        self._lock.release()
        return path

    def abort(self) -> None:
        """Give up; no error after a commit or a second time."""
        if self._lock.held:
            self._archive.abort()
            self._lock.release()
            if self._lock.made_folder:
                with suppress(OSError):
                    self._archive.path.parent.rmdir()  # if nothing else is in it

    def _lengths(self) -> dict[str, int]:
        """A row a step for everything that has one, whether it came at the last step or not."""
        timed = [path for path in self._archive.paths if path.startswith(PER_STEP) and path != "facts/size"]
        return dict.fromkeys(timed, self.num_steps)

    def _append(self, path: str, row: Any, at: int | None = None) -> None:
        """One row."""
        self._extend(path, np.asarray(row)[None], at)

    def _extend(self, path: str, rows: Any, at: int | None = None) -> None:
        """Rows, with the episode's name in a refusal."""
        try:
            self._archive.append(path, rows, at)
        except InvalidInput as error:
            self._refuse(f"{error} (at step {self.num_steps})")
        except OSError as error:
            raise HandsightError(f"episode {self._name} could not be written: {error.strerror or error}") from None

    def _refuse(self, sentence: str) -> None:
        """Refuse what came."""
        raise InvalidInput(f"episode {self._name}: {sentence}")


def commands_as_arrays(commands: Sequence[CommandRecord], num_joints: int) -> dict[str, np.ndarray]:
    """Command records as the arrays of an episode's `commands/`."""
    return {
        "stamp_ns": np.array([command.stamp_ns for command in commands], dtype=np.int64),
        "joint_position": np.array([command.joint_position for command in commands]).reshape(-1, num_joints),
        "joint_velocity": np.array([command.joint_velocity for command in commands]).reshape(-1, num_joints),
        "gripper_width": np.array([command.gripper_width for command in commands], dtype=float),
        "level": np.array([command.level for command in commands], dtype=np.int8),
    }
