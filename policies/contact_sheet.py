"""A contact sheet: for each episode a line of small pictures from beginning to end, with its name and its sentence."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from policies.demonstrations import StoredEpisode

COLUMNS = 8
WIDTH = 128  # px of one small picture
LINE = 16  # px of a line of words
MOST_EPISODES = 40


def contact_sheet(episodes: Sequence[StoredEpisode]) -> Image.Image:
    """The sheet of the first episodes that have pictures; each camera has a line of its own."""
    lines = [(episode, path) for episode in episodes[:MOST_EPISODES] for path in _cameras(episode)]
    heights = [LINE + _height(episode, path) for episode, path in lines]
    sheet = Image.new("RGB", (COLUMNS * WIDTH, max(sum(heights), LINE)), "white")
    top = 0
    for (episode, path), height in zip(lines, heights, strict=True):
        words = f"{episode.name}  {path.split('/')[2]}: {episode.attributes.get('instruction', '')}"
        ImageDraw.Draw(sheet).text((4, top + 2), words.encode("latin-1", "replace").decode("latin-1"), fill="black")
        steps = np.linspace(0, episode.num_steps - 1, min(COLUMNS, episode.num_steps)).astype(int).tolist()
        for column, step in enumerate(steps):
            picture = Image.fromarray(np.array(episode.rows(path, step, step + 1)[0]))
            sheet.paste(picture.resize((WIDTH, height - LINE)), (column * WIDTH, top + LINE))
        top += height
    return sheet


def _cameras(episode: StoredEpisode) -> list[str]:
    """The arrays of pictures."""
    return [path for path in episode.paths if path.startswith("observations/cameras/") and path.endswith("/rgb")]


def _height(episode: StoredEpisode, path: str) -> int:
    """Of a small picture, px."""
    _, height, width = episode.entry(path).shape[:3]
    return max(1, round(WIDTH * height / max(width, 1)))
