"""What do the ways of fusing, of writing actions and of co-training bring? Each trained alike, side by side in one table.

    python -m benchmarks.variants of=fusions data=[demonstrations] scenes=[scenes] out=runs/fusions scenes_share=1 steps=500
    python -m benchmarks.variants of=decodings data=[demonstrations] scenes=[scenes] out=runs/decodings init=runs/words/best
    python -m benchmarks.variants of=questions data=[demonstrations] scenes=[scenes] out=runs/questions ranks=2

All else are words of `handsight-train`, the same for every variant, as are the seed, the samples and the order in which they
are drawn. With `ranks=2` two processes train each; a variant that was stopped goes on, one that is done is not trained again.
Told are the shares of held-out first places that are met within 3 cm, of actions and of phrases, and of phrases of which it is
known whether anything fits them; and what training took.
"""

import json
import subprocess
import sys
from pathlib import Path

from policies.vla.fusion.catalogue import WAYS
from sim.tasks.wording import load_words

TABLES = ("attributes", "relations", "regions")


def unseen_words() -> list[str]:
    """Every single word of attributes, relations and places that no demonstration says."""
    halves = [each for table in TABLES for name, each in load_words(table).items() if name != "kinds"]
    seen = {word for each in halves for phrase in each.seen for word in phrase.split()}
    return sorted({word for each in halves for phrase in each.unseen for word in phrase.split()} - seen)


def variants() -> dict[str, dict[str, list[str]]]:
    """Comparison → variant → the words of handsight-train that make it."""
    return {
        "fusions": {way: [f"model.fusion={way}"] for way in WAYS},
        "decodings": {way: [f"model.decoding={way}"] for way in ("parallel", "autoregressive")},
        "questions": {
            "none": ["scenes_share=0"],
            "without the unseen words": [f"lessons.questions.avoid=[{','.join(unseen_words())}]"],
            "all": [],
        },
    }


def trained(out: Path, ranks: int, words: list[str]) -> None:
    """Train one variant, or go on with it."""
    alone = [sys.executable, "-m"]
    together = [*alone, "torch.distributed.run", "--nproc-per-node", str(ranks), "--master-port", "29631", "-m"]
    subprocess.run([*(together if ranks > 1 else alone), "policies.train", *words, f"out={out}"], check=True)


def row(name: str, out: Path) -> str:
    """What came of one variant."""
    log = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    scores = [line for line in log if any(key.startswith("validation/") for key in line)][-1]
    steps = [line for line in log if "samples_per_s" in line]
    met = [scores.get(f"validation/{key}") for key in ("acts_met", "phrases_met", "phrases_told")]
    shares = " | ".join("–" if each is None else f"{each:.1%}" for each in met)
    rate, waiting = (sum(line[key] for line in steps) / len(steps) for key in ("samples_per_s", "waiting_share"))
    return f"| {name} | {shares} | {scores['step']} | {rate:.1f} | {waiting:.1%} | {steps[-1]['seconds'] / 60:.0f} |"


def main() -> None:
    """Train what is not yet trained; print the table."""
    words = [word for word in sys.argv[1:] if word.split("=")[0] not in ("of", "out", "ranks")]
    options = dict(word.split("=", 1) for word in sys.argv[1:] if word not in words)
    comparisons = variants()
    if options.get("of") not in comparisons or not options.get("out"):
        sys.exit(f"variants: expected of=… out=FOLDER, with one of {', '.join(comparisons)}")
    out, made = Path(options["out"]), comparisons[options["of"]]
    lines = [
        "| variant | acts met | phrases met | phrases told | steps | samples a second | waiting for data | minutes |",
        "|---" * 8 + "|",
    ]
    for name, own in made.items():
        folder = out / name.replace(" ", "_")
        trained(folder, int(options.get("ranks", 1)), [*words, *own])
        lines.append(row(name, folder))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
