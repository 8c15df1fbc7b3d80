"""Consensus: of several readings the one that most agree on is taken, and each is what it would have been alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from policies.vla.consensus import CHANGES, agreed_reading
from policies.vla.keyposes import Keyposes
from policies.vla.looks import look_of
from policies.vla.reader import open_reader
from tests.policies.tabletop import robot
from tests.policies.vla import scenes, tiny

SOMEWHERE, ELSEWHERE, NOTHING = tiny.keyposes(2, seed=1), tiny.keyposes(2, seed=2), tiny.keyposes(0)


def shifted(keyposes: Keyposes, metres: float) -> Keyposes:
    """The same, a little to the left."""
    poses = keyposes.T_base_ee.copy()
    poses[:, 1, 3] += metres
    return replace(keyposes, T_base_ee=poses)


@pytest.mark.parametrize(
    ("readings", "sure", "best", "confidence"),
    [
        ([SOMEWHERE], [0.7], 0, 0.7),
        ([ELSEWHERE, SOMEWHERE, shifted(SOMEWHERE, 0.02)], [0.9, 0.5, 0.6], 1, 1.1 / 3),
        ([ELSEWHERE, SOMEWHERE, shifted(SOMEWHERE, 0.2)], [0.6, 0.7, 0.5], 1, 0.7 / 3),
        ([NOTHING, SOMEWHERE, NOTHING], [0.5, 0.9, 0.6], 0, 1.1 / 3),
        ([SOMEWHERE, replace(SOMEWHERE, contact=~SOMEWHERE.contact), replace(SOMEWHERE, contact=~SOMEWHERE.contact)],
         [0.9, 0.5, 0.6], 1, 1.1 / 3),
        ([replace(SOMEWHERE, gripper_width=SOMEWHERE.gripper_width + 0.03), SOMEWHERE, SOMEWHERE], [0.9, 0.5, 0.6], 1, 1.1 / 3),
    ],
)  # fmt: skip
def test_what_most_agree_on_is_taken(readings: list[Keyposes], sure: list[float], best: int, confidence: float) -> None:
    assert agreed_reading(readings, sure) == (best, pytest.approx(confidence))


@pytest.mark.parametrize("decoding", ["parallel", "autoregressive"])
@torch.inference_mode()
def test_readings_in_one_batch_are_those_that_each_would_be_alone(tmp_path: Path, decoding: str) -> None:
    torch.manual_seed(0)
    reader = open_reader(tiny.saved(tmp_path, tiny.model(decoding=decoding)), *robot(), "cpu", 1)
    sentence = "put the red block left of the blue bowl"
    look = look_of(scenes.scene(), reader.config, robot()[1])
    together = reader._mind.said(reader._frames(look, CHANGES), reader._prompts(sentence, CHANGES))
    for change, said in zip(CHANGES, together, strict=True):
        (alone,) = reader._mind.said(reader._frames(look, [change]), reader._prompts(sentence, [change]))
        for one, other in zip(said, alone, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)
