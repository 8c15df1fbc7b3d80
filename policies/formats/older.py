"""Episodes of this format's first version: raw packets and commands; written anew, every chunk gets a checksum of its own."""

from collections.abc import Iterator
from pathlib import Path

from policies.demonstrations import SCHEMA, Episode, manifests, read
from policies.storage.stored import StoredEpisode
from robot.errors import InvalidInput


class Older:
    """A folder with episodes of an older version."""

    format = "handsight"

    def __init__(self, folder: Path) -> None:
        """Find them.

        Raises:
            InvalidInput: there is none.
        """
        self._manifests = [each for each in manifests(folder) if StoredEpisode(each).manifest.schema < SCHEMA]
        if not self._manifests:
            raise InvalidInput(
                f"{folder}: every episode is of version {SCHEMA} already; handsight-log merge brings logs together"
            )

    def __len__(self) -> int:
        """How many there are."""
        return len(self._manifests)

    def episodes(self) -> Iterator[tuple[str, Episode]]:
        """Name and episode, one after another; what the policy saw was not written down then, and is absent."""
        for manifest in self._manifests:
            episode = read(manifest)
            attributes = {key: value for key, value in episode.attributes.items() if key != "schema"}
            absent = {"absent": ["observations", "plans"], "source": str(manifest)}
            yield (
                manifest.stem,
                Episode(packets=episode.packets, commands=episode.commands, attributes={**attributes, **absent}),
            )
