"""Every benchmark can at least be begun: what it takes from the packages is there."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "benchmarks"
BEGIN = """
import sys
from importlib import import_module
for name in sys.argv[1:]:
    sys.argv[1:] = []
    said = import_module(f"benchmarks.{name}").__doc__
    assert f"benchmarks.{name}" in said or f"benchmarks/{name}.py" in said, f"{name} does not say how it is run"
"""


def test_every_benchmark_finds_what_it_uses_and_says_how_it_is_run() -> None:
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    done = subprocess.run([sys.executable, "-c", BEGIN, *names], cwd=FOLDER.parent, capture_output=True, text=True, check=False)
    assert len(names) > 10 and done.returncode == 0, done.stderr[-2000:]
