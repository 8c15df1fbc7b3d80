"""Validation: what a model knows by heart is met, however it writes it, and what it says of other targets is not."""

import numpy as np
import pytest
import torch

from policies.training.validation import validated
from policies.vla.actions import keypose_targets, nowhere_targets, place_targets
from policies.vla.config import VlaConfig
from policies.vla.rows import Row, act_row, point_row, stacked_rows
from tests.policies.vla import tiny


def rows(seed: int, config: VlaConfig, swapped: bool = False) -> list[Row]:
    """An action, a phrase that fits something and one that fits nothing; or the phrases the other way round."""
    words, place = tiny.words(), np.array([0.5, 0.1, 0.02]) if seed == 1 else np.array([0.4, -0.1, 0.02])
    here, nowhere = ("pick up the red block", "two") if not swapped else ("two", "pick up the red block")
    return [
        act_row(words, "go home", keypose_targets(tiny.keyposes(2, seed), config), config),
        point_row(words, here, place_targets(place, config), config),
        point_row(words, nowhere, nowhere_targets(config), config),
    ]


@pytest.mark.parametrize("decoding", ["parallel", "autoregressive"])
def test_places_are_met_and_phrases_told_as_far_as_they_were_learnt(decoding: str) -> None:
    model = tiny.model(decoding=decoding)
    frame = tiny.frame(model.config)
    tiny.overfit(model, frame, rows(1, model.config), steps=150)

    def scores(*asked: Row) -> dict[str, float]:
        texts = {key: torch.from_numpy(each) for key, each in stacked_rows(asked, model.config).items()}
        sample = {"frame": {key: value[0] for key, value in frame.items()}, "texts": texts}
        return validated(model, [sample], [0], 1, torch.device("cpu"))  # type: ignore[arg-type]

    learnt = scores(*rows(1, model.config))
    assert (learnt["acts_met"], learnt["phrases_met"], learnt["phrases_told"]) == (1.0, 1.0, 1.0)
    other = scores(*rows(2, model.config))
    assert (other["acts_met"], other["phrases_met"], other["phrases_told"]) == (0.0, 0.0, 1.0)
    assert scores(*rows(1, model.config, swapped=True))["phrases_told"] == 0.0
    assert other["loss"] > learnt["loss"]
