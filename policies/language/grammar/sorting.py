"""What sorting goes by and into what: "by colour", "into the bins", "in the bin of the same colour"."""

from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.constructions import BY, INTO_BINS, LIKE, LIKE_THINGS
from policies.language.grammar.phrases import read_named
from policies.language.grammar.tokens import Reader
from policies.language.program import Phrase


def read_kind(reader: Reader) -> str | None:
    """What sorting goes by, "by colour"; None if that does not stand next."""
    return reader.meaning(BY)


def read_containers(reader: Reader) -> tuple[str | None, Phrase, bool] | None:
    """What sorting goes by, if that is said of the containers, the containers, and whether they are several or like the things.

    None if none stand next.
    """
    start = reader.position
    if not reader.accept(INTO_BINS):
        return None
    matching = _skip_matching(reader)
    named = read_named(reader)
    if named is None:
        raise refusals.no_anchor(reader.said(start))
    kind = reader.meaning(LIKE_THINGS)
    return kind, _every(named.phrase), matching or kind is not None or named.phrase.every


def read_matching(reader: Reader) -> tuple[str, Phrase] | None:
    """Like `read_containers`, but None where nothing says that each thing goes to one that is like it."""
    start = reader.position
    if reader.accept(INTO_BINS):
        matching = _skip_matching(reader)
        named = read_named(reader)
        kind = reader.meaning(LIKE_THINGS)
        kind = kind or (read_kind(reader) if named is not None and named.phrase.every else None)
        if named is not None and (matching or kind):
            return kind or "colour", _every(named.phrase)
    reader.position = start
    return None


def _skip_matching(reader: Reader) -> bool:
    """Move past "the matching"; whether it stood there."""
    start = reader.position
    reader.accept({"the", "its", "their", "a", "that"})
    if reader.accept(LIKE):
        return True
    reader.position = start
    reader.accept({"its", "their"})
    return False


def _every(phrase: Phrase) -> Phrase:
    """The phrase for all containers that fit it, one of which is each thing's."""
    boxed = phrase.text.lower().split()[-1:] in (["box"], ["boxes"])
    return replace(phrase, every=True, indefinite=False, count=None, shape="bin" if boxed else phrase.shape)
