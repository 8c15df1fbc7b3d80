"""What slots say together: one place where they mean one, each its own where they do not; and many prompts in one pass."""

from pathlib import Path

import numpy as np
import pytest
import torch

from policies.vla.fusion.catalogue import WAYS
from policies.vla.mind import LocalMind, agreed
from policies.vla.rows import act_prompt, point_prompt
from tests.policies.vla import tiny


def test_slots_that_mean_one_place_take_one_patch_and_others_their_own() -> None:
    torn = torch.tensor([[0.51, 0.49, 0.0], [0.48, 0.52, 0.0], [0.6, 0.4, 0.0], [0.0, 0.1, 0.9]])
    assert agreed(torn).tolist() == [0, 0, 0, 2]


def test_each_slot_that_is_sure_keeps_its_own_patch() -> None:
    assert agreed(torch.eye(4)[[2, 0, 3]]).tolist() == [2, 0, 3]


@pytest.mark.parametrize("fusion", WAYS)
@torch.inference_mode()
def test_what_was_looked_at_before_is_read_about_as_in_one_pass_and_more_than_once(fusion: str) -> None:
    model, words = tiny.model(fusion=fusion), tiny.words()
    frame = tiny.frame(model.config, batch=2)
    texts = [[act_prompt(words, "go home", model.config)], [point_prompt(words, "the red block", model.config)]]
    perceived = model.perceive(frame)
    for text in (*texts, texts[0]):
        ids = torch.tensor([text, text])
        one, other = model.read(frame, ids), model.read_of(perceived, ids)
        for key in ("patches", "seen", "hidden"):
            np.testing.assert_allclose(getattr(one, key), getattr(other, key), atol=1e-5)


def test_a_frame_is_looked_at_once_however_often_it_is_read_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, words = tiny.model(), tiny.words()
    mind = LocalMind(tiny.saved(tmp_path, model), "cpu", 1)
    looks: list[int] = []
    perceive = mind._model.perceive
    monkeypatch.setattr(mind._model, "perceive", lambda frame: looks.append(len(frame["state"])) or perceive(frame))
    first, second = ({key: value[0].numpy() for key, value in tiny.frame(model.config, seed=seed).items()} for seed in (0, 1))
    prompt = act_prompt(words, "go home", model.config)
    for frames in ([first], [first, first], [second, first], [second, first, second], [first]):
        mind.said(frames, [prompt] * len(frames))
    assert looks == [1, 2, 1]


@pytest.mark.parametrize("fusion", WAYS)
def test_prompts_of_all_lengths_about_one_frame_and_others_are_read_as_each_alone(tmp_path: Path, fusion: str) -> None:
    model, words = tiny.model(fusion=fusion), tiny.words()
    mind = LocalMind(tiny.saved(tmp_path, model), "cpu", 1)
    first, second = ({key: value[0].numpy() for key, value in tiny.frame(model.config, seed=seed).items()} for seed in (0, 1))
    prompts = [
        act_prompt(words, "put the red block in the blue bowl", model.config),
        point_prompt(words, "the red block", model.config),
        act_prompt(words, "go home", model.config),
        point_prompt(words, "the bowl", model.config),
    ]
    frames = [first, first, second, first]
    together = mind.said(frames, prompts)
    for frame, prompt, said in zip(frames, prompts, together, strict=True):
        for mine, alone in zip(said, mind.said([frame], [prompt])[0], strict=True):
            np.testing.assert_allclose(mine, alone, atol=1e-5)
