"""Frames: what a few pieces mean together, as a plain sentence.

A frame says which pieces it must have, and which it can hold; a sentence with any other piece is none of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from policies.language.gist.gist import Gist
from policies.language.grammar.lexicon import NOUNS, PLURALS

SAYING = {"inside": "in", "front": "in front of", "left": "to the left of", "right": "to the right of", "beside": "next to"}


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
    """Open it or close it: just one of the two is said; of one that must not stay what it is, the other one."""
    said = [piece.kind for piece in gist.pieces if piece.kind in ("open", "shut", "ajar")]
    if "ajar" in said:
        state = next(iter(said[said.index("ajar") + 1 :]), "")
        said = ["shut" if state == "open" else "open", *said[said.index("ajar") + 2 :]] if state in ("open", "shut") else []
    return "" if len({*said}) != 1 else "open the drawer" if said[0] == "open" else "close the drawer"


def crumbs(gist: Gist) -> str:
    """Into the dustpan, or to a part of the table."""
    if gist.has("dustpan") == gist.has("where", "mid") or gist.said("where") & {"forward", "diagonal"}:
        return ""
    into = [at for at in gist.indices("relation") if gist.kind(at + 1) == "dustpan"]
    doing = min((at for kind in ("sweep", "put", "take", "push") for at in gist.indices(kind)), default=0)
    told = any(at < doing for kind in ("where", "mid") for at in gist.indices(kind))  # it tells which crumbs
    where = "into the dustpan" if into else "" if gist.has("dustpan") or told else region(gist)
    return f"sweep the crumbs {where}" if where else ""


def sorting(gist: Gist) -> str:
    """By colour or by shape; one thing is sorted where each of its kind is meant."""
    kinds = {"colour" if said.startswith("colo") else "shape" for said in gist.said("kind")}
    single = {piece.noun for piece in gist.pieces if piece.kind == "thing" and NOUNS[piece.noun] != "bin"}
    each = gist.said("like") & {"each", "every", "per"}
    if len(kinds) != 1 or any(" " in name for name in gist.things) or (single and not each) or not gist.has("sort", "like"):
        return ""
    bins = [piece for piece in gist.pieces if piece.noun and {**NOUNS, **PLURALS}.get(piece.noun) == "bin"]
    groups = {piece.noun for piece in gist.pieces if piece.kind == "things" and piece not in bins} | {
        f"{noun}s" for noun in single
    }
    if not bins and not (gist.has("sort") and groups):
        return ""
    return f"sort the {groups.pop() if len(groups) == 1 else 'things'} into the bins by {kinds.pop()}"


def pyramid(gist: Gist) -> str:
    """Two side by side and the third on both."""
    if not made_of(gist):
        return ""
    if not gist.things:
        return "build a pyramid of the blocks" if gist.has("things") and gist.has("pyramid", "both") else ""
    over = {bridge(gist.before(at), gist.behind(at)) for at in gist.indices("both")}
    over |= {gist.before(at)[0] for at in gist.indices("relation", "on") if len(gist.before(at)) == 1}
    top = next(iter(over), "") or gist.role("high")
    if top in ("", "?") or len(over) > 1:
        return ""
    first, second = (name for name in gist.things if name != top)
    return f"put the {first} next to the {second}, then put the {top} on both"


def tower(gist: Gist) -> str:
    """Three, one on another: by what is on what, or in the order in which they are told, but for the lowest and the highest."""
    order, upon = list(gist.things), dict(gist.upon())
    low, high = gist.role("low"), gist.role("high")
    vague = "?" in (low, high) or "" in {*upon, *upon.values()} or bool(gist.said("relation") - {"on"})
    if vague or not made_of(gist) or (gist.has("downward") and (upon or low or high)):
        return ""
    if gist.has("downward"):
        order = order[::-1]
    elif len(gist.upon()) > 1:
        order = chain(upon)
    else:
        low = low or next(iter(upon.values()), "")
        order.sort(key=lambda name: (name == high) - (name == low))
    if len(order) != 3 or any(order.index(upper) != order.index(lower) + 1 for upper, lower in upon.items()):
        return ""
    return f"put the {order[1]} on the {order[0]}, then put the {order[2]} on the {order[1]}"


def bridge(before: list[str], behind: list[str]) -> str:
    """Which of three lies on the two others, told by what stands before and behind "on both" or "bridges"."""
    return before[0] if len(before) == 1 else behind[0] if behind else before[-1] if before else ""


def made_of(gist: Gist) -> bool:
    """Whether "from" tells only what is built from: nothing is taken from anywhere."""
    return all(gist.kind(at - 1) in ("build", "tower", "pyramid") for at in gist.indices("from"))


def chain(upon: Mapping[str, str]) -> list[str]:
    """Three things from the lowest up, given what is on what; empty if that is no chain."""
    lowest = [name for name in upon.values() if name not in upon]
    order = lowest[:1]
    while len(lowest) == 1 and (above := [upper for upper, lower in upon.items() if lower == order[-1]]):
        order = order + above[:1] if len(above) == 1 and above[0] not in order else []
        if not order:
            break
    return order if len(order) == len(upon) + 1 else []


def push(gist: Gist) -> str:
    """To a part of the table, or so far in a direction; clear of something."""
    obstacles = {behind for at in gist.indices("avoid") if (behind := gist.beside(at)[1])}
    obstacles |= {before for at in gist.indices("spared") if (before := gist.beside(at)[0])}
    pushed, lengths = [name for name in gist.things if name not in obstacles], gist.indices("length")
    told = gist.has("avoid", "spared") == bool(obstacles) and gist.has("leave") <= gist.has("spared", "avoid")
    if len(pushed) != 1 or len(obstacles) > 1 or len(lengths) > 1 or not told or gist.said("relation") - {"inside", "on"}:
        return ""
    far = f"{gist.pieces[lengths[0]].said} cm {direction(gist)}" if lengths and direction(gist) else ""
    where = far if lengths else region(gist)
    return f"push the {pushed[0]} {where}{''.join(f' without touching the {each}' for each in obstacles)}" if where else ""


def between(gist: Gist) -> str:
    """Amid two things: "between the two", or with one on each side."""
    found, flank = gist.indices("relation", "between"), gist.indices("flank")
    if found and not flank and len(gist.indices("relation")) == 1:
        anchors = gist.behind(found[0])[:2] or gist.things[:2]
    elif flank and not gist.has("relation") and len(gist.before(flank[0])) > 1:
        anchors = gist.things[1:]
    else:
        return ""
    rest = [name for name in gist.things if name not in anchors]
    return f"put the {rest[0]} between the {anchors[0]} and the {anchors[1]}" if len(rest) == 1 and len(anchors) == 2 else ""


def put(gist: Gist) -> str:
    """One thing in one relation to another; that it is next to it may be said besides."""
    said = gist.said("relation") - {"beside"} or gist.said("relation")
    at = [index for index in gist.indices("relation") if gist.pieces[index].said in said]
    if len(said) != 1:
        return ""
    behind = [gist.beside(index)[1] for index in (*at, *gist.indices("relation"))]
    anchor = next((name for name in behind if name), "") or next(iter(gist.before(at[0])[-2:-1]), "")
    thing = next((name for name in gist.things if name != anchor), "")
    return f"put the {thing} {SAYING.get(*said, *said)} the {anchor}" if anchor else ""


def pick(gist: Gist) -> str:
    """One thing, lifted."""
    return f"pick up the {gist.things[0]}"


def region(gist: Gist) -> str:
    """ "to the front left corner of the table"; empty if no one part of it is told."""
    words = {word for said in gist.said("where") for word in said.split()} | ({"middle"} if gist.has("mid") else set())
    along, across = words & {"front", "back"}, words & {"left", "right"}
    if len(along) > 1 or len(across) > 1 or words - along - across - {"middle"} or gist.has("forward", "backward"):
        return ""
    if "middle" in words:
        return "" if along or across else "to the middle of the table"
    if along and across:
        return f"to the {along.pop()} {across.pop()} corner of the table"
    side = "".join(along or across)
    return f"to the {side} side of the table" if side and (gist.has("part") or side == "front") else ""


def direction(gist: Gist) -> str:
    """ "diagonally forward to the left"; empty if it is not plain."""
    if gist.has("part", "mid"):
        return ""
    words = gist.said("where") | ({"forward"} if gist.has("forward") else set()) | ({"back"} if gist.has("backward") else set())
    along, across = words & {"forward", "back"}, words & {"left", "right"}
    if len(along) > 1 or len(across) > 1 or words - along - across - {"diagonal"}:
        return ""
    if along and across:
        return f"diagonally {along.pop()} to the {across.pop()}"
    return along.pop() if along else f"to the {across.pop()}" if across else ""


FRAMES = (
    Frame("drawer", "open shut ajar push slid handle take", (0,), drawer),
    Frame("crumbs", "dustpan sweep relation put take push where part mid", (0,), crumbs),
    Frame("kind", "things relation sort like put take", (0, 1, 2, 3), sorting),
    Frame("push slid", "where part length avoid spared leave put take backward forward mid relation give", (1, 2), push),
    Frame("pyramid both together", "things relation low high mid then put take stack push build sort from", (0, 3), pyramid),
    Frame("tower stack build low high", "relation things mid then put take downward from", (3,), tower),
    Frame("relation flank", "put take mid push build", (3,), between),
    Frame("relation", "put take low together push", (2,), put),
    Frame("lift", "put take", (1,), pick),
)
