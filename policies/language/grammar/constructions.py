"""The words of whole constructions: wishes, results, ways of building and of sorting; what each of them means."""

from enum import Enum

# Wishes: "make sure the block is in the bowl", "the drawer must be open".
WISHES = {
    "make sure", "make sure that", "be sure", "be sure that", "ensure", "ensure that", "see to it", "see to it that",
    "see that", "take care that", "check that", "i want", "i want that", "i need", "i would like", "i'd like", "i would love",
    "i'd love", "i prefer", "we want", "we need", "let", "have", "get", "make", "cause", "help", "i want to see",
    "i would like to see", "i'd like to see", "i would like to have", "i'd like to have", "i want to have", "arrange that",
    "arrange for", "i wish", "i wish that",
}  # fmt: skip
SHALLS = ("should", "must", "shall", "ought to", "has to", "have to", "needs to", "need to", "is to", "are to", "will",
          "is supposed to", "are supposed to", "is meant to", "are meant to", "would", "can", "wants to",
          "want to")  # fmt: skip
_BE = ("be", "go", "end up", "wind up", "finish up", "finish", "come to rest", "lie", "sit", "stand", "rest", "land", "get",
       "move", "come", "travel", "be located", "be sitting", "be standing", "be lying", "be resting", "belong", "be moved over",
       "find its way", "come to lie", "come to stand", "be found", "be brought", "make its way")  # fmt: skip
SHALL = {f"{shall} {be}" for shall in SHALLS for be in _BE}
BELONG = {"goes", "go", "belongs", "belong", "comes", "is wanted", "are wanted", "is needed", "are needed", "needs", "wants"}
IS = {"is", "are", "sits", "lies", "stands", "rests", "ends up", "lands", "gets", "moves"} | BELONG | SHALL
BE = {f"{to}{be}" for to in ("", "to ") for be in _BE} | IS
FINITE = SHALL | BELONG

# Results: "push it until it lies", "pull it open", "by pushing it".
TAILS = {
    f"{until} {it} {there}"
    for until in ("until", "till", "so that", "such that", "so", "and make sure", "in such a way that")
    for it in ("it", "they", "the thing")
    for there in ("is", "are", "lies", "stands", "sits", "rests", "ends up", "comes to rest", "goes", "moves", "gets",
        "travels",
                  "will be", "has moved", "slides", "comes to lie", "has gone", "has travelled", "arrives", "is located")
}  # fmt: skip
WIDE = {"open", "out", "open again", "wide open", "all the way out", "wide", "ajar", "outward", "outwards", "toward you",
        "towards you", "out toward you", "out towards you"}  # fmt: skip
SHUT = {"shut", "closed", "in", "close", "shut again", "closed again", "back in", "home", "fully shut", "fully closed",
        "all the way in", "inward", "inwards", "back", "back inside", "inside"}  # fmt: skip
BY_HAND = {f"{by} {on}".rstrip() for by in ("by pushing", "by pulling", "by its", "with a", "by the", "by sliding",
    "by drawing",
           "by using", "using its") for on in ("", "it", "on it", "handle", "push", "pull", "its handle", "the handle",
           "it shut",
           "it open", "it in", "it out", "on its handle", "on the handle", "it closed")}  # fmt: skip
WIDE |= {f"{until} it {opens}" for until in ("until", "so that", "till", "such that") for opens in ("opens", "is open",
    "stands open",
         "is opened", "is wide open")}  # fmt: skip
SHUT |= {f"{until} it {shuts}" for until in ("until", "so that", "till", "such that") for shuts in ("closes", "is closed",
    "is shut",
         "shuts", "is in", "is fully closed", "is fully shut")}  # fmt: skip
SWEPT = {
    f"the {table}{clean}" for table in ("table", "desk", "table top", "tabletop", "counter") for clean in ("", " clean", " off")
}
SLIDING = {"by pushing", "by pushing it", "by sliding it", "with a push", "by shoving it", "without lifting it",
           "without picking it up", "without grasping it", "without raising it", "without gripping it",
           "by nudging it"}  # fmt: skip

# Buildings.
FORMS = {
    **dict.fromkeys(("pyramid", "triangle", "pyramid shape", "pyramid structure", "triangular stack"), "pyramid"),
    **dict.fromkeys(("tower", "stack", "pile", "column", "heap", "vertical stack"), "tower"),
}
ARTICLES = {"a", "an", "the", "one", "another", "your", "my"}
INTO_FORM = {"into", "in", "as", "to", "to form", "to make", "to build", "to create", "in the shape of", "in the form of",
    "forming",
        "making", "so that they form", "so they form", "such that they form", "like", "up into", "up as", "to get"}  # fmt: skip
CONNECTIVES = {"of", "with", "from", "out of", "using", "by using", "made of", "made from", "made out of", "consisting of",
               "that has", "which has", "having", "where", "in which", "so that", "such that", "and", "then", "and then", ",",
               ":", ";", "built from", "built of", "and finally", "by", "together with", "plus"}  # fmt: skip
SIDES = {
    f"{right}{side}"
    for right in ("", "right ", "directly ", "just ", "close ")
    for side in (
        "side by side", "next to each other", "next to one another", "beside each other", "beside one another", "together",
        "alongside each other", "adjacent to each other", "adjacent to one another", "close together", "adjacently",
        "close to each other", "close to one another", "side to side", "against each other", "in contact", "adjacent",
    )
}  # fmt: skip
BOTH = {"both", "both of them", "them", "them both", "the two", "these two", "those two", "these", "those", "the other two",
        "the two others", "the others", "both blocks", "the pair", "the first two", "the two of them", "the rest",
        "the two blocks", "both of these", "both of those"}  # fmt: skip
UPON = {"on", "onto", "on to", "upon", "atop", "on top of", "above", "over", "across", "on the top of", "astride", "spanning",
        "bridging", "resting on", "standing on", "sitting on", "lying on", "supported by", "straddling",
        "laid across"}  # fmt: skip


class Role(Enum):
    """Where in a building a thing is."""

    TOP = "top"
    MIDDLE = "middle"
    BASE = "base"


ROLES = {
    **{f"{at} {top}": Role.TOP for at in ("on", "at", "at the", "on the", "as the", "as its", "for the", "as", "at its",
        "on its")
       for top in ("top", "peak", "apex", "tip", "summit", "very top", "top one", "cap", "upper one", "capstone")},
    **{f"{at} {base}": Role.BASE for at in ("at", "at the", "on the", "as the", "as its", "for the", "as", "at its", "as a",
       "in the", "for its", "on its")
       for base in ("bottom", "base", "foundation", "very bottom", "foot", "lower level", "bottom layer", "lower layer")},
    **{f"{whose} {end} {is_}": role for whose in ("whose", "its", "the", "with the") for is_ in ("is", "are", "being",
        "consists of")
       for end, role in (("top", Role.TOP), ("base", Role.BASE), ("bottom", Role.BASE), ("tip", Role.TOP), ("peak", Role.TOP))},
    **dict.fromkeys(("topped by", "topped with", "topped off with", "crowned by", "crowned with", "capped by", "capped with"),
        Role.TOP),
    **dict.fromkeys(SIDES | {"below", "underneath", "beneath", "down below", "under it"}, Role.BASE),
    **dict.fromkeys(("in the middle", "in between", "in the center", "in the centre"), Role.MIDDLE),
}  # fmt: skip
STANDS = {"is", "are", "be", "being", "goes", "go", "should be", "shall be", "comes", "stands", "sits", "rests", "that is",
    "form",
      "forms", "forming", "making up", "standing", "sitting", "lying"}  # fmt: skip
THIRD = {"third", "third one", "other", "other one", "last", "last one", "remaining", "remaining one", "one", "third block"}

# Sorting.
KINDS = {
    **dict.fromkeys(("colour", "color", "colours", "colors", "hue", "shade", "colouring", "coloring"), "colour"),
    **dict.fromkeys(("shape", "kind", "type", "shapes", "form", "sort", "category", "kinds", "types"), "shape"),
    **dict.fromkeys(("size", "sizes"), "size"),
}
WHOSE = ("", "their ", "its ", "the ", "their own ", "its own ", "their respective ")
BY = {f"{by}{whose}{kind}": meaning for whose in WHOSE for kind, meaning in KINDS.items()
      for by in ("by ", "according to ", "based on ", "on the basis of ", "depending on ", "in accordance with ", "after ",
                 "with respect to ", "in order of ", "with regard to ")}  # fmt: skip
INTO_BINS = {
    "with",
    "in",
    "into",
    "inside",
    "to",
    "onto",
    "on",
    "among",
    "over",
    "between",
    "across",
    "amongst",
    "in to",
    "within",
}
LIKE = {"matching", "corresponding", "appropriate", "respective", "right", "proper", "correct", "same coloured", "same colored",
        "same colour", "same color", "like coloured", "like colored", "fitting", "suitable", "equally coloured",
        "similarly coloured", "similarly colored", "identically coloured", "correspondingly coloured", "colour matched",
        "correspondingly colored", "color matched", "colour coded", "color coded", "own"}  # fmt: skip
_SAME = ("the same ", "its ", "their ", "its own ", "their own ", "matching ", "the matching ", "a matching ",
    "the corresponding ",
         "equal ", "like ", "identical ", "the very same ", "that ", "same ", "the equal ", "the respective ")  # fmt: skip
LIKE_THINGS = {
    **{f"{of}{same}{kind}": meaning for of in ("of ", "with ", "in ", "having ", "by ", "that has ", "that have ", "which has ",
       "that is ", "that is of ", "which have ", "that are of ", "that shares ", "that share ", "sharing ") for same in _SAME
       for kind, meaning in KINDS.items()},
    **{f"{which}{match} {whose}{kind}": meaning for which in ("that ", "which ", "") for whose in WHOSE
       for match in ("match", "matches", "has", "have", "matching", "fits", "fit", "corresponds to", "correspond to", "shares",
                     "corresponding to", "equals", "share", "agrees with") for kind, meaning in KINDS.items()},
    **{f"whose {kind} {match}": meaning for kind, meaning in KINDS.items() for match in ("it has", "they have", "it shares",
       "is the same", "they share", "matches", "matches it", "it matches", "is its own", "they match", "corresponds")},
    **{f"{of}{kind}{tail}": meaning for of in ("of the same ", "with the same ", "in the same ", "of equal ", "of like ")
       for kind, meaning in KINDS.items() for tail in (" as it", " as they have", " as it has", " as the thing", " as itself",
       " as themselves", " as they are", " as theirs", " as it is", " as them")},
    **{f"{that} {match} {it}": "colour" for that in ("that", "which") for match in ("match", "matches", "fits", "fit")
       for it in ("it", "them", "in colour", "in color", "its own", "theirs")},
}  # fmt: skip
OUTCOMES = {
    f"{the}{things} match"
    for the in ("the ", "their ", "its ", "")
    for things in ("colours", "colors", "shapes", "kinds", "sizes", "colour", "color", "they", "both")
} | {f"{one} {kind} {per} {container}" for one in ("one", "a single") for kind in ("colour", "color", "shape", "kind", "type",
    "size")
     for per in ("per", "in each", "to a", "to each", "for each") for container in ("bin", "container", "box", "tray",
         "basket", "one")}  # fmt: skip
