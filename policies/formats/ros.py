"""ROS 2 bags (a folder with metadata.yaml, or one .db3) and MCAP files with ROS 2 messages: one bag, one episode.

A bag has no steps. They are taken at each picture of the camera that gave fewest (without cameras: at each message of the
topic with fewest), or every 1/rate_hz s; each step holds the newest message of every topic so far, by the time at which it
was recorded, and the first is when all have spoken. Image and CompressedImage become cameras; JointState the state vector,
unless its topic says action or command: then it is the action, as is a number array of such a name; Imu and other number
arrays go to `observations/foreign/`; a String whose topic says instruction, task or language is the sentence. Other topics
are left out, and named.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.bag import Bag, bag_of
from policies.formats.foreign import ForeignEpisode, ImportConfig, plain_name, refuse_oversized
from policies.formats.pictures import decoded
from robot.errors import InvalidInput, one_of

CHANNELS = {"rgb8": "rgb", "bgr8": "bgr", "rgba8": "rgba", "bgra8": "bgra", "mono8": "m", "8UC1": "m", "8UC3": "bgr"}
PICTURES = ("sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage")
JOINTS, IMU, TEXT, BOOL = "sensor_msgs/msg/JointState", "sensor_msgs/msg/Imu", "std_msgs/msg/String", "std_msgs/msg/Bool"
LISTS = ("std_msgs/msg/Float64MultiArray", "std_msgs/msg/Float32MultiArray")
KNOWN = (*PICTURES, JOINTS, IMU, TEXT, BOOL, *LISTS)
ACTION_WORDS, SENTENCE_WORDS, SUCCESS_WORDS = ("action", "command", "cmd"), ("instruction", "task", "language"), ("success",)


class Ros:
    """Open bags."""

    format = "ros2"

    def __init__(self, path: Path, config: ImportConfig) -> None:
        """Find the bags: this one, or those in the folder.

        Raises:
            InvalidInput: there is none.
        """
        self._config = config
        self._paths = [path] if path.is_file() or (path / "metadata.yaml").is_file() else _bags_in(path)
        if not self._paths:
            raise InvalidInput(f"{path}: expected a .mcap or .db3 file, a bag's folder with metadata.yaml, or a folder of such")

    def __len__(self) -> int:
        """How many bags there are."""
        return len(self._paths)

    def episodes(self) -> Iterator[ForeignEpisode]:
        """One after another."""
        for number, path in enumerate(self._paths):
            yield self._episode(f"episode_{number:06d}", bag_of(path))

    def _episode(self, name: str, bag: Bag) -> ForeignEpisode:
        """One bag: a first pass for the stamps, a second for what is in the steps."""
        stamps = _stamps(bag)
        left_out = [f"{topic}: {kind}" for topic, kind in bag.topics.items() if kind not in KNOWN]
        timed = {topic: each for topic, each in stamps.items() if bag.topics[topic] not in (TEXT, BOOL)}
        if not timed:
            raise InvalidInput(f"{bag.path}: none of its topics can be read: {', '.join(left_out) or 'there are none'}")
        steps, rate_hz = self._steps(bag, timed)
        tracks, texts, success = _tracks(bag, timed, steps)
        state_topics = self._config.state or [t for t in timed if bag.topics[t] == JOINTS and not _says(t, ACTION_WORDS)]
        action_topic = self._config.actions or next((t for t in timed if _may_act(bag.topics[t], t)), "")
        for topic in [*state_topics, *filter(None, [action_topic])]:
            if topic not in tracks:
                raise one_of(f"{bag.path}: topic", topic, list(tracks))
        cameras = {_camera_name(topic): tracks[topic].rows for topic in timed if bag.topics[topic] in PICTURES}
        states = [tracks[topic] for topic in state_topics]
        acted = tracks.get(action_topic)
        used = {*state_topics, action_topic, *(topic for topic in timed if bag.topics[topic] in PICTURES)}
        kept = bag.kept
        return ForeignEpisode(
            name=str(kept.get("name", name)),
            stamp_ns=steps,
            rate_hz=rate_hz,
            cameras=cameras,
            state=np.concatenate([each.rows.reshape(len(steps), -1) for each in states], axis=1) if states else None,
            state_names=[each for track in states for each in track.names],
            actions=None if acted is None else acted.rows.reshape(len(steps), -1),
            action=kept.get("action", {"names": acted.names} if acted is not None else {}),
            arrays={plain_name(topic): track.rows for topic, track in tracks.items() if topic not in used},
            instruction=str(kept.get("instruction", texts)),
            success=kept.get("success", success),
            robot=str(kept.get("robot", "")),
            left_out=left_out,
            extra={key: kept[key] for key in ("policy", "seed", "rewards") if key in kept},
        )

    def _steps(self, bag: Bag, stamps: Mapping[str, np.ndarray]) -> tuple[np.ndarray, float]:
        """The steps' stamps (T,), from when all have spoken, and how many are a second."""
        begin_ns = max(int(each[0]) for each in stamps.values())
        if self._config.rate_hz:
            end_ns = max(int(each[-1]) for each in stamps.values())
            period_ns = 1e9 / self._config.rate_hz
            return begin_ns + np.rint(np.arange((end_ns - begin_ns) // period_ns + 1) * period_ns).astype(
                np.int64
            ), self._config.rate_hz
        cameras = {topic: each for topic, each in stamps.items() if bag.topics[topic] in PICTURES}
        _, leading = min((len(each), topic) for topic, each in (cameras or stamps).items())
        steps = np.unique(stamps[leading])
        steps = steps[steps >= begin_ns]
        if len(steps) < 2:
            raise InvalidInput(f"{bag.path}: {leading} has {len(steps)} messages after all topics began; expected 2 or more")
        told = bag.kept.get("rate_hz")
        return steps, float(told) if told else round(1e9 / float(np.median(np.diff(steps))), 3)


class _Track:
    """What one topic says at each step."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.rows: np.ndarray = np.zeros(0)
        self.names: list[str] = []

    def put(self, where: str, start: int, stop: int, num_steps: int, values: np.ndarray) -> None:
        """Hold a message's numbers from a step to another."""
        if not self.rows.size:
            refuse_oversized(where, (num_steps, *values.shape), values.itemsize)
            self.rows = np.zeros((num_steps, *values.shape), values.dtype)
        if values.shape != self.rows.shape[1:]:
            raise InvalidInput(f"{where}: a message of {values.shape}; expected {self.rows.shape[1:]} as in the first")
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InvalidInput(f"{where}: a value that is not finite at step {start}; expected numbers")
        self.rows[start:stop] = values


def _stamps(bag: Bag) -> dict[str, np.ndarray]:
    """When each topic that can be read spoke, in order."""
    found: dict[str, list[int]] = {}
    for topic, stamp_ns, _ in bag.messages():
        if bag.topics[topic] in KNOWN:
            found.setdefault(topic, []).append(stamp_ns)
    return {topic: np.sort(np.array(each, dtype=np.int64)) for topic, each in found.items()}


def _tracks(bag: Bag, timed: Mapping[str, np.ndarray], steps: np.ndarray) -> tuple[dict[str, _Track], str, bool | None]:
    """Each topic at each step, the sentence, and whether it succeeded; a message no step asks for is not unpacked."""
    tracks: dict[str, _Track] = {topic: _Track() for topic in timed}
    ends = {topic: np.searchsorted(each, steps, side="right") - 1 for topic, each in timed.items()}
    count: Counter[str] = Counter()
    instruction, success = "", None
    for topic, _, raw in sorted_within(bag):
        kind, number = bag.topics[topic], count[topic]
        count[topic] += 1
        if kind == TEXT and _says(topic, SENTENCE_WORDS):
            instruction = instruction or str(bag.message(topic, raw).data)
        elif kind == BOOL and _says(topic, SUCCESS_WORDS):
            success = bool(bag.message(topic, raw).data)
        elif topic in tracks:
            start, stop = np.searchsorted(ends[topic], [number, number + 1])
            if start < stop:
                where = f"{bag.path}: {topic}"
                values, names = _values(kind, bag.message(topic, raw), where)
                tracks[topic].put(where, int(start), int(stop), len(steps), values)
                tracks[topic].names = tracks[topic].names or names or [f"{plain_name(topic)}_{n}" for n in range(values.size)]
    return tracks, instruction, success


def sorted_within(bag: Bag) -> Iterator[tuple[str, int, bytes]]:
    """The messages; each topic's must come in the order of their stamps."""
    newest: dict[str, int] = {}
    for topic, stamp_ns, raw in bag.messages():
        if stamp_ns < newest.get(topic, stamp_ns):
            raise InvalidInput(f"{bag.path}: {topic}: its clock jumps back from {newest[topic]} to {stamp_ns} ns")
        newest[topic] = stamp_ns
        yield topic, stamp_ns, raw


def _values(kind: str, message: Any, where: str) -> tuple[np.ndarray, list[str]]:
    """A message's numbers and their names."""
    if kind == PICTURES[0]:
        return _picture(message, where), []
    if kind == PICTURES[1]:
        return decoded(bytes(message.data), where), []
    if kind == JOINTS:
        names = [str(name) for name in message.name]
        values = np.asarray(message.position, dtype=np.float64)
        return values, names if len(names) == len(values) else []
    if kind == IMU:
        turn, force = message.angular_velocity, message.linear_acceleration
        return np.array([turn.x, turn.y, turn.z, force.x, force.y, force.z]), []
    return _list(message)


def _list(message: Any) -> tuple[np.ndarray, list[str]]:
    """A number array in the shape that its layout names, and the names of its numbers if its one label lists them."""
    values, dims = np.asarray(message.data), message.layout.dim
    names = str(dims[0].label).split(",") if len(dims) == 1 else []
    shape = [int(each.size) for each in dims]
    shaped = values.reshape(shape) if len(shape) != 1 and prod(shape) == values.size else values
    return shaped, names if len(names) == values.size else []


def _picture(message: Any, where: str) -> np.ndarray:
    """An Image as (H, W, 3) uint8, or its depth in its own unit."""
    height, width, encoding, data = message.height, message.width, str(message.encoding), np.asarray(message.data, np.uint8)
    channels = CHANNELS.get(encoding)
    if channels is None:
        raise one_of(f"{where}: encoding", encoding, CHANNELS)
    if message.step < width * len(channels) or data.size != message.step * height:
        raise InvalidInput(f"{where}: {data.size} bytes for {height} rows of {message.step}, {width} pixels each")
    pixels = data.reshape(height, message.step)[:, : width * len(channels)].reshape(height, width, len(channels))
    if channels == "m":
        return np.repeat(pixels, 3, axis=2)
    return pixels[:, :, [channels.index(colour) for colour in "rgb"]]


def _bags_in(folder: Path) -> list[Path]:
    """The bags in a folder, in order of their names."""
    found = {path.parent for path in folder.glob("*/metadata.yaml")} | set(folder.glob("*.mcap")) | set(folder.glob("*.db3"))
    return sorted(found)


def _may_act(kind: str, topic: str) -> bool:
    """Whether a topic holds actions."""
    return kind in (JOINTS, *LISTS) and _says(topic, ACTION_WORDS)


def _says(topic: str, words: Sequence[str]) -> bool:
    """Whether a topic's name has one of these words in it."""
    return any(word in topic.lower() for word in words)


def _camera_name(topic: str) -> str:
    """What a camera is called by its topic: "/front/image_raw" is front."""
    short = re.sub(r"/(image(_raw|_rect|_color|_rect_color)?|compressed|rgb|color)(?=/|$)", "", topic)
    return plain_name(short or topic)
