"""Results for tests: rows that nobody has played."""

from dataclasses import replace

import numpy as np

from sim.scores import EpisodeResult

ROW = EpisodeResult(
    suite="small",
    task="pick",
    split="seen-seen",
    perturbation="none",
    index=0,
    policy="value_maps",
    seed=0,
    instruction="pick up the red block",
    success=True,
    score=1,
    stage="",
    reason='All that "pick up the red block" asks for is so.',
    duration_s=5.0,
    num_steps=50,
    num_interventions=0,
    wall_s=4.0,
    cpu_s=3.0,
)


def row(index: int, success: bool = True, **changed: object) -> EpisodeResult:
    """One row."""
    plain: dict[str, object] = {"success": success, "score": int(success)}
    failed = {} if success else {"failure": "not seen", "stage": "step 1 of 1", "reason": "I do not see a red block."}
    return replace(ROW, index=index, **{**plain, **failed, **changed})  # type: ignore[arg-type]


def rows(successes: str, **changed: object) -> list[EpisodeResult]:
    """A row for each letter: "+" succeeded, "-" did not."""
    return [row(index, letter == "+", **changed) for index, letter in enumerate(successes)]


def drawn_rows(count: int, seed: int = 0) -> list[EpisodeResult]:
    """Rows over tasks, splits and perturbations, with failures of every kind."""
    random = np.random.default_rng(seed)
    failures = ("not understood", "not seen", "not reachable", "dropped", "stopped", "timed out", "wrong outcome", "crashed")
    result = []
    for index in range(count):
        success = bool(random.random() < 0.6)
        failure = "" if success else str(random.choice(failures))
        task, split = f"task_{index % 3}", ("seen-seen", "seen-unseen")[index // 3 % 2]
        perturbation = ("none", "push")[index // 6 % 2]
        cpu_s = float(random.uniform(3, 9))
        changed = {"task": task, "split": split, "perturbation": perturbation, "failure": failure, "cpu_s": cpu_s}
        result.append(row(index // 12, success, **changed))
    return result
