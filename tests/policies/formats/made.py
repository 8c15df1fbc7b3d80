"""One small log of each foreign format, as its own library or our exporter writes it."""

from collections.abc import Callable
from pathlib import Path

from rosbags.rosbag2 import StoragePlugin

from policies.demonstrations import Episode
from policies.formats.catalogue import Log
from policies.formats.foreign import ImportConfig
from tests.policies.formats import worlds

MADE: dict[str, tuple[str, Callable[[Path], worlds.World]]] = {
    "lerobot v3.0": ("lerobot", worlds.lerobot),
    "lerobot v3.0 films": ("lerobot", lambda path: worlds.lerobot(path, films=True)),
    "lerobot v2.1": ("lerobot", lambda path: worlds.lerobot(path, "v2.1")),
    "lerobot v2.1 films": ("lerobot", lambda path: worlds.lerobot(path, "v2.1", films=True)),
    "robomimic": ("robomimic", worlds.robomimic),
    "calvin": ("calvin", worlds.calvin),
    "ros2": ("ros2", worlds.bag),
    "mcap": ("ros2", lambda path: worlds.bag(path, StoragePlugin.MCAP)),
}


def episodes_of(path: Path, **options: object) -> list[Episode]:
    """All that comes of a log."""
    return [episode for _, episode in Log(path, ImportConfig(**options)).episodes()]  # type: ignore[arg-type]
