"""A colour keeps its name in bright and in poor light."""

import numpy as np
import pytest

from policies.grounding.colours import HUES, colour_name, hue_degrees
from policies.language.grammar.lexicon import COLOURS
from tests.policies.tabletop import PALETTE

DIMMEST = {"brown": 0.6, "white": 0.7, "gray": 0.7}  # below these they look black, gray and black to a person, too


def _lit(colour: str, brightness: float) -> np.ndarray:
    """Pixels (200, 3) of a thing in this light: its sides get half as much as its top, and the sensor is a little noisy."""
    rng = np.random.default_rng(0)
    light = brightness * np.concatenate([np.full(120, 1.0), rng.uniform(0.5, 1.0, 80)])
    return np.clip(255 * light[:, None] * PALETTE[colour] + rng.normal(0, 3, (200, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("colour", PALETTE)
def test_every_palette_colour_keeps_its_name_from_dim_to_bright(colour: str) -> None:
    for brightness in np.arange(DIMMEST.get(colour, 0.4), 1.101, 0.05):
        assert colour_name(_lit(colour, brightness)) == colour, f"at {brightness:.2f} of the light"


def test_every_palette_colour_is_a_word_that_the_parser_knows() -> None:
    assert set(PALETTE) <= set(COLOURS.values())


def test_every_hue_is_named_by_itself() -> None:
    for name, (centre, _) in HUES.items():
        span = np.clip(np.abs((centre / 60 - np.array([0, 2, 4]) + 3) % 6 - 3), 0, 2)
        rgb = np.clip(2 - span, 0, 1)
        assert abs((hue_degrees(rgb) - centre + 180) % 360 - 180) < 1e-6
        assert colour_name(np.tile((255 * rgb).astype(np.uint8), (20, 1))) == name


def test_a_shadow_over_half_a_thing_does_not_change_its_colour() -> None:
    for colour in ("red", "green", "blue", "yellow", "cyan", "purple"):
        lit = _lit(colour, 1.0)
        assert colour_name(np.concatenate([lit, lit // 4])) == colour


def test_without_any_light_everything_is_black() -> None:
    assert colour_name(np.zeros((20, 3), np.uint8)) == "black"
