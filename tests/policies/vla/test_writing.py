"""Writing: what a model has learnt by heart is what it writes, one token after another."""

import numpy as np
import torch

from policies.vla.actions import keypose_targets, keyposes_said
from policies.vla.rows import act_prompt, act_row
from policies.vla.writing import written_slots
from tests.policies.vla import tiny


def test_an_action_learnt_by_heart_is_written_token_by_token() -> None:
    model, words = tiny.model(decoding="autoregressive"), tiny.words()
    config, frame = model.config, tiny.frame(model.config)
    wanted = {"go home": tiny.keyposes(2, seed=1), "pick up the red block": tiny.keyposes(1, seed=2)}
    rows = [act_row(words, text, keypose_targets(keyposes, config), config) for text, keyposes in wanted.items()]
    tiny.overfit(model, frame, rows, steps=120)
    for text, keyposes in wanted.items():
        prompt = torch.tensor([act_prompt(words, text, config)])
        with torch.inference_mode():
            there, pointer, numbers, pointing = written_slots(model, frame, prompt)
        targets = keypose_targets(keyposes, config)
        np.testing.assert_array_equal(there > 0.5, targets.there == 1)
        np.testing.assert_array_equal(pointer[: len(keyposes)], targets.pointer[: len(keyposes)])
        said = keyposes_said(there > 0.5, pointer, numbers, config)
        np.testing.assert_allclose(said.T_base_ee[:, :3, 3], keyposes.T_base_ee[:, :3, 3], atol=0.01)
        np.testing.assert_array_equal(said.contact, keyposes.contact)
        assert pointing.argmax() == targets.pointer[0]


def test_a_model_that_has_learnt_nothing_still_writes_actions_only() -> None:
    model = tiny.model(decoding="autoregressive")
    prompt = torch.tensor([act_prompt(tiny.words(), "go home", model.config)])
    with torch.inference_mode():
        there, pointer, numbers, _ = written_slots(model, tiny.frame(model.config), prompt)
    count = int((there > 0.5).sum())
    assert 0 <= count <= model.config.slots and (there[:count] > 0.5).all()
    assert (pointer >= 0).all() and (pointer < model.config.num_patches).all()
    keyposes_said(there > 0.5, pointer, numbers, model.config)  # refuses what is no pose, or not finite
