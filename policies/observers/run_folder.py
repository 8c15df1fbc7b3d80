"""RunFolder: where a run leaves what it made, with the config, the versions and the seed that made it."""

import json
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("handsight", "numpy", "scipy", "pin", "ruckig", "open3d", "zarr")


@cache
def versions() -> dict[str, str]:
    """Which version of each package is at work here."""
    return {package: version(package) for package in PACKAGES}


class RunFolder:
    """A new folder for one run: `runs/2026-11-21_09-30-00` unless a name is given."""

    def __init__(self, name: str, config_yaml: str, seed: int) -> None:
        """Make the folder and write how to make the run again; a taken name gets a number."""
        wanted = Path(name or f"runs/{datetime.now():%Y-%m-%d_%H-%M-%S}")
        self.path = wanted
        taken = 1
        while self.path.exists():
            taken += 1
            self.path = wanted.with_name(f"{wanted.name}_{taken}")
        self.path.mkdir(parents=True)
        (self.path / "config.yaml").write_text(config_yaml)
        self.write("versions.json", {"seed": seed, **versions()})

    def write(self, name: str, contents: dict[str, Any]) -> Path:
        """Write a small record as JSON."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(contents, indent=1))
        return path
