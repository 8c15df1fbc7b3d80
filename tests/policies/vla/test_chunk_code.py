"""ChunkCode: chunks come back within the stated error, in fewer tokens than numbers, and nothing false is read."""

import json
from dataclasses import replace

import numpy as np
import pytest

from policies.vla.chunk_code import ChunkCode, learned
from policies.vla.dimensions import dimensions_of
from robot.errors import InvalidInput

HORIZON, NAMES = 12, ("x", "y", "gripper")


def smooth(count: int, seed: int) -> np.ndarray:
    """Chunks (count, HORIZON, 3) of slow waves of different sizes."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0, 1, HORIZON)[:, None]
    phase, speed = rng.uniform(0, 2 * np.pi, (2, count, 1, 3))
    return np.array([0.5, 2.0, 0.04]) * np.sin(phase + speed * time)


DIMENSIONS = dimensions_of(smooth(300, 0).reshape(-1, 3), NAMES, ("m", "m", "m"))
CODE = learned(DIMENSIONS, smooth(300, 0), num_tokens=300)
PLAIN = replace(CODE, merges=())


def noise(count: int) -> np.ndarray:
    """Chunks that fill the bounds, the hardest to write."""
    return np.random.default_rng(9).uniform(DIMENSIONS.low, DIMENSIONS.high, (count, HORIZON, 3))


@pytest.mark.parametrize("scale", [2.0, 10.0, 40.0])
@pytest.mark.parametrize("chunks", [smooth(50, 1), noise(50)])
def test_inside_the_bounds_the_error_is_within_what_is_stated(scale: float, chunks: np.ndarray) -> None:
    code = replace(PLAIN, scale=scale)
    given = np.clip(chunks, DIMENSIONS.low, DIMENSIONS.high)
    error = np.array([code.decode(code.encode(chunk)) for chunk in given]) - given
    assert (np.abs(error).max(axis=(0, 1)) <= code.error).all()
    assert (np.sqrt((error**2).mean(axis=1)).max(axis=0) <= code.error_rms).all()


def test_merging_loses_nothing_and_makes_new_chunks_shorter() -> None:
    for chunk in [*smooth(50, 2), *noise(20)]:
        assert (CODE.decode(CODE.encode(chunk)) == PLAIN.decode(PLAIN.encode(chunk))).all()
    written = [len(CODE.encode(chunk)) for chunk in smooth(50, 2)]
    assert len(PLAIN.encode(smooth(1, 2)[0])) == HORIZON * 3
    assert np.mean(written) < 0.6 * HORIZON * 3


def test_the_lowest_frequencies_of_all_dimensions_come_first() -> None:
    chunk = np.tile(DIMENSIONS.physical(np.array([0.5, -0.5, 1.0])), (HORIZON, 1))
    tokens = np.array(PLAIN.encode(chunk)) - PLAIN.largest
    assert tokens[:3].tolist() == np.rint(10 * np.sqrt(HORIZON) * np.array([0.5, -0.5, 1.0])).tolist()
    assert not tokens[3:].any()


def test_extreme_chunks_have_a_token_for_every_coefficient() -> None:
    signs = np.where(np.arange(HORIZON)[:, None] % 2, 1e9, -1e9) * np.ones(3)
    for chunk in (signs, np.abs(signs), -np.abs(signs)):
        wanted = np.clip(chunk, DIMENSIONS.low, DIMENSIONS.high)
        assert (np.abs(CODE.decode(CODE.encode(chunk)) - wanted) <= CODE.error).all()


def test_lengths_say_how_many_coefficients_each_token_stands_for() -> None:
    assert CODE.lengths.shape == (CODE.num_tokens,)
    assert all(CODE.lengths[CODE.encode(chunk)].sum() == HORIZON * 3 for chunk in smooth(50, 3))
    assert (CODE.lengths[: CODE.num_letters] == 1).all()


def test_the_code_survives_json() -> None:
    again = ChunkCode.from_json(json.loads(json.dumps(CODE.to_json())))
    for chunk in smooth(20, 4):
        assert again.encode(chunk) == CODE.encode(chunk)
        assert (again.decode(CODE.encode(chunk)) == CODE.decode(CODE.encode(chunk))).all()


def test_the_same_data_teach_the_same_code() -> None:
    assert learned(DIMENSIONS, smooth(300, 0), num_tokens=300).merges == CODE.merges
    assert CODE.num_tokens == 300


def test_where_nothing_repeats_fewer_tokens_are_learned() -> None:
    assert learned(DIMENSIONS, smooth(1, 0), num_tokens=5000).num_tokens < 5000


def test_two_merges_may_make_the_same_token() -> None:
    code = replace(PLAIN, merges=((0, 1), (1, 2), (PLAIN.num_letters, 2), (0, PLAIN.num_letters + 1)))
    assert code.num_tokens == PLAIN.num_letters + 3
    assert (code.decode(code.encode(smooth(1, 5)[0])) == PLAIN.decode(PLAIN.encode(smooth(1, 5)[0]))).all()


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        ([], "expected 36 coefficients, got 0"),
        ([0] * 35, "expected 36 coefficients, got 35"),
        ([0] * 37, "expected 36 coefficients, got 37"),
        ([300] * 36, "expected 0 to 299"),
        ([-1] * 36, "expected 0 to 299"),
        ([0.5] * 36, "expected int64"),
    ],
)
def test_tokens_that_are_no_chunk_are_refused(tokens: list[int], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        CODE.decode(tokens)


@pytest.mark.parametrize("chunk", [np.zeros((HORIZON, 2)), np.zeros((HORIZON + 1, 3)), np.full((HORIZON, 3), np.nan)])
def test_chunks_of_another_shape_or_not_finite_are_refused(chunk: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="chunk"):
        CODE.encode(chunk)


@pytest.mark.parametrize(
    "wrong",
    [
        {"horizon": 0}, {"horizon": 10**400}, {"scale": 0.0}, {"scale": float("nan")}, {"scale": float("inf")}, {"scale": 1e4},
        {"merges": [[0]]}, {"merges": [[0, 10**9]]}, {"merges": [[0, -1]]}, {"merges": [[0, True]]}, {"merges": [0]},
        {"merges": [["0", "1"]]}, {"merges": {}}, {"horizon": "12"}, {"more": 1},
    ],
)  # fmt: skip
def test_documents_that_are_none_are_refused(wrong: dict) -> None:
    with pytest.raises(InvalidInput):
        ChunkCode.from_json(CODE.to_json() | wrong)


def test_merges_that_double_without_end_are_refused_before_they_fill_memory() -> None:
    doubling = [[0, 0]] + [[PLAIN.num_letters + number] * 2 for number in range(60)]
    with pytest.raises(InvalidInput, match="at most the 36 coefficients"):
        ChunkCode.from_json(PLAIN.to_json() | {"merges": doubling})


def test_a_vocabulary_too_small_for_the_letters_is_refused() -> None:
    with pytest.raises(InvalidInput, match="expected at least 71"):
        learned(DIMENSIONS, smooth(3, 0), num_tokens=70)
