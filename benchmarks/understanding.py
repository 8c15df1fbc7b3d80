"""How much of what people say is understood, by the grammar alone and with the gist of what it can't take apart?

    python -m benchmarks.understanding [show]

Three times 130 sentences by authors who knew neither the grammar nor the tasks (`tests/policies/spoken`); the gist was written
with the first two parts in sight, the third was not read before it was done. `show` prints what is refused or taken amiss.
"""

import sys
from collections import Counter
from unittest.mock import patch

from policies.language.program import Step
from policies.language.restating import restated, understood
from sim.statistics import wilson
from tests.policies.spoken import spoken


def judged(sentence: str, wanted: tuple[Step, ...], meaning: str) -> str:
    """Whether a sentence is taken as it is meant."""
    if not understood(sentence):
        return "refused"
    return "right" if restated(sentence) == restated(meaning) and wanted else "wrong"


def counted(part: str, show: bool) -> Counter[str]:
    """How many sentences of a part are taken in which way."""
    for cached in (understood, restated):
        cached.cache_clear()
    found = Counter[str]()
    for sentence, meaning in spoken(part):
        found[how := judged(sentence, understood(meaning), meaning)] += 1
        if show and how != "right":
            print(f"{how}: {sentence}  [{meaning}]")
    return found


def row(name: str, part: str, found: Counter[str]) -> str:
    """One line of the table."""
    share, count = wilson(found["right"], sum(found.values())), sum(found.values())
    interval = f"{100 * share.low:.0f}–{100 * share.high:.0f}"
    return f"| {part} | {name} | {100 * found['right'] / count:.0f} % ({interval}) of {count} | {found['wrong']} | {found['refused']} |"


def main() -> None:
    """Print a table."""
    print("| sentences | understood by | as meant | amiss | refused |\n|---|---|---|---|---|")
    for part in ("first", "second", "third"):
        with patch("policies.language.parser.gist_of", lambda *_: ""):
            alone = counted(part, show=False)
        print(row("the grammar", part, alone))
        print(row("and its gist", part, counted(part, show="show" in sys.argv[1:])))


if __name__ == "__main__":
    main()
