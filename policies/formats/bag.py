"""Bag: the messages of one ROS 2 recording, from MCAP or SQLite; MCAP chunks are held against their checksums."""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from policies.formats.foreign import first_line, library
from robot.errors import InvalidInput

LARGEST_RECORD = 1 << 30  # bytes of an MCAP record, packed or unpacked
OURS = "handsight"  # the metadata record that our own export adds


class Bag(Protocol):
    """One recording.

    Attributes:
        path: of it.
        topics: topic → ROS 2 type.
        kept: what our own export noted beside it.
    """

    path: Path
    topics: dict[str, str]
    kept: dict[str, Any]

    def messages(self) -> Iterator[tuple[str, int, bytes]]:
        """Topic, stamp in ns and CDR bytes of each message, in the file's order.

        Raises:
            InvalidInput: the file is damaged or truncated.
        """
        ...

    def message(self, topic: str, raw: bytes) -> Any:
        """A message's fields.

        Raises:
            InvalidInput: bytes that are no such message.
        """
        ...


def bag_of(path: Path) -> Bag:
    """The bag at a path; a folder with one MCAP file is that file."""
    if path.is_dir() and len(files := sorted(path.glob("*.mcap"))) == 1:
        return McapBag(files[0])
    return McapBag(path) if path.suffix == ".mcap" else SqliteBag(path)


class _Typed:
    """Reads messages by the definitions that came with them."""

    def __init__(self, path: Path) -> None:
        """Know no types yet."""
        self.path = path
        self.topics: dict[str, str] = {}
        self.kept: dict[str, Any] = {}
        self._types = library("rosbags.typesys").get_typestore(library("rosbags.typesys").Stores.ROS2_HUMBLE)

    def message(self, topic: str, raw: bytes) -> Any:
        """A message's fields."""
        try:
            return self._types.deserialize_cdr(raw, self.topics[topic])
        except Exception as error:  # whatever generated code does with damaged bytes
            raise InvalidInput(f"{self.path}: {topic}: a message is no {self.topics[topic]}: {first_line(error)}") from None


class McapBag(_Typed):
    """An MCAP file."""

    def __init__(self, path: Path) -> None:
        """Read all of it once: every chunk's checksum, the topics and their types.

        Raises:
            InvalidInput: damaged, truncated, or without ROS 2 messages.
        """
        super().__init__(path)
        self._channels: dict[int, str] = {}
        schemas: dict[int, Any] = {}
        records = library("mcap.records")
        for record in self._records():
            if isinstance(record, records.Schema):
                schemas[record.id] = record
            elif isinstance(record, records.Channel):
                schema = schemas.get(record.schema_id)
                self._add_channel(record, schema)
            elif isinstance(record, records.Metadata) and record.name == OURS:
                self.kept = _json(record.metadata.get("episode", "{}"), path)
        if not self.topics:
            raise InvalidInput(f"{path} has no topics")

    def messages(self) -> Iterator[tuple[str, int, bytes]]:
        """In the file's order."""
        kind = library("mcap.records").Message
        for record in self._records():
            if isinstance(record, kind):
                if record.channel_id not in self._channels:
                    raise InvalidInput(f"{self.path}: a message of channel {record.channel_id}, which it does not describe")
                yield self._channels[record.channel_id], record.log_time, record.data

    def _add_channel(self, channel: Any, schema: Any) -> None:
        """A topic; its type must be ROS 2's."""
        if channel.message_encoding != "cdr" or schema is None or schema.encoding != "ros2msg":
            got = f"{channel.message_encoding} messages with a schema in {schema.encoding if schema else 'nothing'}"
            raise InvalidInput(f"{self.path}: {channel.topic} has {got}; expected ROS 2 messages (cdr with ros2msg)")
        try:
            found = library("rosbags.typesys").get_types_from_msg(schema.data.decode(), schema.name)
            self._types.register({name: each for name, each in found.items() if name not in self._types.fielddefs})
        except Exception as error:  # the parser's own errors are of many kinds
            raise InvalidInput(
                f"{self.path}: {channel.topic}: its type {schema.name} can't be read: {first_line(error)}"
            ) from None
        self.topics[channel.topic] = schema.name
        self._channels[channel.id] = channel.topic

    def _records(self) -> Iterator[Any]:
        """Every record, those inside chunks among them, each chunk held against its checksum; the file must have an end."""
        reading, records = library("mcap.stream_reader"), library("mcap.records")
        ended = False
        try:
            with self.path.open("rb") as file:
                stream = reading.StreamReader(file, emit_chunks=True, validate_crcs=True, record_size_limit=LARGEST_RECORD)
                for record in stream.records:
                    ended = ended or isinstance(record, records.Footer)
                    if isinstance(record, records.Chunk):
                        _refuse_bomb(record, self.path)
                        yield from reading.breakup_chunk(record, validate_crc=True)
                    else:
                        yield record
        except InvalidInput:
            raise
        except (
            library("mcap.exceptions").McapError,
            ValueError,
            OSError,
            EOFError,
            struct.error,
            zlib.error,
            RuntimeError,
        ) as error:
            raise InvalidInput(f"{self.path} is damaged or truncated: {first_line(error)}") from None
        except Exception as error:
            if type(error).__module__.partition(".")[0] in ("mcap", "zstandard", "lz4"):
                raise InvalidInput(f"{self.path} is damaged: {first_line(error)}") from None
            raise
        if not ended:
            raise InvalidInput(f"{self.path} is truncated: it has no end")


class SqliteBag(_Typed):
    """A bag in SQLite, or in several MCAP files; SQLite holds no checksums, so only its own structure is checked."""

    def __init__(self, path: Path) -> None:
        """Read the topics.

        Raises:
            InvalidInput: no such bag, or a damaged one.
        """
        super().__init__(path)
        try:
            with self._reader() as reader:
                found = {each.topic: each for each in reader.connections}
        except InvalidInput:
            raise
        except Exception as error:  # rosbags and sqlite3 fail in many ways on damaged files
            raise self._damaged(error) from None
        parse = library("rosbags.typesys").get_types_from_msg
        for topic, each in found.items():
            self.topics[topic] = each.msgtype
            if each.msgtype not in self._types.fielddefs and each.msgdef.data:
                self._types.register(parse(each.msgdef.data, each.msgtype))

    def messages(self) -> Iterator[tuple[str, int, bytes]]:
        """In the order of their stamps."""
        try:
            with self._reader() as reader:
                for connection, stamp_ns, raw in reader.messages():
                    yield connection.topic, stamp_ns, bytes(raw)
        except InvalidInput:
            raise
        except Exception as error:
            raise self._damaged(error) from None

    def _reader(self) -> Any:
        """The reader of rosbags."""
        return library("rosbags.rosbag2").Reader(self.path)

    def _damaged(self, error: Exception) -> InvalidInput:
        """One sentence for whatever went wrong."""
        return InvalidInput(f"{self.path} is not a whole ROS 2 bag: {first_line(error)}")


def _refuse_bomb(chunk: Any, path: Path) -> None:
    """Refuse a chunk that claims too much, or more than its compressor says."""
    size = chunk.uncompressed_size
    if chunk.compression == "zstd":
        size = max(size, library("zstandard").frame_content_size(chunk.data))
    if size > LARGEST_RECORD:
        raise InvalidInput(f"{path}: a chunk claims {size} bytes; expected at most {LARGEST_RECORD}")


def _json(text: str, path: Path) -> dict[str, Any]:
    """A JSON mapping."""
    try:
        contents = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"{path}: its metadata {OURS} is not JSON") from None
    return contents if isinstance(contents, dict) else {}
