"""An episode as a film: as many pictures as steps, cameras side by side, the sentence and the sub-task below."""

from pathlib import Path

import av
import numpy as np
import pytest

from policies.demonstrations import Episode, write
from policies.observers.film import HEIGHT, captioned, film, words_at
from robot.errors import InvalidInput
from tests.policies.recorded import recorded


def test_a_film_shows_every_step_of_every_camera(tmp_path: Path) -> None:
    path = tmp_path / "films" / "episode.mp4"
    assert film(recorded(tmp_path), path) == 6
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == 6
    height, width, _ = pictures[0].shape
    assert height > HEIGHT and width == HEIGHT * 8 // 6 + HEIGHT * 6 // 4  # the front camera, then the one without depth
    bar = pictures[0][HEIGHT + 4 :]
    assert bar.max() > 180 and np.median(bar) < 60  # light letters on a dark bar


def test_a_bar_grows_with_its_lines_and_leaves_the_picture_as_it_is() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (31, 47, 3), dtype=np.uint8)
    one, two = captioned(picture, ["pick up the red block"]), captioned(picture, ["pick up", "reaching"])
    np.testing.assert_array_equal(one[:31, :47], picture)
    assert two.shape[0] > one.shape[0] and not any(size % 2 for size in (*one.shape[:2], *two.shape[:2]))


def test_words_are_those_that_held_at_the_instant() -> None:
    attributes = {
        "instruction": "first",
        "instructions": [{"stamp_ns": 0, "words": "first"}, {"stamp_ns": 50, "words": "second"}],
        "plans": [{"stamp_ns": 0, "reason": "reaching"}, {"stamp_ns": 60, "reason": "closing"}],
    }
    assert words_at(attributes, 10) == ("first", "reaching")
    assert words_at(attributes, 70) == ("second", "closing")
    annotated = {**attributes, "subtasks": [{"start_ns": 5, "end_ns": 20, "words": "grasp"}]}
    assert [words_at(annotated, stamp_ns)[1] for stamp_ns in (0, 10, 30)] == ["", "grasp", ""]
    assert words_at({}, 10) == ("", "")


def test_an_episode_without_a_camera_is_refused(tmp_path: Path) -> None:
    stamps = np.arange(3, dtype=np.int64)
    manifest = write(tmp_path, "blind", Episode(observations={"stamp_ns": stamps}))
    with pytest.raises(InvalidInput, match="no camera"):
        film(manifest, tmp_path / "film.mp4")
