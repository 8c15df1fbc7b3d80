"""Actor: a pretrained backbone that reads pictures, a sentence and the robot's state, and writes actions as tokens.

    pictures, sentence → prompt │ state as action tokens │ actions as action tokens, end

Only what stands behind the state is learnt and written; a question's answer stands there in words. Prompts are filled up on
the left, in training as in use.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LogitsProcessorList

from policies.vla.pretrained.action_tokens import ActionTokens, LegalActions, action_ids
from policies.vla.pretrained.adapters import add_adapters
from policies.vla.pretrained.backbone import Backbone
from policies.vla.pretrained.config import AdapterConfig
from policies.vla.pretrained.layout import Layout

IGNORED = -100
LONGEST_ANSWER = 64  # tokens
Batch = Mapping[str, torch.Tensor]


@dataclass(frozen=True, eq=False, kw_only=True)
class Example:
    """One look at the world, and what is to be written of it.

    Attributes:
        pictures: one (H, W, 3) uint8 for each of the layout's cameras; black where there is none.
        sentence: an instruction, or a question.
        state: (S,) the joints, then the gripper's width, in their units.
        target: (n, D) keyposes or actions, in their units; an answer in words; None if it is to be found out.
    """

    pictures: tuple[np.ndarray, ...]
    sentence: str
    state: np.ndarray
    target: np.ndarray | str | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Written:
    """What was written.

    Attributes:
        actions: (n, D) in their units; none = nothing is left to do.
        spread: (n, D) how far from what was written the other likely bins are, as a share of the bounds.
    """

    actions: np.ndarray
    spread: np.ndarray


class Actor(torch.nn.Module):
    """A backbone, its action tokens and its adapters."""

    def __init__(self, backbone: Backbone, layout: Layout, tokens: str, adapters: AdapterConfig) -> None:
        """Choose the action tokens and add the adapters.

        Raises:
            InvalidInput: the backbone's vocabulary is too small, or a setting makes no sense.
        """
        super().__init__()
        self.backbone, self.layout, self.kind, self.adapters = backbone, layout, tokens, adapters
        ids = action_ids(backbone, tokens, layout.actions.count)
        self.tokens = ActionTokens(
            ids=ids, end=backbone.id_of(backbone.family.end), dims=len(layout.actions.dimensions.names), most=layout.horizon,
            least=layout.horizon if layout.targets == "actions" else 0,
        )  # fmt: skip
        add_adapters(backbone.model, adapters, [*ids.tolist(), self.tokens.end])
        self.model = backbone.model

    def batch(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        """What the model is given to learn from examples with targets: tensors (B, L), pixels and labels (B, K)."""
        targets = [self._target(example) for example in examples]
        batch = self._inputs(examples, targets)
        longest = max(map(len, targets))
        labels = torch.full((len(examples), longest), IGNORED)
        for row, target in enumerate(targets):
            labels[row, longest - len(target) :] = torch.tensor(target)
        return batch | {"labels": labels.to(self.model.device)}

    def loss(self, batch: Batch) -> torch.Tensor:
        """Mean cross-entropy of the targets' tokens."""
        inputs = {key: value for key, value in batch.items() if key != "labels"}
        labels = batch["labels"]
        logits = self.model(**inputs, logits_to_keep=labels.shape[1] + 1, use_cache=False).logits[:, :-1]
        return cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED)

    def forward(self, batch: Batch) -> torch.Tensor:
        """The loss, so that what wraps a module for several devices finds it."""
        return self.loss(batch)

    @torch.no_grad()
    def act(self, examples: Sequence[Example]) -> list[Written]:
        """Write actions for each example: the likeliest legal token after the other."""
        inputs = self._inputs(examples, [[] for _ in examples])
        prompt = inputs["input_ids"].shape[1]
        longest = self.layout.horizon * self.tokens.dims + 1
        done = self._write(inputs, longest, LogitsProcessorList([LegalActions(self.tokens, prompt)]))
        tokens = done.sequences[:, prompt:].cpu().numpy()
        likely = torch.stack(done.scores, dim=1).float().softmax(-1)[..., torch.as_tensor(self.tokens.ids)].cpu().numpy()
        return [self._read(*row) for row in zip(tokens, likely, strict=True)]

    @torch.no_grad()
    def answer(self, examples: Sequence[Example]) -> list[str]:
        """Write an answer in words for each example, whose sentence is a question."""
        inputs = self._inputs(examples, [[] for _ in examples])
        done = self._write(inputs, LONGEST_ANSWER, LogitsProcessorList())
        rows = done.sequences[:, inputs["input_ids"].shape[1] :].tolist()
        return [self.backbone.tokenizer.decode(row, skip_special_tokens=True).strip() for row in rows]

    def _write(self, inputs: Batch, longest: int, processors: LogitsProcessorList) -> Any:
        """Let the model write."""
        self.model.eval()
        end = self.tokens.end
        how = GenerationConfig(
            max_new_tokens=longest, do_sample=False, eos_token_id=end, pad_token_id=end, return_dict_in_generate=True,
            output_scores=True,
        )  # fmt: skip
        given = {key: value for key, value in inputs.items() if key != "position_ids"}
        return self.model.generate(**given, generation_config=how, logits_processor=processors)

    def _read(self, tokens: np.ndarray, likely: np.ndarray) -> Written:
        """What one row of tokens says; `likely` (L, bins) are the bins' chances at each."""
        bins = self.tokens.read(tokens)
        count = self.layout.actions.count
        away = np.abs(np.arange(count) - bins.reshape(-1, 1)) / count  # (n · D, bins)
        chances = likely[: bins.size] / np.maximum(likely[: bins.size].sum(axis=1, keepdims=True), 1e-12)
        return Written(actions=self.layout.actions.decode(bins), spread=(away * chances).sum(axis=1).reshape(bins.shape))

    def _target(self, example: Example) -> list[int]:
        """The tokens to be written, with their end."""
        if isinstance(example.target, str):
            return [*self.backbone.tokenizer.encode(f" {example.target}", add_special_tokens=False).ids, self.tokens.end]
        assert example.target is not None, "an example to learn from has a target"
        return [*self.tokens.write(self.layout.actions.encode(example.target)), self.tokens.end]

    def _inputs(self, examples: Sequence[Example], targets: Sequence[list[int]]) -> dict[str, torch.Tensor]:
        """Prompts and targets as one tensor (B, L), filled up on the left, with pixels and masks."""
        prompts = [
            [
                *self.backbone.prompt(example.sentence, len(example.pictures)),
                *self.tokens.write(self.layout.state.encode(example.state)),
            ]
            for example in examples
        ]
        rows = [prompt + target for prompt, target in zip(prompts, targets, strict=True)]
        length = max(map(len, rows))
        ids = torch.full((len(rows), length), self.tokens.end)
        there, prefix = torch.zeros_like(ids), torch.ones_like(ids, dtype=torch.bool)
        for place, (row, target) in enumerate(zip(rows, targets, strict=True)):
            ids[place, length - len(row) :] = torch.tensor(row)
            there[place, length - len(row) :] = 1
            prefix[place, length - len(target) :] = False
        position = (there.cumsum(1) - 1).clamp(min=0) + self.backbone.family.first_position
        tensors = {"input_ids": ids, "attention_mask": there, "position_ids": position, **self.backbone.family.masks(prefix)}
        tensors = {key: value.to(self.model.device) for key, value in tensors.items()}
        return tensors | self.backbone.pixels([example.pictures for example in examples])
