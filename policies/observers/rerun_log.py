"""RerunLog: an episode as an .rrd for the rerun viewer, with every stream; the only file that knows rerun."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps

from policies.demonstrations import DEPTH_UNIT, Episode, Facts, plans_in, read, read_facts
from policies.policy import Explanation
from robot.errors import HandsightError
from robot.state import RobotState
from robot.transforms import to_quat_xyzw
from sensors.packets import CameraFrame, ImuSample, LidarScan, Packet

TIMELINE = "episode"  # s since the first stamp


def write_rrd(where: str | Path, path: Path, why: Iterable[tuple[int, Explanation]] = ()) -> None:
    """Write an episode for the rerun viewer: what the policy saw, said and did, raw packets and facts where recorded.

    With `why` also what a policy attended to: stamps, ns, and what was explained of them.

    Raises:
        InvalidInput: no episode, or a damaged one.
        HandsightError: rerun is not installed.
    """
    episode = read(where)
    log = RerunLog(path, _first_ns(episode))
    log.words(episode)
    log.observations(episode.observations)
    log.plans(episode)
    log.columns("commands", episode.commands, episode.commands.get("stamp_ns"))
    stamps = episode.observations.get("stamp_ns")
    if episode.taken_over is not None:
        log.columns("corrections", {"taken_over": episode.taken_over}, stamps)
    if episode.actions is not None:
        log.columns("actions", {"values": episode.actions}, stamps)
    for packet in episode.packets:
        log.packet(packet)
    if stamps is not None:
        log.facts(read_facts(where), stamps)
    for stamp_ns, explanation in why:
        log.explanation(stamp_ns, explanation)
    log.close()


class RerunLog:
    """One .rrd file that is being written; what is in base stands below `base/`."""

    def __init__(self, path: Path, first_ns: int) -> None:
        """Begin a file whose time 0 is this stamp.

        Raises:
            HandsightError: rerun is not installed.
        """
        try:
            import rerun
        except ImportError:
            raise HandsightError("rerun: it is not installed; pip install 'handsight[viewer]' brings it") from None
        self._rr: Any = rerun
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = rerun.RecordingStream("handsight")
        self._stream.save(path)
        self._first_ns = first_ns
        self._stream.log("base", rerun.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)

    def close(self) -> None:
        """Write what is left."""
        self._stream.flush()
        self._stream.disconnect()

    def words(self, episode: Episode) -> None:
        """The sentence, and what the policy said when."""
        attributes = episode.attributes
        self._stream.log("instruction", self._rr.TextDocument(str(attributes.get("instruction", ""))), static=True)
        for said in attributes.get("plans", []):
            self._at(said["stamp_ns"])
            self._stream.log("words/plans", self._rr.TextLog(f"{said['status']}: {said['reason']}"))
        for task in attributes.get("subtasks", []):
            self._at(task["start_ns"])
            self._stream.log("words/subtasks", self._rr.TextLog(task["words"]))

    def observations(self, rows: Mapping[str, np.ndarray]) -> None:
        """What the policy saw, step by step."""
        stamps = rows.get("stamp_ns")
        if stamps is None:
            return
        for part in ("state", "imu", "health", "foreign"):
            numbers = {path: values for path, values in rows.items() if path.startswith(f"{part}/")}
            self.columns("observations", numbers, stamps)
        rest = ("gravity_base", "contact", "odom_covariance")
        self.columns("observations", {path: rows[path] for path in rest if path in rows}, stamps)
        for step, stamp_ns in enumerate(stamps):
            self._at(int(stamp_ns))
            now = {path: values[step] for path, values in rows.items()}
            for name in _names(rows, "cameras"):
                self._camera(f"base/cameras/{name}", {key: now.get(f"cameras/{name}/{key}") for key in _CAMERA})
            if "cloud/count" in now:
                count = int(now["cloud/count"])
                points_base, colours = now["cloud/points_base"][:count], now["cloud/rgb"][:count]
                self._stream.log("base/cloud", self._rr.Points3D(points_base, colors=colours, radii=0.003))
            for name in _names(rows, "lidar"):
                sweep = now[f"lidar/{name}/points_base"][: int(now[f"lidar/{name}/count"])]
                self._stream.log(f"base/lidar/{name}", self._rr.Points3D(sweep, radii=0.003))
            if "T_odom_base" in now:
                self._stream.log("odometry", self._pose(now["T_odom_base"]))

    def plans(self, episode: Episode) -> None:
        """Where each plan wanted the tool or the joints, at its stamp."""
        for _, plan in plans_in(episode):
            self._at(plan.observation_stamp_ns)
            if plan.arm is not None:
                self._stream.log("base/plan", self._rr.LineStrips3D([plan.arm.T_base_ee[:, :3, 3]]))
            if plan.joints is not None:
                self._stream.log("plan/joints", self._rr.Scalars(plan.joints.joint_position[-1]))

    def columns(self, path: str, arrays: Mapping[str, np.ndarray], stamps: np.ndarray | None) -> None:
        """Rows of numbers at these stamps (T,), each array as a plot of its own."""
        for name, values in arrays.items():
            if stamps is None or name.endswith("stamp_ns") or not len(values):
                continue
            flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
            if flat.shape[1]:
                time = self._rr.TimeColumn(TIMELINE, duration=(np.asarray(stamps) - self._first_ns) * 1e-9)
                column = self._rr.Scalars.columns(scalars=flat.reshape(-1)).partition([flat.shape[1]] * len(flat))
                self._stream.send_columns(f"{path}/{name}", [time], column)

    def packet(self, packet: Packet) -> None:
        """A raw packet at its own stamp."""
        self._at(packet.stamp_ns)
        where = f"streams/{'joints' if isinstance(packet, RobotState) else packet.sensor}"
        match packet:
            case CameraFrame():
                self._stream.log(f"{where}/rgb", self._rr.Image(packet.rgb))
                if packet.depth is not None:
                    self._stream.log(f"{where}/depth", self._rr.DepthImage(np.nan_to_num(packet.depth), meter=1.0))
            case LidarScan():
                self._stream.log(f"{where}/points_lidar", self._rr.Points3D(packet.points_lidar))
            case ImuSample():
                self._stream.log(f"{where}/angular_velocity_imu", self._rr.Scalars(packet.angular_velocity_imu))
                self._stream.log(f"{where}/specific_force_imu", self._rr.Scalars(packet.specific_force_imu))
            case RobotState():
                for key in ("joint_position", "joint_velocity", "joint_torque", "gripper_width"):
                    self._stream.log(f"{where}/{key}", self._rr.Scalars(np.atleast_1d(getattr(packet, key))))

    def facts(self, facts: Facts, stamps: np.ndarray) -> None:
        """The simulator's truth: boxes of the objects, masks, joints of the furniture."""
        arrays = facts.arrays
        self.columns("facts", {key: arrays[key] for key in ("relations", "articulation") if key in arrays}, stamps)
        names = [str(each.get("name", "")) for each in facts.attributes.get("objects", [])]
        for step, stamp_ns in enumerate(stamps):
            self._at(int(stamp_ns))
            if "pose" in arrays:
                pose, size = arrays["pose"][step], np.broadcast_to(arrays["size"], (*arrays["pose"].shape[:-2], 3))[step]
                turned = [self._rr.Quaternion(xyzw=to_quat_xyzw(each)) for each in pose]
                boxes = self._rr.Boxes3D(centers=pose[:, :3, 3], sizes=size, quaternions=turned, labels=names or None)
                self._stream.log("base/facts/objects", boxes)
            for path in (path for path in arrays if path.startswith("masks/")):
                self._stream.log(f"facts/{path}", self._rr.SegmentationImage(arrays[path][step]))

    def explanation(self, stamp_ns: int, explanation: Explanation) -> None:
        """What was attended to: larger and brighter points, a veil over each camera's picture, words with their shares."""
        self._at(stamp_ns)
        words = " ".join(f"{word} ({weight:.0%})" for word, weight in explanation.words)
        self._stream.log("words/why", self._rr.TextLog(f"{explanation.title}: {words}"))
        for name, (points_base, value) in explanation.points.items():
            shown = self._rr.Points3D(points_base, colors=_bright(value), radii=0.004 + 0.016 * value)
            self._stream.log(f"base/why/{name}", shown)
        for camera, value in explanation.pixels.items():
            self._stream.log(f"base/cameras/{camera}/why", self._rr.Image(_bright(value)))

    def _camera(self, where: str, row: Mapping[str, Any]) -> None:
        """A camera's pictures and, where they are known, its place and its lens."""
        rgb, depth, K, T_base_camera = (row[key] for key in _CAMERA)
        if K is not None and not np.isnan(K).any():
            self._stream.log(where, self._rr.Pinhole(image_from_camera=K, width=rgb.shape[1], height=rgb.shape[0]))
        if T_base_camera is not None and not np.isnan(T_base_camera).any():
            self._stream.log(where, self._pose(T_base_camera))
        self._stream.log(f"{where}/rgb", self._rr.Image(rgb))
        if depth is not None:
            self._stream.log(f"{where}/depth", self._rr.DepthImage(depth, meter=1 / DEPTH_UNIT))

    def _pose(self, pose: np.ndarray) -> Any:
        """A (4, 4) transform as rerun has it."""
        return self._rr.Transform3D(translation=pose[:3, 3], mat3x3=pose[:3, :3])

    def _at(self, stamp_ns: int) -> None:
        """What is logged from now on happened at this stamp."""
        self._stream.set_time(TIMELINE, duration=(stamp_ns - self._first_ns) * 1e-9)


def _bright(value: np.ndarray) -> np.ndarray:
    """Values (...) in [0, 1] as colours (..., 4) uint8, from clear to bright."""
    colours = colormaps["inferno"](value)
    colours[..., 3] = 0.8 * value
    return (255 * colours).astype(np.uint8)


_CAMERA = ("rgb", "depth", "K", "T_base_camera")


def _names(rows: Mapping[str, np.ndarray], kind: str) -> list[str]:
    """The sensors of a kind."""
    return list(dict.fromkeys(path.split("/")[1] for path in rows if path.startswith(f"{kind}/")))


def _first_ns(episode: Episode) -> int:
    """The first stamp of all."""
    firsts = [int(rows["stamp_ns"][0]) for rows in (episode.observations, episode.commands) if len(rows.get("stamp_ns", ()))]
    firsts += [packet.stamp_ns for packet in episode.packets[:1]]
    return min(firsts, default=0)
