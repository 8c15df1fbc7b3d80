"""The words that the built-in parser knows, and what each of them means.

Every table maps an expression in lower case, of one or several words, to its meaning; the longest expression wins.
"""

from policies.language.program import Relation

EXAMPLE = "put the red block in the blue bowl, then go home"

COLOURS = {
    **dict.fromkeys(("red", "crimson", "scarlet", "maroon"), "red"),
    **dict.fromkeys(("orange", "amber"), "orange"),
    **dict.fromkeys(("yellow", "gold", "golden"), "yellow"),
    **dict.fromkeys(("green", "lime", "emerald"), "green"),
    **dict.fromkeys(("blue", "navy", "azure"), "blue"),
    **dict.fromkeys(("purple", "violet", "magenta", "lilac", "lavender", "indigo"), "purple"),
    **dict.fromkeys(("pink", "rose", "fuchsia"), "pink"),
    **dict.fromkeys(("brown", "tan"), "brown"),
    **dict.fromkeys(("white",), "white"),
    **dict.fromkeys(("black",), "black"),
    **dict.fromkeys(("gray", "grey", "silver"), "gray"),
    **dict.fromkeys(("cyan", "turquoise", "teal", "aqua"), "cyan"),
}

NOUNS = {
    **dict.fromkeys(
        ("block", "cube", "brick", "box", "cuboid", "building block", "die", "dice"), "block"
    ),
    **dict.fromkeys(("cubelet"), "block"),
    **dict.fromkeys(("bowl", "dish", "basin", "pot"), "bowl"),
    **dict.fromkeys(
        ("can", "cylinder", "tin", "tin can", "soda can", "drum", "canister", "jar"), "can"
    ),
    **dict.fromkeys(("tube", "barrel", "keg"), "can"),
    **dict.fromkeys(("ball", "sphere", "orb", "marble", "globe", "bead"), "ball"),
    **dict.fromkeys(("plate", "saucer", "disc", "disk", "platter"), "plate"),
    **dict.fromkeys(("mug", "cup", "beaker", "tumbler", "coffee cup", "coffee mug", "teacup", "goblet", "tea cup"), "mug"),
    **dict.fromkeys(
        ("thing", "object", "item", "one", "piece", "part", "article", "element", "component", "stuff", "shape"), "thing"
    ),
    **dict.fromkeys(
        ("bin", "tray", "container", "basket", "crate", "tub", "open box", "receptacle", "bucket", "holder"), "bin"
    ),
    **dict.fromkeys(
        ("sorting bin", "tote", "pail", "trough", "vessel", "hamper", "caddy"), "bin"
    ),
    **dict.fromkeys(("drawer", "sliding drawer", "pull out drawer"), "drawer"),
    **dict.fromkeys(
        ("cabinet", "cupboard", "dresser", "chest of drawers", "commode", "chest", "nightstand", "bureau"), "cabinet"
    ),
    **dict.fromkeys(("handle", "knob"), "handle"),
    **dict.fromkeys(("dustpan", "dust pan", "pan", "scoop", "dust tray"), "dustpan"),
    **dict.fromkeys(("crumbs", "crumb", "breadcrumbs", "bread crumbs", "debris", "dirt", "bits of bread", "mess"), "crumbs"),
    **dict.fromkeys(
        (
            "bread",
            "bits",
            "dust",
            "litter",
            "scraps",
            "leftovers",
            "food scraps",
            "bits of food",
            "rubbish",
            "trash",
            "cookie crumbs",
            "cake crumbs",
            "crumbs of bread",
            "toast crumbs",
            "specks",
        ),
        "crumbs",
    ),
    **dict.fromkeys(("line", "stripe", "strip"), "line"),
    **dict.fromkeys(("pad", "mat", "patch", "zone", "region", "area", "field"), "pad"),
}
PLURALS = {
    **{f"{noun}s": shape for noun, shape in NOUNS.items() if " " not in noun and shape != "crumbs" and noun != "dice"},
    **dict.fromkeys(("boxes",), "block"),
    **dict.fromkeys(("canisters", "tins of food"), "can"),
    **dict.fromkeys(("dishes",), "bowl"),
    **dict.fromkeys(("patches",), "pad"),
}
EVERYTHING = {"everything", "all of it", "all of them", "everything here", "everything on the table", "all there is", "the lot"}
IN_A_BOX = "box"  # a block as a thing, a bin as what other things are put in

SIZES = {
    **dict.fromkeys(
        ("small", "little", "tiny", "mini", "petite", "miniature", "compact", "undersized", "wee", "small sized"), "small"
    ),
    **dict.fromkeys(("medium", "medium sized"), "medium"),
    **dict.fromkeys(
        ("large", "big", "huge", "giant", "massive", "oversized", "bulky", "sizable", "large sized"), "large"
    ),
}
SUPERLATIVES = {
    **dict.fromkeys(("leftmost", "left most", "furthest left", "farthest left"), "leftmost"),
    **dict.fromkeys(("rightmost", "right most", "furthest right", "farthest right"), "rightmost"),
    **dict.fromkeys(("nearest", "closest", "nearer", "closer", "frontmost", "foremost"), "nearest"),
    **dict.fromkeys(("farthest", "furthest", "farther", "further", "rearmost", "backmost"), "farthest"),
    **dict.fromkeys(("smallest", "smaller", "littlest", "tiniest"), "smallest"),
    **dict.fromkeys(("largest", "larger", "biggest", "bigger"), "largest"),
    **dict.fromkeys(("tallest", "taller", "highest"), "tallest"),
    **dict.fromkeys(("shortest", "shorter", "lowest"), "shortest"),
    **dict.fromkeys(("topmost", "uppermost"), "topmost"),
    **dict.fromkeys(("bottommost", "lowermost", "undermost"), "bottommost"),
}
SIDES = {
    **dict.fromkeys(("left", "left hand"), "leftmost"),
    **dict.fromkeys(("right", "right hand"), "rightmost"),
    **dict.fromkeys(("front",), "nearest"),
    **dict.fromkeys(("back", "rear"), "farthest"),
    **dict.fromkeys(("top", "upper"), "topmost"),
    **dict.fromkeys(("bottom", "lower"), "bottommost"),
}

DEFINITE, INDEFINITE, OTHER, ANOTHER = "definite", "indefinite", "other", "another"
EVERY, EVERY_OTHER, BOTH = "every", "every other", "both"
DETERMINERS = {
    **dict.fromkeys(("the", "this", "that", "my", "your", "the same", "the only", "the very"), DEFINITE),
    **dict.fromkeys(
        ("a", "an", "any", "some", "one", "1", "any one of the", "any of the", "one of the", "some of the"), INDEFINITE
    ),
    **dict.fromkeys(("other", "the other", "that other", "this other"), OTHER),
    **dict.fromkeys(("another", "any other", "some other", "one other", "one of the other", "any of the other"), ANOTHER),
    **dict.fromkeys(
        ("all", "all the", "all of the", "every", "every single", "each", "each of the", "every one of the"), EVERY
    ),
    **dict.fromkeys(
        ("all other", "all the other", "all of the other", "every other", "each other", "the remaining"), EVERY_OTHER
    ),
    **dict.fromkeys(("both", "both the", "both of the"), BOTH),
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
    **dict.fromkeys(
        ("in", "into", "inside", "inside of", "within", "in to", "to the inside of", "into the inside of"), Relation.IN
    ),
    **dict.fromkeys(("in the inside of", "into the interior of", "in the interior of"), Relation.IN),
    **dict.fromkeys(("in the middle of", "in the center of", "in the centre of", "into the middle of"), Relation.IN),
    **dict.fromkeys(("on", "onto", "upon", "on to", "on top of", "onto the top of", "atop", "to the top of"), Relation.ON),
    **dict.fromkeys(
        ("on the top of", "on the middle of", "on the center of", "on the centre of", "up onto", "up on"), Relation.ON
    ),
    **dict.fromkeys(("on the surface of", "onto the surface of", "atop of", "top of"), Relation.ON),
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
    **dict.fromkeys(
        ("in front of", "to the front of", "at the front of", "ahead of", "before", "in the front of"), Relation.IN_FRONT_OF
    ),
    **dict.fromkeys(
        ("at the rear of", "to the rear of", "in the rear of", "in rear of", "back of", "at back of"), Relation.BEHIND
    ),
    **dict.fromkeys(("behind", "in back of", "to the back of", "at the back of", "in the back of"), Relation.BEHIND),
    **dict.fromkeys(
        ("between", "in between", "in the middle between", "halfway between", "to between", "midway between"), Relation.BETWEEN
    ),
    **{
        f"{lead} the {gap} between": Relation.BETWEEN
        for lead in ("in", "into", "to", "at", "inside", "within")
        for gap in ("gap", "space", "middle", "room", "area", "midpoint", "spot", "free space", "empty space", "opening")
    },
    **dict.fromkeys(("centered between", "centred between", "half way between", "in the center between"), Relation.BETWEEN),
    **dict.fromkeys(
        ("next to", "beside", "besides", "near", "near to", "close to", "by", "alongside", "close by", "nearby"),
        Relation.NEXT_TO,
    ),
    **dict.fromkeys(
        ("right next to", "just next to", "adjacent to", "to the side of", "up to", "by the side of"), Relation.NEXT_TO
    ),
    **dict.fromkeys(("above", "over", "to above"), Relation.ABOVE),
    **dict.fromkeys(("at", "to", "toward", "towards", "over to", "for", "out to", "out for"), Relation.AT),
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

TABLE = {
    "table",
    "desk",
    "tabletop",
    "table top",
    "workspace",
    "work surface",
    "surface",
    "counter",
    "worktop",
    "bench",
    "workbench",
    "board",
    "work area",
    "working area",
    "countertop",
    "tables",
}
REGION_WORDS = {
    **dict.fromkeys(("left", "left hand", "leftmost", "leftward"), "left"),
    **dict.fromkeys(("right", "right hand", "rightmost", "rightward"), "right"),
    **dict.fromkeys(
        ("front", "near", "bottom", "lower", "nearest", "closest", "frontal", "nearer", "closer", "foremost"), "front"
    ),
    **dict.fromkeys(("back", "rear", "far", "top", "upper", "farthest", "furthest", "farther", "rearmost", "distant"), "back"),
    **dict.fromkeys(("middle", "center", "centre", "central", "middlemost", "centermost", "heart", "midpoint"), "middle"),
}
REGION_NOUNS = {
    "side",
    "corner",
    "edge",
    "end",
    "part",
    "half",
    "area",
    "region",
    "border",
    "rim",
    "section",
    "portion",
    "zone",
    "third",
    "sector",
    "margin",
    "strip",
    "spot",
    "quadrant",
    "flank",
    "boundary",
    "wing",
    "place",
    "sides",
}
LINE_NOUNS = {"edge", "side", "border", "rim", "line", "end"}
REGION_LEADS = {
    **dict.fromkeys(
        (
            "in",
            "into",
            "on",
            "onto",
            "at",
            "to",
            "toward",
            "towards",
            "near",
            "by",
            "over to",
            "over on",
            "within",
            "inside",
            "across to",
            "up to",
            "all the way to",
            "over toward",
            "over towards",
            "over into",
            "in the direction of",
            "as far as",
            "until it reaches",
            "until it gets to",
            "till it reaches",
            "so that it reaches",
            "until it arrives at",
            "around",
            "somewhere in",
            "somewhere on",
            "over in",
            "over at",
            "along to",
            "inside of",
            "reaching",
        ),
        Relation.AT,
    ),
    **dict.fromkeys(("down on", "down in", "back on", "back to", "back in", "down onto", "close to", "on to"), Relation.AT),
    **dict.fromkeys(("above", "over"), Relation.ABOVE),
}
SOMEWHERE = {"somewhere", "anywhere", "wherever you like", "anywhere you like", "somewhere else"}
DIRECTIONS = {
    **dict.fromkeys(("left", "to the left", "to left", "leftward", "leftwards", "toward the left", "towards the left"), "left"),
    **{
        f"{to} {whose} {side}": side
        for side in ("left", "right")
        for to in ("to", "toward", "towards", "on to", "in", "into")
        for whose in ("your", "its", "my", "the robot's", "our")
    },
    **{f"{side}{tail}": side for side in ("left", "right") for tail in (" hand direction", " direction", " hand side")},
    **{
        f"in the {side} direction": way
        for side, way in (
            ("left", "left"),
            ("right", "right"),
            ("forward", "forward"),
            ("backward", "back"),
            ("leftward", "left"),
            ("rightward", "right"),
            ("backwards", "back"),
            ("forwards", "forward"),
        )
    },
    **dict.fromkeys(("right", "to the right", "to right", "rightward", "rightwards", "toward the right"), "right"),
    **dict.fromkeys(("towards the right", "over to the right"), "right"),
    **dict.fromkeys(("over to the left",), "left"),
    **dict.fromkeys(
        (
            "forward",
            "forwards",
            "ahead",
            "straight ahead",
            "away",
            "straight forward",
            "farther away",
            "onward",
            "outward",
            "onwards",
            "frontward",
            "frontwards",
            "outwards",
            "further ahead",
            "to the back",
            "away from the base",
        ),
        "forward",
    ),
    **dict.fromkeys(("away from you", "away from yourself", "away from the robot", "away from me", "further away"), "forward"),
    **dict.fromkeys(
        (
            "back",
            "backward",
            "backwards",
            "closer to you",
            "closer to me",
            "closer to the robot",
            "closer",
            "rearward",
            "rearwards",
            "inward",
            "nearer",
            "nearer to you",
            "nearer to the robot",
            "closer to yourself",
            "inwards",
            "straight back",
            "straight backward",
            "straight backwards",
        ),
        "back",
    ),
    **{
        f"{to} {whom}": "back"
        for to in ("toward", "towards", "in toward", "back toward", "back towards")
        for whom in ("you", "me", "yourself", "the robot")
    },
    **dict.fromkeys(("up", "upward", "upwards", "higher", "straight up"), "up"),
    **dict.fromkeys(("down", "downward", "downwards", "lower", "straight down"), "down"),
}

UNITS = {
    **dict.fromkeys(("mm", "millimetre", "millimetres", "millimeter", "millimeters"), 0.001),
    **dict.fromkeys(("cm", "cms", "centimetre", "centimetres", "centimeter", "centimeters"), 0.01),
    **dict.fromkeys(("dm", "decimetre", "decimetres", "decimeter", "decimeters"), 0.1),
    **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), 1.0),
    **dict.fromkeys(("inch", "inches"), 0.0254),
    **dict.fromkeys(("foot", "feet"), 0.3048),
}
A_BIT = {"a bit", "a little", "a little bit", "a tiny bit", "a tad", "slightly", "a bit further", "a little further"}
A_BIT_M = 0.05
ONES = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBERS = {
    **{word: float(value) for value, word in enumerate(ONES, 2)},
    **{word: 10.0 * value for value, word in enumerate(TENS, 2)},
    **{f"{tens} {ONES[one - 2]}": 10.0 * ten + one for ten, tens in enumerate(TENS, 2) for one in range(2, 10)},
    **{f"{tens} one": 10.0 * ten + 1 for ten, tens in enumerate(TENS, 2)},
    **dict.fromkeys(("a couple of", "a couple", "a pair of"), 2.0),
    **dict.fromkeys(("half a", "half an", "a half"), 0.5),
}
ONE = {"a", "an", "one"}

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
