"""Twenty random scenes, twenty drawn sentences: the whole house judged by the simulator; and the same bytes twice."""

import hashlib
from pathlib import Path

import pytest

from robot.configuration import load, to_yaml
from robot.errors import HandsightError
from sim.command import SCHEMAS
from sim.session import Session
from tests.drawn_sentences import drawn_sentence


def perform(seed: int, folder: Path) -> tuple[bool, str]:
    """Draw a sentence for a seed's scene and perform it: whether the judge is content, and what was said."""
    overrides = [f"seed={seed}", f"out={folder}", "video=false", "picture=false"]
    config, _ = load("command", overrides, SCHEMAS)
    said: list[str] = []
    session = Session(config, to_yaml(config), say=said.append)
    sentence = drawn_sentence(session.stage.scene, seed)
    try:
        success = session.perform(sentence).verdict.success
    except HandsightError as error:
        success = False
        said.append(str(error))
    finally:
        session.close()
    return success, f"seed {seed}: {sentence!r}: {' | '.join(said)}"


@pytest.mark.slow
def test_eighteen_of_twenty_drawn_sentences_succeed(tmp_path: Path) -> None:
    results = [perform(seed, tmp_path / str(seed)) for seed in range(20)]
    failures = [text for success, text in results if not success]
    assert len(failures) <= 2, "\n".join(failures)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    digests = []
    for attempt in ("first", "second"):
        perform(9, tmp_path / attempt)
        (episode,) = (tmp_path / attempt / "episode").glob("*.zarr.zip")
        digests.append(_contents_digest(episode))
    assert digests[0] == digests[1]


def _contents_digest(episode: Path) -> str:
    """A digest of everything recorded, but for the zip's own time stamps and the name of the folder."""
    import zipfile

    digest = hashlib.sha256()
    with zipfile.ZipFile(episode) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith("zarr.json") and name.count("/") == 0:
                continue  # the attributes name the run's folder
            digest.update(name.encode() + archive.read(name))
    return digest.hexdigest()
