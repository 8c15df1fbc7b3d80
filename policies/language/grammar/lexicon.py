"""The words that the built-in parser knows, and what each of them means.

Every table maps an expression in lower case, of one or several words, to its meaning; the longest expression wins.
"""

from typing import TypeVar

from policies.language.program import Relation

Meaning = TypeVar("Meaning")


def each_of(words: str, meaning: Meaning) -> dict[str, Meaning]:
    """The expressions of a row, parted by bars, with the one meaning that all of them have."""
    return dict.fromkeys(words.split("|"), meaning)


EXAMPLE = "put the red block in the blue bowl, then go home"

COLOURS = {
    **each_of("red|crimson|scarlet|maroon", "red"),
    **each_of("orange|amber", "orange"),
    **each_of("yellow|gold|golden", "yellow"),
    **each_of("green|lime|emerald", "green"),
    **each_of("blue|navy|azure", "blue"),
    **each_of("purple|violet|magenta|lilac|lavender|indigo", "purple"),
    **each_of("pink|rose|fuchsia", "pink"),
    **each_of("brown|tan", "brown"),
    **dict.fromkeys(("white",), "white"),
    **dict.fromkeys(("black",), "black"),
    **each_of("gray|grey|silver", "gray"),
    **each_of("cyan|turquoise|teal|aqua", "cyan"),
}

NOUNS = {
    **each_of("block|cube|brick|box|cuboid|building block|die|dice", "block"),
    **dict.fromkeys(("cubelet",), "block"),
    **each_of("bowl|dish|basin|pot", "bowl"),
    **each_of("can|cylinder|tin|tin can|soda can|drum|canister|jar", "can"),
    **each_of("tube|barrel|keg", "can"),
    **each_of("ball|sphere|orb|marble|globe|bead", "ball"),
    **each_of("plate|saucer|disc|disk|platter", "plate"),
    **each_of("mug|cup|beaker|tumbler|coffee cup|coffee mug|teacup|goblet|tea cup", "mug"),
    **each_of("thing|object|item|one|piece|part|article|element|component|stuff|shape", "thing"),
    **each_of("bin|tray|container|basket|crate|tub|open box|receptacle|bucket|holder", "bin"),
    **each_of("sorting bin|tote|pail|trough|vessel|hamper|caddy", "bin"),
    **each_of("drawer|sliding drawer|pull out drawer", "drawer"),
    **each_of("cabinet|cupboard|dresser|chest of drawers|commode|chest|nightstand|bureau", "cabinet"),
    **each_of("handle|knob", "handle"),
    **each_of("dustpan|dust pan|pan|scoop|dust tray", "dustpan"),
    **each_of("crumbs|crumb|breadcrumbs|bread crumbs|debris|dirt|bits of bread|mess", "crumbs"),
    **each_of(
        "bread|bits|dust|litter|scraps|leftovers|food scraps|bits of food|rubbish|trash|cookie crumbs|"
        "cake crumbs|crumbs of bread|toast crumbs|specks",
        "crumbs",
    ),
    **each_of("line|stripe|strip", "line"),
    **each_of("pad|mat|patch|zone|region|area|field", "pad"),
}
PLURALS = {
    **{f"{noun}s": shape for noun, shape in NOUNS.items() if " " not in noun and shape != "crumbs" and noun != "dice"},
    **dict.fromkeys(("boxes",), "block"),
    **each_of("canisters|tins of food", "can"),
    **dict.fromkeys(("dishes",), "bowl"),
    **dict.fromkeys(("patches",), "pad"),
}
EVERYTHING = {"everything", "all of it", "all of them", "everything here", "everything on the table", "all there is", "the lot"}
IN_A_BOX = "box"  # a block as a thing, a bin as what other things are put in

SIZES = {
    **each_of("small|little|tiny|mini|petite|miniature|compact|undersized|wee|small sized", "small"),
    **each_of("medium|medium sized", "medium"),
    **each_of("large|big|huge|giant|massive|oversized|bulky|sizable|large sized", "large"),
}
SUPERLATIVES = {
    **each_of("leftmost|left most|furthest left|farthest left", "leftmost"),
    **each_of("rightmost|right most|furthest right|farthest right", "rightmost"),
    **each_of("nearest|closest|nearer|closer|frontmost|foremost", "nearest"),
    **each_of("farthest|furthest|farther|further|rearmost|backmost", "farthest"),
    **each_of("smallest|smaller|littlest|tiniest", "smallest"),
    **each_of("largest|larger|biggest|bigger", "largest"),
    **each_of("tallest|taller|highest", "tallest"),
    **each_of("shortest|shorter|lowest", "shortest"),
    **each_of("topmost|uppermost", "topmost"),
    **each_of("bottommost|lowermost|undermost", "bottommost"),
}
SIDES = {
    **each_of("left|left hand", "leftmost"),
    **each_of("right|right hand", "rightmost"),
    **dict.fromkeys(("front",), "nearest"),
    **each_of("back|rear", "farthest"),
    **each_of("top|upper", "topmost"),
    **each_of("bottom|lower", "bottommost"),
}

DEFINITE, INDEFINITE, OTHER, ANOTHER = "definite", "indefinite", "other", "another"
EVERY, EVERY_OTHER, BOTH = "every", "every other", "both"
DETERMINERS = {
    **each_of("the|this|that|my|your|the same|the only|the very", DEFINITE),
    **each_of("a|an|any|some|one|1|any one of the|any of the|one of the|some of the", INDEFINITE),
    **each_of("other|the other|that other|this other", OTHER),
    **each_of("another|any other|some other|one other|one of the other|any of the other", ANOTHER),
    **each_of("all|all the|all of the|every|every single|each|each of the|every one of the", EVERY),
    **each_of("all other|all the other|all of the other|every other|each other|the remaining", EVERY_OTHER),
    **each_of("both|both the|both of the", BOTH),
}
PRONOUNS = {"it", "that", "this", "them", "these", "those", "that one", "this one", "the same one", "the same"}
HELD = {
    f"{what} {holding}"
    for what in ("what", "whatever", "the thing", "the object", "the thing that", "the object that", "that which")
    for holding in ("you hold", "you have", "you are holding", "you're holding", "is held", "i hold", "is in your hand",
                    "is in the hand", "is in the gripper")
} | {f"the thing in {hand}" for hand in ("your hand", "the gripper", "the hand")}  # fmt: skip
SOMETHING = {"something", "anything"}

RELATIONS = {
    **each_of("in|into|inside|inside of|within|in to|to the inside of|into the inside of", Relation.IN),
    **each_of("in the inside of|into the interior of|in the interior of", Relation.IN),
    **each_of("in the middle of|in the center of|in the centre of|into the middle of", Relation.IN),
    **each_of("on|onto|upon|on to|on top of|onto the top of|atop|to the top of", Relation.ON),
    **each_of("on the top of|on the middle of|on the center of|on the centre of|up onto|up on", Relation.ON),
    **each_of("on the surface of|onto the surface of|atop of|top of", Relation.ON),
    **{
        f"{lead}{side}{tail}": relation
        for side, relation in (("left", Relation.LEFT_OF), ("right", Relation.RIGHT_OF))
        for lead in ("", "to ", "to the ", "on the ", "on ", "at the ", "toward the ", "towards the ")
        for tail in (" of", " side of", " hand side of")
    },
    **{
        f"{lead}{side} side of": relation
        for side, relation in (("front", Relation.IN_FRONT_OF), ("back", Relation.BEHIND))
        for lead in ("to ", "to the ", "on the ", "on ", "at the ", "the ")
    },
    **{
        f"{on} the {side} {part} of": relation
        for on in ("on", "to", "at", "onto")
        for part in ("side", "end", "flank", "edge")
        for side, relation in (
            ("far", Relation.BEHIND),
            ("near", Relation.IN_FRONT_OF),
            ("rear", Relation.BEHIND),
            ("left hand", Relation.LEFT_OF),
            ("right hand", Relation.RIGHT_OF),
        )
    },
    "on the front of": Relation.IN_FRONT_OF,
    "on the back of": Relation.BEHIND,
    **each_of("in front of|to the front of|at the front of|ahead of|before|in the front of", Relation.IN_FRONT_OF),
    **each_of("at the rear of|to the rear of|in the rear of|in rear of|back of|at back of", Relation.BEHIND),
    **each_of("behind|in back of|to the back of|at the back of|in the back of", Relation.BEHIND),
    **each_of("between|in between|in the middle between|halfway between|to between|midway between", Relation.BETWEEN),
    **{
        f"{lead} the {gap} between": Relation.BETWEEN
        for lead in ("in", "into", "to", "at", "inside", "within")
        for gap in ("gap", "space", "middle", "room", "area", "midpoint", "spot", "free space", "empty space", "opening")
    },
    **each_of("centered between|centred between|half way between|in the center between", Relation.BETWEEN),
    **each_of("next to|beside|besides|near|near to|close to|by|alongside|close by|nearby", Relation.NEXT_TO),
    **each_of("right next to|just next to|adjacent to|to the side of|up to|by the side of", Relation.NEXT_TO),
    **each_of("above|over|to above", Relation.ABOVE),
    **each_of("at|to|toward|towards|over to|for|out to|out for", Relation.AT),
}
for _lead in ("right", "directly", "just", "straight", "to", "immediately", "somewhere", "slightly", "exactly", "a bit"):
    RELATIONS |= {
        f"{_lead} {key}": RELATIONS[key]
        for key in (
            "above",
            "behind",
            "in front of",
            "on top of",
            "next to",
            "between",
            "beside",
            "into",
            "onto",
            "left of",
            "right of",
            "to the left of",
            "to the right of",
            "inside",
            "on",
        )
        if f"{_lead} {key}" not in RELATIONS
    }
GOALS = {
    "into",
    "onto",
    "in to",
    "on to",
    "to",
    "toward",
    "towards",
    "over to",
    "onto the top of",
    "to the top of",
    "down into",
    "down onto",
    "up onto",
    "across to",
    "into the inside of",
    "up to",
    "all the way to",
    "over into",
    "over onto",
}
SOURCES = {
    "from",
    "out of",
    "off",
    "off of",
    "from inside",
    "from on top of",
    "from on",
    "up from",
    "up off",
    "from off",
    "up out of",
}
UNKNOWN_RELATIONS = {
    "under", "underneath", "beneath", "below", "around", "through", "across", "outside", "opposite", "against", "past",
    "beyond", "amid", "among", "amongst", "with", "without", "like", "than",
}  # fmt: skip

TOOLS = {
    f"{whose}{tool}"
    for whose in ("the ", "your ", "")
    for tool in ("gripper", "hand", "arm", "tool", "robot arm", "robot hand", "robot", "end effector", "fingers", "finger",
    "claw",
                 "jaws", "tcp")
} | {"yourself"}  # fmt: skip
HOMES = {
    f"{back}{to}{home}"
    for back in ("", "back ")
    for to in ("", "to ")
    for home in ("home", "your home", "the start", "start", "the home position", "home position", "your home position", "rest",
                 "the start position", "start position", "the starting position", "where you started", "your start position")
}  # fmt: skip
