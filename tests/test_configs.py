"""Every shipped YAML composes into its dataclasses, and no misspelt or mistyped override is silently accepted."""

import importlib
import random
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from robot.configuration import help_text, load
from robot.errors import InvalidInput

ROOT = Path(__file__).parent.parent
PROGRAMS = {
    "command": "sim.command",
    "deploy": "policies.deploy",
    "calibrate": "sensors.calibrate",
    "evaluate": "sim.evaluate",
    "record": "sim.record",
    "log": "policies.inspect",
    "replay": "sim.replay",
    "train": "policies.train",
}
GROUPS = ("robot", "sensors", "scene", "policy", "suite")
OF_PROGRAM = {
    "deploy": {("robot", "perfect"), ("sensors", "replay")},
    "evaluate": {("policy", "expert"), ("policy", "nothing"), ("policy", "random")},
}


def schemas(program: str) -> dict[str, type]:
    return importlib.import_module(PROGRAMS[program]).SCHEMAS


def options(group: str) -> list[str]:
    folder = files("configs") / group
    return sorted(Path(str(each)).stem for each in folder.iterdir() if str(each).endswith(".yaml"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_has_a_yaml_that_composes(program: str) -> None:
    config, sentence = load(program, ["go", "home"], schemas(program))
    assert type(config) is schemas(program)[program] and sentence == "go home"


@pytest.mark.parametrize(("group", "option"), [(group, option) for group in GROUPS for option in options(group)])
def test_each_option_of_each_group_composes_into_its_dataclass(group: str, option: str) -> None:
    own = [program for program, options in OF_PROGRAM.items() if (group, option) in options]
    program = "evaluate" if group == "suite" else (own or ["command"])[0]
    config, _ = load(program, [f"{group}={option}"], schemas(program))
    assert not isinstance(getattr(config, group), dict)


def test_the_sentence_may_stand_before_between_and_after_overrides() -> None:
    config, sentence = load("command", ["put the", "seed=7", "block down", "video=false"], schemas("command"))
    assert (config.seed, config.video, sentence) == (7, False, "put the block down")


@pytest.mark.parametrize(
    ("override", "names"),
    [
        ("sed=7", ["sed", "seed"]),
        ("seed=seven", ["seed", "seven"]),
        ("robot=pander", ["pander", "panda"]),
        ("scene.gapp=0.1", ["gapp", "gap"]),
        ("sensors.cameras.front.widht=5", ["widht", "width"]),
        ("policy.skills.handling.lift=high", ["lift", "high"]),
        ("seed=", ["seed"]),
        ("+colour=red", ["colour"]),
        ("scene.objects=[{kind: block, colur: red}]", ["colur"]),
        ("scene.region_lower=0.1", ["region_lower"]),
        ("config_dir=/nowhere/at/all", ["config_dir", "/nowhere/at/all"]),
        ("view=[", ["view"]),
    ],
)
def test_a_wrong_override_is_refused_in_one_sentence_that_names_what_is_valid(override: str, names: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        load("command", [override], schemas("command"))
    message = str(refusal.value)
    assert "\n" not in message and all(name in message for name in names), message


def test_misspelt_keys_of_every_shipped_yaml_are_refused() -> None:
    rng = random.Random(0)
    config, _ = load("command", [], schemas("command"))
    keys = [key for group in GROUPS if group != "suite" for key in _keys(group)]
    for key in rng.sample(keys, 5):
        letter = rng.randrange(key.rindex(".") + 1, len(key))
        wrong = key[:letter] + rng.choice("qzx") + key[letter:]
        with pytest.raises(InvalidInput):
            load("command", [f"{wrong}=1"], schemas("command"))
    assert config is not None


def test_a_users_own_folder_adds_options(tmp_path: Path) -> None:
    (tmp_path / "scene").mkdir()
    (tmp_path / "scene" / "mine.yaml").write_text("defaults:\n  - tabletop\n  - _self_\nnum_objects_max: 5\n")
    config, _ = load("command", [f"config_dir={tmp_path}", "scene=mine"], schemas("command"))
    assert config.scene.num_objects_max == 5


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_names_every_group_and_every_key(program: str) -> None:
    text = help_text(program, schemas(program), "about")
    config, _ = load(program, [], schemas(program))
    assert "about" in text and ("  sensors=" in text) == hasattr(config, "sensors")
    assert all(key in text for key in vars(config))


def _keys(group: str) -> list[str]:
    """Top-level keys of the group's default YAML, dotted."""
    first = {"robot": "panda", "policy": "value_maps"}.get(group, "tabletop")
    contents = yaml.safe_load((files("configs") / group / f"{first}.yaml").read_text())
    return [f"{group}.{key}" for key in contents if key != "defaults"]
