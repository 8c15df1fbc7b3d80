"""learn(): the loop of every training; it goes on where it was stopped, and has what was learnt judged now and then."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from policies.training.checkpoints import begun, load_state, save_state
from policies.training.optimiser import Average, OptimiserConfig, adamw, rate_at
from policies.training.ranks import Ranks
from policies.training.telling import Telling
from policies.windows.loader import Loader
from robot.errors import InvalidInput

STEPS = 10_000_000  # more than any training has
Loss = Callable[[Any], tuple[torch.Tensor, Mapping[str, torch.Tensor]]]
Judge = Callable[[int, float], Mapping[str, float]]


class Pace(Protocol):
    """What the loop reads of a training's config; `TrainConfig` says what each is."""

    out: str
    steps: int
    accumulate: int
    validate_every: int
    save_every: int
    seed: int
    optimiser: OptimiserConfig


def share_of(batch: int, parts: int) -> int:
    """So many samples of a batch each of its parts has.

    Raises:
        InvalidInput: it can't be parted so.
    """
    if batch < 1 or batch % parts:
        raise InvalidInput(f"batch: expected a multiple of ranks times accumulate, {parts}, got {batch}")
    return batch // parts


def learn(
    pace: Pace, learnt: nn.Module, loader: Loader, loss: Loss, judge: Judge, ranks: Ranks, telling: Telling, samples: int
) -> None:
    """Learn until the steps are done.

    Args:
        pace: for how long, and how the weights change.
        learnt: whose weights change.
        loader: gives batches, without end.
        loss: batch → the loss to go down, and its parts to tell of.
        judge: called by all ranks with the averaged weights in place: step and lowest loss so far → the scores on what is held
            out, "loss" among them; it keeps the weights if it likes them. Only what the first rank returns is read.
        ranks: that learn together.
        telling: how it gets on.
        samples: of each step, over all ranks.
    """
    out, optimiser, average = Path(pace.out), adamw(learnt, pace.optimiser), Average(learnt, pace.optimiser.average)
    state: dict[str, Any] = {"step": 0, "best": float("inf"), "draws": loader.state_dict(), "seconds": 0.0}
    if begun(out):
        state = load_state(out, learnt, optimiser, average)
        loader.load_state_dict(state["draws"])
    telling.begins(learnt, state["step"], state["seconds"])
    batches = loader.endless()
    for step in range(state["step"], pace.steps):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, pace.steps, pace.optimiser)
        torch.manual_seed((pace.seed * STEPS + step) * ranks.count + ranks.rank)  # what is dropped is the same after a stop
        _descend(pace, learnt, optimiser, batches, loss, telling)
        average.update(learnt, step)
        telling.step(step + 1, samples)

        done, last = step + 1, step + 1 == pace.steps
        if last or done % pace.validate_every == 0:
            average.exchange(learnt)
            scores = judge(done, state["best"])
            average.exchange(learnt)
            if ranks.rank == 0:
                telling.validated(done, scores)
                state["best"] = min(scores["loss"], state["best"])
        if last or done % pace.save_every == 0:
            state |= {"step": done, "draws": loader.state_dict(), "seconds": telling.seconds}
            save_state(out, learnt, optimiser, average, state, ranks.rank)
    telling.ends()
    ranks.leave()


def _descend(
    pace: Pace, learnt: nn.Module, optimiser: torch.optim.Optimizer, batches: Iterator[Any], loss: Loss, telling: Telling
) -> None:
    """One step of the optimiser, its gradient gathered over the parts of a batch."""
    for _ in range(pace.accumulate):
        with telling.waiting():
            batch = next(batches)
        value, parts = loss(batch)
        (value / pace.accumulate).backward()
        telling.counts(parts)
    nn.utils.clip_grad_norm_(learnt.parameters(), pace.optimiser.clip)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
