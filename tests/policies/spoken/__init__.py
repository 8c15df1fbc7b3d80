"""What people might say at the table: commands with their meaning in plain words, and what is none.

`first`, `second` and `third` are 130 commands each, `none` 150 sentences after which nothing may move, all by authors who knew
neither the grammar nor the phrases of the tasks; the gist was written with the first two before its author's eyes. `amiss` are
sentences that an earlier gist took for what they are not.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def spoken(part: str) -> list[tuple[str, str]]:
    """The sentences of a part, each with its meaning; empty where nothing is to be done."""
    lines = (FOLDER / f"{part}.jsonl").read_text().splitlines()
    return [(each["sentence"], each.get("meaning", "")) for each in map(json.loads, lines)]
