"""Which format a log from elsewhere is in, and the one `match` each for reading and for writing them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from policies.demonstrations import Episode, manifests
from policies.formats.calvin import IDS, Calvin
from policies.formats.exported import ExportConfig, Exported
from policies.formats.foreign import KINDS, ImportConfig, Importer, episode_of, first_line, plain_name
from policies.formats.lerobot import LeRobot
from policies.formats.mcap_file import write_mcap
from policies.formats.older import Older
from policies.formats.robomimic import Robomimic
from policies.formats.robomimic_file import write_robomimic
from policies.formats.ros import Ros
from robot.errors import HandsightError, InvalidInput, one_of

READ = ("lerobot", "robomimic", "ros2", "mcap", "calvin", "handsight")
WRITTEN = ("lerobot", "robomimic", "mcap")


class Log:
    """A log from elsewhere, or of an older version, as episodes of ours.

    Attributes:
        format: which it is.
    """

    def __init__(self, source: Path, config: ImportConfig) -> None:
        """Open it.

        Raises:
            InvalidInput: nothing there, of no format that is known, or damaged.
        """
        if config.action not in KINDS:
            raise one_of("action", config.action, KINDS)
        if config.rate_hz < 0:
            raise InvalidInput(f"rate_hz: expected steps a second, or 0 for what the log says, got {config.rate_hz}")
        self._source, self._config = source, config
        self.format = config.format or format_of(source)
        try:
            self._log: Importer | Older = _opened(self.format, source, config)
        except HandsightError:
            raise
        except Exception as error:  # what other people's readers do with damaged bytes is theirs to choose
            raise self._unsound(error) from None

    def __len__(self) -> int:
        """How many episodes it holds."""
        return len(self._log)

    def episodes(self) -> Iterator[tuple[str, Episode]]:
        """Name and episode, one after another.

        Raises:
            InvalidInput: one can't be read; says which, and why.
        """
        try:
            if isinstance(self._log, Older):
                yield from self._log.episodes()
                return
            for foreign in self._log.episodes():
                yield plain_name(foreign.name), episode_of(foreign, self._config, f"{self.format}: {self._source.name}")
        except HandsightError:
            raise
        except Exception as error:  # what other people's readers do with damaged bytes is theirs to choose
            raise self._unsound(error) from None

    def _unsound(self, error: BaseException) -> InvalidInput:
        """What a damaged log leads to where no check foresaw it."""
        return InvalidInput(f"{self._source} is not a sound {self.format} log: {type(error).__name__}: {first_line(error)}")


def format_of(source: Path) -> str:
    """The format of a file or folder, by what is in it.

    Raises:
        InvalidInput: nothing there, or nothing that is known.
    """
    if not source.exists():
        raise InvalidInput(f"import: no {source}; expected a file or folder with a log")
    if source.suffix in (".hdf5", ".h5"):
        return "robomimic"
    if source.suffix in (".mcap", ".db3") or (source / "metadata.yaml").is_file():
        return "ros2"
    if (source / "meta/info.json").is_file():
        return "lerobot"
    if source.is_dir():
        if (source / IDS).is_file() or next(source.glob("episode_*.npz"), None):
            return "calvin"
        if manifests(source):
            return "handsight"
        if next(source.glob("*.mcap"), None) or next(source.glob("*.db3"), None) or next(source.glob("*/metadata.yaml"), None):
            return "ros2"
    raise InvalidInput(f"import: {source} is no log that is known: {_hint(source)}; or name one: format={'|'.join(READ)}")


def exported(found: Sequence[Path], out: Path, config: ExportConfig) -> Iterator[Exported]:
    """Write committed episodes in another format, and give each back when it is written.

    Raises:
        InvalidInput: an unknown format, one that is there already, or episodes that don't fit it.
    """
    if config.to not in WRITTEN:
        raise one_of("to", config.to, WRITTEN)
    episodes = (Exported(manifest, config) for manifest in found)
    match config.to:
        case "lerobot":
            from policies.formats.lerobot_files import write_lerobot  # its statistics bring torch: 2 s that no other verb waits

            return write_lerobot(out, episodes, config)
        case "robomimic":
            return write_robomimic(out, episodes)
    return write_mcap(out, episodes)


def _opened(name: str, source: Path, config: ImportConfig) -> Importer | Older:
    """The log in its format."""
    if not source.exists():
        raise InvalidInput(f"import: no {source}; expected a file or folder with a log")
    match name:
        case "lerobot":
            return LeRobot(source, config)
        case "robomimic":
            return Robomimic(source, config)
        case "ros2" | "mcap":
            return Ros(source, config)
        case "calvin":
            return Calvin(source, config)
        case "handsight":
            return Older(source)
    raise one_of("format", name, READ)


def _hint(source: Path) -> str:
    """What to look for."""
    below = [each.name for each in sorted(source.iterdir()) if format_below(each)] if source.is_dir() else []
    if below:
        return f"but {', '.join(below[:4])} in it may be; name one of them"
    return "expected meta/info.json, a .hdf5, .mcap or .db3 file, metadata.yaml, or CALVIN's episode_*.npz"


def format_below(path: Path) -> bool:
    """Whether this, a level below, looks like a log."""
    inside = ("meta/info.json", "metadata.yaml", IDS)
    return path.suffix in (".hdf5", ".h5") or any((path / each).is_file() for each in inside)
