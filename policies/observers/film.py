"""Film: a recorded episode's cameras side by side over a bar with the sentence, the sub-task and who acts."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from policies.demonstrations import StoredEpisode, open_episode
from policies.formats.pictures import write_film
from robot.errors import InvalidInput

HEIGHT = 360  # px of a camera's picture in the film
LINE, SIZE, MARGIN = 22, 16, 8  # px of the bar
PX_A_LETTER = 8.2


def film(where: str | Path, path: Path) -> int:
    """Write an episode's film, one picture a step at the episode's rate; how many steps it shows.

    Raises:
        InvalidInput: no episode, a damaged one, or one without a camera.
    """
    stored = open_episode(where)
    cameras = [
        path.split("/")[2] for path in stored.paths if path.startswith("observations/cameras/") and path.endswith("/rgb")
    ]
    if not cameras:
        raise InvalidInput(f"episode {stored.name}: it has no camera; expected observations/cameras/<name>/rgb")
    write_film(path, _pictures(stored, cameras), float(stored.attributes.get("rate_hz", 10.0)))
    return stored.num_steps


def words_at(attributes: Mapping[str, Any], stamp_ns: int) -> tuple[str, str]:
    """The sentence and the sub-task of an instant; the reason of the plan under way where no sub-tasks are written down."""
    sentence = str(attributes.get("instruction", ""))
    for each in attributes.get("instructions", []):
        sentence = each["words"] if each["stamp_ns"] <= stamp_ns else sentence
    if "subtasks" in attributes:
        under_way = [each["words"] for each in attributes["subtasks"] if each["start_ns"] <= stamp_ns <= each["end_ns"]]
    else:
        under_way = [each["reason"] for each in attributes.get("plans", []) if each["stamp_ns"] <= stamp_ns]
    return sentence, under_way[-1] if under_way else ""


def captioned(picture: np.ndarray, lines: Sequence[str]) -> np.ndarray:
    """A picture (H, W, 3) uint8 over a bar with these lines; height and width of the result are even."""
    height, width = picture.shape[:2]
    bar = 2 * MARGIN + LINE * len(lines)
    sheet = Image.new("RGB", (width + width % 2, height + bar + (height + bar) % 2), (24, 24, 24))
    sheet.paste(Image.fromarray(np.ascontiguousarray(picture)), (0, 0))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(SIZE)
    for number, line in enumerate(lines):
        draw.text((MARGIN, height + MARGIN + LINE * number), line, (240, 240, 240) if number == 0 else (170, 200, 255), font)
    return np.asarray(sheet)


def _pictures(stored: StoredEpisode, cameras: Sequence[str]) -> Iterator[np.ndarray]:
    """The film, picture by picture; every one has the same size."""
    stamps = stored.array("observations/stamp_ns")
    marked = "corrections/taken_over" in stored.paths and stored.attributes.get("policy") != "teleoperation"
    taken_over = stored.array("corrections/taken_over") if marked else np.zeros(len(stamps), bool)
    bars = [
        (f"{(stamp - stamps[0]) * 1e-9:5.1f} s   ", *words_at(stored.attributes, int(stamp)), "   (a person)" if person else "")
        for stamp, person in zip(stamps, taken_over, strict=True)
    ]
    width = sum(_shown(stored, name, 0).shape[1] for name in cameras)
    lines = [[*_wrapped(sentence, width), *_wrapped(f"{when}{subtask}{who}", width)] for when, sentence, subtask, who in bars]
    longest = max(len(each) for each in lines)
    for step, each in enumerate(lines):
        side_by_side = np.concatenate([_shown(stored, name, step) for name in cameras], axis=1)
        yield captioned(side_by_side, [*each, *[""] * (longest - len(each))])


def _shown(stored: StoredEpisode, camera: str, step: int) -> np.ndarray:
    """A camera's picture at a step (HEIGHT, W, 3), black where there was none."""
    rgb = stored.rows(f"observations/cameras/{camera}/rgb", step, step + 1)[0]
    width = max(1, round(rgb.shape[1] * HEIGHT / rgb.shape[0]))
    return np.asarray(Image.fromarray(np.ascontiguousarray(rgb)).resize((width, HEIGHT), Image.Resampling.BILINEAR))


def _wrapped(line: str, width: int) -> list[str]:
    """A line in as many as the width (px) asks for."""
    return wrap(line, max(20, int((width - 2 * MARGIN) / PX_A_LETTER)), drop_whitespace=False) or [""]
