"""The words for manners of moving: what begins them, "while staying away from", where they hold, "when within", and speeds."""

from enum import Enum


class Lead(Enum):
    """What kind of manner the words after it say."""

    AWAY = "away from"
    AT_LEAST = "at least"
    STAY = "on"
    SPEED = "at a speed"


_JOINTS = ("", "while ", "and ", "but ", "whilst ", "by ", "always ")
_TOUCH = ("touch", "hit", "bump", "bump into", "run into", "collide with", "disturb", "move", "knock over", "knock", "contact",
          "strike", "brush", "brush against", "go near", "come near", "get near", "get close to", "come close to", "displace",
          "push", "knock into", "crash into", "touch on", "nudge", "disrupt", "affect", "come into contact with",
          "tip over")  # fmt: skip
_TOUCHING = ("touching", "hitting", "bumping", "bumping into", "running into", "colliding with", "disturbing", "moving",
             "knocking over", "knocking", "contacting", "striking", "brushing", "brushing against", "going near", "coming near",
             "getting near", "getting close to", "coming close to", "displacing", "pushing", "knocking into", "crashing into",
             "nudging", "making contact with", "coming into contact with", "disrupting", "tipping over",
             "affecting")  # fmt: skip
_ROUND = ("around", "round", "past", "around the side of", "clear of", "in an arc around", "in a curve around", "well clear of")
LEADS = {
    **{
        f"{joint}{word}": Lead.AWAY
        for joint in _JOINTS
        for word in (
            "staying away from", "keeping away from", "steering clear of", "staying clear of", "keeping clear of",
            "avoiding", "keeping your distance from", "keeping off", "staying off",
        )
    },
    **{f"{joint}{word}": Lead.AWAY for joint in _JOINTS[2:4] for word in ("stay away from", "keep away from", "avoid")},
    **dict.fromkeys(("stay away from", "keep away from", "steer clear of", "keep clear of", "stay clear of"), Lead.AWAY),
    **{f"{without} {word}": Lead.AWAY for word in _TOUCHING for without in ("without", "and without", "but without", "never",
       "not", "while not", "while never", "whilst not", "all without")},
    **{f"{but}{dont} {word}": Lead.AWAY for word in _TOUCH for but in ("", "and ", "but ")
       for dont in ("don't", "do not", "never", "must not", "without letting it", "make sure not to", "be careful not to",
                    "take care not to", "not to", "so as not to", "try not to", "avoid to", "so that it does not",
                    "such that it does not", "so that it doesn't", "so it does not", "so it doesn't", "such that it doesn't",
                    "making sure not to", "taking care not to", "being careful not to", "making sure it does not")},
    **{f"{joint}{going}{round}": Lead.AWAY for joint in _JOINTS[:4] for round in _ROUND
       for going in ("", "going ", "moving ", "steering ", "passing ", "navigating ", "sliding ", "go ", "steer ", "curving ",
                     "staying ", "keeping ", "stay ", "keep ", "detouring ", "pass ", "guiding it ", "getting ")
       if going or round not in ("clear of", "well clear of")},
    **{f"{joint}{word}": Lead.AWAY for joint in _JOINTS for word in (
        "bypassing", "circumventing", "skirting", "skirting around", "dodging", "evading", "giving a wide berth to",
        "keeping at a distance from", "keeping a distance from", "keeping a safe distance from", "maintaining distance from",
        "staying at a distance from", "keeping distance from", "staying well away from", "keeping well away from",
        "keeping some distance from", "sparing", "avoiding contact with", "avoiding any contact with",
        "avoiding collision with",
        "avoiding collisions with", "keeping its distance from", "staying far from", "keeping far from", "being careful of",
        "minding", "watching out for", "making a detour around", "staying out of the way of", "away from")
       if word != "away from" or joint == "while "},
    **{f"{joint}{word}": Lead.AWAY for joint in ("and ", "but ") for word in (
        "mind", "watch out for", "beware of", "steer clear of", "keep clear of", "stay clear of", "keep off", "stay off",
        "keep your distance from", "be careful of", "avoid touching", "avoid hitting", "avoid bumping into", "bypass", "dodge",
        "keep a distance from", "avoid contact with", "keep it away from", "spare", "be careful with", "evade",
        "keep well away from", "stay well away from", "stay far from", "avoid moving", "avoid disturbing", "skirt")},
    **{
        f"{joint}{verb} {least}": Lead.AT_LEAST
        for joint in _JOINTS
        for verb in ("staying", "keeping", "remaining")
        for least in ("at least", "more than", "no closer than", "no nearer than", "a distance of at least", "at a distance of")
    },
    **{f"{joint}{verb} at least": Lead.AT_LEAST for joint in _JOINTS[2:4] for verb in ("stay", "keep", "remain")},
    **{f"{joint}{verb} {of}": Lead.AT_LEAST for joint in _JOINTS for verb in ("keeping", "maintaining")
       for of in ("a distance of", "a distance of at least", "at least")},
    **{f"{never} {verb} {closer} than": Lead.AT_LEAST for never in ("without", "never") for closer in ("closer", "nearer")
       for verb in ("getting", "coming", "going", "moving")},
    **{f"{joint}{verb}": Lead.STAY for joint in _JOINTS for verb in ("staying", "remaining")},
    **{f"{joint}{verb} {it}": Lead.STAY for joint in _JOINTS for it in ("it", "the tool", "the gripper")
       for verb in ("keeping",)},
    **{f"{joint}letting it {verb}": Lead.STAY for joint in _JOINTS for verb in ("stay", "remain")},
    **{f"{so} it {verb}": Lead.STAY for so in ("so that", "such that", "while making sure") for verb in ("stays", "remains")},
    **{f"{joint}{verb}": Lead.SPEED for joint in _JOINTS for verb in ("moving", "going", "travelling", "traveling")},
}  # fmt: skip
WITHIN = {
    f"{when}{less}"
    for when in ("when ", "whenever ", "while ", "as long as ", "if ", "once ", "when it is ", "when you are ", "when being ")
    for less in ("within", "less than", "closer than", "nearer than")
} | {"within"}
NEAR = {f"{when}{near}" for when in ("when ", "whenever ", "while ") for near in ("near", "close to", "next to")}
SPEED_LEADS = {"at", "with"}
SLOW, FAST = 0.5, 2.0
ADVERBS = {
    **dict.fromkeys(("slowly", "slower", "more slowly"), SLOW),
    **dict.fromkeys(("quickly", "faster", "more quickly", "fast", "rapidly"), FAST),
    **dict.fromkeys(("very slowly",), SLOW / 2),
}
ADJECTIVES = {
    **dict.fromkeys(("slow", "slower", "low", "lower", "reduced"), SLOW),
    **dict.fromkeys(("fast", "faster", "high", "higher", "increased", "quick"), FAST),
    **dict.fromkeys(("normal", "usual", "regular", "default", "ordinary"), 1.0),
    **dict.fromkeys(("very slow",), SLOW / 2),
}
FRACTIONS = {
    **{f"{one} {part}": value for one in ("a", "one") for part, value in
       (("half", 1 / 2), ("third", 1 / 3), ("quarter", 1 / 4), ("fourth", 1 / 4), ("fifth", 1 / 5), ("tenth", 1 / 10))},
    "half": 1 / 2, "two thirds": 2 / 3, "three quarters": 3 / 4,
    "twice": 2.0, "double": 2.0, "triple": 3.0, "thrice": 3.0, "four times": 4.0, "three times": 3.0, "two times": 2.0,
}  # fmt: skip
TIMES_NORMAL = {"times": 1.0, "x": 1.0, "%": 0.01, "percent": 0.01, "per cent": 0.01}
SPEED_ARTICLES = {"a", "an", "the", "its", "your"}
NORMAL = {"normal", "usual", "regular", "default", "ordinary", "standard", "original"}
SPEED_NOUNS = {"speed", "velocity", "pace", "rate"}
