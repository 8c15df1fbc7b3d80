"""What the built-in parser says when it refuses: what it did not understand, and what can be said instead."""

from policies.language.grammar.lexicon import EXAMPLE
from policies.language.grammar.tokens import shown
from policies.language.grammar.verbs import Verb
from policies.language.program import Relation
from robot.errors import InstructionRefused

KNOWN_VERBS = ", ".join(
    (Verb.PICK, Verb.PUT, Verb.STACK, Verb.PUSH, Verb.GO, Verb.POINT, Verb.OPEN, Verb.CLOSE, Verb.HOME, Verb.SORT, Verb.SWEEP)
)
KNOWN_RELATIONS = ", ".join(relation for relation in Relation if relation is not Relation.AT)
HOW = {
    Verb.PICK: "pick up the red block",
    Verb.PUT: "put the red block in the blue bowl",
    Verb.MOVE: "move the red block to the left of the bowl",
    Verb.STACK: "stack the red block on the blue block",
    Verb.PUSH: "push the red block to the left by 10 cm",
    Verb.GO: "go above the red block",
    Verb.POINT: "point at the red block",
    Verb.SHOW: "show me the red block",
    Verb.RELEASE: "let go of it",
    Verb.BACK: "go back home",
    Verb.RAISE: "raise the gripper by 5 cm",
    Verb.LOWER: "lower the gripper by 5 cm",
    Verb.DROP: "drop it in the blue bowl",
    Verb.SORT: "sort the blocks by colour into the bins",
    Verb.SWEEP: "sweep the crumbs into the dustpan",
    Verb.BUILD: "build a pyramid of the red, the green and the blue block",
    Verb.PULL: "pull the drawer open",
    Verb.FILL: "fill the bowl with the red block",
    Verb.OPEN: "open the drawer",
    Verb.CLOSE: "close the drawer",
}


class IsItMeant(InstructionRefused):
    """The question whether a sentence means what its gist is.

    Attributes:
        gist: in plain words, which the grammar reads.
    """

    def __init__(self, gist: str) -> None:
        """Ask."""
        super().__init__(f"Do you mean '{shown(gist, 200)}'? Then say it so; at the prompt, say yes.")
        self.gist = gist


def not_understood(sentence: str) -> InstructionRefused:
    """The refusal of another language or of no language."""
    return InstructionRefused(f"I understand English sentences such as '{EXAMPLE}'; I did not understand '{shown(sentence)}'.")


def unknown_verb(word: str) -> InstructionRefused:
    """The refusal of a sentence whose verb the parser does not know."""
    return InstructionRefused(f"I do not know how to '{shown(word)}'; I know: {KNOWN_VERBS}.")


def perhaps(word: str, meaning: str) -> InstructionRefused:
    """The refusal of a verb that the parser does not know, in a sentence that would make sense with another one."""
    return InstructionRefused(f"I do not know how to '{shown(word)}'; do you mean '{shown(meaning, 200)}'?")


def no_verb(words: str) -> InstructionRefused:
    """The refusal of a thing or a place with no word for what to do."""
    return InstructionRefused(f"What shall I do with '{shown(words)}'? I know: {KNOWN_VERBS}.")


def no_thing(verb: Verb) -> InstructionRefused:
    """The refusal of a verb without its object."""
    return InstructionRefused(f"{verb.capitalize()} what? Say for example '{HOW[verb]}'.")


def no_place(verb: Verb, thing: str) -> InstructionRefused:
    """The refusal of a verb without its place."""
    words = f"{verb} {thing}" if thing else verb
    return InstructionRefused(f"{shown(words[0].upper() + words[1:])} where? Say for example '{HOW[verb]}'.")


def no_anchor(words: str) -> InstructionRefused:
    """The refusal of a relation to nothing: "put it next to"."""
    return InstructionRefused(f"I miss the thing after '{shown(words)}'; say for example '{words} the blue bowl'.")


def not_two(words: str) -> InstructionRefused:
    """The refusal of a place between anything but two things."""
    return InstructionRefused(f"'{words}' wants two things; say for example 'between the red block and the blue bowl'.")


def left_over(understood: str, rest: str) -> InstructionRefused:
    """The refusal of words that follow what was understood."""
    if not understood:
        return InstructionRefused(f"I did not understand '{shown(rest)}'; I know: {KNOWN_VERBS}.")
    return InstructionRefused(f"I understood '{shown(understood)}', but not '{shown(rest)}'; say it in a sentence of its own.")


def several(words: str) -> InstructionRefused:
    """The refusal of several things at once."""
    return InstructionRefused(
        f"I act on one thing at a time, not on '{shown(words)}'; name each: 'the red block and the blue block'."
    )


def two_at_once(first: str, second: str) -> InstructionRefused:
    """The refusal to take a thing while another is held."""
    return InstructionRefused(
        f"The gripper holds one thing at a time; say where to put '{shown(first)}' before I take '{shown(second)}'."
    )


def contradiction(field: str, first: str, second: str) -> InstructionRefused:
    """The refusal of a thing described in two ways that exclude each other."""
    return InstructionRefused(f"A thing has one {field}, and I heard '{first}' and '{second}'; say one of them.")


def unknown_relation(word: str) -> InstructionRefused:
    """The refusal of a preposition that has no meaning here."""
    return InstructionRefused(f"I do not know what '{word}' means for things; I know: {KNOWN_RELATIONS}.")


def unknown_part(words: str) -> InstructionRefused:
    """The refusal to tell a thing by a part of the table that names no one thing."""
    return InstructionRefused(f"I cannot tell a thing by '{shown(words)}'; say leftmost, nearest, or what it is next to.")


def two_places(first: str, second: str) -> InstructionRefused:
    """The refusal of two goals for one thing."""
    return InstructionRefused(f"I heard two places, '{shown(first)}' and '{shown(second)}'; say the one that is meant.")


def only_gripper(words: str) -> InstructionRefused:
    """The refusal to open or close anything but the gripper and drawers."""
    return InstructionRefused(f"I can open and close the gripper and drawers, not '{shown(words)}'; say 'open the drawer'.")


def no_antecedent(word: str) -> InstructionRefused:
    """The refusal of a pronoun that nothing was said for."""
    return InstructionRefused(f"What is '{shown(word)}'? Name the thing, as in 'pick up the red block'.")


def too_nested() -> InstructionRefused:
    """The refusal of a thing next to a thing next to a thing next to a thing."""
    return InstructionRefused("That is too many things in one phrase; say it in shorter sentences.")


def no_distance(words: str) -> InstructionRefused:
    """The refusal of "at least" without how far, or from what."""
    return InstructionRefused(f"How far, and from what, in '{shown(words)}'? Say for example 'at least 5 cm from the can'.")


def no_side(words: str) -> InstructionRefused:
    """The refusal of a place in which one can't stay on the way."""
    return InstructionRefused(
        f"Where is one to stay in '{shown(words)}'? Say 'on the left of the can' or 'on the left side of the table'."
    )


def no_speed(words: str) -> InstructionRefused:
    """The refusal of a way of moving that is no speed."""
    return InstructionRefused(f"I do not know the speed in '{shown(words)}'; say for example 'moving at half speed'.")


def no_manner(words: str) -> InstructionRefused:
    """The refusal of a manner for a step that has only one."""
    return InstructionRefused(f"I cannot do that in a particular manner: '{shown(words)}'; leave that out.")


def only_pushed(words: str) -> InstructionRefused:
    """The refusal to bring anything along a line but by pushing."""
    return InstructionRefused(f"Only a push can go '{shown(words)}'; say for example 'push the red block along the left edge'.")


def no_line(words: str) -> InstructionRefused:
    """The refusal of a line that is none."""
    return InstructionRefused(f"I know no line '{shown(words)}'; say 'along the left edge', 'the diagonal' or 'the blue line'.")


def not_three(words: str) -> InstructionRefused:
    """The refusal of a pyramid of anything but three things."""
    return InstructionRefused(f"A pyramid takes three things, and I heard '{shown(words)}'; name the three.")
