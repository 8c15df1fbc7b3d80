"""What sorting goes by and into what: "by colour", "into the bins", "in the bin of the same colour"."""

from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.phrases import read_named
from policies.language.grammar.tokens import Reader
from policies.language.program import Phrase

KINDS = {"colour": "colour", "color": "colour", "colours": "colour", "colors": "colour", "shape": "shape", "kind": "shape",
         "type": "shape", "shapes": "shape", "size": "size", "sizes": "size"}  # fmt: skip
BY = {f"{by}{whose}{kind}": meaning for by in ("by ", "according to ", "based on ") for whose in ("", "their ", "its ", "the ")
      for kind, meaning in KINDS.items()}  # fmt: skip
INTO = {"in", "into", "inside", "to", "onto", "on", "among"}
MATCHING = {"matching", "corresponding", "appropriate", "respective"}
TAILS = {
    f"{of}{same}{kind}": meaning
    for of in ("of ", "with ", "in ")
    for same in ("the same ", "its ", "their ", "its own ", "their own ", "matching ", "the matching ", "a matching ")
    for kind, meaning in KINDS.items()
} | {f"that {match} {whose} {kind}": meaning for match in ("match", "matches", "has", "have") for whose in ("its", "their")
     for kind, meaning in KINDS.items()}  # fmt: skip


def read_kind(reader: Reader) -> str | None:
    """What sorting goes by, "by colour"; None if that does not stand next."""
    return reader.meaning(BY)


def read_containers(reader: Reader) -> tuple[str | None, Phrase] | None:
    """What sorting goes by, if that is said of the containers, and the containers; None if none stand next."""
    start = reader.position
    if not reader.accept(INTO):
        return None
    _skip_matching(reader)
    named = read_named(reader)
    if named is None:
        raise refusals.no_anchor(reader.said(start))
    return reader.meaning(TAILS), _every(named.phrase)


def read_matching(reader: Reader) -> tuple[str, Phrase] | None:
    """Like `read_containers`, but None where nothing says that each thing goes to one that is like it."""
    start = reader.position
    if reader.accept(INTO):
        matching = _skip_matching(reader)
        named = read_named(reader)
        kind = reader.meaning(TAILS)
        if named is not None and (matching or kind):
            return kind or "colour", _every(named.phrase)
    reader.position = start
    return None


def _skip_matching(reader: Reader) -> bool:
    """Move past "the matching"; whether it stood there."""
    start = reader.position
    reader.accept({"the", "its", "their"})
    if reader.accept(MATCHING):
        return True
    reader.position = start
    reader.accept({"its", "their"})
    return False


def _every(phrase: Phrase) -> Phrase:
    """The phrase for all containers that fit it, one of which is each thing's."""
    boxed = phrase.text.lower().split()[-1:] in (["box"], ["boxes"])
    return replace(phrase, every=True, indefinite=False, count=None, shape="bin" if boxed else phrase.shape)
