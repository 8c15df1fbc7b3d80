"""robomimic HDF5, written: one file of all episodes, every array with a Fletcher-32 checksum, pictures a chunk each.

Where no rewards are known, the last step of an episode that succeeded gets 1, as robosuite's sparse reward does. The
attribute `handsight` of `data` holds what actions and state mean.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from policies.formats.exported import Exported
from policies.formats.foreign import library
from policies.formats.robomimic import OURS
from robot.errors import InvalidInput


def write_robomimic(out: Path, episodes: Iterator[Exported]) -> Iterator[Exported]:
    """Write a file, and give each episode back when it is in it.

    Raises:
        InvalidInput: the file is there already, or an episode without actions.
    """
    h5, path = library("h5py"), out if out.suffix in (".hdf5", ".h5") else out / "demonstrations.hdf5"
    if path.exists():
        raise InvalidInput(f"out: {path} is there already; expected a new name")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with h5.File(partial, "w") as file:
            yield from _write_all(file.create_group("data"), episodes)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_all(data: Any, episodes: Iterator[Exported]) -> Iterator[Exported]:
    """Every episode, and what they have in common."""
    described: dict[str, Any] = {"episodes": {}}
    total = 0
    for number, episode in enumerate(episodes):
        _write_demo(data.create_group(f"demo_{number}"), episode)
        total += episode.num_steps
        described["episodes"][f"demo_{number}"] = episode.kept
        described |= {"rate_hz": episode.rate_hz, "state_names": list(episode.state_names), "action": episode.action}
        described["robot"] = episode.robot
        yield episode
    rate_hz = float(described.get("rate_hz", 0.0))
    data.attrs["total"] = total
    kwargs = {"control_freq": int(rate_hz) if rate_hz.is_integer() else rate_hz}
    data.attrs["env_args"] = json.dumps({"env_name": "handsight", "type": 0, "env_kwargs": kwargs})
    data.attrs[OURS] = json.dumps(described)


def _write_demo(demo: Any, episode: Exported) -> None:
    """One demonstration; pictures compressed, a chunk each, every chunk with a checksum."""
    demo.attrs["num_samples"] = episode.num_steps
    checked = {"fletcher32": True}
    if episode.actions is None:
        raise InvalidInput(f"{episode.name}: it has neither actions nor commands; robomimic expects actions")
    demo.create_dataset("actions", data=episode.actions, **checked)
    done = np.zeros(episode.num_steps, np.int64)
    done[-1:] = 1
    demo.create_dataset("dones", data=done, **checked)
    sparse = np.where(done == 1, float(episode.success is True), 0.0)
    demo.create_dataset("rewards", data=sparse if episode.rewards is None else episode.rewards, **checked)
    obs = demo.create_group("obs")
    if episode.state is not None:
        obs.create_dataset("state", data=episode.state, **checked)
    for name, values in episode.arrays.items():
        obs.create_dataset(name, data=values, **checked)
    for name, size in episode.cameras.items():
        shape, options = (episode.num_steps, *size, 3), {"compression": "gzip", "compression_opts": 1, "shuffle": True}
        pictures = obs.create_dataset(f"{name}_image", shape, np.uint8, chunks=(1, *size, 3), **options, **checked)
        for step in range(episode.num_steps):
            pictures[step] = episode.picture(name, step)
