"""The README's commands, paths and map are those of the software."""

import re
import tomllib
from pathlib import Path

import pytest

from robot.configuration import load
from tests.readme_map import drawn_map, written_map
from tests.test_configs import PROGRAMS, schemas

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^(handsight-\w+[^\n#]*|make [\w-]+)", README, re.MULTILINE)


def test_the_map_is_the_house() -> None:
    assert written_map() == drawn_map(), "renew the README's map: python -m tests.readme_map"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_readme_would_run(command: str) -> None:
    program, *words = re.findall(r'"[^"]*"|\S+', command)
    if program == "make":
        assert re.search(rf"^{words[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        return
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert program in scripts, f"{program} is no console script"
    name = program.removeprefix("handsight-")
    if name in PROGRAMS:
        load(name, [word.strip('"') for word in words if not word.startswith("--")], schemas(name))


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"(?:\(|`)((?:docs|robot|sensors|policies|sim|configs|tests|benchmarks)/[\w./-]+)", README)))
)
def test_each_path_of_the_readme_exists(path: str) -> None:
    assert (ROOT / path.rstrip(".")).exists()


def test_both_set_up_commands_stand_in_the_readme() -> None:
    assert "make demo" in COMMANDS and "make test" in COMMANDS
