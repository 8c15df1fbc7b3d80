"""Wire: what a RemoteMind and its server say to each other: named arrays, and nothing that could be run."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from zipfile import BadZipFile

import numpy as np

from policies.vla.mind import Frame, Prompt
from policies.vla.writing import Said

FIELDS = ("there", "pointer", "numbers", "pointing")


def packed(arrays: Mapping[str, np.ndarray | str | float]) -> bytes:
    """Arrays as bytes; mirrored by `unpacked`."""
    file = BytesIO()
    np.savez(file, allow_pickle=False, **{key: np.asarray(value) for key, value in arrays.items()})  # type: ignore[arg-type]
    return file.getvalue()


def unpacked(message: bytes) -> dict[str, np.ndarray]:
    """Arrays from bytes.

    Raises:
        ValueError: they are none, or would have to be run.
    """
    try:
        with np.load(BytesIO(message), allow_pickle=False) as arrays:
            return dict(arrays)
    except (BadZipFile, EOFError, OSError, TypeError) as error:
        raise ValueError(f"no arrays: {error}") from None


def asked(kind: str, frames: Sequence[Frame], prompts: Sequence[Prompt]) -> dict[str, np.ndarray]:
    """A question about frames and prompts, a frame that comes more than once sent once; mirrored by `rows_of`."""
    question, sent = {"kind": np.asarray(kind)}, dict[int, int]()
    for row, (frame, prompt) in enumerate(zip(frames, prompts, strict=True)):
        question[f"{row}/prompt"] = np.asarray(prompt, dtype=np.int64)
        question[f"{row}/seen"] = np.asarray(sent.setdefault(id(frame), row))
        if sent[id(frame)] == row:
            question |= {f"{row}/frame/{key}": value for key, value in frame.items()}
    return question


def rows_of(question: Mapping[str, np.ndarray]) -> tuple[list[Frame], list[Prompt]]:
    """The frames and prompts of a question.

    Raises:
        ValueError: a prompt about a frame that did not come before.
    """
    prompts, frames = list[Prompt](), list[Frame]()
    while (key := f"{len(prompts)}/prompt") in question:
        row, seen = len(prompts), int(question[f"{len(prompts)}/seen"])
        if not 0 <= seen <= row:
            raise ValueError(f"prompt {row}: expected the number of a frame up to its own, got {seen}")
        begin = f"{row}/frame/"
        own = {name.removeprefix(begin): value for name, value in question.items() if name.startswith(begin)}
        frames.append(own if seen == row else frames[seen])
        prompts.append(question[key].tolist())
    return frames, prompts


def answered(readings: Sequence[Said]) -> dict[str, np.ndarray]:
    """What slots said, row by row; mirrored by `said_in`."""
    return {name: np.stack(values) for name, values in zip(FIELDS, zip(*readings, strict=True), strict=True)}


def said_in(answer: Mapping[str, np.ndarray]) -> list[Said]:
    """What slots said, of each row."""
    return list(zip(*(answer[name] for name in FIELDS), strict=True))
