"""Alignment of scenes and captions: true ones are told from false ones and from others', and what is not there counts not."""

from itertools import islice
from types import SimpleNamespace

import numpy as np
import torch

from policies.training.moment import Moment
from policies.training.samples import CONTRAST, LessonsConfig, Samples
from policies.vla.actions import keypose_targets
from policies.vla.alignment import Alignment
from policies.vla.changes import UNCHANGED
from policies.vla.loss import losses
from policies.vla.questions import QuestionsConfig, questions
from policies.vla.rows import act_row, caption_row, stacked_rows
from policies.vla.vocabulary import Vocabulary
from policies.vla.words import MASK, PAD, learned_words
from tests.policies.vla import tiny
from tests.policies.vla.test_questions import scene

B, WIDTH = 6, 16


def drawn(seed: int = 0) -> tuple[Alignment, torch.Tensor, torch.Tensor]:
    """Projections that change nothing, and two sets of directions."""
    torch.manual_seed(seed)
    alignment = Alignment(WIDTH)
    for each in (alignment.sees, alignment.says):
        torch.nn.init.eye_(each.weight)
        torch.nn.init.zeros_(each.bias)
    return alignment, torch.eye(WIDTH)[:B], torch.eye(WIDTH)[B : 2 * B]


def test_captions_that_fit_their_scenes_cost_nothing_and_each_kind_of_mistake_costs() -> None:
    alignment, seen, other = drawn()
    known = torch.ones(B, dtype=torch.bool)
    right = alignment(seen, seen, other, known)
    assert right.max() < 1e-3
    assert (alignment(seen, seen.roll(1, 0), other, known) > 5).all()  # another scene's caption
    assert (alignment(seen, seen, seen, known) > 0.3).all()  # a false caption that is no different: a coin is tossed


def test_scenes_without_a_caption_cost_nothing_and_make_no_caption_wrong() -> None:
    alignment, seen, other = drawn()
    known = torch.arange(B) > 1
    true = torch.where(known[:, None], seen, seen.roll(2, 0))  # what stands there, if it counted, would fit other scenes
    loss = alignment(seen, true, torch.where(known[:, None], other, seen.roll(2, 0)), known)
    assert loss[:2].abs().max() == 0.0 and loss.max() < 1e-3


def test_a_model_learns_which_caption_is_true_of_which_scene() -> None:
    model, words = tiny.model(aligned=True).train(), tiny.words()
    config, frame = model.config, tiny.frame(model.config, batch=2)
    captions = [("a red block", "a blue block"), ("a blue block", "a red block")]
    action = act_row(words, "go home", keypose_targets(tiny.keyposes(1), config), config)
    rows = [[action, *(caption_row(words, each, config, 1.0) for each in pair)] for pair in captions]
    texts = [stacked_rows(each, config) for each in rows]
    batch = {key: torch.from_numpy(np.stack([each[key] for each in texts])) for key in texts[0]}
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    costs = []
    for _ in range(40):
        part = losses(model, model.read(frame, batch["ids"]), batch)["align"]
        assert part[:, [0, 2]].abs().max() == 0.0
        costs.append(float(part.detach().sum()))
        optimiser.zero_grad()
        part.sum().backward()
        optimiser.step()
    assert costs[-1] < 0.2 * costs[0]


def test_a_sample_ends_with_its_captions_and_has_none_unless_they_are_learnt_from() -> None:
    config, facts = tiny.config(), scene(3, hidden=False)
    said = [lesson.text for lesson in islice(questions(facts, np.random.default_rng(0), QuestionsConfig(kinds=CONTRAST)), 20)]
    words = learned_words(said, tiny.SLOTS)
    recording = SimpleNamespace(facts=lambda step: facts, has_facts=True, episode=SimpleNamespace(num_steps=2))
    blind = SimpleNamespace(has_facts=False, episode=SimpleNamespace(num_steps=2))

    def rows(align: float, which: object) -> list:
        samples = Samples([which], config, words, None, LessonsConfig(align=align), None, 0)  # type: ignore[list-item]
        moment = Moment(which, 0, None, UNCHANGED, np.random.default_rng(0), Vocabulary(), smallest_px=1)  # type: ignore[arg-type]
        return samples._captions(moment)

    true, false = rows(0.3, recording)
    assert true.ids[0] == false.ids[0] == MASK and true.ids != false.ids and true.weight == 0.3
    assert [each.ids for each in rows(0.3, blind)] == [[MASK], [MASK]]
    assert rows(0.0, recording) == []
    assert PAD not in true.ids
