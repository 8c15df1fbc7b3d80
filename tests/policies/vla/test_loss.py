"""The loss, of a model that says whatever a test wants it to."""

from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import one_hot

from policies.vla.actions import keypose_targets, place_targets
from policies.vla.config import VlaConfig
from policies.vla.loss import BINS, IGNORED, SPREAD, losses
from policies.vla.model import Reading
from policies.vla.rows import act_row, answer_row, ask_prompt, point_row, stacked_rows
from tests.policies.vla import tiny

CONFIG, SURE = tiny.config(), 60.0


class Saying:
    """Says the targets, its bins so many too high, and noise wherever nothing is to be learnt."""

    def __init__(self, texts: dict[str, torch.Tensor], off: int = 0, seed: int = 0) -> None:
        self.config: VlaConfig = CONFIG
        self.alignment = None
        self.heads, self.texts, self.off = self, texts, off
        self.random = torch.Generator().manual_seed(seed)

    def read(self, frame: object, ids: torch.Tensor) -> Reading:
        """Hidden states that are where they are: batch, row and place."""
        places = torch.stack(torch.meshgrid(*(torch.arange(n) for n in ids.shape), indexing="ij"), dim=-1)
        return Reading(
            patches=torch.zeros(len(ids), CONFIG.num_patches, 3), seen=torch.zeros(len(ids), 3), hidden=places.float()
        )

    def vocabulary_logits(self, hidden: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        return self._surely(self.texts["answer"][hidden.long().unbind(-1)], CONFIG.vocabulary)

    def there(self, hidden: torch.Tensor) -> torch.Tensor:
        return self._surely(self._target("there", hidden), 2).diff(dim=-1)

    def point(self, hidden: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        return self._surely(self._target("pointer", hidden), CONFIG.num_patches)

    def tell(self, hidden: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        target = self._target("bins", hidden)
        bell = -0.5 * ((torch.arange(CONFIG.bins) - target[..., None] - self.off) / SPREAD) ** 2
        return torch.where((target == IGNORED)[..., None], torch.rand(bell.shape, generator=self.random), bell)

    def _target(self, key: str, hidden: torch.Tensor) -> torch.Tensor:
        batch, row, place = hidden.long().unbind(-1)
        return self.texts[key][batch, row, place - self.texts["slot"][batch, row].clamp(min=0)]

    def _surely(self, target: torch.Tensor, count: int) -> torch.Tensor:
        noise = SURE * torch.rand((*target.shape, count), generator=self.random)
        return torch.where((target == IGNORED)[..., None], noise, SURE * one_hot(target.clamp(min=0), count))


def texts() -> dict[str, torch.Tensor]:
    """An action with fewer keyposes than slots, a phrase and an answer; bins away from their ends."""
    words = tiny.words()
    action, place = (
        replace(each, bins=np.where(each.bins == IGNORED, IGNORED, each.bins.clip(20, 40)))
        for each in (keypose_targets(tiny.keyposes(2), CONFIG), place_targets(np.array([0.5, 0.0, 0.0]), CONFIG))
    )
    rows = [
        act_row(words, "go home", action, CONFIG),
        point_row(words, "the red block", place, CONFIG),
        answer_row(ask_prompt(words, "how many blocks are there?"), words, "two", CONFIG),
    ]
    return {key: torch.from_numpy(values)[None] for key, values in stacked_rows(rows, CONFIG).items()}


def found(saying: Saying) -> dict[str, torch.Tensor]:
    """The parts of the loss."""
    return losses(saying, saying.read(None, saying.texts["ids"]), saying.texts)  # type: ignore[arg-type]


def test_who_says_the_targets_loses_nothing_but_the_bells_own_width() -> None:
    parts = found(Saying(texts()))
    for name in ("words", "there", "pointer"):
        assert parts[name].abs().max() < 1e-6, name
    bell = torch.exp(-0.5 * (torch.arange(-32, 32) / SPREAD) ** 2)
    entropy = float(torch.distributions.Categorical(bell).entropy())
    torch.testing.assert_close(parts["bins"][0, :2], torch.full((2,), BINS * entropy), rtol=1e-4, atol=0)
    assert parts["bins"][0, 2] == 0.0


def test_a_bin_that_is_farther_off_costs_more() -> None:
    costs = [float(found(Saying(texts(), off))["bins"][0, 0]) for off in (0, 1, 3, 9)]
    assert costs == sorted(costs) and costs[1] - costs[0] < 0.2 * (costs[2] - costs[0])


def test_what_is_ignored_changes_nothing() -> None:
    first, second = (found(Saying(texts(), seed=seed)) for seed in (1, 2))
    for name, part in first.items():
        assert torch.equal(part, second[name]), name


def test_each_kind_of_text_has_its_own_parts_alone() -> None:
    wrong = texts()
    parts = found(Saying({**wrong, "answer": torch.where(wrong["answer"] == IGNORED, IGNORED, 5)}))
    assert parts["words"][0, :2].abs().max() == 0.0  # an action in parallel has no words
    said = texts()
    said["pointer"] = torch.where(said["pointer"] == IGNORED, IGNORED, (said["pointer"] + 1) % CONFIG.num_patches)
    saying = Saying(said)
    off = losses(saying, saying.read(None, said["ids"]), texts())["pointer"][0]  # type: ignore[arg-type]
    assert (off[:2] > 1.0).all() and off[2] == 0.0
