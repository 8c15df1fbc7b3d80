"""The gist of a sentence that the grammar can't take apart, if it plainly asks for something to be done."""

from collections.abc import Collection
from itertools import pairwise

from policies.language.gist.frames import FRAMES
from policies.language.gist.gist import Gist
from policies.language.gist.lexicon import ASKING, BASES, BEGINS, LEADS, TO_YOU, WISHES, WISHING, WONDERING
from policies.language.gist.pieces import MODALS, pieces_of
from policies.language.grammar.tokens import Reader, Token
from policies.language.grammar.verbs import PARTICIPLES

DUTIES = ("should", "must", "ought", "have", "need")
KIND = ("great", "nice", "good", "lovely", "better", "it")  # "it would be nice if": a wish, no condition


def gist_of(sentence: str, tokens: tuple[Token, ...]) -> str:
    """The plain sentence that one of a few frames makes of all pieces; empty if none does, or if nothing is to be done."""
    while tokens and tokens[0].word in LEADS:
        tokens = tokens[1:]
    if not asks_to_do(Reader(sentence, tokens)):
        return ""
    gist = Gist(pieces_of(Reader(sentence, tokens)) or ())
    return next((plain for frame in FRAMES if (plain := frame.reads(gist))), "")


def asks_to_do(reader: Reader) -> bool:
    """Whether somebody asks for something: by a verb that commands, a wish or a polite question; and does not report."""
    words = [token.word for token in reader.tokens]
    begins = [0, *(at + 1 for at, word in enumerate(words) if word in BEGINS)]
    wishes = words[:1] == ["have"] or _holds(reader, WISHES, range(len(words)))
    asks = words[:1] != [] and words[0] in ASKING and words[:2] != ["how", "about"]
    reports = _reports(words) or ("if" not in words and not {"was", "were"}.isdisjoint(words))
    conditions = any(after == "if" and before not in KIND for before, after in pairwise(["", *words]))
    if asks or reports or conditions:
        return False
    if "?" in words:
        return _is_polite(words)
    return wishes or ("if" not in words and _holds(reader, BASES, begins))


def _is_polite(words: list[str]) -> bool:
    """Whether a question is a command: "could you", "can the block be put"; not "can you see", nor "could it be open"."""
    if not WONDERING.isdisjoint(words[2:]) or "see" in words:
        return False
    done = any(before == "be" and after in PARTICIPLES and after != "open" for before, after in pairwise(words))
    opens = words[0] in MODALS and (words[1] == "you" or words[2:3] == ["have"] or done)
    return opens or words[:2] == ["how", "about"] or "you" in words[-3:]


def _reports(words: list[str]) -> bool:
    """Whether somebody says what he does, or what the robot does or did: "I put", "I want to push", "you should have put"."""
    for at, word in enumerate(words):
        before, after = words[at - 1] if at else "", words[at + 1 : at + 4]
        if word in ("i", "we", "i'd", "we'd"):
            plans = after[1:2] == ["to"] and after[2:] not in (["see"], ["get"])
            if after[:1] == [] or after[0] not in WISHING or plans:
                return True
        if word == "you" and (before not in TO_YOU if at else after[:1] == [] or after[0] not in DUTIES):
            return True
        if (word == "have" and after and after[0] in PARTICIPLES) or (word in ("you", "it", "they") and after[:1] == ["can"]):
            return True
    return False


def _holds(reader: Reader, table: Collection[str], places: Collection[int]) -> bool:
    """Whether an expression of a table stands at one of some places."""
    return any(reader.length(table, at) for at in places)
