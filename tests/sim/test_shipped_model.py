"""The shipped checkpoint: it is small, it opens, and a sentence moves the robot to what it says, on a machine as it comes."""

import json
from pathlib import Path

import pytest

from policies.vla.checkpoint import open_model
from policies.vla.policy_config import SHIPPED
from robot.configuration import load
from robot.errors import InstructionRefused
from sim.command import SCHEMAS
from sim.session import Session

SCENE = "scene.objects=[{kind: block, colour: green, x: 0.5, y: -0.15}, {kind: bowl, colour: blue, x: 0.55, y: 0.15}]"


def test_it_is_small_and_says_how_it_came_to_be() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) < 20e6
    record = json.loads((SHIPPED / "training.json").read_text())
    assert {"recipe", "seed", "machine", "seconds"} <= set(record)
    assert open_model(SHIPPED).config.robot == "panda"


def test_it_does_what_a_sentence_says_and_asks_for_what_is_not_there(tmp_path: Path) -> None:
    words = [
        "policy=vla",
        f"out={tmp_path / 'run'}",
        "video=false",
        "picture=false",
        "agreement=null",
        "scene.always=[]",
        SCENE,
    ]
    config, _ = load("command", words, SCHEMAS)
    session = Session(config, "", say=lambda line: None)
    with pytest.raises(InstructionRefused, match="I see nothing here that is a pink can"):
        session.perform("pick up the pink can")
    verdict = session.perform("put the green block in the blue bowl").verdict
    assert verdict.success, verdict.reason
    answers = [session.ask(f"is there a {thing}?").split()[0] for thing in ("blue bowl", "red can")]
    assert answers == ["yes", "no"]
    session.close()
