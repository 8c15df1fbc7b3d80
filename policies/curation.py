"""Curation: which episodes of a log go where, and which of their steps; what is copied is checked to the last byte first."""

import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from policies.demonstrations import SCHEMA, Episode, Facts, StoredEpisode, open_episode
from policies.storage.commit import DATA, PARTIAL, FolderLock, commit, sync
from robot.errors import InvalidInput

DELTAS = ("joint_delta", "ee_delta")


def copy(manifest: Path, folder: Path, name: str) -> Path:
    """Commit the same episode to another folder, by a hard link where the disk can; the new manifest's path.

    Raises:
        InvalidInput: it is damaged or of an older version, or one of that name is there already.
    """
    stored = opened(manifest)
    for problem in stored.problems():
        raise InvalidInput(problem)
    lock = FolderLock(folder)
    try:
        if (folder / f"{name}.json").exists():
            raise InvalidInput(f"episode: {folder / name}.json is there already; expected a new folder")
        partial = folder / f"{name}{DATA}{PARTIAL}"
        partial.unlink(missing_ok=True)
        _link(manifest.parent / stored.manifest.file, partial)
        return commit(partial, replace(stored.manifest, file=f"{name}{DATA}"))
    finally:
        lock.release()


def opened(manifest: Path) -> StoredEpisode:
    """An episode of this version.

    Raises:
        InvalidInput: it can't be read, or is of an older version.
    """
    stored = open_episode(manifest)
    if stored.manifest.schema != SCHEMA:
        raise InvalidInput(
            f"episode {stored.name}: version {stored.manifest.schema}; handsight-log import writes it anew first"
        )
    return stored


def parted(found: Sequence[Path], share: float, seed: int) -> tuple[list[Path], list[Path]]:
    """Episodes in two parts, drawn by a seed, each part in the order that it had; neither is empty.

    Raises:
        InvalidInput: fewer than two episodes, or a share that is not between 0 and 1.
    """
    if not 0 < share < 1 or len(found) < 2:
        raise InvalidInput(f"train: expected a share between 0 and 1 of two or more episodes, got {share} of {len(found)}")
    count = min(max(round(share * len(found)), 1), len(found) - 1)
    drawn = set(np.random.default_rng(seed).permutation(len(found))[:count].tolist())
    return [each for n, each in enumerate(found) if n in drawn], [each for n, each in enumerate(found) if n not in drawn]


def names_in_all(found: Sequence[Path]) -> list[str]:
    """A name for each episode: its own, or, where two are called the same, a new number for all."""
    counted = Counter(each.stem for each in found)
    if max(counted.values(), default=0) <= 1:
        return [each.stem for each in found]
    return [f"episode_{number:06d}" for number in range(len(found))]


def moving_steps(episode: Episode, least: float) -> np.ndarray:
    """The steps (K,) at which the robot or what it was told changed by at least so much, and the first one.

    A step stands still if no number of the state or the gripper changed since the step before by `least`, and the action
    did not either; actions that are changes themselves must be below it.
    """
    paths = ("state/joint_position", "state/gripper_width")
    tracks = [episode.observations[path] for path in paths if path in episode.observations]
    changes = [np.abs(np.diff(each.reshape(len(each), -1), axis=0)).max(1) for each in tracks if each.size]
    if episode.actions is not None and episode.actions.size:
        kind = episode.attributes.get("action", {}).get("kind")
        acted = episode.actions[1:] if kind in DELTAS else np.diff(episode.actions.astype(np.float64), axis=0)
        changes.append(np.abs(acted).max(1))
    if not changes:
        return np.arange(len(episode.observations.get("stamp_ns", ())))
    return np.concatenate([[0], 1 + np.flatnonzero(np.max(changes, axis=0) >= least)]).astype(np.int64)


def with_steps(episode: Episode, facts: Facts, steps: np.ndarray) -> tuple[Episode, Facts]:
    """An episode of these steps only; plans and packets of a step that goes belong to the next one that stays."""
    removed = len(episode.observations["stamp_ns"]) - len(steps)
    plans = dict(episode.plans)
    if "step" in plans:
        plans["step"] = _next(plans["step"], steps).astype(np.int32)
    kept = Episode(
        packets=episode.packets,
        packet_steps=None if episode.packet_steps is None else _next(np.asarray(episode.packet_steps), steps).tolist(),
        commands=episode.commands,
        attributes={**_plain(episode.attributes), "idle_steps_removed": removed},
        observations={path: values[steps] for path, values in episode.observations.items()},
        plans=plans,
        actions=None if episode.actions is None else episode.actions[steps],
        taken_over=None if episode.taken_over is None else episode.taken_over[steps],
    )
    known = {path: values if path == "size" else values[steps] for path, values in facts.arrays.items()}
    return kept, Facts(arrays=known, attributes=facts.attributes)


def _next(at: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """The number, among those that stay, of the first step not before each of these."""
    return np.minimum(np.searchsorted(steps, at), len(steps) - 1)


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes without the version, which the writer adds."""
    return {key: value for key, value in attributes.items() if key != "schema"}


def _link(data: Path, partial: Path) -> None:
    """The same bytes under another name: data files are never written to again, so a link is as good as a copy."""
    try:
        os.link(data, partial)
    except OSError:
        shutil.copyfile(data, partial)
        sync(partial)
