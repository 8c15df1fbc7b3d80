"""How much of what people say does the grammar understand, and of how much else is the right question asked?

    python -m benchmarks.understanding [show]

Three times 130 commands, and 150 sentences after which nothing may move, by authors who knew neither the grammar nor the tasks
(`tests/policies/spoken`); the gist, by which a question is asked, was written with the first two parts in sight. `show` prints
what is refused, and what is taken or asked about amiss.
"""

import sys
from collections import Counter

from policies.language.grammar.refusals import IsItMeant
from policies.language.parser import RuleParser
from policies.language.restating import restated
from robot.errors import InstructionRefused
from sim.statistics import wilson
from tests.policies.spoken import spoken

KINDS = ("done", "done amiss", "asked", "asked amiss", "refused")


def judged(sentence: str, meaning: str) -> str:
    """What comes of a sentence."""
    try:
        RuleParser().parse(sentence)
        how, plainly = "done", sentence
    except IsItMeant as question:
        how, plainly = "asked", question.gist
    except InstructionRefused:
        return "refused"
    return how if meaning and restated(plainly) == restated(meaning) else f"{how} amiss"


def main() -> None:
    """Print a table."""
    print(f"| sentences | {' | '.join(KINDS)} | done or asked about |\n|---|{'---|' * len(KINDS)}---|")
    for part in ("first", "second", "third", "none"):
        found = Counter[str]()
        for sentence, meaning in spoken(part):
            found[how := judged(sentence, meaning)] += 1
            if how not in ("done", "asked") and "show" in sys.argv[1:]:
                print(f"{how}: {sentence}  [{meaning}]")
        share = wilson(found["done"] + found["asked"], sum(found.values()))
        said = f"{100 * share.estimate:.0f} % ({100 * share.lower:.0f}–{100 * share.upper:.0f})"
        print(f"| {part} | {' | '.join(str(found[kind]) for kind in KINDS)} | {said} |")


if __name__ == "__main__":
    main()
