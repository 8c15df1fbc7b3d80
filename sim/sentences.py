"""Sentence: a Text space that also arrives through the shared memory of Gymnasium's AsyncVectorEnv.

For every other space the parent looks at the shared memory itself, so that it always sees the newest observation. A Text
is decoded once, before the first reset, and stays as it was then. Here the sentences are decoded when they are asked for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import Text
from gymnasium.vector.utils import read_from_shared_memory

LONGEST = 200
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:'\"-?!"


class Sentence(Text):
    """Sentences of at most 200 of the letters, digits and marks that plain English needs; the empty one too."""

    def __init__(self) -> None:
        """The space."""
        super().__init__(LONGEST, min_length=0, charset=LETTERS)

    @staticmethod
    def fit(sentence: str) -> str:
        """The sentence without what the space does not know, cut where it is too long."""
        return "".join(letter for letter in sentence if letter in LETTERS)[:LONGEST]


class SharedSentences(Sequence[str]):
    """The newest sentence of each of several environments; a deep copy of it is the sentences of that moment."""

    def __init__(self, space: Sentence, codes: np.ndarray) -> None:
        """Look at letters (n, 200) int32 in shared memory."""
        self._letters, self._codes = space.character_list, codes

    def __len__(self) -> int:
        """How many environments there are."""
        return len(self._codes)

    def __getitem__(self, index: Any) -> Any:
        """One environment's sentence now, or several."""
        if isinstance(index, slice):
            return tuple(self)[index]
        return "".join(self._letters[code] for code in self._codes[index] if 0 <= code < len(self._letters))

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        """The sentences of this moment."""
        return tuple(self)


@read_from_shared_memory.register(Sentence)  # pyright: ignore[reportArgumentType]
def _read_sentences(space: Sentence, shared_memory: Any, n: int = 1) -> SharedSentences:
    """What Gymnasium asks once, when it sets up the memory."""
    codes = np.frombuffer(shared_memory.get_obj(), dtype=np.int32).reshape(n, space.max_length)
    return SharedSentences(space, codes)
