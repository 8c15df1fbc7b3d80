"""The words for parts of the table and for directions over it; tables as those of `lexicon`."""

from policies.language.grammar.lexicon import each_of
from policies.language.program import Relation

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
    **each_of("left|left hand|leftmost|leftward", "left"),
    **each_of("right|right hand|rightmost|rightward", "right"),
    **each_of("front|near|bottom|lower|nearest|closest|frontal|nearer|closer|foremost", "front"),
    **each_of("back|rear|far|top|upper|farthest|furthest|farther|rearmost|distant", "back"),
    **each_of("middle|center|centre|central|middlemost|centermost|heart|midpoint", "middle"),
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
    **each_of(
        "in|into|on|onto|at|to|toward|towards|near|by|over to|over on|within|inside|across to|up to|"
        "all the way to|over toward|over towards|over into|in the direction of|as far as|until it reaches|"
        "until it gets to|till it reaches|so that it reaches|until it arrives at|around|somewhere in|"
        "somewhere on|over in|over at|along to|inside of|reaching",
        Relation.AT,
    ),
    **each_of("down on|down in|back on|back to|back in|down onto|close to|on to", Relation.AT),
    **each_of("above|over", Relation.ABOVE),
}
SOMEWHERE = {"somewhere", "anywhere", "wherever you like", "anywhere you like", "somewhere else"}
DIRECTIONS = {
    **each_of("left|to the left|to left|leftward|leftwards|toward the left|towards the left", "left"),
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
    **each_of("right|to the right|to right|rightward|rightwards|toward the right", "right"),
    **each_of("towards the right|over to the right", "right"),
    **dict.fromkeys(("over to the left",), "left"),
    **each_of(
        "forward|forwards|ahead|straight ahead|away|straight forward|farther away|onward|outward|onwards|"
        "frontward|frontwards|outwards|further ahead|to the back|away from the base",
        "forward",
    ),
    **each_of("away from you|away from yourself|away from the robot|away from me|further away", "forward"),
    **each_of(
        "back|backward|backwards|closer to you|closer to me|closer to the robot|closer|rearward|rearwards|"
        "inward|nearer|nearer to you|nearer to the robot|closer to yourself|inwards|straight back|"
        "straight backward|straight backwards",
        "back",
    ),
    **{
        f"{to} {whom}": "back"
        for to in ("toward", "towards", "in toward", "back toward", "back towards")
        for whom in ("you", "me", "yourself", "the robot")
    },
    **each_of("up|upward|upwards|higher|straight up", "up"),
    **each_of("down|downward|downwards|lower|straight down", "down"),
}
