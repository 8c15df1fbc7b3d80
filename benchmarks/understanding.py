"""How much of what people say is understood, by the grammar alone and with the gist of what it can't take apart?

    python -m benchmarks.understanding [show]

Three times 130 commands, and 150 sentences after which nothing may move, by authors who knew neither the grammar nor the tasks
(`tests/policies/spoken`); the gist was written with the first two parts in sight. `show` prints what is refused or taken amiss.
"""

import sys
from collections import Counter
from unittest.mock import patch

from policies.language.restating import restated, understood
from sim.statistics import wilson
from tests.policies.spoken import spoken


def judged(sentence: str, meaning: str) -> str:
    """Whether a sentence is taken as it is meant."""
    if not meaning:
        return "right" if not understood(sentence) else "wrong"
    return "refused" if not understood(sentence) else "right" if restated(sentence) == restated(meaning) else "wrong"


def counted(part: str, show: bool) -> Counter[str]:
    """How many sentences of a part are taken in which way."""
    for cached in (understood, restated):
        cached.cache_clear()
    found = Counter[str]()
    for sentence, meaning in spoken(part):
        found[how := judged(sentence, meaning)] += 1
        if show and how != "right":
            print(f"{how}: {sentence}  [{meaning}]")
    return found


def row(name: str, part: str, found: Counter[str]) -> str:
    """One line of the table."""
    count = sum(found.values())
    share = wilson(found["right"], count)
    said = f"{100 * share.estimate:.0f} % ({100 * share.lower:.0f}–{100 * share.upper:.0f}) of {count}"
    return f"| {part} | {name} | {said} | {found['wrong']} | {found['refused']} |"


def main() -> None:
    """Print a table."""
    print("| sentences | understood by | as meant | amiss | refused |\n|---|---|---|---|---|")
    for part in ("first", "second", "third", "none"):
        with patch("policies.language.parser.gist_of", lambda *_: ""):
            alone = counted(part, show=False)
        print(row("the grammar", part, alone))
        print(row("and its gist", part, counted(part, show="show" in sys.argv[1:])))


if __name__ == "__main__":
    main()
