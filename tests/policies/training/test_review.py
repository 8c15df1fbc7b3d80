"""What a checkpoint looks at is told of every plan of a recorded episode, at its stamp."""

from pathlib import Path

import numpy as np
import pytest

from policies.storage.plans import stored_plans
from policies.storage.stored import StoredEpisode
from policies.training.review import review
from robot.errors import InvalidInput
from tests.policies.training.logs import both, demonstration, learn, robot


def test_every_plan_of_an_episode_is_explained_at_its_stamp(tmp_path: Path) -> None:
    both(tmp_path, 2)
    learn(tmp_path, tmp_path / "run", "steps=2")
    manifest = demonstration(tmp_path / "again", 0)
    found = list(review(manifest, tmp_path / "run" / "best", robot()))
    plans = stored_plans(StoredEpisode(manifest))
    assert [stamp_ns for stamp_ns, _ in found] == [plan.observation_stamp_ns for _, plan in plans] and plans
    for _, explanation in found:
        assert set(explanation.points) == {"attention", "pointing"} and set(explanation.pixels) == {"front"}
        assert all(np.isfinite(value).all() and value.max() <= 1.0 for _, value in explanation.points.values())
        assert explanation.words and max(weight for _, weight in explanation.words) == pytest.approx(1.0)


def test_no_checkpoint_is_refused_in_one_sentence(tmp_path: Path) -> None:
    manifest = demonstration(tmp_path, 0)
    with pytest.raises(InvalidInput, match=r"^checkpoint: no .*config\.json"):
        review(manifest, tmp_path / "nowhere", robot())
