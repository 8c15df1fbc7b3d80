"""What people might say at the table, 3 × 130 sentences, and what each means in plain words.

They were written by authors who knew neither the grammar nor the phrases of the tasks. The gist was written with the first and
the second before its author's eyes; the third was seen when it was done.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).parent


def spoken(part: str) -> list[tuple[str, str]]:
    """The sentences of a part, "first", "second" or "third", each with its meaning."""
    lines = (FOLDER / f"{part}.jsonl").read_text().splitlines()
    return [(each["sentence"], each["meaning"]) for each in map(json.loads, lines)]
