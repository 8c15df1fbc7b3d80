"""Reader: a checkpoint at work: an observation and a sentence in, keyposes or words out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from policies.vla.actions import keyposes_said
from policies.vla.changes import UNCHANGED, Change
from policies.vla.checkpoint import open_config
from policies.vla.consensus import CHANGES, agreed_reading
from policies.vla.gaze import Gaze, gaze_of, without_locations
from policies.vla.keyposes import Keyposes
from policies.vla.looks import Look, frame_of, in_hand, look_of
from policies.vla.mind import Frame, LocalMind, Mind
from policies.vla.names import names_in
from policies.vla.remote import RemoteMind
from policies.vla.rows import Places, act_prompt, ask_prompt, point_prompt, think_prompt
from policies.vla.words import open_words
from policies.vla.writing import Said
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.model import RobotModel
from sensors.observation import Observation

FOUND = 0.6  # how likely a name's patch must be for the sentence to be read with it


@dataclass(frozen=True, eq=False, kw_only=True)
class Decision:
    """What was read out of an observation for a sentence.

    Attributes:
        keyposes: to go to, none if nothing is left to do.
        confidence: how likely the first slot's patch is, or that there is nothing left to do, in [0, 1]; of several readings
            the mean, 0 for those that do not agree.
        pointing: (P,) how likely each patch of the view from above is the first place; empty without one.
        present: (N,) how likely it is that something there fits each of the phrases that were looked for.
        found: name in the sentence → (3,) where that was found, m; none by a model that takes no places.
    """

    keyposes: Keyposes
    confidence: float
    pointing: np.ndarray
    present: np.ndarray
    found: Mapping[str, np.ndarray]


class Reader:
    """One model for one robot.

    Attributes:
        config: of the model.
        words: its tokenizer.
    """

    def __init__(self, folder: Path, robot: RobotModel, kinematics: Kinematics | None, mind: Mind) -> None:
        """Read with a mind that has this checkpoint's weights.

        Raises:
            InvalidInput: it is no checkpoint, or it is of another robot.
        """
        self.config, self.words = open_config(folder), open_words(folder)
        if len(self.words) != self.config.words:
            raise InvalidInput(
                f"checkpoint: {folder}: expected {self.config.words} tokens in the tokenizer, got {len(self.words)}"
            )
        if self.config.robot != robot.name:
            raise InvalidInput(f"checkpoint: {folder} learnt on the robot {self.config.robot!r}; this one is {robot.name!r}")
        self._kinematics, self._mind = kinematics, mind

    def act(self, observation: Observation, sentence: str, looks: int = 1, phrases: Sequence[str] = ()) -> Decision:
        """The next keyposes for a sentence, on which most of so many readings agree; see `consensus.CHANGES`.

        First it looks for phrases, such as "the red can", and for what the sentence names, which it then reads with the
        places that it found.
        """
        changes, look = CHANGES[:looks], look_of(observation, self.config, self._kinematics)
        frames = self._frames(look, changes)
        places, present = self._sought(look, frames[0], sentence, phrases)
        readings = self._mind.said(frames, self._prompts(sentence, changes, places))
        keyposes = [
            change.inverse.keyposes(keyposes_said(there > 0.5, pointer, numbers, self.config))
            for change, (there, pointer, numbers, _) in zip(CHANGES, readings, strict=False)
        ]
        sure = [float(pointing.max(initial=0.0) if there[0] > 0.5 else 1.0 - there[0]) for there, *_, pointing in readings]
        best, confidence = agreed_reading(keyposes, sure)
        found = {name.text: place for name, place in zip(names_in(sentence), places, strict=False) if place is not None}
        return Decision(keyposes=keyposes[best], confidence=confidence, pointing=readings[0][3], present=present, found=found)

    def steps(self, observation: Observation, sentence: str) -> np.ndarray:
        """The next steps (K, D) of a dense plan for a sentence, in the units of its dimensions."""
        return self._mind.said([self._frame(observation)], self._prompts(sentence))[0][2]

    def gaze(self, observation: Observation, sentence: str) -> Gaze:
        """What the first action for a sentence looked at; as much work as `act`."""
        look = look_of(observation, self.config, self._kinematics)
        frame = frame_of(look, self.config)
        prompt = self._prompts(sentence, places=self._sought(look, frame, sentence)[0])[0]
        first = len(prompt) - (self.config.slots if self.config.decoding == "parallel" else 1)
        shares = without_locations(self._mind.attended(frame, prompt, first), prompt, self.config)
        return gaze_of(shares, observation, sentence, self.words, self.config)

    def answer(self, observation: Observation, question: str) -> tuple[str, float]:
        """An answer in words, and how likely it was."""
        return self._written(observation, ask_prompt(self.words, question))

    def think(self, observation: Observation, sentence: str) -> tuple[str, float]:
        """What is being done now for a sentence, in words."""
        return self._written(observation, think_prompt(self.words, sentence))

    def _written(self, observation: Observation, prompt: list[int]) -> tuple[str, float]:
        """Words, and how likely they were."""
        said, likely = self._mind.written(self._frame(observation), prompt)
        return self.words.decode(said), likely

    def _frame(self, observation: Observation) -> Frame:
        """What the model is shown."""
        return frame_of(look_of(observation, self.config, self._kinematics), self.config)

    def _frames(self, look: Look, changes: Sequence[Change]) -> list[Frame]:
        """What the model is shown after each change."""
        return [frame_of(change.look(look, self.config), self.config) for change in changes]

    def _prompts(
        self, sentence: str, changes: Sequence[Change] = (UNCHANGED,), places: Places = ()
    ) -> list[list[int]]:  # fmt: skip
        """What it is told to do after each change, and where what the sentence names is."""
        prompts = []
        for change in changes:
            there = [None if place is None else change.point(place) for place in places]
            prompts.append(act_prompt(self.words, change.words(sentence), self.config, there))
        return prompts

    def _sought(
        self, look: Look, frame: Frame, sentence: str, phrases: Sequence[str] = ()
    ) -> tuple[Places, np.ndarray]:  # fmt: skip
        """Where what a sentence names is, to a model that takes places, and how likely something fits each phrase (N,)."""
        names = ["" if name.told else f"the {name.text}" for name in names_in(sentence)] if self.config.located else []
        prompts = {phrase: point_prompt(self.words, phrase, self.config) for phrase in (*names, *phrases) if phrase}
        said = self._mind.said([frame] * len(prompts), list(prompts.values())) if prompts else []
        found = dict(zip(prompts, said, strict=True))
        places = [self._found(found[name]) if name else None for name in names]
        places = [None if place is None or in_hand(look, place) else place for place in places]
        return places, np.array([found[phrase][0][0] for phrase in phrases])

    def _found(self, said: Said) -> np.ndarray | None:
        """Where (3,) what was looked for is, if it is plain."""
        there, pointer, numbers, pointing = said
        if there[0] <= 0.5 or pointing.max(initial=0.0) < FOUND or pointer[0] != pointing.argmax():
            return None
        return keyposes_said(there[:1] > 0.5, pointer, numbers, self.config).T_base_ee[0, :3, 3]


def open_reader(
    folder: Path, robot: RobotModel, kinematics: Kinematics | None, device: str = "auto", threads: int = 0,
    precision: str = "float32", server: str = "",
) -> Reader:  # fmt: skip
    """A reader with the weights in this process, or at a server's address.

    Raises:
        InvalidInput: it is no checkpoint, or of another robot; or such a device, precision or server is not to be had.
    """
    mind = RemoteMind(server, folder) if server else LocalMind(folder, device, threads, precision)
    return Reader(folder, robot, kinematics, mind)
