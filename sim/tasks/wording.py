"""Wording: the words and attributes of tasks, in a half that demonstrations may show and one that they may not."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from robot.errors import InvalidInput, one_of
from sim.tasks.family import SPLITS


@dataclass(frozen=True, kw_only=True)
class Halves:
    """Words of one kind, such as the sentences of a task; no word is in both halves.

    Attributes:
        seen: what training may show.
        unseen: what it may not.
    """

    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Both halves."""
        return self.seen + self.unseen

    def half(self, name: str) -> tuple[str, ...]:
        """The half of that name, "seen" or "unseen"."""
        return {"seen": self.seen, "unseen": self.unseen}[name]


@dataclass(frozen=True, kw_only=True)
class Split:
    """Which half the words and which half the attributes of an episode come from, "seen" or "unseen"."""

    words: str
    attributes: str

    @staticmethod
    def named(name: str) -> "Split":
        """The split "seen-unseen": seen words, unseen attributes.

        Raises:
            InvalidInput: there is no such split.
        """
        if name not in SPLITS:
            raise one_of("split", name, SPLITS)
        words, _, attributes = name.partition("-")
        return Split(words=words, attributes=attributes)


@cache
def load_words(name: str) -> Mapping[str, Halves]:
    """All tables of sim/tasks/words/<name>.yaml.

    Raises:
        InvalidInput: there is no such file, or a table in it is not two lists of words that share none.
    """
    folder = files("sim.tasks") / "words"
    names = sorted(each.name.removesuffix(".yaml") for each in folder.iterdir() if each.name.endswith(".yaml"))
    if name not in names:
        raise one_of("words", name, names)
    tables = yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return MappingProxyType({str(table): halves_of(f"words/{name}.yaml: {table}", parts) for table, parts in tables.items()})


def halves_of(where: str, parts: object) -> Halves:
    """A table as it was read from a file, checked.

    Raises:
        InvalidInput: it is not what it should be.
    """
    if isinstance(parts, dict) and set(parts) == {"seen", "unseen"}:
        seen, unseen = parts["seen"], parts["unseen"]
        lists = all(isinstance(half, list) and half and all(isinstance(word, str) for word in half) for half in (seen, unseen))
        if lists and not set(seen) & set(unseen):
            return Halves(seen=tuple(seen), unseen=tuple(unseen))
    raise InvalidInput(f"{where}: expected 'seen' and 'unseen', two lists of words that share none, got {parts!r}")
