"""The verbs, the joints between clauses, and the words that make a sentence one that the built-in parser must refuse."""

from enum import StrEnum


class Verb(StrEnum):
    """What a verb asks for; its value is how a person is told of it."""

    PICK = "pick up"
    TAKE = "take"
    PUT = "put"
    MOVE = "move"
    STACK = "stack"
    PUSH = "push"
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
    PYRAMID = "build a pyramid of"


VERBS = {
    **dict.fromkeys(("pick up", "pick", "picking up", "picking", "lift", "lift up", "lifting", "grasp", "grip"), Verb.PICK),
    **dict.fromkeys(("seize", "hold", "grab hold of", "take hold of", "get hold of", "hold on to", "collect"), Verb.PICK),
    **dict.fromkeys(("grasping", "gripping", "clutch", "snatch"), Verb.PICK),
    **dict.fromkeys(("take", "taking", "grab", "grabbing", "get", "fetch", "remove", "take out", "take away"), Verb.TAKE),
    "retrieve": Verb.TAKE,
    **dict.fromkeys(("put", "putting", "place", "placing", "set", "setting", "lay", "deposit", "i want", "i need"), Verb.PUT),
    **dict.fromkeys(("i would like", "i'd like", "insert", "position", "stow", "stow away", "store", "put away"), Verb.PUT),
    **dict.fromkeys(("pick and place", "pick up and place", "pick and put", "pick up and put"), Verb.PUT),
    **dict.fromkeys(("move", "moving", "bring", "bringing", "carry", "transfer", "transport", "relocate", "shift"), Verb.MOVE),
    "deliver": Verb.MOVE,
    **dict.fromkeys(("stack", "stacking", "stack up", "pile", "pile up"), Verb.STACK),
    **{f"{make} a {tower} {of}": Verb.STACK for make in ("build", "make", "form", "construct")
       for tower in ("tower", "stack", "pile") for of in ("of", "with", "from", "out of", "using")},
    **dict.fromkeys(("push", "pushing", "slide", "sliding", "shove", "shoving", "nudge", "drag", "pull", "scoot"), Verb.PUSH),
    **dict.fromkeys(("sort", "sorting", "sort out", "separate", "organize", "organise", "group"), Verb.SORT),
    **dict.fromkeys(("sweep", "sweep up", "sweeping", "brush"), Verb.SWEEP),
    **{f"{make} a pyramid {of}": Verb.PYRAMID for make in ("build", "make", "form", "construct")
       for of in ("of", "with", "from", "out of", "using")},
    **dict.fromkeys(("drop", "dropping"), Verb.DROP),
    **dict.fromkeys(("go", "hover", "reach", "approach", "travel", "come", "reach out", "head", "fly", "drive"), Verb.GO),
    **dict.fromkeys(("navigate", "proceed"), Verb.GO),
    **dict.fromkeys(("point", "pointing", "point at", "point to", "point toward", "point towards", "point out", "indicate",
                     "pointing at", "pointing to"), Verb.POINT),
    **dict.fromkeys(("show me", "show us", "show"), Verb.SHOW),
    **dict.fromkeys(("open", "open up", "opening"), Verb.OPEN),
    **dict.fromkeys(("close", "shut", "closing", "close up"), Verb.CLOSE),
    **dict.fromkeys(("let go", "let go of", "release", "let loose", "unhand", "let"), Verb.RELEASE),
    **dict.fromkeys(("home", "go home", "reset"), Verb.HOME),
    **dict.fromkeys(("go back", "come back", "get back", "return"), Verb.BACK),
    **dict.fromkeys(("raise", "elevate"), Verb.RAISE),
    **dict.fromkeys(("lower",), Verb.LOWER),
}  # fmt: skip

JOINTS = {
    "then", "and", "and then", ",", ";", ".", "!", "?", ":", "afterwards", "afterward", "after that", "after this",
    "after which", "finally", "lastly", "next", "subsequently", "first", "firstly", "first of all", "second", "secondly",
    "third", "thirdly", "and also", "also", "to begin with", "to start with", "in the end", "at the end", "last",
    "at last", "thereafter", "step", "as a last step", "when done", "once done", "when you are done", "when you're done",
    "once you are done", "once you're done", "when finished", "when that is done", "once that is done",
}  # fmt: skip
OPENERS = {
    "can you", "could you", "would you", "will you", "you can", "you should", "you must", "you have to", "you need to", "you",
    "i want you to", "i would like you to", "i'd like you to", "i need you to", "i ask you to", "let's", "lets", "let us",
    "go ahead and", "go and", "go on and", "try to", "try and", "make sure to", "be so kind as to", "be so kind and",
    "would you mind", "do you mind", "hey", "hi", "hello", "dear", "robot", "hey robot", "ok", "okay", "alright",
    "all right", "so", "well", "start by", "proceed to", "i want to see you", "could you possibly", "help me",
    "your task is to", "your job is to", "yes",
}  # fmt: skip
FILLERS = {
    "please", "pls", "plz", "kindly", "now", "just", "simply", "carefully", "gently", "slowly", "quickly", "softly", "safely",
    "precisely", "immediately", "again", "thanks", "thank you", "thank you very much", "many thanks", "for me", "for us",
    "if you please", "if you can", "if you could", "if you would", "if possible", "all the way", "at once", "as well", "too",
    "if you don't mind", "with care", "very carefully", "very gently", "very slowly", "with the gripper", "with your hand",
    "with your gripper", "with the hand",
}  # fmt: skip

NEGATIONS = {
    "not", "no", "never", "dont", "doesnt", "didnt", "cant", "cannot", "wont", "shouldnt", "mustnt", "wouldnt", "couldnt",
    "isnt", "arent", "without", "except", "excepting", "neither", "nor", "avoid", "avoiding", "instead", "rather", "non",
    "none", "nothing", "nobody", "refrain", "refuse", "forbid", "forbidden", "stop", "hardly", "cease", "quit",
}  # fmt: skip
CONDITIONALS = {
    "if", "unless", "when", "whenever", "while", "until", "till", "before", "once", "because", "whether", "otherwise",
    "after", "provided", "assuming", "should", "depending", "meanwhile", "during",
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
