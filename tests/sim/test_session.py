"""What cannot be done is refused in one sentence and leaves world and folder as they were."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from robot.configuration import load
from robot.errors import HandsightError, InstructionRefused
from sim.command import SCHEMAS
from sim.session import Session

TWO_RED_BLOCKS = (
    "scene.objects=[{kind: block, colour: red, x: 0.45, y: 0.15}, {kind: block, colour: red, x: 0.45, y: -0.15},"
    " {kind: bowl, colour: blue, x: 0.6, y: 0.0}]"
)
FAR_AWAY = "scene.objects=[{kind: block, colour: red, x: 0.80, y: 0.42}, {kind: bowl, colour: blue, x: 0.5, y: 0.0}]"


def session(folder: Path, *overrides: str) -> Session:
    """A session that films nothing."""
    config, _ = load("command", [f"out={folder / 'run'}", "video=false", "picture=false", *overrides], SCHEMAS)
    return Session(config, "", say=lambda line: None)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, Path]]:
    """The default scene, shared by all sentences that must change nothing in it."""
    folder = tmp_path_factory.mktemp("shared")
    room = session(folder)
    yield room, folder
    room.close()


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("", "instruction"),
        ("x" * 1_000_000, "1000"),
        ("put the \x07 block down", "control character"),
        ("stelle den roten Würfel in die blaue Schale", "English"),
        ("pick up the elephant", "I do not see an elephant"),
        ("don't move", ""),
        ("pick up the wooden block", "wooden"),
        ("put the red block next to itself", ""),
    ],
    ids=["empty", "1 MB", "control", "German", "absent", "negated", "unknown word", "itself"],
)
def test_a_refused_sentence_changes_nothing(sentence: str, says: str, shared: tuple[Session, Path]) -> None:
    room, folder = shared
    assert_refused(room, folder, sentence, says)


def assert_refused(room: Session, folder: Path, sentence: str, says: str) -> None:
    """The sentence is refused in one sentence of the program's, and nothing has changed."""
    before = room.stage.world.fingerprint()
    with pytest.raises(HandsightError) as refusal:
        room.perform(sentence)
    assert says.lower() in str(refusal.value).lower() and "\n" not in str(refusal.value)
    assert room.stage.world.fingerprint() == before
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("sentence", "overrides", "says"),
    [
        ("pick up the red block", (TWO_RED_BLOCKS, "scene.duplicates=true"), "wo red blocks: the left or the right one?"),
        ("pick up the red block", (FAR_AWAY,), "out of reach"),
    ],
    ids=["ambiguous", "far"],
)
def test_a_sentence_that_the_scene_does_not_allow_changes_nothing(
    sentence: str, overrides: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    room = session(tmp_path, *overrides)
    assert_refused(room, tmp_path, sentence, says)
    room.close()


def test_a_sentence_in_the_middle_of_another_takes_over(tmp_path: Path) -> None:
    room = session(tmp_path)
    asked = iter([None] * 8 + ["go home"])
    outcome = room.perform("pick up the red block", newer=lambda: next(asked, None))
    assert outcome.verdict.success and outcome.exit_code == 0
    assert room.stage.kinematics.forward(room.stage.robot.body.state().joint_position)[2, 3] > 0.4
    room.close()


def test_undo_brings_the_world_back_bit_for_bit(tmp_path: Path) -> None:
    room = session(tmp_path)
    before = room.stage.world.fingerprint()
    room.perform("move above the red block")
    assert room.stage.world.fingerprint() != before
    assert room.undo() and room.stage.world.fingerprint() == before
    assert not room.undo()
    room.close()


def test_a_full_hand_takes_nothing_more(tmp_path: Path) -> None:
    room = session(tmp_path)
    assert room.perform("pick up the red block").verdict.success
    with pytest.raises(InstructionRefused, match="red block"):
        room.perform("pick up the green block")
    room.close()
