"""A probe says how far what a checkpoint says is from what was done, and draws it; kept models can be ranked."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from policies.observers.probe_sheet import Reach
from policies.train import train
from policies.training.checkpoints import thinned
from policies.training.probe import _told
from policies.vla.checkpoint import open_model
from robot.errors import InvalidInput
from tests.policies.training.logs import both, config, learn


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    both(folder, 2)
    learn(folder, folder / "out", "steps=4", "validate_every=1", "keep=2")
    return folder


def test_the_last_validated_models_are_kept_and_can_be_run(run: Path) -> None:
    kept = sorted((run / "out" / "checkpoints").iterdir())
    assert [each.name for each in kept] == ["0000003", "0000004"]
    assert all(open_model(each).config.robot == "panda" for each in kept)


def test_thinning_leaves_what_is_being_written(tmp_path: Path) -> None:
    for name in ("0000001", "0000002", ".0000003.part"):
        (tmp_path / name).mkdir()
    thinned(tmp_path, 1)
    assert sorted(each.name for each in tmp_path.iterdir()) == [".0000003.part", "0000002"]


def test_a_probe_draws_what_is_said_beside_what_was_done(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = config(run, run / "probe.png", f"checkpoint={run / 'out' / 'best'}", "frames=6")
    assert train(wanted, "probe") == 0
    said = capsys.readouterr().out
    assert "6 frames" in said and "saved" in said
    assert Image.open(run / "probe.png").size[0] > 1000


def test_a_probe_of_still_scenes_alone_is_refused(run: Path) -> None:
    wanted = config(run, run / "probe.png", f"checkpoint={run / 'out' / 'best'}", "scenes=[]", f"data=[{run / 'stills'}]")
    with pytest.raises(InvalidInput, match="nothing is done"):
        train(wanted, "probe")


def test_errors_are_told_in_centimetres_degrees_and_millimetres() -> None:
    reach = Reach(
        agreed=True, ended=False, done_base=np.array([0.5, 0.0, 0.1]), said_base=np.array([0.53, 0.04, 0.1]),
        angle=np.deg2rad(7.0), done_width=0.04, said_width=0.037,
    )  # fmt: skip
    lines = _told([reach, Reach(agreed=False, ended=True)])
    assert lines[0].endswith("0 of 1") and "5.0 cm" in lines[1] and "7.0 degrees" in lines[2] and "3.0 mm" in lines[3]
