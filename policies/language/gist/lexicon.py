"""The words of a gist: which piece of meaning an expression is. A sentence with a word that stands in no table has no gist."""

from itertools import product

from policies.language.grammar.lexicon import COLOURS, NOUNS, PLURALS, SIZES
from policies.language.grammar.verbs import GERUNDS, PARTICIPLES, Verb

CARRIED = ("block", "bowl", "can", "ball", "plate", "mug", "bin")
DETERMINERS = {"the", "a", "an", "that", "this", "my", "your", "our", "one", "those", "these", "all", "all the"}
ADJECTIVES = {**COLOURS, **SIZES}
SINGLE = {noun for noun, shape in NOUNS.items() if shape in CARRIED}
SEVERAL = {noun for noun, shape in PLURALS.items() if shape in CARRIED} | {"things", "objects", "items", "pieces", "parts"}
COUNTED = {"three", "other", "different", "same"}

_KINDS = {Verb.PICK: "take", Verb.RAISE: "lift", Verb.PUT: "put", Verb.MOVE: "put", Verb.DROP: "put", Verb.LOWER: "put",
          Verb.PUSH: "push", Verb.STACK: "stack", Verb.SORT: "sort", Verb.SWEEP: "sweep", Verb.BUILD: "build"}  # fmt: skip


def _row(name: str, *rows: str) -> dict[str, str]:
    """Expressions, parted by bars, with the one name that they have."""
    return {" ".join(each.split()): name for row in rows for each in row.split("|")}


def _each(name: str, *parts: str) -> dict[str, str]:
    """All that is said by one expression of each part, with one name."""
    return _row(name, *(" ".join(each) for each in product(*(part.split("|") for part in parts))))


RELATIONS = {
    **_row("on", "on|on to|onto|on top of|on the top of|atop|upon|up on|up onto|down on"),
    **_row("inside", "in|into|inside|inside of|within|in to|into the inside of|down into|down in"),
    **_row("behind", "behind|in back of"),
    **_each("behind", "at|to|round|around", "the back of|the rear of"),
    **_row("front", "in front of|ahead of"),
    **_each("front", "at|to|round to|around to", "the front of"),
    **_row("between", "between|in between|in the middle between|halfway between|midway between|halfway from"),
    **_each("between", "in|into", "the gap between|the space between|the gap separating"),
    **_row("beside", "next to|right next to|beside|alongside|up against|against|close to|adjacent to"),
    **_row("left", "left of"),
    **_each("left", "to|on|at|over to", "left|the left", "of|side of|hand side of|hand of"),
    **_row("right", "right of"),
    **_each("right", "to|on|at|over to", "right|the right", "of|side of|hand side of|hand of"),
}
_LIFT = "pick up|pick it up|lift|lift it|lift it up|lift up|hold up|hold it up|raise|raise it|grab hold of|take hold of"
_TAKE = "take|get|grab|fetch|bring|pick"
_PUT = """put|place|set|lay|stand|rest|move|drop|position|relocate|shift|transfer|carry|lower|squeeze|hide|add|park|slot|tuck|
    balance|deposit|insert|stick|sandwich|wedge|tidy|gather|clear|collect"""
_BUILD = "build|make|form|construct|create|erect|assemble|turn|arrange"
BASES = {
    **_row("lift", _LIFT), **_row("take", _TAKE), **_row("put", _PUT), **_row("build", _BUILD),
    **_row("push", "push|shove|slide|nudge|scoot|propel|steer|get pushing"), **_row("stack", "stack|stack up|pile|pile up"),
    **_row("sort", "sort|sort out|separate|group|organise|organize|divide|distribute|split up|classify"),
    **_row("give", "give"), **_row("sweep", "sweep|brush|wipe|sweep up|brush up"),
    **_row("open", "open|open up|slide out|pull out|draw out"),
    **_row("shut", "close|shut|push in|push back in"),
    **_each("ajar", "don't|do not|shouldn't|should not|mustn't|must not", "leave|stay|be left"),
}  # fmt: skip
_TOUCH = "touch|hit|bump|bump into|move|disturb|knock|knock over"
_TOUCHES = "touches|hits|bumps|bumps into|moves|disturbs|knocks|knocks over"
_TOUCHING = "touching|hitting|bumping|bumping into|moving|disturbing|knocking|knocking over"
_TOUCHED = "touched|hit|bumped|moved|disturbed|knocked over"
_OR_NOT = "careful you don't|mind you don't|it doesn't|it does not|without letting it|and don't|and do not|and never|but don't"
_NOT = "don't|do not|never|mustn't|must not|not to|shouldn't|should not|may not|careful not to|so as not to|doesn't|does not"
CUES = {
    **BASES,
    **{each: kind for table in (GERUNDS, PARTICIPLES) for each, verb in table.items() if (kind := _KINDS.get(verb))},
    **_each("lift", "picked|picking|lifted|lifting|held|holding|raised|raising", "up"),
    **_row("lift", "lifted|lifting|raised|raising"),
    **_row("sweep", "a sweep"),
    **_row("push", "a push|pushes|slides|scooting|scooted|scoots|travel"),
    **_each("slid", "along|across", "the table|the tabletop|the surface"),
    **_each("slid", "without", "picking|lifting|gripping|raising|grasping", "it"),
    **_row("slid", "without picking it up|without picking it up first|without lifting"),
    **_each("slid", "don't|do not", "lift it|carry it|pick it up"),
    **_each("lift", "in|into", "your gripper|your hand|the air"),
    **_each("lift", "off|from|up off|up from", "the table|the tabletop"),
    **_row("put", """
        go|goes|stands|standing|stood|sit|sits|sitting|lie|lies|lying|rests|resting|ends up|end up|belong|belongs|
        squeezed|placed|hidden|land|lands|located|be placed|added"""),
    **_row("leave", "leave|keep"),
    **_row("tower", "tower|stack|pile|high|high stack|column|three high"),
    **_row("downward", "from top to bottom|from the top to the bottom|from the top down|top to bottom|top down"),
    **_row("pyramid", "pyramid|pyramid shape|triangle"),
    **_each("both", "on|over|across|on top of", "both|both of them|the two|the pair"),
    **_each("both", "bridge|bridges|bridging", "both|the two|the pair"),
    **_row("both", "bridge|bridges|across them|over them"),
    **_row("low", "lowest|lowermost|underneath|below|bottom|first|ground|starting from|starting with|start with"),
    **_each("low", "at|on|as|for", "the bottom|the base|the very bottom|the foundation"),
    **_row("low", "the bottom|the base|the foundation|as a base|as its base"),
    **_row("mid", "in the middle|in the centre|in the center|for the middle|the middle one"),
    **_row("high", """
        highest|uppermost|topmost|top|last|third|above|finally|on top|crown it with|topped with|to crown it|off with"""),
    **_each("high", "at|on|as|for", "the top|the very top|the peak|the tip"),
    **_row("high", "the top|the peak|the tip|the roof|the crown"),
    **_each("high", "is", "on top|at the top|the peak|the top|highest"),
    **_each("low", "is|are", "underneath|below|at the bottom|the base|lowest"),
    **_row("flank", """
        either side|on each side|to one side|at one side|on the other|on the other side|on either side|on one side"""),
    **_each("flank", "on either side|either side|on one side|is on one side", "of it"),
    **_row("flank", "is on one side"),
    **_row("from", "from|out of|made of"),
    **_row("together", "side by side|together|next to each other|touching|touching each other|against each other"),
    **_row("then", "then"),
    **_row("drawer", "drawer"),
    **_row("open", """
        opened|opening|slide it out|pull it out|draw it out|see what is in|see what's in|see inside|look inside|
        look into"""),
    **_row("shut", "closed|closing|shutting|fully shut|fully closed|pushed in|push it in|slide it in|push it back in"),
    **_row("handle", "handle|by its handle|by the handle"),
    **_row("crumbs", "crumbs|breadcrumbs|bread crumbs|mess"),
    **_row("dustpan", "dustpan|dust pan"),
    **_row("kind", "colour|color|colours|colors|shape|shapes|kind|kinds|type|types"),
    **_row("like", "match|matches|matching|own|each|every|per|according to|based on|same|the same|corresponding"),
    **_row("part", "corner|side|edge|end|part|half|area|table|tabletop|desk|quadrant|section|table 's|tabletop 's"),
    **_row("where", """
        front|back|rear|far|near|middle|centre|center|forward|forwards|ahead|backward|backwards|away|diagonally|
        diagonal|leftward|leftwards|rightward|rightwards|left|right|left hand|right hand"""),
    **_each("backward", "toward|towards", "you|the robot|yourself"),
    **_each("forward", "away from", "you|the robot|yourself"),
    **_row("it", "it|that|them|there|this"),
    **_row("spared", "untouched|alone|completely alone|undisturbed|in peace|in one piece"),
    **_each("spared", f"{_NOT}|it must not|it mustn't|it shouldn't", "be", _TOUCHED),
    **_row("avoid", """
        around|round|past|avoiding|avoid|mind|watch out for|clear of|with no contact with|no touching of|
        with no touching of"""),
    **_each("avoid", "careful|be careful", "of|with"),
    **_each("avoid", "go|steer|stay|keep", "clear of|away from|well away from|around|off"),
    **_each("avoid", "without", _TOUCHING),
    **_each("avoid", "never|it never|so it never|so that it never", _TOUCHES),
    **_each("avoid", f"{_NOT}|{_OR_NOT}", _TOUCH),
    **_each("avoid", "you|that you|be", _NOT, _TOUCH),
}  # fmt: skip
PLAIN = {"far": "back", "rear": "back", "near": "front", "centre": "middle", "center": "middle", "forwards": "forward",
         "ahead": "forward", "away": "forward", "backward": "back", "backwards": "back", "leftward": "left",
         "leftwards": "left", "rightward": "right", "rightwards": "right", "diagonally": "diagonal", "left hand": "left",
         "right hand": "right"}  # fmt: skip

# How one asks for something to be done, and what says nothing of its own.
WISHES = {
    **_each("", "i|we", "want|need|wish|would like|would love|prefer"),
    **_each("", "i'd|we'd", "like|love|prefer|want"),
    **_each("", "can|could|would|will", "you"),
    **_each("", "could|can", "i have|we have"),
    **_each("", "it would be|it'd be", "great|nice|good|lovely|better", "if"),
    **_row("", """
        should|must|ought to|has to|have to|needs to|need to|wants to|is to|are to|let's|let us|how about|
        would you mind|would you be so kind as to|goes|belongs|belong|i'd like it if|i'd prefer it if|
        i would like it if|time to"""),
}  # fmt: skip
SKIPPED = {
    **_each("", "these|those", "two"),
    **_each("", "two", "of the|below|at the bottom|underneath|under it"),
    **_each("", "when|while|as", "you"),
    **_each("", "so|until|till|so that", "it's|it is|it ends up"),
    **_each("", "i want|i need|i'd like|i would like|i'd love", "to see"),
    **_row("", """
        once that's done|once that is done|not on the table|away into|away in|than it is|that are on the table|that has|
        as it|off toward|go ahead|let's say|see to that|on every|and so on for|on that the|so kind as to|or so|
        on the way|how far|so that|on the table|on the tabletop|of them|off to|what's in|i need to get at what's in|
        is where|that is|that's|right up to|so nothing hits it|so that nothing hits it|let me|have a|and one above"""),
}  # fmt: skip
EMPTY = _row("", """
        you|me|us|my|your|our|their|they|its|the|a|an|and|for|with|of|at|as|by|to|be|so|such|up|over|among|along|
        toward|towards|than|where|one|very|more|little|small|bit|some|all|whole|everything|everybody|these|those|three|
        next|also|only|further|total|completely|fully|straight|great|nice|good|lovely|dear|enough|do|done|use|
        using|starting|finish|finishing|like|want|wants|need|have|see|sure|try|help|let|was|were|if|robot|yes|
        ,|.|!|?|;|:""")  # fmt: skip
LEADS = {"ok", "okay", "alright", "so", "robot", "hey", "hi", "hello", "well", "now", "yes", "please", "just", "kindly", "to",
         ",", "!", "."}  # fmt: skip
BEGINS = {",", ";", ".", ":", "so", "and", "please", "then", "just", "first", "you"}  # behind these a verb commands
ASKING = {"is", "are", "am", "was", "were", "what", "where", "which", "who", "whose", "why", "how", "do", "does", "did", "has",
          "shall", "should", "may", "will", "must"}  # fmt: skip
WONDERING = {"what", "where", "which", "who", "whose", "why", "how", "whether"}
WISHING = {
    "want",
    "need",
    "wish",
    "would",
    "like",
    "love",
    "prefer",
    "have",
}  # of oneself
TO_YOU = {"can", "could", "would", "will", "want", "need", "like", "love", "when", "while", "as", "about", "mind", "careful"}
