"""handsight-log: looks into demonstration logs, puts them right, divides and joins them, and trades them with others.

    handsight-log inspect demos pictures=sheet.png         counts, rates, gaps, statistics, health, sentences; a contact sheet
    handsight-log verify demos                             every hash; names episode, array and chunk; exit code 1 if one breaks
    handsight-log repair demos                             after a crash: every committed episode stays
    handsight-log split demos train=0.9 seed=0 out=parts   parts/train and parts/test
    handsight-log merge demos more out=all
    handsight-log filter demos out=good idle=0.001         without failures, and without steps in which nothing moves
    handsight-log import SOURCE out=demos action=ee_delta  LeRobot, robomimic, ROS 2 bags, MCAP, CALVIN, older versions
    handsight-log export demos to=lerobot out=theirs       or to=robomimic, to=mcap

`import` finds out what SOURCE is, or format= says. `action=` says what its actions mean if it does not say so itself:
joint_position, joint_delta, ee_pose, ee_delta or opaque. What a foreign log lacks is named in the attribute `absent`.
Exit code 0: done; 1: something is broken; 2: refused.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from policies.contact_sheet import contact_sheet
from policies.curation import copy, moving_steps, names_in_all, opened, parted, with_steps
from policies.demonstrations import StoredEpisode, manifests, open_episode, problems, read, read_facts, repair, write
from policies.formats.catalogue import Log, exported
from policies.formats.exported import ExportConfig
from policies.formats.foreign import ImportConfig
from policies.inspection import Inspection
from robot.configuration import run
from robot.errors import InvalidInput, one_of

Item = TypeVar("Item")
SAY_EVERY_S = 1.0


@dataclass
class LogConfig(ImportConfig, ExportConfig):
    """The YAML of this program.

    Attributes:
        out: where the result goes.
        pictures: `inspect`: a file for a contact sheet.
        train: `split`: the share of episodes to train on.
        seed: `split`: of the draw.
        idle: `filter`: a step in which nothing changes by so much goes; in the units of state and action, 0 = none goes.
        failures: `filter`: whether failures stay; an episode of which nobody knows stays.
    """

    out: str = ""
    pictures: str = ""
    train: float = 0.9
    seed: int = 0
    idle: float = 0.001
    failures: bool = False


SCHEMAS = {"log": LogConfig}


def log(config: LogConfig, sentence: str) -> int:
    """Do what the first word says to the paths behind it; the exit code."""
    verb, _, rest = sentence.partition(" ")
    if verb not in VERBS:
        raise one_of("handsight-log: verb", verb, VERBS)
    paths = paths_in(rest)
    if not paths or (len(paths) > 1 and verb != "merge"):
        wanted = "one path" if verb != "merge" else "paths"
        raise InvalidInput(f"{verb}: expected {wanted}, such as handsight-log {verb} demos, got {rest!r}")
    return VERBS[verb](config, paths)


def paths_in(words: str) -> list[Path]:
    """The paths that these words are; one with blanks in it is known by being there."""
    parts = words.split(" ") if words.strip() else []
    paths: list[Path] = []
    while parts:
        taken = next((n for n in range(len(parts), 1, -1) if Path(" ".join(parts[:n])).exists()), 1)
        paths.append(Path(" ".join(parts[:taken])))
        parts = parts[taken:]
    return paths


def inspect(config: LogConfig, paths: Sequence[Path]) -> int:
    """Print what a log holds."""
    found, inspection, episodes, broken = episodes_in(paths[0]), Inspection(paths[0]), [], 0
    for manifest in counted(found, len(found)):
        try:
            episode = open_episode(manifest)
            inspection.add(episode)
            episodes.append(episode)
        except InvalidInput as error:
            broken += 1
            print(f"  {error}")
    print("\n".join(inspection.lines()))
    if config.pictures:
        Path(config.pictures).parent.mkdir(parents=True, exist_ok=True)
        contact_sheet(episodes).save(config.pictures)
        print(f"saved {config.pictures}")
    return 1 if broken else 0


def verify(config: LogConfig, paths: Sequence[Path]) -> int:
    """Read every byte and say what is broken."""
    found, broken = episodes_in(paths[0]), 0
    for manifest in counted(found, len(found)):
        wrong = problems(manifest)
        broken += bool(wrong)
        for sentence in wrong:
            print(f"  {sentence}")
    print(f"{paths[0]}: {len(found) - broken} of {len(found)} episodes are whole")
    return 1 if broken else 0


def mend(config: LogConfig, paths: Sequence[Path]) -> int:
    """Put a folder right after a crash."""
    if not paths[0].is_dir():
        raise InvalidInput(f"repair: no folder {paths[0]}; expected one with episodes")
    for sentence in repair(paths[0]):
        print(f"  {sentence}")
    print(f"{paths[0]}: {len(manifests(paths[0]))} episodes; handsight-log verify reads every byte of them")
    return 0


def split(config: LogConfig, paths: Sequence[Path]) -> int:
    """Divide a log into one to train on and one to test on."""
    out = wanted_out(config)
    parts = dict(zip(("train", "test"), parted(episodes_in(paths[0]), config.train, config.seed), strict=True))
    for part, found in parts.items():
        print(f"{out / part}: {_copied(found, out / part)} episodes")
    return 0


def merge(config: LogConfig, paths: Sequence[Path]) -> int:
    """Join logs."""
    out = wanted_out(config)
    print(f"{out}: {_copied([manifest for path in paths for manifest in episodes_in(path)], out)} episodes")
    return 0


def sift(config: LogConfig, paths: Sequence[Path]) -> int:
    """Leave out failures and steps in which nothing moves."""
    out, found = wanted_out(config), episodes_in(paths[0])
    failed = removed = kept = 0
    for manifest, name in zip(counted(found, len(found)), names_in_all(found), strict=True):
        stored = opened(manifest)
        if stored.attributes.get("success") is False and not config.failures:
            failed += 1
            continue
        idle = _without_idle(stored, manifest, out, name, config.idle) if config.idle > 0 else 0
        if not idle:
            copy(manifest, out, name)
        removed, kept = removed + idle, kept + 1
    print(f"{out}: {kept} episodes; left out: {failed} failures and {removed} steps in which nothing moved")
    return 0


def bring_in(config: LogConfig, paths: Sequence[Path]) -> int:
    """Write a log from elsewhere in this format."""
    out, source = wanted_out(config), Log(paths[0], config)
    print(f"{paths[0]}: {source.format}, {len(source)} episodes", flush=True)
    done, steps, absent, left_out = 0, 0, [], []
    try:
        for name, episode in counted(source.episodes(), len(source)):
            manifest = write(out, name, episode)
            done, steps = done + 1, steps + open_episode(manifest).num_steps
            absent, left_out = episode.attributes.get("absent", []), episode.attributes.get("left_out", [])
    except InvalidInput:
        print(f"{out}: {done} of {len(source)} episodes are written and stay")
        raise
    print(f"{out}: {done} episodes, {steps} steps")
    print(f"  absent, and not invented: {', '.join(absent) or 'nothing'}")
    if left_out:
        print(f"  left out: {', '.join(left_out)}")
    return 0


def send_out(config: LogConfig, paths: Sequence[Path]) -> int:
    """Write a log in another format."""
    out, found = wanted_out(config), episodes_in(paths[0])
    done, missing, left_out = 0, 0, {}
    for episode in counted(exported(found, out, config), len(found)):
        done, missing = done + 1, missing + episode.missing_pictures
        left_out |= dict.fromkeys(episode.left_out)
    print(f"{out}: {done} episodes as {config.to}")
    if left_out:
        print(f"  left out: {', '.join(left_out)}")
    if missing:
        print(f"  {missing} pictures were not there and are black")
    return 0


VERBS = {
    "inspect": inspect, "verify": verify, "repair": mend, "split": split, "merge": merge, "filter": sift,
    "import": bring_in, "export": send_out,
}  # fmt: skip


def episodes_in(folder: Path) -> list[Path]:
    """The manifests in a folder.

    Raises:
        InvalidInput: no such folder, or none in it.
    """
    if not folder.is_dir():
        raise InvalidInput(f"log: no folder {folder}; expected one with episodes")
    found = manifests(folder)
    if not found:
        raise InvalidInput(
            f"log: no episodes in {folder}; a log from elsewhere comes in by handsight-log import {folder} out=…"
        )
    return found


def wanted_out(config: LogConfig) -> Path:
    """Where the result goes."""
    if not config.out:
        raise InvalidInput("out: expected where the result goes, such as out=demos")
    return Path(config.out)


def counted(items: Iterable[Item], total: int) -> Iterator[Item]:
    """The items, while a line on stderr says how far it is and how long it will take."""
    began = said = time.monotonic()
    shown = False
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said > (SAY_EVERY_S if sys.stderr.isatty() else 30 * SAY_EVERY_S):
            left_s = (now - began) / done * (total - done)
            print(f"\r  {done} of {total}, about {left_s:.0f} s left   ", end="", file=sys.stderr, flush=True)
            said, shown = now, True
    if shown:
        print(file=sys.stderr)


def _copied(found: Sequence[Path], out: Path) -> int:
    """Copy episodes into a folder; how many."""
    for manifest, name in zip(counted(found, len(found)), names_in_all(found), strict=True):
        copy(manifest, out, name)
    return len(found)


def _without_idle(stored: StoredEpisode, manifest: Path, out: Path, name: str, idle: float) -> int:
    """Write an episode without the steps in which nothing moves; how many those are, nothing written if none."""
    if "observations/stamp_ns" not in stored.paths:
        return 0
    episode = read(manifest)
    steps = moving_steps(episode, idle)
    removed = stored.num_steps - len(steps)
    if removed:
        kept, facts = with_steps(episode, read_facts(manifest), steps)
        write(out, name, kept, facts if facts.arrays or facts.attributes else None)
    return removed


def main() -> None:
    """The console script; whoever reads no further, as `| head` does, ends it without a word."""
    try:
        run(log, "log", SCHEMAS, __doc__)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
