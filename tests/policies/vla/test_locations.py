"""Places in a text: a token for each, behind the name of what is there, which a model reads as a place."""

import numpy as np
import pytest
import torch

from policies.vla.actions import place_targets
from policies.vla.mind import LocalMind
from policies.vla.names import names_in
from policies.vla.rows import act_prompt, point_row
from policies.vla.words import FIRST_SLOT, LONGEST_TEXT
from tests.policies.vla import tiny

CONFIG = tiny.config(located=True)
SENTENCE = "put the red block in the blue bowl"


def test_a_token_is_at_most_half_an_edge_from_its_place_and_a_place_beside_the_view_gets_the_nearest() -> None:
    locations = CONFIG.locations
    lower, upper = np.array(CONFIG.top_lower), np.array(CONFIG.top_upper)
    random = np.random.default_rng(0)
    for xy in random.uniform(lower - 0.1, upper + 0.1, (200, 2)):
        token = locations.encode(np.append(xy, 0.1))
        assert CONFIG.vocabulary <= token < CONFIG.vocabulary + np.prod(locations.shape)
        place = locations.decode(torch.tensor([token]))[0].numpy()
        nearest = np.clip(xy, lower + locations.edge / 2, upper - locations.edge / 2)
        assert np.abs(place[:2] - nearest).max() <= locations.edge / 2 + 1e-6


def test_a_location_stands_behind_each_name_whose_place_is_known() -> None:
    words, locations = tiny.words(), CONFIG.locations
    block, bowl = np.array([0.4, 0.1, 0.02]), np.array([0.6, -0.1, 0.02])
    both = act_prompt(words, SENTENCE, CONFIG, [block, bowl])
    plain = act_prompt(words, SENTENCE, CONFIG)
    at = [both.index(locations.encode(place)) for place in (block, bowl)]
    assert [token for token in both if token < CONFIG.vocabulary] == plain and len(both) == len(plain) + 2
    said = [words.decode(both[begin:end]) for begin, end in ((1, at[0]), (at[0] + 1, at[1]))]
    assert said == ["put the red block", "in the blue bowl"] and both[at[1] + 1] == FIRST_SLOT
    one = act_prompt(words, SENTENCE, CONFIG, [None, bowl])
    assert one == [token for token in both if token != locations.encode(block)]
    assert act_prompt(words, SENTENCE, tiny.config(), [block, bowl]) == act_prompt(words, SENTENCE, tiny.config())


def test_a_long_text_with_places_is_no_longer_than_one_without() -> None:
    text = "the red block " * 30
    prompt = act_prompt(tiny.words(), text, CONFIG, [np.array([0.4, 0.1, 0.02])] * len(names_in(text)))
    assert len(prompt) == 1 + LONGEST_TEXT + CONFIG.slots


@pytest.mark.parametrize("decoding", ["parallel", "autoregressive"])
def test_a_model_goes_where_the_text_says_that_the_thing_is(tmp_path_factory: pytest.TempPathFactory, decoding: str) -> None:
    model, words = tiny.model(located=True, decoding=decoding), tiny.words()
    config, frame = model.config, tiny.frame(model.config)
    centres = config.pointers().centres_base
    rows = [point_row(words, SENTENCE, place_targets(place, config), config, places=[place, None]) for place in centres[::2]]
    tiny.overfit(model, frame, rows, steps=150)
    mind = LocalMind(tiny.saved(tmp_path_factory.mktemp("located"), model), "cpu", 1)
    shown = {key: value[0].numpy() for key, value in frame.items()}
    for row, patch in zip(rows, range(0, len(centres), 2), strict=True):
        prompt = row.ids if decoding == "parallel" else row.ids[: -len(row.said)]
        assert mind.said([shown], [prompt])[0][1][0] == patch
