"""MCAP, written: one file an episode, in ROS 2's messages.

Both Foxglove and rosbags (and `ros2 bag`) read MCAP with ROS 2 messages; rosbags reads no JSON, and Foxglove needs nothing
more for CDR, so CDR it is. A topic for each camera (`/<name>/image`, sensor_msgs/Image rgb8), `/joint_states` (JointState),
`/action` and `/<array>` (Float64MultiArray, names in the layout), `/instruction` (String) and `/success` (Bool).
Chunks are zstd, each with its crc32, and so has the whole; a metadata record `handsight` holds what the actions mean.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.exported import Exported
from policies.formats.foreign import library
from robot.errors import InvalidInput


def write_mcap(out: Path, episodes: Iterator[Exported]) -> Iterator[Exported]:
    """Write a file for each episode into a folder, and give each episode back when it is there.

    Raises:
        InvalidInput: a file is there already.
    """
    out.mkdir(parents=True, exist_ok=True)
    for episode in episodes:
        path = out / f"{episode.name}.mcap"
        if path.exists():
            raise InvalidInput(f"out: {path} is there already; expected a new folder")
        partial = path.with_name(path.name + ".partial")
        try:
            with partial.open("wb") as file:
                _Writer(file).write(episode)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        yield episode


class _Writer:
    """One file."""

    def __init__(self, file: Any) -> None:
        """Begin it."""
        typesys, writing = library("rosbags.typesys"), library("mcap.writer")
        self._types = typesys.get_typestore(typesys.Stores.ROS2_HUMBLE)
        self._writer = writing.Writer(file, compression=writing.CompressionType.ZSTD, enable_data_crcs=True)
        self._writer.start(profile="ros2", library="handsight")
        self._channels: dict[str, int] = {}

    def write(self, episode: Exported) -> None:
        """All of an episode."""
        action = {key: value for key, value in episode.action.items() if key != "names"}
        kept = {**episode.kept, "name": episode.name, "robot": episode.robot, "rate_hz": episode.rate_hz}
        described = (
            {**kept, "action": {**action, "names": episode.action.get("names", [])}} if episode.actions is not None else kept
        )
        self._writer.add_metadata("handsight", {"episode": json.dumps(described)})
        if episode.num_steps and episode.instruction:
            self._put("/instruction", "std_msgs/msg/String", int(episode.stamp_ns[0]), data=episode.instruction)
        for step, stamp_ns in enumerate(episode.stamp_ns.tolist()):
            self._step(episode, step, stamp_ns)
        if episode.num_steps and episode.success is not None:
            self._put("/success", "std_msgs/msg/Bool", int(episode.stamp_ns[-1]), data=bool(episode.success))
        self._writer.finish()

    def _step(self, episode: Exported, step: int, stamp_ns: int) -> None:
        """What one step holds."""
        for name in episode.cameras:
            self._picture(name, episode.picture(name, step), stamp_ns)
        if episode.state is not None:
            self._joints("/joint_states", list(episode.state_names), episode.state[step], stamp_ns)
        if episode.actions is not None:
            self._list("/action", episode.actions[step], stamp_ns, episode.action.get("names", ()))
        for name, values in episode.arrays.items():
            self._list(f"/{name}", values[step], stamp_ns)

    def _picture(self, name: str, rgb: np.ndarray, stamp_ns: int) -> None:
        """An Image."""
        height, width = rgb.shape[:2]
        fields = {"height": height, "width": width, "encoding": "rgb8", "is_bigendian": 0, "step": 3 * width}
        header = self._header(stamp_ns, name)
        self._put(f"/{name}/image", "sensor_msgs/msg/Image", stamp_ns, header=header, **fields, data=rgb.reshape(-1))

    def _joints(self, topic: str, names: Sequence[str], values: np.ndarray, stamp_ns: int) -> None:
        """A JointState of positions."""
        none = np.zeros(0)
        fields = {"name": list(names), "position": np.asarray(values, np.float64), "velocity": none, "effort": none}
        self._put(topic, "sensor_msgs/msg/JointState", stamp_ns, header=self._header(stamp_ns, ""), **fields)

    def _list(self, topic: str, values: np.ndarray, stamp_ns: int, names: Sequence[str] = ()) -> None:
        """A Float64MultiArray with its shape; a single number has none."""
        make = self._types.types
        dimension, layout = make["std_msgs/msg/MultiArrayDimension"], make["std_msgs/msg/MultiArrayLayout"]
        shape = np.shape(values)
        labels = [",".join(names)] if len(shape) == 1 else [f"axis_{index}" for index in range(len(shape))]
        strides = [int(np.prod(shape[index:])) for index in range(len(shape))]
        dims = [dimension(label=label, size=size, stride=n) for label, size, n in zip(labels, shape, strides, strict=True)]
        data = np.asarray(values, np.float64).reshape(-1)
        self._put(topic, "std_msgs/msg/Float64MultiArray", stamp_ns, layout=layout(dim=dims, data_offset=0), data=data)

    def _header(self, stamp_ns: int, frame: str) -> Any:
        """A stamp and a frame."""
        make = self._types.types
        time = make["builtin_interfaces/msg/Time"](sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
        return make["std_msgs/msg/Header"](stamp=time, frame_id=frame)

    def _put(self, topic: str, kind: str, stamp_ns: int, **fields: Any) -> None:
        """One message; its topic and type are described before the first."""
        if topic not in self._channels:
            text, _ = self._types.generate_msgdef(kind, ros_version=2)
            schema = self._writer.register_schema(kind, "ros2msg", text.encode())
            self._channels[topic] = self._writer.register_channel(topic, "cdr", schema)
        raw = bytes(self._types.serialize_cdr(self._types.types[kind](**fields), kind))
        self._writer.add_message(self._channels[topic], stamp_ns, raw, stamp_ns)
