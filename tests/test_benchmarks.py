"""Every benchmark can at least be begun: what it takes from the packages is there."""

import sys
from importlib import import_module
from pathlib import Path

import pytest

NAMES = sorted(path.stem for path in (Path(__file__).parent.parent / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_what_it_uses_and_says_how_it_is_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [name])
    module = import_module(f"benchmarks.{name}")
    assert f"benchmarks.{name}" in module.__doc__ or f"benchmarks/{name}.py" in module.__doc__
