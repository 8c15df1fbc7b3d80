"""What sorting goes by and into what: "by colour", "into the bins", "in the bin of the same colour"."""

from dataclasses import replace

from policies.language.grammar import refusals
from policies.language.grammar.constructions import BY, INTO_BINS, KINDS, LIKE, LIKE_THINGS, OUTCOMES
from policies.language.grammar.phrases import read_named
from policies.language.grammar.tokens import Reader
from policies.language.program import Phrase, Sort

BINS = Phrase(text="", shape="bin", every=True)
EACH = {"each", "every", "one", "things of the same", "objects of the same", "items of the same", "all things of the same",
        "things with the same", "objects with the same", "items with the same", "all objects of the same", "each different",
        "all things of one", "things of one", "all items of the same", "things of a", "objects of one", "different",
        "the different"}  # fmt: skip
THEIRS = {"own", "separate", "different", "single", "same", "one", "certain", "dedicated", "respective", "distinct"}
OF_THINGS = {f"of {thing}" for thing in ("thing", "things", "object", "objects", "item", "items", "block", "blocks", "them")}


def read_kinds(reader: Reader) -> Sort | None:
    """ "each kind of thing in a bin of its own": everything sorted by that; None if that does not stand next."""
    start = reader.position
    kind = reader.meaning(KINDS) if reader.accept(EACH) else None
    if kind is not None:
        reader.accept(OF_THINGS)
        reader.accept(
            {"goes", "go", "belongs", "belong", "should go", "should be", "per", "gets", "has", "in", "into", "to", "is"}
        )
        reader.accept({"in", "into", "to", "inside"})
        if reader.accept(
            {f"{a}{theirs}".strip() for a in ("its ", "their ", "a ", "the ", "one ", "") for theirs in (*THEIRS, "")} - {""}
        ):
            reader.accept(THEIRS)
        named = read_named(reader)
        if named is not None:
            reader.accept({"of its own", "of their own", "each", "for itself", "to itself", "only", "per kind"})
            return Sort(things=Phrase(text=reader.said(start), every=True), by=kind, into=_every(named.phrase))
    reader.position = start
    return None


def starts_kinds(reader: Reader) -> bool:
    """Whether "(give) each kind its own bin" stands next; "give" is left behind."""
    start = reader.position
    reader.accept({"give"})
    after, found = reader.position, read_kinds(reader) is not None
    reader.position = after if found else start
    return found


def read_outcome(reader: Reader) -> None:
    """Move past what sorting results in: ", one kind per bin", "so that each bin holds one colour", "so that they match"."""
    start = reader.position
    reader.accept({","})
    reader.accept({"with", "so that", "such that", "so", "and"})
    if read_kinds(reader) is not None:
        return
    if reader.accept(OUTCOMES):
        return
    determined = reader.accept({"each", "every", "all"}) and read_named(reader)
    if determined and reader.accept({"holds", "contains", "has", "gets", "takes", "is for", "hold", "contain", "holding"}):
        reader.accept({"only", "just"})
        if reader.accept(
            {"one", "a single", "only one", "just one", "the same", "its own", "things of one", "things of the same"}
        ):
            reader.accept({*KINDS, "things"})
            reader.accept(OF_THINGS)
            return
    reader.position = start


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
