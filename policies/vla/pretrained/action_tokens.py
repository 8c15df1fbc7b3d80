"""ActionTokens: the tokens of a backbone that stand for bins, and what may legally follow what when actions are written."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from tokenizers import AddedToken
from transformers import LogitsProcessor

from policies.vla.pretrained.backbone import Backbone
from robot.errors import InvalidInput, one_of

LEAST_USED, APPENDED = "least_used", "appended"


@dataclass(frozen=True, eq=False, kw_only=True)
class ActionTokens:
    """Bins as tokens.

    Attributes:
        ids: (count,) int64, bin → token; no two alike.
        end: the token that ends what is written.
        dims: D, numbers of a keypose or action.
        most: at most so many of them are written.
        least: and at least so many.
    """

    ids: np.ndarray
    end: int
    dims: int
    most: int
    least: int = 0

    def write(self, bins: np.ndarray) -> list[int]:
        """Bins of any shape, one after another, as tokens."""
        return self.ids[np.asarray(bins).reshape(-1)].tolist()

    def read(self, tokens: np.ndarray) -> np.ndarray:
        """The mirror: the tokens before the first end as bins (n, D) int64.

        Raises:
            InvalidInput: a token that is no bin, or numbers of a row that is not whole.
        """
        ends = np.flatnonzero(tokens == self.end)
        written = tokens[: ends[0]] if len(ends) else tokens
        order = np.argsort(self.ids)
        places = order[np.minimum(np.searchsorted(self.ids, written, sorter=order), len(order) - 1)]
        if len(written) % self.dims or (self.ids[places] != written).any():
            raise InvalidInput(f"tokens: expected rows of {self.dims} action tokens, got {written[:12].tolist()}")
        return places.reshape(-1, self.dims)

    def may_end(self, written: int) -> bool:
        """Whether the end may follow so many tokens."""
        return written % self.dims == 0 and written >= self.least * self.dims

    def must_end(self, written: int) -> bool:
        """Whether nothing else may."""
        return written >= self.most * self.dims


class LegalActions(LogitsProcessor):
    """Lets `generate` write whole rows of action tokens and the end, and nothing else."""

    def __init__(self, tokens: ActionTokens, prompt: int) -> None:
        """For prompts of so many tokens, padding included."""
        self._tokens, self._prompt = tokens, prompt
        self._bins = torch.as_tensor(tokens.ids)

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """The scores (B, V) of the next token, all illegal ones at minus infinity."""
        written = input_ids.shape[1] - self._prompt
        legal = torch.zeros(scores.shape[1], dtype=torch.bool, device=scores.device)
        if not self._tokens.must_end(written):
            legal[self._bins.to(scores.device)] = True
        legal[self._tokens.end] = self._tokens.may_end(written)
        return scores.masked_fill(~legal, float("-inf"))  # type: ignore[return-value]


def action_ids(backbone: Backbone, kind: str, count: int) -> np.ndarray:
    """The tokens (count,) that stand for bins; appended ones are added to the tokenizer and the model.

    Raises:
        InvalidInput: no such kind, or a vocabulary that is too small.
    """
    if kind == APPENDED:
        return _appended(backbone, count)
    if kind != LEAST_USED:
        raise one_of("policy.learning.tokens", kind, (LEAST_USED, APPENDED))
    special = set(backbone.tokenizer.get_added_tokens_decoder())
    ordinary = sorted(set(backbone.tokenizer.get_vocab(with_added_tokens=False).values()) - special)
    if len(ordinary) < 2 * count:
        raise InvalidInput(f"backbone: {len(ordinary)} words and pieces; expected {2 * count} or tokens={APPENDED}")
    return np.array(ordinary[-count:], np.int64)  # the later a piece was merged, the rarer it is (RT-2, section 3.2)


def _appended(backbone: Backbone, count: int) -> np.ndarray:
    """New tokens at the end."""
    words = [f"<|action_{number}|>" for number in range(count)]
    backbone.tokenizer.add_tokens([AddedToken(word, special=True, normalized=False) for word in words])
    ids = np.array([backbone.id_of(word) for word in words], np.int64)
    model: Any = backbone.model
    if ids.max() >= model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(int(ids.max()) + 1, mean_resizing=False)
    return ids
