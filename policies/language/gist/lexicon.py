"""The words of a gist: which piece of meaning an expression is. A sentence with a word that stands in no table has no gist."""

from itertools import product

from policies.language.grammar.lexicon import COLOURS, NOUNS, PLURALS, SIZES
from policies.language.grammar.verbs import CLASSES, GERUNDS, PARTICIPLES, Verb

CARRIED = ("block", "bowl", "can", "ball", "plate", "mug", "bin")
DETERMINERS = {"the", "a", "an", "that", "this", "my", "your", "our", "one", "those", "these", "all", "all the"}
ADJECTIVES = {**COLOURS, **SIZES}
SINGLE = {noun for noun, shape in NOUNS.items() if shape in CARRIED}
SEVERAL = {noun for noun, shape in PLURALS.items() if shape in CARRIED} | {"things", "objects", "items", "pieces", "parts"}
COUNTED = {"three", "other", "different", "same"}


def _row(name: str, *rows: str) -> dict[str, str]:
    """Expressions, parted by bars, with the one name that they have."""
    return {" ".join(each.split()): name for row in rows for each in row.split("|")}


def _verbs(name: str, *verbs: Verb) -> dict[str, str]:
    """All that some verbs are said with, "push", "pushing", "pushed", with one name."""
    inflected = [each for table in (GERUNDS, PARTICIPLES) for each, verb in table.items() if verb in verbs]
    return _row(name, *(CLASSES[verb] for verb in verbs), *inflected)


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
_TOUCH = "touch|hit|bump|bump into|move|disturb|knock|knock over"
_TOUCHES = "touches|hits|bumps|bumps into|moves|disturbs|knocks|knocks over"
_TOUCHING = "touching|hitting|bumping|bumping into|moving|disturbing|knocking|knocking over"
_TOUCHED = "touched|hit|bumped|moved|disturbed|knocked over"
_NOT = "don't|do not|never|mustn't|must not|not to|shouldn't|may not|careful not to|so as not to|doesn't|does not"
CUES = {
    **_verbs("sort", Verb.SORT),
    **_verbs("stack", Verb.STACK),
    **_verbs("pick", Verb.PICK, Verb.RAISE),
    **_verbs("put", Verb.PUT, Verb.MOVE, Verb.DROP, Verb.LOWER),
    **_verbs("sweep", Verb.SWEEP),
    **_verbs("push", Verb.PUSH),
    **_verbs("build", Verb.BUILD),
    **_row("push", "a push|pushes|slides|scoot|scooting|scooted|scoots|steer|get pushing|travel"),
    **_each("slid", "along|across", "the table|the tabletop|the surface"),
    **_each("slid", "without", "picking|lifting|gripping|raising|grasping", "it"),
    **_row("slid", "without picking it up|without picking it up first|without lifting"),
    **_each("slid", "don't|do not", "lift it|carry it|carry|pick it up"),
    **_each("pick", "in|into", "your gripper|your hand|the air"),
    **_each("pick", "off|from|up off|up from", "the table|the tabletop"),
    **_row("put", """go|goes|going|stand|stands|standing|stood|sit|sits|sitting|lie|lies|lying|rests|ends up|end up|belong|
        belongs|hide|hides|squeeze|squeezed|squeezing|add|adds|added|leave|left there|come|comes|land|lands|located|live|lives|
        be placed|swap|pass|give|sandwich|sandwiched|wedge|keep|serve"""),
    **_row("tower", "tower|stack|pile|high|high stack|column|three high"),
    **_row("downward", "from top to bottom|from the top to the bottom|from the top down|top to bottom|top down"),
    **_row("pyramid", "pyramid|pyramid shape|triangle"),
    **_row("both", "both|both of them|the pair|at once|bridge|bridges|bridging"),
    **_each("both", "on|over|across|on top of", "both|both of them|the two|the pair|them"),
    **_row("low", "lowest|lowermost|underneath|below|bottom|first|ground|starting from|starting with|start with"),
    **_each("low", "at|on|as|for", "the bottom|the base|the very bottom|the foundation"),
    **_row("low", "the bottom|the base|the foundation|as a base|as its base"),
    **_row("mid", "in the middle|in the centre|in the center|for the middle"),
    **_row("high", """highest|uppermost|topmost|top|last|third|above|finally|on top|crown|crown it with|crowned with|
        topped with|to crown it|off with"""),
    **_each("high", "at|on|as|for", "the top|the very top|the peak|the tip"),
    **_row("high", "the top|the peak|the tip|the roof|the crown"),
    **_row("flank", "either side|on each side|the middle one|to one side|at one side|on the other|on the other side"),
    **_each("flank", "on either side|either side|on one side", "of it"),
    **_row("flank", "on either side|on one side"),
    **_row("together", "side by side|together|next to each other|touching|touching each other|against each other"),
    **_row("drawer", "drawer"),
    **_row("open", """open|opened|opening|opens|out|slide out|pull out|pulled out|draw it out|see what is in|see what's in|
        see inside|look inside|look in|look into|get at what's in"""),
    **_row("shut", """close|closed|closing|closes|shut|shutting|fully shut|fully closed|back in|push in|pushed in|back inside|
        push it in|slide it in|push it back"""),
    **_each("ajar", "don't|do not|shouldn't|should not|mustn't|must not", "leave|stay|be left"),
    **_row("handle", "handle|by its handle|by the handle"),
    **_row("crumbs", "crumbs|breadcrumbs|bread crumbs|mess"),
    **_row("dustpan", "dustpan|dust pan"),
    **_row("cleared", "not on the table|off the table|off the tabletop|from the table|everywhere"),
    **_row("kind", "colour|color|colours|colors|shape|shapes|kind|kinds|type|types"),
    **_row("like", """match|matches|matching|own|each|every|per|according to|based on|as it|go through|that has|ones with|same|
        the same|identical|alike|correspond|corresponding"""),
    **_row("part", "corner|side|edge|end|part|half|area|table|tabletop|desk|quadrant|section"),
    **_row("where", """front|back|rear|far|near|middle|centre|center|forward|forwards|ahead|backward|backwards|away|diagonally|
        diagonal|leftward|leftwards|rightward|rightwards|left|right|left hand|right hand"""),
    **_each("backward", "toward|towards", "you|the robot|yourself"),
    **_each("forward", "away from", "you|the robot|yourself"),
    **_row("it", "it|that|them|there|this"),
    **_row("avoid", """untouched|alone|completely alone|undisturbed|in peace|in one piece|around|round|past|avoiding|avoid|mind|
        watch out for|clear of|so nothing hits|so that nothing hits|with no contact with|with no touching of|no touching of"""),
    **_each("avoid", "careful|be careful", "of|with"),
    **_each("avoid", "steer|stay|keep", "clear of|away from|well away from|around|off"),
    **_each("avoid", "without", _TOUCHING),
    **_each("avoid", "never|it never|so it never|so that it never", _TOUCHES),
    **_each("avoid", f"{_NOT}|careful you don't|it doesn't|it does not|without letting it", _TOUCH),
    **_each("avoid", "and|but|you|that you|it|be", _NOT, _TOUCH),
    **_each("avoid", _NOT, "be", _TOUCHED),
    **_each("avoid", "it", _NOT, "be", _TOUCHED),
}  # fmt: skip
PLAIN = {"far": "back", "rear": "back", "near": "front", "centre": "middle", "center": "middle", "forwards": "forward",
         "ahead": "forward", "away": "forward", "backward": "back", "backwards": "back", "leftward": "left",
         "leftwards": "left", "rightward": "right", "rightwards": "right", "diagonally": "diagonal", "left hand": "left",
         "right hand": "right"}  # fmt: skip

# What says nothing of its own.
SKIPPED = {
    **_each("", "great|nice|good|better|grateful|help|prefer it|like it|love it", "if"),
    **_each("", "would|do", "you mind"),
    **_each("", "these|those", "two"),
    **_each("", "two", "of the|below|at the bottom|underneath|under it"),
    **_row("", """go ahead|how about|let's say|before we start|before you place it|see to that|on every|and so on for|
        on that the|so kind as to|be so kind as to|or so|on the way|how far|on the table|on the tabletop|of them|
        off to|what's in"""),
}  # fmt: skip
EMPTY = _row("", """
    i|i'd|i'm|i've|we|we'd|you|you'd|you're|you've|me|us|my|your|our|their|they|its|it's|it'd|it'll|'s|that's|there's|now's|
    would|could|can|may|might|should|must|shall|ought|will|let's|let|like|love|want|wants|wish|need|needs|prefer|have|has|
    had|having|get|gets|getting|make|makes|making|sure|see|find|try|help|so|such|to|be|is|are|was|were|been|being|the|a|an|
    and|for|with|of|on|at|as|by|from|up|down|over|off|among|across|along|toward|towards|then|than|until|till|once|when|
    while|where|which|what|how|one|well|very|more|little|small|bit|some|all|whole|everything|everybody|somebody|someone|
    these|those|three|next|also|only|too|again|now|further|later|total|completely|fully|finally|exactly|directly|straight|
    nicely|great|nice|good|lovely|kind|dear|enough|do|done|use|using|built|construct|starting|finish|finishing|come|
    possible|supposed|able|mixed|robot|ok|okay|hey|hello|yes|please|thanks|,|.|!|?|;|:""")  # fmt: skip
COMMANDING = {"i", "i'd", "i'm", "we", "should", "must", "would", "could", "can", "ought", "needs", "is", "was", "where", "be",
              "it'd", "let's", "have", "make", "get"}  # fmt: skip
ASKING = {"is", "are", "was", "were", "what", "where", "which", "who", "whose", "why", "how", "do", "does", "did", "am"}
