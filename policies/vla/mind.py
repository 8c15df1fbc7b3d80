"""Mind: a model at work: frames and prompts in; what its slots say, words, or where it looked out.

Reader → Mind: LocalMind, the weights in this process; RemoteMind, a server that reads for many robots at once
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch.nn.functional import softmax

from policies.vla.actions import numbers_of
from policies.vla.checkpoint import open_model
from policies.vla.device import device_named
from policies.vla.model import Perceived
from policies.vla.precision import in_precision
from policies.vla.words import END, LONGEST_ANSWER, PAD
from policies.vla.writing import Said, written_slots

Frame = Mapping[str, np.ndarray]
Prompt = Sequence[int]
ALIKE = 0.5  # Bhattacharyya coefficient from which two slots mean the same place


class Mind(Protocol):
    """Whoever reads."""

    def said(self, frames: Sequence[Frame], prompts: Sequence[Prompt]) -> list[Said]:
        """What the slots say for each frame and its prompt."""
        ...

    def written(self, frame: Frame, prompt: Prompt) -> tuple[list[int], float]:
        """Word tokens that follow a prompt, always the likeliest, and how likely they were together."""
        ...

    def attended(self, frame: Frame, prompt: Prompt, token: int) -> np.ndarray:
        """How much of its attention one token of a prompt gave to all that is sensed and said, (N + L,)."""
        ...


class LocalMind:
    """A checkpoint's model in this process."""

    def __init__(self, folder: Path, device: str, threads: int, precision: str = "float32") -> None:
        """Open it.

        Raises:
            InvalidInput: it is not one, or such a device or precision is not to be had.
        """
        model = open_model(folder)
        self._config = model.config
        if threads:
            torch.set_num_threads(threads)
        self._device = device_named(device)
        self._model = in_precision(model, precision, self._device)
        self._model.to(self._device)  # type: ignore[arg-type]
        self._last: tuple[list[Frame], Perceived | None] = [], None

    @torch.inference_mode()
    def said(self, frames: Sequence[Frame], prompts: Sequence[Prompt]) -> list[Said]:
        """All in one pass, in which each frame is looked at once, and not again if it was the last time; or token by token."""
        if self._config.decoding != "parallel":
            pairs = zip(frames, prompts, strict=True)
            return [written_slots(self._model, self._batch([frame]), self._ids([[prompt]])[:, 0]) for frame, prompt in pairs]
        sensed = {id(frame): frame for frame in frames}
        texts = [[row for row, each in enumerate(frames) if id(each) == number] for number in sensed]  # of each, its rows
        perceived = self._perceived(list(sensed.values()))
        reading = self._model.read_of(perceived, self._ids([[prompts[row] for row in rows] for rows in texts]))
        at = {row: (number, place) for number, rows in enumerate(texts) for place, row in enumerate(rows)}
        ends = [len(prompt) for prompt in prompts]
        hidden = torch.stack([reading.hidden[at[row]][end - self._config.slots : end] for row, end in enumerate(ends)])
        return self._slots(hidden, reading.patches[[at[row][0] for row in range(len(prompts))]])

    def _perceived(self, frames: list[Frame]) -> Perceived:
        """What came of looking at frames; the last ones are remembered."""
        before, perceived = self._last
        if len(before) != len(frames) or any(a is not b for a, b in zip(before, frames, strict=True)):
            self._last = before, perceived = frames, self._model.perceive(self._batch(frames))
        assert perceived is not None
        return perceived

    @torch.inference_mode()
    def written(self, frame: Frame, prompt: Prompt) -> tuple[list[int], float]:
        """Word tokens, one after another."""
        output = self._model.generate(
            input_ids=self._ids([[prompt]])[:, 0], frame=self._batch([frame]), max_new_tokens=LONGEST_ANSWER, do_sample=False,
            eos_token_id=END, pad_token_id=PAD, output_scores=True, return_dict_in_generate=True,
            suppress_tokens=list(range(self._config.words, self._config.vocabulary)),
        )  # fmt: skip
        said = output.sequences[0, len(prompt) :].tolist()
        likely = [float(softmax(score[0].float(), -1)[token]) for score, token in zip(output.scores, said, strict=True)]
        return said, float(np.prod(likely))

    @torch.inference_mode()
    def attended(self, frame: Frame, prompt: Prompt, token: int) -> np.ndarray:
        """As much work as `said`."""
        return self._model.attended(self._batch([frame]), self._ids([[prompt]])[:, 0])[0, token].float().cpu().numpy()

    def _slots(self, hidden: torch.Tensor, patches: torch.Tensor) -> list[Said]:
        """What the slots (N, K, d) of each prompt say of the patches (N, P, d) of its frame."""
        model = self._model
        there = torch.sigmoid(model.heads.there(hidden)[..., 0].float())
        pointer, pointing, seen = torch.zeros(there.shape, dtype=torch.long), torch.zeros(len(there), 0), None
        if self._config.points:
            likelihood = softmax(model.heads.point(hidden, patches).float(), -1)  # (N, K, P)
            pointer, pointing = torch.stack([agreed(each) for each in likelihood]), likelihood[:, 0]
            seen = patches.gather(1, pointer[..., None].expand(-1, -1, patches.shape[-1]))
        bins = softmax(model.heads.tell(hidden, seen).float(), -1)
        there, pointer, bins, pointing = (each.cpu().numpy() for each in (there, pointer, bins, pointing))
        return list(zip(there, pointer, numbers_of(bins, self._config), pointing, strict=True))

    def _ids(self, texts: Sequence[Sequence[Prompt]]) -> torch.Tensor:
        """Prompts about each of B frames as (B, R, L), filled up behind them."""
        rows, length = max(map(len, texts)), max(len(prompt) for each in texts for prompt in each)
        ids = torch.full((len(texts), rows, length), PAD)
        for number, prompts in enumerate(texts):
            for row, prompt in enumerate(prompts):
                ids[number, row, : len(prompt)] = torch.tensor(prompt)
        return ids.to(self._device)

    def _batch(self, frames: Sequence[Frame]) -> dict[str, torch.Tensor]:
        """Frames as a batch."""
        return {key: torch.from_numpy(np.stack([frame[key] for frame in frames])).to(self._device) for key in frames[0]}


def agreed(likelihood: torch.Tensor) -> torch.Tensor:
    """The patch (K,) of each slot, given how likely each slot finds each patch (K, P).

    Slots that follow each other and mean the same place take the patch that all of them together find likeliest: written at
    once, one alone might fly above one thing and the next go down to another one that is as likely.
    """
    groups: list[list[int]] = []
    for slot in range(len(likelihood)):
        if groups and float((likelihood[groups[-1][0]] * likelihood[slot]).sqrt().sum()) > ALIKE:
            groups[-1].append(slot)
        else:
            groups.append([slot])
    together = [likelihood[group].clamp(min=1e-9).log().sum(0).argmax() for group in groups]
    return torch.stack([patch for group, patch in zip(groups, together, strict=True) for _ in group])
