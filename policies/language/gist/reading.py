"""The gist of a sentence that the grammar can't take apart."""

from policies.language.gist.frames import FRAMES
from policies.language.gist.gist import Gist
from policies.language.gist.lexicon import ASKING, COMMANDING
from policies.language.gist.pieces import pieces_of
from policies.language.grammar.tokens import Reader, Token

DOING = {"put", "pick", "push", "stack", "sort", "sweep", "open", "shut", "build", "tower", "pyramid", "ajar", "slid"}


def gist_of(sentence: str, tokens: tuple[Token, ...]) -> str:
    """The plain sentence that one of a few frames makes of all pieces; empty if none does, or if nothing is to be done."""
    words = [token.word for token in tokens]
    if not words or (words[0] in ASKING and words[:2] != ["how", "about"]):
        return ""
    gist = Gist(pieces_of(Reader(sentence, tokens)) or ())
    if not gist.has(*DOING) and COMMANDING.isdisjoint(words):
        return ""
    return next((plain for frame in FRAMES if (plain := frame.reads(gist))), "")
