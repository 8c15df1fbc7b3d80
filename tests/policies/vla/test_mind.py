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
