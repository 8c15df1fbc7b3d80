"""What a text knows before the senses are read: slots the robot's state, words nothing."""

import torch

from policies.vla.rows import act_prompt
from policies.vla.senses import fourier
from tests.policies.vla import tiny


def test_slots_know_the_robots_state_before_anything_is_seen_and_words_do_not() -> None:
    model = tiny.model()
    ids = torch.tensor([[act_prompt(tiny.words(), "pick up the red block", model.config)]])
    here, there = tiny.frame(model.config), tiny.frame(model.config)
    there["state"] = there["state"] + 0.1
    before, after = (model.texts(ids, model.senses(frame)) for frame in (here, there))
    slots = model.config.slots
    torch.testing.assert_close(before[:, :-slots], after[:, :-slots], rtol=0, atol=1e-6)
    assert ((before - after)[:, -slots:].abs().amax(-1) > 1e-3).all()


def test_a_tool_is_said_to_be_where_a_patch_would_be() -> None:
    model = tiny.model()
    place, senses = torch.tensor([[0.5, 0.1, 0.02]]), model.senses
    state = torch.zeros(1, model.config.state_size)
    state[:, :3] = place
    body = senses._body(state)
    torch.testing.assert_close(body - senses.state(state), senses.place(fourier(place)))
