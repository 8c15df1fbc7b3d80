"""ChunkCode: a chunk of actions as few tokens: rounded cosine coefficients whose frequent runs became one token each.

After FAST (arXiv:2501.09747, algorithm 1): normalise, orthonormal DCT-II along time, multiply by `scale`, round, write the
lowest frequency of all dimensions first, then merge pairs (byte-pair encoding, learned from data). Here values are held
within their bounds first: then no coefficient exceeds the square root of the horizon, every one has a token of its own, and
every chunk can be written.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, sqrt
from typing import Any

import numpy as np
from scipy.fft import dct, idct
from tokenizers import Tokenizer, models, trainers

from policies.vla.dimensions import Dimensions, fields_of
from robot.arrays import checked
from robot.errors import InvalidInput

FIRST_LETTER = 0xE000  # Unicode's private use area: 6400 letters that no normaliser touches
NUM_LETTERS = 6400
LONGEST = 10_000  # steps


@dataclass(frozen=True, eq=False, kw_only=True)
class ChunkCode:
    """Chunks of `horizon` actions of D dimensions, as tokens below `num_tokens`, and back.

    Inside the bounds, in each dimension, a decoded chunk is off by at most `error_rms` on the root mean square over its
    steps, and by at most `error` at any one step: the transform keeps lengths, and rounding moves each coefficient by half.

    Attributes:
        dimensions: names, units and bounds.
        horizon: steps in a chunk.
        scale: steps of rounding to a normalised unit; higher is finer and longer.
        merges: pairs of tokens that became one, in the order learned; each makes the next token, or one already there.
    """

    dimensions: Dimensions
    horizon: int
    scale: float = 10.0
    merges: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse sizes that hold nothing, and merges of tokens that are not there yet."""
        fits = 1 <= self.horizon <= LONGEST and 0 < self.scale <= NUM_LETTERS
        if not fits or self.num_letters > NUM_LETTERS:
            raise InvalidInput(
                f"chunk code: expected a horizon of 1 to {LONGEST} and a scale above 0 with scale·√horizon below "
                f"{NUM_LETTERS // 2}, got {self.horizon} and {self.scale}"
            )
        _ = self._words

    @property
    def largest(self) -> int:
        """The largest rounded coefficient."""
        return ceil(self.scale * sqrt(self.horizon))

    @property
    def num_letters(self) -> int:
        """Tokens that stand for one coefficient; they come first."""
        return 2 * self.largest + 1

    @property
    def num_tokens(self) -> int:
        """Letters, and what merges made."""
        return len(self._words)

    @property
    def error_rms(self) -> np.ndarray:
        """Greatest root mean square error of a chunk (D,), each in its unit."""
        return 0.5 / self.scale * (self.dimensions.high - self.dimensions.low) / 2.0

    @property
    def error(self) -> np.ndarray:
        """Greatest error at any step (D,), each in its unit."""
        return self.error_rms * sqrt(self.horizon)

    @property
    def lengths(self) -> np.ndarray:
        """How many coefficients each token stands for (num_tokens,); those of a chunk add up to horizon times D."""
        return np.array([len(word) for word in self._words])

    def encode(self, chunk: object) -> list[int]:
        """A chunk (horizon, D) in its units as tokens; what lies outside the bounds is moved to them.

        Raises:
            InvalidInput: of another shape, or not finite.
        """
        return self._tokenizer.encode(self._letters(chunk)).ids

    def decode(self, tokens: Sequence[int]) -> np.ndarray:
        """The chunk (horizon, D) in its units that tokens stand for.

        Raises:
            InvalidInput: no such token, or together more or fewer coefficients than a chunk has.
        """
        array = checked("tokens", np.asarray(tokens, dtype=None if len(tokens) else np.int64), ("N",), np.int64)
        if len(array) and not 0 <= array.min() <= array.max() < self.num_tokens:
            raise InvalidInput(f"tokens: expected 0 to {self.num_tokens - 1}, got {array.min()} to {array.max()}")
        letters = "".join(self._words[token] for token in array)
        wanted = self.horizon * len(self.dimensions.names)
        if len(letters) != wanted:
            raise InvalidInput(f"tokens: expected {wanted} coefficients, got {len(letters)}")
        rounded = np.array([ord(letter) - FIRST_LETTER - self.largest for letter in letters]).reshape(self.horizon, -1)
        normalised = np.asarray(idct(rounded / self.scale, axis=0, norm="ortho"))  # (horizon, D)
        return self.dimensions.physical(np.clip(normalised, -1.0, 1.0))

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        merges = [list(pair) for pair in self.merges]
        return {"dimensions": self.dimensions.to_json(), "horizon": self.horizon, "scale": float(self.scale), "merges": merges}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "ChunkCode":
        """The mirror of `to_json`.

        Raises:
            InvalidInput: a field is missing or not what it should be.
        """
        fields = fields_of("chunk code", document, {"dimensions": dict, "horizon": int, "scale": float, "merges": list})
        if not all(isinstance(pair, list) for pair in fields["merges"]):
            raise InvalidInput(f"merges: expected a list of pairs, got {fields['merges']}")
        merges = tuple(tuple(pair) for pair in fields["merges"])
        dimensions = Dimensions.from_json(fields["dimensions"])
        return cls(dimensions=dimensions, horizon=fields["horizon"], scale=fields["scale"], merges=merges)

    def _letters(self, chunk: object) -> str:
        """A chunk's rounded coefficients, one letter each, low frequencies of all dimensions first."""
        values = checked("chunk", chunk, (self.horizon, len(self.dimensions.names)))
        coefficients = np.asarray(dct(self.dimensions.normalised(values), axis=0, norm="ortho"))  # (horizon, D)
        rounded = np.rint(self.scale * coefficients).astype(np.int64)
        return "".join(chr(FIRST_LETTER + self.largest + each) for each in rounded.ravel())

    @cached_property
    def _words(self) -> list[str]:
        """The letters that each token stands for, none longer than a chunk."""
        words = [chr(FIRST_LETTER + number) for number in range(self.num_letters)]
        known, longest = set(words), self.horizon * len(self.dimensions.names)
        for pair in self.merges:
            if len(pair) != 2 or not all(type(each) is int and 0 <= each < len(words) for each in pair):
                raise InvalidInput(f"merges: expected pairs of tokens that are there already, got {pair!r} after {len(words)}")
            left, right = (words[each] for each in pair)
            if len(left) + len(right) > longest:
                raise InvalidInput(f"merges: expected at most the {longest} coefficients of a chunk, {pair!r} makes more")
            if left + right not in known:
                words.append(left + right)
                known.add(left + right)
        return words

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        """The merges at work."""
        words = self._words
        vocabulary = {word: token for token, word in enumerate(words)}
        return Tokenizer(models.BPE(vocab=vocabulary, merges=[(words[left], words[right]) for left, right in self.merges]))


def learned(dimensions: Dimensions, chunks: object, num_tokens: int = 1024, scale: float = 10.0) -> ChunkCode:
    """The code whose merges are the most frequent pairs of chunks (N, horizon, D); fewer than asked where none repeats.

    Raises:
        InvalidInput: no chunks, of another number of dimensions, not finite, or fewer tokens asked for than letters.
    """
    array = checked("chunks", chunks, ("N", "horizon", len(dimensions.names)))
    if not len(array):
        raise InvalidInput("chunks: expected at least one to learn from, got none")
    plain = ChunkCode(dimensions=dimensions, horizon=array.shape[1], scale=scale)
    if num_tokens < plain.num_letters:
        raise InvalidInput(f"num_tokens: expected at least {plain.num_letters}, one for each coefficient, got {num_tokens}")
    tokenizer = Tokenizer(models.BPE())
    trainer = trainers.BpeTrainer(
        vocab_size=num_tokens, min_frequency=2, show_progress=False, special_tokens=[], initial_alphabet=plain._words,
        max_token_length=array.shape[1] * array.shape[2],
    )  # fmt: skip
    tokenizer.train_from_iterator((plain._letters(chunk) for chunk in array), trainer)
    return ChunkCode(dimensions=dimensions, horizon=plain.horizon, scale=scale, merges=_merges_of(tokenizer, plain._words))


def _merges_of(tokenizer: Tokenizer, letters: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """What a trained tokenizer merges, as pairs of token numbers."""
    number = {word: token for token, word in enumerate(letters)}
    pairs = []
    for left, right in json.loads(tokenizer.to_str())["model"]["merges"]:
        pairs.append((number[left], number[right]))
        number.setdefault(left + right, len(number))
    return tuple(pairs)
