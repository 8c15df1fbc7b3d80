"""The verbs by classes of meaning, in all their forms, the joints between clauses, and the words that make one refuse."""

from enum import StrEnum


class Verb(StrEnum):
    """What a verb asks for; its value is how a person is told of it."""

    PICK = "pick up"
    PUT = "put"
    MOVE = "move"
    STACK = "stack"
    BUILD = "build"
    PUSH = "push"
    PULL = "pull"
    DROP = "drop"
    GO = "go to"
    POINT = "point at"
    SHOW = "show me"
    OPEN = "open the gripper"
    CLOSE = "close the gripper"
    RELEASE = "let go"
    HOME = "go home"
    BACK = "go back"
    RAISE = "raise"
    LOWER = "lower"
    SORT = "sort"
    SWEEP = "sweep"
    FILL = "fill"


# After the classes of Levin, English Verb Classes and Alternations (1993): 9 putting, 10.1 and 13.5.2 removing and obtaining,
# 11 sending and carrying, 12 pushing and pulling, 15 holding, 22 and 23 combining and separating, 26.1 building.
CLASSES = {
    Verb.PICK: """pick up|pick|lift|lift up|grasp|grip|seize|hold|hold up|grab hold of|take hold of|get hold of|hold on to|
        clutch|snatch|clasp|pluck|scoop up|pick out|get a grip on|collect|take|grab|get|fetch|remove|take out|take away|
        retrieve|extract|obtain|take up|select""",
    Verb.PUT: """put|place|set|lay|deposit|insert|position|stow|stow away|store|put away|pick and place|pick up and place|
        pick and put|pick up and put|situate|install|rest|park|pop|plop|plunk|tuck|stash|stick|lodge|mount|perch|settle|
        plant|slot|tip|dump|toss|pack|load|slip|drop off|put back|balance|gather|gather up|clear|clear away|clear up|
        clean up|tidy|tidy up|tidy away|collect up|shove away""",
    Verb.MOVE: """move|bring|carry|transfer|transport|relocate|shift|deliver|convey|haul|lug|send|guide|displace|reposition|
        bring over|carry over|move over|take over""",
    Verb.STACK: "stack|stack up|pile|pile up|heap|heap up",
    Verb.BUILD: "build|make|form|construct|create|erect|assemble|build up|turn",
    Verb.PUSH: "push|slide|shove|nudge|scoot|propel|thrust|prod|push over|slide over|shove over",
    Verb.PULL: "pull|drag|tug|draw|tow|yank|pull on|pull at|tug at|tug on",
    Verb.SORT: """sort|sort out|separate|organize|organise|group|classify|categorize|categorise|arrange|divide|distribute|
        segregate|split|split up|allocate|assign|match|match up""",
    Verb.SWEEP: "sweep|sweep up|brush|brush up|wipe|wipe up|dust|whisk|scrape|scrape up|shovel|rake|herd|sweep together",
    Verb.DROP: "drop",
    Verb.GO: "go|hover|reach|approach|travel|come|reach out|head|fly|drive|navigate|proceed",
    Verb.POINT: "point|point at|point to|point toward|point towards|point out|indicate",
    Verb.SHOW: "show me|show us|show",
    Verb.OPEN: "open|open up",
    Verb.CLOSE: "close|shut|close up",
    Verb.RELEASE: "let go|let go of|release|let loose|unhand|let",
    Verb.HOME: "home|go home|reset",
    Verb.BACK: "go back|come back|get back|return",
    Verb.RAISE: "raise|elevate|hoist",
    Verb.LOWER: "lower",
    Verb.FILL: "fill|fill up|stock",
}
DOUBLING = {"put", "set", "get", "grip", "grab", "drop", "pop", "plop", "tip", "slip", "slot", "shut", "let", "split", "lug",
            "prod", "tug", "drag"}  # fmt: skip
PAST = {"put": "put", "set": "set", "lay": "laid", "stick": "stuck", "take": "taken", "get": "gotten", "bring": "brought",
        "slide": "slid", "sweep": "swept", "shut": "shut", "let": "let", "hold": "held", "draw": "drawn", "thrust": "thrust",
        "split": "split", "send": "sent", "build": "built", "make": "made", "open": "open"}  # fmt: skip


def _stem(word: str, ending: str) -> str:
    """What a word is before "ing" or "ed"."""
    if word in DOUBLING:
        return word + word[-1]
    if word.endswith("e") and not word.endswith("ee"):
        return word[:-1]
    return (
        f"{word[:-1]}i" if (ending == "ed" and word.endswith("fy")) or (word[-2:] in ("ry", "dy") and ending == "ed") else word
    )


def _inflected(expression: str, ending: str) -> str:
    """An expression with its first word as a gerund, "picking up", or a participle, "picked up"."""
    word, _, rest = expression.partition(" ")
    form = PAST[word] if ending == "ed" and word in PAST else _stem(word, ending) + ending
    return f"{form} {rest}".rstrip()


_LISTED = [(" ".join(each.split()), verb) for verb, row in CLASSES.items() for each in row.split("|")]
GERUNDS = {_inflected(each, "ing"): verb for each, verb in _LISTED}
PARTICIPLES = {_inflected(each, "ed"): verb for each, verb in _LISTED} | {"opened": Verb.OPEN}
VERBS = {**GERUNDS, **dict(_LISTED), **dict.fromkeys(("i want", "i need", "i would like", "i'd like"), Verb.PUT)}

JOINTS = {
    "then", "and", "and then", ",", ";", ".", "!", "?", ":", "afterwards", "afterward", "after that", "after this",
    "after which", "finally", "lastly", "next", "subsequently", "first", "firstly", "first of all", "second", "secondly",
    "third", "thirdly", "and also", "also", "to begin with", "to start with", "in the end", "at the end", "last",
    "at last", "thereafter", "step", "as a last step", "when done", "once done", "when you are done", "when you're done",
    "once you are done", "once you're done", "when finished", "when that is done", "once that is done",
}  # fmt: skip
_ROBOT = ("you", "the robot", "the arm", "the robot arm", "the gripper", "robot")
OPENERS = {
    "you", "let's", "lets", "let us", "go ahead and", "go and", "go on and", "try to", "try and", "make sure to", "be sure to",
    "be so kind as to", "be so kind and", "would you be so kind as to", "would you mind", "do you mind", "hey", "hi", "hello",
    "dear", "robot", "hey robot", "ok", "okay", "alright", "all right", "so", "well", "start by", "begin by", "proceed to",
    "i want to see you", "could you possibly", "help me", "help me to", "yes", "do me a favor and", "do me a favour and",
    "be a dear and", "time to", "it is time to", "it's time to", "use the gripper to", "use your gripper to",
    "use the arm to", "use your arm to", "use the robot to", "use your hand to", "would it be possible to", "by",
    *(f"{modal} {you}" for modal in ("can", "could", "would", "will", "may i ask") for you in _ROBOT),
    *(f"{you} {modal}" for you in _ROBOT for modal in ("can", "could", "should", "must", "shall", "will", "may", "have to",
      "has to", "need to", "needs to", "ought to", "are to", "is to", "are supposed to", "is supposed to")),
    *(f"{wish} {you} to" for you in _ROBOT for wish in ("i want", "i would like", "i'd like", "i need", "i ask", "get",
      "i would love", "i'd love", "we want", "we need", "command", "tell", "ask")),
    *(f"{cause} {you}" for you in _ROBOT[1:5] for cause in ("have", "make", "let")),
    *(f"{it} if you {could}" for could in ("could", "would", "can") for it in ("it would be nice", "it would be great",
      "it would be good", "i would appreciate it", "i'd appreciate it", "i would be glad", "i'd be glad", "i wonder")),
    *(f"{whose} {task} is to" for whose in ("your", "the", "my") for task in ("task", "job", "goal", "mission", "aim", "wish")),
}  # fmt: skip
FILLERS = {
    "please", "pls", "plz", "kindly", "now", "just", "simply", "carefully", "gently", "slowly", "quickly", "softly", "safely",
    "precisely", "immediately", "again", "thanks", "thank you", "thank you very much", "many thanks", "for me", "for us",
    "if you please", "if you can", "if you could", "if you would", "if possible", "all the way", "at once", "as well", "too",
    "using the gripper", "using your gripper", "using your hand", "with your arm", "with the arm", "right now", "right away",
    "in this order", "in that order", "from bottom to top",
    "from the bottom up", "from the bottom to the top", "one after another", "one after the other", "one by one", "in order",
    "if you don't mind", "with care", "neatly", "nicely", "exactly", "directly", "straightaway", "quietly now",
    "very carefully", "very gently", "very slowly", "with the gripper", "with your hand",
    "with your gripper", "with the hand",
}  # fmt: skip

NEGATIONS = {
    "not", "no", "never", "dont", "doesnt", "didnt", "cant", "cannot", "wont", "shouldnt", "mustnt", "wouldnt", "couldnt",
    "isnt", "arent", "without", "except", "excepting", "neither", "nor", "avoid", "avoiding", "instead", "rather", "non",
    "none", "nothing", "nobody", "refrain", "refuse", "forbid", "forbidden", "stop", "hardly", "cease", "quit",
}  # fmt: skip
CONDITIONALS = {
    "if", "unless", "when", "whenever", "while", "until", "till", "before", "once", "because", "whether", "otherwise",
    "after", "provided", "assuming", "depending", "meanwhile", "during",
}  # fmt: skip
QUANTIFIERS = {
    "everyone", "several", "many", "few", "most", "twice", "thrice", "times",
    "repeatedly", "repeat", "forever", "always", "everywhere",
}  # fmt: skip
CHOICES = {"or", "either", "whichever"}
POINTINGS = {"here", "there"}
QUESTIONS = {
    "what", "what's", "where", "where's", "which", "who", "who's", "whose", "whom", "why", "how", "is", "are", "was",
    "were", "does", "did", "am", "has", "have", "shall", "may", "do you", "do we", "do i", "can i", "can we", "can it",
    "can they", "describe", "tell", "explain", "count", "can you see", "could you see", "can you tell", "could you tell",
    "can you describe",
}  # fmt: skip

GRAMMAR = {
    "but", "i", "you", "me", "we", "us", "he", "she", "they", "him", "her", "your", "my", "its", "their", "is", "be",
    "been", "was", "were", "of", "as", "from", "off", "out", "away", "than", "so", "which", "that's", "it's", "located",
    "lying", "sitting", "standing", "placed", "resting", "positioned", "lies", "sits", "stands", "rests", "coloured",
    "colored", "color", "colour", "about", "approximately", "roughly", "around", "am", "will", "would", "could", "being",
    "get", "half", "couple", "pair", "dozen", "holding", "very", "are", "to", "the", "where",
}  # fmt: skip

SORTING = {  # the words that say what sorting goes by: see `sorting`
    "colour", "color", "colours", "colors", "shape", "shapes", "kind", "type", "size", "sizes", "according", "based", "same",
    "matching", "corresponding", "appropriate", "respective", "own", "match", "matches", "diagonal", "pushing", "pulling",
    "shut", "closed",
}  # fmt: skip
