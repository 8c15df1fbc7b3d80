"""Probe: recorded frames through the inference path: what a checkpoint says of them, beside what was done."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from policies.observers.probe_sheet import Dense, Reach, dense_sheet, reach_sheet
from policies.training.dense import DenseRecording
from policies.training.draws import Draws
from policies.training.recordings import Recording
from policies.vla.checkpoint import open_config
from policies.vla.keyposes import ahead_of
from policies.vla.reader import Reader, open_reader
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.transforms import angle_between


def probe(checkpoint: Path, recordings: Sequence[Recording], robot: RobotModel, frames: int, seed: int, out: Path) -> list[str]:
    """Draw the sheet; lines that say how far off it is.

    Args:
        checkpoint: a folder that handsight-train wrote.
        recordings: with what was done.
        robot: whose they are; of a dense plan it is the virtual body.
        frames: so many, drawn as in training.
        seed: of the draw.
        out: the picture.
    """
    acting = [each for each in recordings if each.acts]
    if not acting:
        raise InvalidInput("data: nothing is done in any of these episodes; expected demonstrations")
    config = open_config(checkpoint)
    out.parent.mkdir(parents=True, exist_ok=True)
    if config.rate_hz > 0:
        names, low, high = (config.dimensions[key] for key in ("names", "low", "high"))
        reader = open_reader(checkpoint, RobotModel.from_box(names, low, high), None)
        dense = _dense(reader, acting, frames)
        dense_sheet(dense).savefig(out, dpi=110)
        error = np.abs(dense.said - dense.done).mean(axis=0)
        pairs = zip(names, config.dimensions["units"], error, dense.done.std(axis=0), strict=True)
        return [f"{name}: {off:.3g} {unit} off on average; it varies by {spread:.3g}" for name, unit, off, spread in pairs]
    reader = open_reader(checkpoint, robot, Kinematics(robot))
    reaches = list(_reaches(reader, acting, frames, seed))
    reach_sheet(reaches).savefig(out, dpi=110)
    return _told(reaches)


def _reaches(reader: Reader, recordings: Sequence[Recording], frames: int, seed: int) -> Iterator[Reach]:
    """The next keypose of frames, as said and as done."""
    begins = np.cumsum([0, *(each.episode.num_steps for each in recordings)])
    draws = iter(Draws(recordings, 0.0, seed))
    for _ in range(frames):
        index = next(draws) % int(begins[-1])
        which = int(np.searchsorted(begins, index, side="right")) - 1
        recording, step = recordings[which], index - int(begins[which])
        assert recording.keyposes is not None
        done = ahead_of(recording.keyposes, int(recording.stamps[step]), 1, recording.done_ns)
        said = reader.act(recording.observation(step), recording.instruction).keyposes
        if not len(done) or not len(said):
            yield Reach(agreed=len(done) == len(said) == 0, ended=True)
            continue
        yield Reach(
            agreed=True, ended=False,
            done_base=done.T_base_ee[0, :3, 3], said_base=said.T_base_ee[0, :3, 3],
            angle=angle_between(done.T_base_ee[0], said.T_base_ee[0]),
            done_width=float(done.gripper_width[0]), said_width=float(said.gripper_width[0]),
        )  # fmt: skip


def _dense(reader: Reader, recordings: Sequence[Recording], frames: int) -> Dense:
    """The first step of frames of the first episode, one after another."""
    recording = recordings[0]
    if not isinstance(recording, DenseRecording):
        raise InvalidInput(
            f"data: {recording.episode.where} holds a robot's plans; this checkpoint learnt a log from elsewhere"
        )
    steps = range(min(frames, recording.episode.num_steps))
    said = [reader.steps(recording.observation(step), recording.instruction)[0] for step in steps]
    dimensions = reader.config.dimensions
    return Dense(
        names=dimensions["names"], units=dimensions["units"], rate_hz=reader.config.rate_hz, said=np.array(said),
        done=recording.actions[: len(said)],
    )  # fmt: skip


def _told(reaches: Sequence[Reach]) -> list[str]:
    """Errors in cm, degrees and mm; medians, and below what 9 of 10 lie."""
    both = [each for each in reaches if not each.ended]
    ended = [each for each in reaches if each.ended]
    lines = [f"{len(reaches)} frames; where it was over, or was said to be, both agree in {_share(ended)}"]
    errors = {
        "place": ([100 * each.off for each in both], "cm"),
        "turn": ([float(np.rad2deg(each.angle)) for each in both], "degrees"),
        "fingers": ([1000 * abs(each.said_width - each.done_width) for each in both], "mm"),
    }
    for name, (values, unit) in errors.items():
        if values:
            lines.append(
                f"{name}: {np.median(values):.1f} {unit} off in the middle, 9 of 10 below {np.quantile(values, 0.9):.1f}"
            )
    return lines


def _share(ended: Sequence[Reach]) -> str:
    """How many agree."""
    return f"{sum(each.agreed for each in ended)} of {len(ended)}"
