"""Reader: a checkpoint at work: an observation and a sentence in, keyposes or words out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import softmax

from policies.vla.actions import keyposes_said, numbers_of
from policies.vla.changes import UNCHANGED, Change
from policies.vla.checkpoint import open_model
from policies.vla.consensus import CHANGES, agreed_reading
from policies.vla.device import device_named
from policies.vla.gaze import Gaze, gaze_of
from policies.vla.keyposes import Keyposes
from policies.vla.looks import frame_of, look_of
from policies.vla.model import Reading
from policies.vla.precision import in_precision
from policies.vla.rows import act_prompt, ask_prompt, think_prompt
from policies.vla.words import END, LONGEST_ANSWER, PAD, open_words
from policies.vla.writing import written_slots
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.model import RobotModel
from sensors.observation import Observation

Said = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # likelihoods of an action (K,), patches (K,), numbers (K, F);
# and where the first slot points (P,)
ALIKE = 0.5  # Bhattacharyya coefficient from which two slots mean the same place


@dataclass(frozen=True, eq=False, kw_only=True)
class Decision:
    """What was read out of an observation for a sentence.

    Attributes:
        keyposes: to go to, none if nothing is left to do.
        confidence: how likely the first slot's patch is, or that there is nothing left to do, in [0, 1]; of several readings
            the mean, 0 for those that do not agree.
        pointing: (P,) how likely each patch of the view from above is the first place; empty without one.
    """

    keyposes: Keyposes
    confidence: float
    pointing: np.ndarray


class Reader:
    """One model for one robot.

    Attributes:
        config: of the model.
        words: its tokenizer.
    """

    def __init__(
        self, folder: Path, robot: RobotModel, kinematics: Kinematics | None, device: str, threads: int,
        precision: str = "float32",
    ) -> None:  # fmt: skip
        """Open a checkpoint.

        Raises:
            InvalidInput: it is not one, or it is of another robot; or such a precision is not to be had.
        """
        model = open_model(folder)
        self.config, self.words = model.config, open_words(folder)
        if len(self.words) != self.config.words:
            raise InvalidInput(
                f"policy.checkpoint: {folder}: expected {self.config.words} tokens in the tokenizer, got {len(self.words)}"
            )
        if self.config.robot != robot.name:
            raise InvalidInput(
                f"policy.checkpoint: {folder} learnt on the robot {self.config.robot!r}; this one is {robot.name!r}"
            )
        if threads:
            torch.set_num_threads(threads)
        self._device = device_named(device)
        self._model = in_precision(model, precision, self._device)
        self._model.to(self._device)  # type: ignore[arg-type]
        self._kinematics = kinematics

    @torch.inference_mode()
    def act(self, observation: Observation, sentence: str, looks: int = 1) -> Decision:
        """The next keyposes for a sentence, on which most of so many readings agree; see `consensus.CHANGES`."""
        readings = self._said(observation, sentence, CHANGES[:looks])
        keyposes = [
            change.inverse.keyposes(keyposes_said(there > 0.5, pointer, numbers, self.config))
            for change, (there, pointer, numbers, _) in zip(CHANGES, readings, strict=False)
        ]
        sure = [float(pointing.max(initial=0.0) if there[0] > 0.5 else 1.0 - there[0]) for there, *_, pointing in readings]
        best, confidence = agreed_reading(keyposes, sure)
        return Decision(keyposes=keyposes[best], confidence=confidence, pointing=readings[0][3])

    @torch.inference_mode()
    def steps(self, observation: Observation, sentence: str) -> np.ndarray:
        """The next steps (K, D) of a dense plan for a sentence, in the units of its dimensions."""
        return self._said(observation, sentence)[0][2]

    @torch.inference_mode()
    def gaze(self, observation: Observation, sentence: str) -> Gaze:
        """What the first action for a sentence looked at; as much work as `act`."""
        prompt = act_prompt(self.words, sentence, self.config)
        shares = self._model.attended(self._frame(observation), torch.tensor([prompt], device=self._device))[0]
        first = len(prompt) - (self.config.slots if self.config.decoding == "parallel" else 1)
        return gaze_of(
            shares[first].float().cpu().numpy(), observation, sentence, self.words, self.config, self._model.senses.spans
        )

    def answer(self, observation: Observation, question: str) -> tuple[str, float]:
        """An answer in words, and how likely it was."""
        return self._written(observation, ask_prompt(self.words, question))

    def think(self, observation: Observation, sentence: str) -> tuple[str, float]:
        """What is being done now for a sentence, in words."""
        return self._written(observation, think_prompt(self.words, sentence))

    @torch.inference_mode()
    def _written(self, observation: Observation, prompt: list[int]) -> tuple[str, float]:
        """Words, one after another, always the likeliest."""
        ids = torch.tensor([prompt], device=self._device)
        output = self._model.generate(
            input_ids=ids, frame=self._frame(observation), max_new_tokens=LONGEST_ANSWER, do_sample=False, eos_token_id=END,
            pad_token_id=PAD, output_scores=True, return_dict_in_generate=True,
            suppress_tokens=list(range(self.config.words, self.config.vocabulary)),
        )  # fmt: skip
        said = output.sequences[0, len(prompt) :].tolist()
        likely = [float(softmax(score[0].float(), -1)[token]) for score, token in zip(output.scores, said, strict=True)]
        return self.words.decode(said), float(np.prod(likely))

    def _said(self, observation: Observation, sentence: str, changes: Sequence[Change] = (UNCHANGED,)) -> list[Said]:
        """What the slots say for a sentence after each change, all at once or written one token after another."""
        look = look_of(observation, self.config, self._kinematics)
        frames = [frame_of(change.look(look, self.config), self.config) for change in changes]
        prompts = [act_prompt(self.words, change.words(sentence), self.config) for change in changes]
        if self.config.decoding == "autoregressive":
            ids = [torch.tensor([prompt], device=self._device) for prompt in prompts]
            return [written_slots(self._model, self._batch([f]), row) for f, row in zip(frames, ids, strict=True)]
        found: dict[int, Said] = {}
        for length in {len(prompt) for prompt in prompts}:
            rows = [row for row, prompt in enumerate(prompts) if len(prompt) == length]
            ids = torch.tensor([[prompts[row]] for row in rows], device=self._device)
            found |= zip(rows, self._slots(self._model.read(self._batch([frames[row] for row in rows]), ids)), strict=True)
        return [found[row] for row in range(len(changes))]

    def _slots(self, reading: Reading) -> list[Said]:
        """What the slots of each frame say."""
        model, slots = self._model, self.config.slots
        hidden = reading.hidden[:, 0, -slots:]
        there = torch.sigmoid(model.heads.there(hidden)[..., 0].float())
        pointer, pointing, seen = torch.zeros(there.shape, dtype=torch.long), torch.zeros(len(there), 0), None
        if self.config.points:
            likelihood = softmax(model.heads.point(hidden, reading.patches).float(), -1)  # (B, K, P)
            pointer, pointing = torch.stack([agreed(each) for each in likelihood]), likelihood[:, 0]
            seen = reading.patches.gather(1, pointer[..., None].expand(-1, -1, reading.patches.shape[-1]))
        bins = softmax(model.heads.tell(hidden, seen).float(), -1)
        there, pointer, bins, pointing = (each.cpu().numpy() for each in (there, pointer, bins, pointing))
        return list(zip(there, pointer, numbers_of(bins, self.config), pointing, strict=True))

    def _frame(self, observation: Observation) -> dict[str, torch.Tensor]:
        """What the model is shown, a batch of one."""
        return self._batch([frame_of(look_of(observation, self.config, self._kinematics), self.config)])

    def _batch(self, frames: Sequence[Mapping[str, np.ndarray]]) -> dict[str, torch.Tensor]:
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
