"""Rows: texts as a model reads them, with what it is to say; many of one length in a batch.

<act> put the red block in the bowl <slot0> … <slotK>        what to do, all at once
<act> put the red block <location> in the bowl <location> …  the same, where it is known where the two are
<act> put the red block in the bowl <say> tokens … <end>     the same, one token after another
<point> the red block <slot0> … <slotK>                      where it is, in the first slot
<ask> how many blocks are there? <say> two <end>             an answer in words
<think> put the red block in the bowl <say> closing on the red block <end>
<mask> i see a red block and a blue bowl.                    a caption, to be told from a false one: always the last two rows
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from policies.vla.actions import NOT_LEARNT, Targets, nothing
from policies.vla.config import VlaConfig
from policies.vla.names import names_in
from policies.vla.words import ACT, ASK, END, FIRST_SLOT, LONGEST_ANSWER, LONGEST_TEXT, MASK, PAD, POINT, SAY, THINK, Words
from robot.errors import InvalidInput, one_of

LENGTH = 128  # tokens, enough for the longest text with its answer; batches are cut to their longest row
Places = Sequence[np.ndarray | None]  # of each thing that a text names, (3,) in base, m; None = it isn't known
DECODINGS = ("parallel", "autoregressive", "fast")


@dataclass(frozen=True, eq=False, kw_only=True)
class Row:
    """One text.

    Attributes:
        ids: (L,) tokens.
        said: of the last ones, what the model is to say, -100 where it may say what it likes.
        targets: what the slots are to say.
        slot: where the slots begin, -1 = there are none.
        weight: how much it counts.
    """

    ids: list[int]
    said: list[int]
    targets: Targets
    slot: int
    weight: float


def refuse_unwritable(config: VlaConfig) -> None:
    """Refuse actions that can't be written so, or so many that they don't fit behind the longest text.

    Raises:
        InvalidInput: an unknown decoding, too many slots, or chunks of another kind than the slots.
    """
    if config.decoding not in DECODINGS:
        raise one_of("decoding", config.decoding, DECODINGS)
    if config.decoding == "fast" and (config.points or not config.rate_hz):
        raise InvalidInput("decoding: fast writes dense chunks; expected parallel or autoregressive for keyposes")
    each, besides = (1, 0) if config.decoding == "parallel" else (config.tokens_per_action, 2)
    most = (LENGTH - LONGEST_TEXT - 1 - besides) // each
    if config.slots > most:
        raise InvalidInput(f"slots: expected at most {most} with decoding={config.decoding}, got {config.slots}")
    if config.decoding == "fast":
        code = config.chunk
        if code.horizon != config.slots or code.dimensions.to_json() != config.dimensions:
            raise InvalidInput(f"chunk_code: expected chunks of {config.slots} steps of the config's own dimensions")


def act_prompt(words: Words, sentence: str, config: VlaConfig, places: Places = ()) -> list[int]:
    """What is read before an action is written; `places` are where what it names (`names_in`) is."""
    return _prompt(ACT, words, sentence, config, places)


def point_prompt(words: Words, phrase: str, config: VlaConfig, places: Places = ()) -> list[int]:
    """What is read before a phrase's place is written."""
    return _prompt(POINT, words, phrase, config, places)


def ask_prompt(words: Words, question: str) -> list[int]:
    """What is read before an answer is written."""
    return [ASK, *words.encode(question), SAY]


def think_prompt(words: Words, sentence: str) -> list[int]:
    """What is read before the present sub-task is written."""
    return [THINK, *words.encode(sentence), SAY]


def act_row(
    words: Words, sentence: str, targets: Targets, config: VlaConfig, places: Places = (), weight: float = 1.0
) -> Row:  # fmt: skip
    """What to do for a sentence."""
    return _acting(act_prompt(words, sentence, config, places), targets, config, weight)


def point_row(
    words: Words, phrase: str, targets: Targets, config: VlaConfig, weight: float = 1.0, places: Places = ()
) -> Row:  # fmt: skip
    """Where what a phrase means is."""
    return _acting(point_prompt(words, phrase, config, places), targets, config, weight)


def answer_row(prompt: Sequence[int], words: Words, answer: str, config: VlaConfig, weight: float = 1.0) -> Row:
    """An answer in words."""
    said = [*words.encode(answer)[: LONGEST_ANSWER - 1], END]
    return Row(ids=[*prompt, *said], said=said, targets=nothing(config), slot=-1, weight=weight)


def caption_row(words: Words, caption: str, config: VlaConfig, weight: float) -> Row:
    """A caption, empty where there is none, in which nothing is to be said."""
    return Row(ids=[MASK, *words.encode(caption)], said=[], targets=nothing(config), slot=-1, weight=weight)


def action_tokens(targets: Targets, config: VlaConfig) -> list[int]:
    """Actions as tokens in a row: for each a pointer and its bins, -100 for what is not to be learnt; then the end."""
    if config.decoding == "fast":
        return _chunk_tokens(targets, config)
    tokens: list[int] = []
    for slot in np.flatnonzero(targets.there == 1):
        numbers = [targets.pointer[slot], *targets.bins[slot]][not config.points :]
        firsts = [config.words + config.numbers, *[config.words] * config.fields][not config.points :]
        tokens += [NOT_LEARNT if each == NOT_LEARNT else first + int(each) for each, first in zip(numbers, firsts, strict=True)]
    return [*tokens, NOT_LEARNT if (targets.there == NOT_LEARNT).any() else END]


def _chunk_tokens(targets: Targets, config: VlaConfig) -> list[int]:
    """A dense chunk as the tokens of its code, then the end; behind the log's end its last step goes on."""
    known = np.flatnonzero(targets.there == 1)
    values = config.code.decode(targets.bins[known[np.minimum(np.arange(config.slots), len(known) - 1)]])
    return [*(config.words + each for each in config.chunk.encode(values)), END]


def stacked_rows(rows: Sequence[Row], config: VlaConfig) -> dict[str, np.ndarray]:
    """R rows as arrays, all of one length; see `loss.losses`."""
    ids, answer = np.full((len(rows), LENGTH), PAD), np.full((len(rows), LENGTH), NOT_LEARNT)
    for number, row in enumerate(rows):
        end = len(row.ids)
        ids[number, :end] = row.ids
        answer[number, end - len(row.said) - 1 : end - 1] = row.said
    arrays = {key: np.stack([getattr(row.targets, key) for row in rows]) for key in ("there", "pointer", "bins")}
    slot, weight = np.array([row.slot for row in rows]), np.array([row.weight for row in rows], np.float32)
    return {"ids": ids, "answer": answer, **arrays, "slot": slot, "weight": weight}


def _prompt(kind: int, words: Words, text: str, config: VlaConfig, places: Places) -> list[int]:
    """A text, then the slots, or the word after which tokens are written."""
    slots = range(FIRST_SLOT, FIRST_SLOT + config.slots)
    return [kind, *_read(words, text, config, places), *(slots if config.decoding == "parallel" else [SAY])]


def _read(words: Words, text: str, config: VlaConfig, places: Places) -> list[int]:
    """A text as it is read: behind each name the token of where the thing is, if that is known."""
    if not config.located:
        return words.encode(text)
    known = [(name.end, place) for name, place in zip(names_in(text), places, strict=False) if place is not None]
    said, tokens = words.encode(text), list[int]()
    for number, (token, end) in enumerate(zip(said, words.ends(text), strict=True), 1):
        tokens.append(token)
        if known and end >= known[0][0] and len(tokens) + len(said) - number < LONGEST_TEXT:
            tokens.append(config.locations.encode(known.pop(0)[1]))
    return tokens


def _acting(prompt: list[int], targets: Targets, config: VlaConfig, weight: float) -> Row:
    """A prompt with what is to be said by its slots, or behind it."""
    if config.decoding == "parallel":
        return Row(ids=prompt, said=[], targets=targets, slot=len(prompt) - config.slots, weight=weight)
    said = action_tokens(targets, config)
    read = [each if each != NOT_LEARNT else _placeholder(place, config) for place, each in enumerate(said)]
    return Row(ids=[*prompt, *read], said=said, targets=nothing(config), slot=-1, weight=weight)


def _placeholder(place: int, config: VlaConfig) -> int:
    """A legal token for what is not to be learnt, so that all others keep their places."""
    pointer = config.points and place % config.tokens_per_action == 0
    return config.words + (config.bins if pointer else config.bins // 2)
