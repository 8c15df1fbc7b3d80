"""Frames: what a few pieces mean together, as a plain sentence.

A frame says which pieces it must have, and which it can hold; a sentence with any other piece is none of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from policies.language.gist.gist import Gist
from policies.language.grammar.lexicon import NOUNS, PLURALS

SAYING = {"inside": "in", "front": "in front of", "left": "to the left of", "right": "to the right of", "beside": "next to"}
SIDES, UPRIGHT = {"left", "right", "front", "behind"}, {"on", "inside"}


@dataclass(frozen=True)
class Frame:
    """A way to make sense of pieces.

    Attributes:
        needs: kinds of which there must be one.
        holds: kinds that there may be besides.
        things: how many single things there may be.
        said: the plain sentence, empty if it comes to none.
    """

    needs: str
    holds: str
    things: tuple[int, ...]
    said: Callable[[Gist], str]

    def reads(self, gist: Gist) -> str:
        """The plain sentence for a gist; empty if it is none of this frame."""
        fits = gist.has(*self.needs.split()) and gist.kinds <= {*self.needs.split(), *self.holds.split(), "it", "thing"}
        return self.said(gist) if fits and len(gist.things) in self.things else ""


def drawer(gist: Gist) -> str:
    """Open it or close it."""
    if gist.has("shut", "ajar"):
        return "close the drawer"
    return "open the drawer" if gist.has("open") and "inside" not in gist.said("relation") else ""


def crumbs(gist: Gist) -> str:
    """Into the dustpan, or to a part of the table."""
    where = "into the dustpan" if gist.has("dustpan") else region(gist)
    return f"sweep the crumbs {where}" if where else ""


def sorting(gist: Gist) -> str:
    """By colour or by shape."""
    kinds = {"colour" if said.startswith("colo") else "shape" for said in gist.said("kind")}
    if len(kinds) != 1 or any(" " in name for name in gist.things):
        return ""
    groups = {piece.noun for piece in gist.pieces if piece.kind == "things" and PLURALS.get(piece.noun) != "bin"}
    groups |= {f"{piece.noun}s" for piece in gist.pieces if piece.kind == "thing" and NOUNS[piece.noun] != "bin"}
    return f"sort the {groups.pop() if len(groups) == 1 else 'things'} into the bins by {kinds.pop()}"


def pyramid(gist: Gist) -> str:
    """Two side by side and the third on both."""
    if not gist.things:
        return "build a pyramid of the blocks" if gist.has("things") else ""
    over = [gist.before(at)[0] for at in (*gist.indices("relation", "on"), *gist.indices("both")) if len(gist.behind(at)) == 2]
    top = gist.role("high") or next(iter(over), gist.things[-1])
    first, second = (name for name in gist.things if name != top)
    return f"put the {first} next to the {second}, then put the {top} on both"


def tower(gist: Gist) -> str:
    """Three, one on another."""
    order, upon = list(gist.things), gist.upon()
    if gist.said("relation") - UPRIGHT or not (gist.has("tower", "stack", "high", "low") or len(upon) == 2):
        return ""
    low, high = gist.role("low"), gist.role("high")
    if gist.has("downward"):
        order = [] if low or high or upon else order[::-1]
    elif len(upon) == 2 and upon[1][1] == upon[0][0] and {*upon[0], *upon[1]} == {*order}:
        order = [upon[0][1], *upon[0][:1], upon[1][0]]
    else:
        low = low or (upon[0][1] if upon else "")
        order.sort(key=lambda name: (name == high) - (name == low))
    return f"put the {order[1]} on the {order[0]}, then put the {order[2]} on the {order[1]}" if order else ""


def push(gist: Gist) -> str:
    """To a part of the table, or so far in a direction; clear of something."""
    obstacles = [name for name in gist.things if _is_avoided(gist, name)]
    pushed, lengths = [name for name in gist.things if name not in obstacles], [*gist.said("length")]
    if len(pushed) != 1 or gist.has("avoid") != bool(obstacles) or gist.said("relation") - UPRIGHT or len(lengths) > 1:
        return ""
    where = region(gist) if not lengths else f"{lengths[0]} cm {direction(gist)}" if direction(gist) else ""
    return f"push the {pushed[0]} {where}{''.join(f' without touching the {each}' for each in obstacles)}" if where else ""


def between(gist: Gist) -> str:
    """Amid two things."""
    found = gist.indices("relation", "between")
    anchors = (gist.behind(found[0])[:2] or gist.things[:2]) if found else gist.things[1:]
    rest = [name for name in gist.things if name not in anchors]
    plain = len(rest) == 1 and len(anchors) == 2 and (found or gist.has("flank"))
    return f"put the {rest[0]} between the {anchors[0]} and the {anchors[1]}" if plain else ""


def put(gist: Gist) -> str:
    """One thing in a relation to another; of several the one that tells most."""
    said = gist.said("relation")
    telling = said & SIDES or said & UPRIGHT or said
    if len(telling) != 1:
        return ""
    (relation,) = telling
    at = gist.indices("relation", relation)[0]
    behind = [gist.beside(index)[1] for index in (at, *gist.indices("relation"))]
    anchor = next((name for name in behind if name), "") or next(iter(gist.before(at)[-2:-1]), "")
    thing = next((name for name in gist.things if name != anchor), "")
    return f"put the {thing} {SAYING.get(relation, relation)} the {anchor}" if anchor else ""


def pick(gist: Gist) -> str:
    """One thing, lifted."""
    return f"pick up the {gist.things[0]}"


def region(gist: Gist) -> str:
    """ "to the front left corner of the table"; empty if no one part of it is told."""
    words = {word for said in gist.said("where") for word in said.split()} | ({"middle"} if gist.has("mid") else set())
    along, across = words & {"front", "back"}, words & {"left", "right"}
    if len(along) > 1 or len(across) > 1 or words - along - across - {"middle"}:
        return ""
    if "middle" in words:
        return "" if along or across else "to the middle of the table"
    if along and across:
        return f"to the {along.pop()} {across.pop()} corner of the table"
    side = "".join(along or across)
    return f"to the {side} side of the table" if side and (gist.has("part") or side == "front") else ""


def direction(gist: Gist) -> str:
    """ "diagonally forward to the left"; empty if it is not plain."""
    words = gist.said("where") | ({"forward"} if gist.has("forward") else set()) | ({"back"} if gist.has("backward") else set())
    along, across = words & {"forward", "back"}, words & {"left", "right"}
    if len(along) > 1 or len(across) > 1 or words - along - across - {"diagonal"}:
        return ""
    if along and across:
        return f"diagonally {along.pop()} to the {across.pop()}"
    return along.pop() if along else f"to the {across.pop()}" if across else ""


def _is_avoided(gist: Gist, name: str) -> bool:
    """Whether it stands behind what tells to stay clear, or before it where nothing stands behind."""
    sides = [gist.beside(index) for index in gist.indices("avoid")]
    return any(behind == name or (before == name and not behind and len(gist.things) > 1) for before, behind in sides)


FRAMES = (
    Frame("drawer", "open shut ajar push slid pick handle put relation where", (0,), drawer),
    Frame("crumbs", "dustpan sweep relation put pick push cleared where part mid", (0,), crumbs),
    Frame("kind", "things relation sort like put pick together part where", (0, 1, 2, 3), sorting),
    Frame("push slid", "where part length avoid put pick relation backward forward mid", (1, 2), push),
    Frame("pyramid both together", "things relation low high mid put stack pick push part build sort", (0, 3), pyramid),
    Frame("tower stack relation low high", "things mid put pick build downward tower", (3,), tower),
    Frame("relation flank", "put pick mid push build flank", (3,), between),
    Frame("relation", "put pick low together high push", (2,), put),
    Frame("pick", "put", (1,), pick),
)
