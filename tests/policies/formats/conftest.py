"""Foreign logs for every test of formats."""

from pathlib import Path

import pytest

from tests.policies.formats import worlds
from tests.policies.formats.made import MADE


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, worlds.World]]:
    """One of each format, not to be written to."""
    folder = tmp_path_factory.mktemp("foreign")
    paths = {name: folder / (name.replace(" ", "_") + (".hdf5" if name == "robomimic" else "")) for name in MADE}
    return {name: (paths[name], make(paths[name])) for name, (_, make) in MADE.items()}
