"""Writing actions one token after another: which tokens are legal next, and what was written as slots."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.nn.functional import softmax
from transformers import LogitsProcessor, LogitsProcessorList

from policies.vla.actions import numbers_of
from policies.vla.config import VlaConfig
from policies.vla.model import Vla
from policies.vla.words import END, PAD

Said = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # likelihoods of an action (K,), patches (K,), numbers (K, F);
# and where the first slot points (P,)


class LegalActions(LogitsProcessor):
    """Lets through what may come next in an action: a pointer or the end, then as many bins as an action has numbers."""

    def __init__(self, config: VlaConfig, begin: int) -> None:
        """`begin` tokens were read before the first one."""
        self._config, self._begin = config, begin

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """All else is impossible."""
        config = self._config
        pointers, length = int(config.points), config.tokens_per_action
        place = (input_ids.shape[1] - self._begin) % length
        legal = torch.zeros_like(scores, dtype=torch.bool)
        first = config.words + config.numbers
        if place < pointers:
            legal[:, first:] = True
        else:
            legal[:, config.words : first] = True
        legal[:, END] = place == 0
        return scores.masked_fill(~legal, float("-inf"))  # type: ignore[return-value]


class LegalChunk(LogitsProcessor):
    """Lets through what may come next in a dense chunk: its code's tokens until all coefficients are there; then the end."""

    def __init__(self, config: VlaConfig, begin: int) -> None:
        """`begin` tokens were read before the first one."""
        self._words, self._begin = config.words, begin
        self._lengths = torch.from_numpy(config.chunk.lengths)
        self._wanted = config.slots * config.fields

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """All else is impossible."""
        lengths = self._lengths.to(scores.device)
        said = lengths[input_ids[:, self._begin :].sub(self._words).clamp(min=0)]
        left = self._wanted - said.sum(1, keepdim=True)  # what follows an end is not looked at
        legal = torch.zeros_like(scores, dtype=torch.bool)
        legal[:, self._words : self._words + len(lengths)] = lengths[None] <= left
        legal[:, END] = left[:, 0] <= 0
        return scores.masked_fill(~legal, float("-inf"))  # type: ignore[return-value]


def written_slots(model: Vla, frame: Mapping[str, torch.Tensor], prompt: torch.Tensor) -> Said:
    """Actions written by `generate()`, as the slots of `Reader` say them: there (K,), pointer, numbers, first pointing."""
    config = model.config
    legal = LegalChunk if config.decoding == "fast" else LegalActions
    output = model.generate(
        input_ids=prompt, frame=dict(frame), max_new_tokens=config.slots * config.tokens_per_action + 1, do_sample=False,
        eos_token_id=END, pad_token_id=PAD, output_scores=True, return_dict_in_generate=True,
        logits_processor=LogitsProcessorList([legal(config, prompt.shape[1])]),
    )  # fmt: skip
    said = output.sequences[0, prompt.shape[1] :].tolist()  # type: ignore[union-attr]
    said = [each for each in said if each not in (END, PAD)]
    if config.decoding == "fast":
        return _of_chunk(said, config)
    scores = [softmax(each[0].float(), -1).cpu().numpy() for each in output.scores]  # type: ignore[union-attr]
    return _of_actions(said, scores, config)


def _of_chunk(said: Sequence[int], config: VlaConfig) -> Said:
    """A whole chunk: there is an action in every slot."""
    values = config.chunk.decode([each - config.words for each in said])
    return np.ones(config.slots), np.zeros(config.slots, np.int64), values, np.zeros(0)


def _of_actions(said: Sequence[int], scores: Sequence[np.ndarray], config: VlaConfig) -> Said:
    """As many actions as were written, each with its pointer and numbers."""
    length, first = config.tokens_per_action, config.words + config.bins
    there, pointer = np.zeros(config.slots), np.zeros(config.slots, np.int64)
    numbers = np.zeros((config.slots, config.fields))
    there[0] = 1.0 - scores[0][END]
    for slot in range(min(len(said) // length, config.slots)):
        tokens = slice(slot * length, (slot + 1) * length)
        there[slot] = 1.0
        if config.points:
            pointer[slot] = said[tokens][0] - first
        likelihood = np.stack([each[config.words : first] for each in scores[tokens][config.points :]])
        numbers[slot] = numbers_of(likelihood, config)
    return there, pointer, numbers, scores[0][first:] if config.points else np.zeros(0)
