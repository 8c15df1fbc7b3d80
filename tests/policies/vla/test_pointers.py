"""Pointers: a position comes back to within half a bin, and one that no token covers is refused."""

import numpy as np
import pytest

from policies.vla.pointers import Pointers
from robot.errors import InvalidInput

SIDE = np.stack(np.meshgrid(np.arange(5), np.arange(4), np.arange(2), indexing="ij"), axis=-1).reshape(-1, 3)
GRID = Pointers(centres_base=np.array([0.3, -0.2, 0.05]) + 0.1 * SIDE, size=np.full(3, 0.1), bins=16)
OVERLAPPING = Pointers(centres_base=GRID.centres_base, size=np.array([0.16, 0.14, 0.3]), bins=10)


@pytest.mark.parametrize("pointers", [GRID, OVERLAPPING])
def test_a_position_comes_back_to_within_half_a_bin(pointers: Pointers) -> None:
    reach = pointers.size / 2
    low, high = pointers.centres_base.min(axis=0) - reach, pointers.centres_base.max(axis=0) + reach
    corners = np.stack([low, high, pointers.centres_base[3] + reach, pointers.centres_base[7]])
    for position in np.vstack([np.random.default_rng(0).uniform(low, high, (500, 3)), corners]):
        error = np.abs(pointers.decode(*pointers.encode(position)) - position)
        assert (error <= pointers.width / 2 * (1 + 1e-6)).all()


def test_every_bin_of_every_token_points_to_itself() -> None:
    for token in range(len(GRID.centres_base)):
        for bins in np.random.default_rng(token).integers(0, 16, (20, 3)):
            again, inner = GRID.encode(GRID.decode(token, bins))
            assert again == token
            assert inner.tolist() == bins.tolist()


def test_where_cells_overlap_the_one_in_whose_middle_it_lies_is_meant() -> None:
    token, _ = OVERLAPPING.encode(OVERLAPPING.centres_base[9] + [0.03, -0.02, 0.04])
    assert token == 9


@pytest.mark.parametrize("off", [[-0.06, 0, 0], [0, -0.06, 0], [0, 0, -0.06], [-0.051, -0.051, 0]])
def test_a_position_in_no_cell_is_refused_naming_the_nearest(off: list[float]) -> None:
    with pytest.raises(InvalidInput, match="cell of none of 40 tokens; the nearest is token 0 at"):
        GRID.encode(GRID.centres_base[0] + off)


def test_gaps_between_tokens_are_outside() -> None:
    apart = Pointers(centres_base=np.array([[0.0, 0, 0], [1.0, 0, 0]]), size=np.full(3, 0.5), bins=4)
    with pytest.raises(InvalidInput, match="none of 2 tokens"):
        apart.encode([0.5, 0.0, 0.0])


@pytest.mark.parametrize("position", [[0.3, np.nan, 0.1], [0.3, 0.1], [[0.3, 0.1, 0.1]], ["a", "b", "c"]])
def test_positions_that_are_none_are_refused(position: object) -> None:
    with pytest.raises(InvalidInput, match="position_base"):
        GRID.encode(position)


@pytest.mark.parametrize(("token", "bins"), [(-1, [0, 0, 0]), (40, [0, 0, 0]), (0, [0, 0, 16]), (0, [0, 0]), (0, [0.5, 0, 0])])
def test_tokens_and_bins_that_are_none_are_refused(token: int, bins: object) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        GRID.decode(token, bins)


@pytest.mark.parametrize(("centres", "size", "bins"), [(np.zeros((0, 3)), 0.1, 4), (SIDE, 0.0, 4), (SIDE, 0.1, 0)])
def test_nothing_to_point_at_is_refused(centres: np.ndarray, size: float, bins: int) -> None:
    with pytest.raises(InvalidInput, match="expected"):
        Pointers(centres_base=centres, size=np.full(3, size), bins=bins)
