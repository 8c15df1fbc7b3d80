"""Gist: the pieces of one sentence, by their kinds and their places in it."""

from collections.abc import Sequence

from policies.language.gist.pieces import Piece


class Gist:
    """What is asked of the pieces of a sentence.

    Attributes:
        pieces: in their order.
        kinds: of all of them.
        things: the names of the single things, each once.
    """

    def __init__(self, pieces: Sequence[Piece]) -> None:
        """Hold them."""
        self.pieces, self.kinds = list(pieces), {piece.kind for piece in pieces}
        self.things: list[str] = []
        for piece in self.pieces:
            if piece.kind == "thing" and not self.named(piece):
                self.things.append(piece.name)

    def has(self, *kinds: str) -> bool:
        """Whether there is a piece of any of these kinds."""
        return not self.kinds.isdisjoint(kinds)

    def said(self, kind: str) -> set[str]:
        """What the pieces of a kind say."""
        return {piece.said for piece in self.pieces if piece.kind == kind}

    def named(self, piece: Piece | None) -> str:
        """Which thing a piece is, by all that is said of it or by its noun alone; empty if it is none of them."""
        if piece is None or piece.kind != "thing":
            return ""
        alone = not piece.said
        return next((name for name in self.things if name == piece.name or (alone and name.split()[-1] == piece.noun)), "")

    def kind(self, index: int) -> str:
        """Of the piece at an index; empty where there is none."""
        return self.pieces[index].kind if 0 <= index < len(self.pieces) else ""

    def before(self, index: int) -> list[str]:
        """The things before a piece, the nearest one last."""
        return [name for piece in self.pieces[:index] if (name := self.named(piece))]

    def behind(self, index: int) -> list[str]:
        """The things behind a piece, the nearest one first."""
        return [name for piece in self.pieces[index + 1 :] if (name := self.named(piece))]

    def beside(self, index: int) -> tuple[str, str]:
        """The things that stand right before and right behind a piece; empty for what is none."""
        before = self.pieces[index - 1] if index else None
        behind = self.pieces[index + 1] if index + 1 < len(self.pieces) else None
        return self.named(before), self.named(behind)

    def indices(self, kind: str, said: str = "") -> list[int]:
        """Where pieces of a kind are."""
        return [index for index, piece in enumerate(self.pieces) if piece.kind == kind and said in ("", piece.said)]

    def upon(self) -> list[tuple[str, str]]:
        """What is on what, upper and lower, in the order in which it is said; empty names where that is not plain."""
        found = []
        for index in self.indices("relation", "on"):
            ahead, lower = self.beside(index)
            before, behind = self.before(index), self.behind(index)
            opens = not ahead and lower and len(behind) > 1 and self.kind(index - 1) not in ("put", "take")
            upper = behind[1] if opens else before[-1] if before else ""
            found.append((upper, lower or next((name for name in reversed(before[:-1]) if name != upper), "")))
        return found

    def role(self, kind: str) -> str:
        """The thing that stands right before such a cue, or behind it; "?" if it is not plain which, empty if none does."""
        for index in self.indices(kind):
            said, (before, behind) = self.pieces[index].said, self.beside(index)
            before = "" if said.endswith(("with", "from")) else before
            if before or behind:
                return "?" if before and behind and said in EITHER else before or behind
        return ""


EITHER = {"first", "last", "third", "crown", "finally"}  # "the red one first", "first the red one"
