"""The words for numbers, units and lengths; tables as those of `lexicon`."""

from policies.language.grammar.lexicon import each_of

UNITS = {
    **each_of("mm|millimetre|millimetres|millimeter|millimeters", 0.001),
    **each_of("cm|cms|centimetre|centimetres|centimeter|centimeters", 0.01),
    **each_of("dm|decimetre|decimetres|decimeter|decimeters", 0.1),
    **each_of("m|metre|metres|meter|meters", 1.0),
    **each_of("inch|inches", 0.0254),
    **each_of("foot|feet", 0.3048),
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
    **each_of("a couple of|a couple|a pair of", 2.0),
    **each_of("half a|half an|a half", 0.5),
}
ONE = {"a", "an", "one"}
