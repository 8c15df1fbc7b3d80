"""Vla: one model reads every sensor and the sentence, and writes actions as tokens. Open `looks.py` for what it is shown.

    frame ─▶ Senses ─────────┐
                             ├─▶ fusion ─▶ hidden ─▶ words (one after another), or slots (all at once)
    ids ─▶ embedding ─▶ text ┘

After RT-2 (Brohan et al., 2023, arXiv:2307.15818): questions about what is seen and actions are written by the same
weights. An action's place is a pointer to a patch of the view from above and a bin inside it.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn.functional import linear
from transformers import AutoConfig, AutoModel, Cache, DynamicCache, GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from policies.vla.alignment import Alignment
from policies.vla.attention import Block
from policies.vla.config import VlaConfig
from policies.vla.fusion.catalogue import build_fusion
from policies.vla.heads import Heads
from policies.vla.rows import LENGTH
from policies.vla.senses import Senses, fourier
from policies.vla.words import FIRST_SLOT, PAD


@dataclass(frozen=True, eq=False, kw_only=True)
class Reading:
    """What came of reading: patches (B, P, d), R texts of L tokens (B, R, L, d), and the mean of all that is seen (B, d)."""

    patches: torch.Tensor
    seen: torch.Tensor
    hidden: torch.Tensor


@dataclass(frozen=True, eq=False, kw_only=True)
class Perceived:
    """What came of B frames before anything was read about them: `sensed` as the senses gave it (B, N, d), the rest fused."""

    sensed: torch.Tensor
    senses: torch.Tensor
    keys: Cache


class Vla(PreTrainedModel, GenerationMixin):
    """The model; `configs/policy/vla.yaml` names a checkpoint of it."""

    config_class = VlaConfig
    base_model_prefix = "vla"
    main_input_name = "input_ids"
    config: VlaConfig

    def __init__(self, config: VlaConfig) -> None:
        """Random weights."""
        super().__init__(config)
        width = config.width
        self.senses = Senses(config)
        self.embedding = nn.Embedding(config.words + config.numbers, width)
        self.position = nn.Embedding(LENGTH, width)
        self.text = Block(width, config.heads, config.widening)
        self.fusion = build_fusion(config, self.senses.spans)
        self.norm = nn.LayerNorm(width)
        self.heads = Heads(config)
        self.alignment = Alignment(width) if config.aligned else None
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Small embeddings; torch's own for all else."""
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)

    def read(self, frame: Mapping[str, torch.Tensor], ids: torch.Tensor) -> Reading:
        """Read R texts (B, R, L) about each of B frames; a text sees the frame and what of itself comes before."""
        rows, length = ids.shape[1:]
        sensed = self.senses(frame)
        senses, hidden = self.fusion(sensed, self.texts(ids, sensed), self.among(ids))
        return self._reading(senses, hidden.unflatten(1, (rows, length)))

    def perceive(self, frame: Mapping[str, torch.Tensor]) -> Perceived:
        """Look at B frames, to read about them after, more than once."""
        sensed, keys = self.senses(frame), DynamicCache()
        none = torch.zeros(len(sensed), 0, dtype=torch.long, device=sensed.device)
        senses, _ = self.fusion(sensed, sensed[:, :0], self.among(none[:, None]), keys)
        return Perceived(sensed=sensed, senses=senses, keys=keys)

    def read_of(self, perceived: Perceived, ids: torch.Tensor) -> Reading:
        """As `read`, of frames that were looked at before: the texts alone are work."""
        keys = DynamicCache()
        keys.layers = [copy(layer) for layer in perceived.keys.layers]
        _, hidden = self.fusion(None, self.texts(ids, perceived.sensed), self.among(ids), keys)
        return self._reading(perceived.senses, hidden.unflatten(1, ids.shape[1:]))

    def _reading(self, senses: torch.Tensor, hidden: torch.Tensor) -> Reading:
        """Senses (B, N, d) and texts (B, R, L, d), as heads take them."""
        senses = self.norm(senses)
        return Reading(patches=senses[:, : self.config.num_patches], seen=senses.mean(1), hidden=self.norm(hidden))

    def texts(self, ids: torch.Tensor, sensed: torch.Tensor | None) -> torch.Tensor:
        """R texts (B, R, L) as vectors (B, R·L, d) that have read each other; only slots know the robot's state by then.

        `sensed` (B, N, d) are the tokens of the senses; None where they were read before, and there are no slots.
        """
        rows, length = ids.shape[1:]
        words = self.embed(ids.flatten(1)) + self.position.weight[:length].repeat(rows, 1)
        if sensed is not None:
            words = words + self._slots(ids)[..., None] * sensed[:, self.senses.spans["state"]]
        return self.text(words, self.among(ids))

    def _slots(self, ids: torch.Tensor) -> torch.Tensor:
        """Which tokens (B, R·L) are slots."""
        return ((ids >= FIRST_SLOT) & (ids < FIRST_SLOT + self.config.slots)).flatten(1)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Tokens (B, L) as vectors (B, L, d); a pointer is the place that it points at, a location where it is."""
        config, words = self.config, self.config.words + self.config.numbers
        tokens = self.embedding(ids.clamp(max=words - 1))
        if not config.points:
            return tokens
        places = self.senses.place(self.senses.top_place)  # (P, d)
        tokens = torch.where((ids >= words)[..., None], places[(ids - words).clamp(0, config.num_patches - 1)], tokens)
        if not config.located:
            return tokens
        located = self.senses.place(fourier(config.locations.decode(ids)))
        return torch.where((ids >= config.vocabulary)[..., None], located, tokens)

    def among(self, ids: torch.Tensor) -> torch.Tensor:
        """Which token of which text may look at which (B, R·L, R·L): back within its text; slots see each other."""
        rows, length = ids.shape[1:]
        at = torch.arange(rows * length, device=ids.device)
        same = at[:, None] // length == at // length
        slot = self._slots(ids)
        seen = (at[:, None] >= at) | (slot[:, :, None] & slot[:, None, :])
        filled = (ids != PAD).flatten(1)[:, None] | (at[:, None] == at)
        return same & seen & filled

    def attended(self, frame: Mapping[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
        """How much each token of one text (B, L) about each frame looks at each of the senses and tokens (B, L, N + L)."""
        sensed = self.senses(frame)
        return self.fusion.attended(sensed, self.texts(ids[:, None], sensed), self.among(ids[:, None]))  # type: ignore[operator]

    def vocabulary_logits(self, hidden: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
        """How likely each token is to come next (B, L, vocabulary): words, bins, then pointers."""
        words = linear(hidden, self.embedding.weight)
        return torch.cat([words, self.heads.point(hidden, patches)], dim=-1) if self.config.points else words

    def forward(
        self, input_ids: torch.Tensor, frame: Mapping[str, torch.Tensor] | None = None, patches: torch.Tensor | None = None,
        past_key_values: Cache | None = None, **others: Any,
    ) -> CausalLMOutputWithPast:  # fmt: skip
        """One step of `generate()`: what comes next after one text a frame; the first call brings the frame.

        Later calls bring the text so far, of which the last token is new, and the patches that the first one found.
        """
        new = input_ids.shape[1] if frame is not None else 1
        sensed = None if frame is None else self.senses(frame)
        words = self.texts(input_ids[:, None], sensed)[:, -new:]
        among = self.among(input_ids[:, None])[:, -new:]
        senses, hidden = self.fusion(sensed, words, among, past_key_values)
        if senses is not None:
            patches = self.norm(senses[:, : self.config.num_patches])
        logits = self.vocabulary_logits(self.norm(hidden), patches)  # type: ignore[arg-type]
        output = CausalLMOutputWithPast(logits=logits)
        output["patches"] = patches
        return output

    def prepare_inputs_for_generation(self, input_ids: torch.Tensor, **kwargs: Any) -> dict[str, Any]:
        """All of the text; the frame the first time, what was found in it from then on."""
        patches, cache = (
            kwargs.get("patches"),
            kwargs.get("cache", kwargs.get("past_key_values")),
        )  # its name has changed in 5.x
        frame = kwargs["frame"] if patches is None or cache is None else None
        return {"input_ids": input_ids, "frame": frame, "patches": patches, "past_key_values": cache}

    def _update_model_kwargs_for_generation(self, outputs: Any, model_kwargs: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Keep what was found in the frame."""
        kept = super()._update_model_kwargs_for_generation(outputs, model_kwargs, **kwargs)
        return {**kept, "patches": outputs["patches"]}


AutoConfig.register(VlaConfig.model_type, VlaConfig)
AutoModel.register(VlaConfig, Vla)
