"""Writing: what a model has learnt by heart is what it writes, one token after another."""

import numpy as np
import torch

from policies.vla.actions import dense_targets, keypose_targets, keyposes_said
from policies.vla.chunk_code import ChunkCode, learned
from policies.vla.dimensions import dimensions_of
from policies.vla.rows import act_prompt, act_row, refuse_unwritable
from policies.vla.words import learned_words
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


def test_a_chunk_learnt_by_heart_is_written_in_the_tokens_of_its_code() -> None:
    time = np.linspace(0.0, 1.0, 6)[:, None]
    chunks = np.array([np.hstack([np.sin(phase + 3 * time), np.cos(phase + 2 * time)]) for phase in np.linspace(0, 6, 40)])
    dimensions = dimensions_of(chunks.reshape(-1, 2), ("x", "y"), ("m", "m"))
    code = learned(dimensions, chunks, num_tokens=200)
    changes = {"top_lower": [], "lidars": [], "top_upper": [], "slots": 6, "rate_hz": 10.0, "dimensions": dimensions.to_json()}
    words = learned_words(tiny.SENTENCES, 6, size=320)
    model = tiny.model(decoding="fast", chunk_code=code.to_json(), words=len(words), **changes)
    config, frame = model.config, tiny.frame(model.config)
    refuse_unwritable(config)
    wanted = {"go home": chunks[3], "pick up the red block": chunks[20]}
    targets = {text: dense_targets(chunk, np.ones(6, bool), config) for text, chunk in wanted.items()}
    tiny.overfit(model, frame, [act_row(words, text, each, config) for text, each in targets.items()], steps=120)
    for text, chunk in wanted.items():
        with torch.inference_mode():
            _, _, numbers, _ = written_slots(model, frame, torch.tensor([act_prompt(words, text, config)]))
        assert (np.abs(numbers - chunk) <= code.error + config.code.width / 2).all()


def test_a_chunk_of_a_model_that_has_learnt_nothing_is_whole() -> None:
    dimensions = dimensions_of(np.array([[-1.0, -2.0], [1.0, 2.0]]), ("x", "y"), ("m", "m"))
    code = ChunkCode(dimensions=dimensions, horizon=3, merges=((0, 1), (5, 5)))
    changes = {"top_lower": [], "lidars": [], "top_upper": [], "rate_hz": 10.0, "dimensions": dimensions.to_json()}
    for seed in range(5):
        model = tiny.model(seed, decoding="fast", chunk_code=code.to_json(), **changes)
        prompt = torch.tensor([act_prompt(tiny.words(), "go home", model.config)])
        with torch.inference_mode():
            _, _, numbers, _ = written_slots(model, tiny.frame(model.config), prompt)
        assert numbers.shape == (3, 2) and (np.abs(numbers) <= [1.0, 2.0]).all()
