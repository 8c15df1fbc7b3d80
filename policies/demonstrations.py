"""Demonstration logs: one episode, one file. This is the format (schema 2), field by field, and its types.

An episode is `<name>.zarr.zip`, an uncompressed zip of a zarr 3 group, beside its manifest `<name>.json`. The manifest is
renamed into place last: an episode without one was never finished, and readers trust manifests only. T steps of the policy,
J joints, H W pixels, N points, S samples, D action dimensions. Stamps are integer nanoseconds of the episode's clock; SI
units; unit, frame and the axes' names stand in each array's metadata. All of it but `attributes` is optional: what is
lacking is absent, and a log from elsewhere names it in the attribute `absent`. A row of zeros stands for what was not there
at that step; flags and counts say so. NaN stands for unknown, and only where it is named here.

    observations/                               what the policy saw, a row a step
        stamp_ns (T,) int64                     strictly rising
        cameras/<name>/rgb (T,H,W,3) uint8      depth (T,H,W) uint16, 0.25 mm a unit along optical z, 0 = no return
        cameras/<name>/valid (T,) bool          whether there was a picture; has_depth (T,) whether with depth
        cameras/<name>/K (T,3,3) float64        px; T_base_camera (T,4,4) of the optical frame; NaN = unknown
        cloud/points_base (T,N,3) float32 m     rgb (T,N,3) uint8, coloured (T,N) bool, source (T,N) uint8 into `sources`;
        cloud/count (T,) int32                  the first so many rows are points; seen (T,) int32 = before it was cut to N
        lidar/<name>/points_base (T,N,3) float32    the last deskewed sweep, m; count, seen (T,) int32; valid (T,) bool
        imu/stamp_ns (T,S) int64                angular_velocity_imu (T,S,3) rad/s, specific_force_imu (T,S,3) m/s²;
        imu/count (T,) int32                    the first so many rows are samples since the last step
        state/stamp_ns (T,) int64               joint_position, joint_velocity, joint_torque (T,J) float64; gripper_width (T,)
        state/base_twist (T,6)                  attached_pose (T,4,4) in ee, attached_size (T,3) m: what is held, size 0 = none
        T_odom_base (T,4,4) float64             odom_covariance (T,6,6), gravity_base (T,3) m/s², contact (T,) bool
        health/<sensor>/valid (T,) bool         age_s (T,) float64, NaN = nothing has come yet;
        health/<sensor>/reason (T,) int32       into `reasons`
        foreign/<name> (T,...)                  whatever else a log from elsewhere holds, in its own units
    commands/stamp_ns (C,) int64                one a control tick: joint_position, joint_velocity (C,J), gripper_width (C,),
                                                level (C,) int8 of the safety ladder
    plans/                                      P plans, each at the step where it was given
        step (P,) int32                         stamp_ns, expires_ns, begin_ns (P,) int64 (observation's, expiry, trajectory's)
        kind (P,) uint8                         0 no motion, 1 arm, 2 joints; epoch, request_id (P,) int64
        count (P,) int32                        so many of W waypoints: time_s (P,W), gripper_width (P,W), T_base_ee (P,W,4,4)
                                                or joint_position, joint_velocity (P,W,J)
        contact_count (P,) int32                of K boxes in base: contact_pose (P,K,4,4), contact_size (P,K,3), contact_time_s
                                                (P,K,2), contact_speed, contact_force (P,K); attached_pose and _size
        base_count (P,) int32                   base_begin_ns (P,), base_time_s (P,B), T_odom_base (P,B,4,4) of a driving base
    actions/values (T,D) float                  of a log from elsewhere; `action` says what they mean
    corrections/taken_over (T,) bool            a person had taken over in this step
    streams/<sensor>/                           raw packets at their own rates, R of them; observations can be rebuilt from them
        stamp_ns (R,) int64                     step (R,) int32 in which it was read; rows in the order they were read
        rgb (R,H,W,3), depth (R,H,W)            a camera, as above
        points_lidar (Q,3) float32 m            a LiDAR: all sweeps' points one after another, point_stamp_ns (Q,) int64,
                                                intensity (Q,) float32; end (R,) int64 where each sweep ends
        angular_velocity_imu (R,3), …           an IMU, as above; `streams/joints/` has the fields of `observations/state/`
    facts/                                      a simulator's truth; only losses and scores may read it: `read_facts`
        pose (T,O,4,4) float64                  of O objects in base; size (O,3) m
        relations (T,L,O,O) bool                whether relation l holds from one object to the other
        articulation (T,A) float64              rad or m
        masks/<camera> (T,H,W) uint8            1 + index of the object that is seen, 0 = none
        its own attributes: objects [{name, colour, shape}], relations [name], articulation [name]

Attributes of the group: instruction (the sentence), instructions [{stamp_ns, words}] if it changed, subtasks [{start_ns,
end_ns, words}], plans [{stamp_ns, status, reason, instruction}] as in `plans/`, success (bool; lacking = unknown), ended,
policy, seed, config (YAML), versions, calibration (as `sensors.calibration_file` writes it), robot {name, joint_names,
position_lower, …}, rate_hz of the steps, sources, reasons, absent [name], action {kind, names, units, low, high} with kind
joint_position, joint_delta, ee_pose, ee_delta or opaque.

Every chunk is raw little-endian C order, Blosc (bit-shuffled lz4 of single bytes, byte-shuffled zstd of longer numbers),
then its crc32c, 4 bytes little-endian. A row of more
than 4 KiB is a chunk of its own, smaller rows share one of 64 KiB. A chunk that is not there is zeros.
The manifest is JSON: schema, file, size and sha256 of the zip, num_steps, documents {path: [offset, size, crc32c]} of the
metadata, arrays {path: {shape, dtype, rows a chunk holds, offset, size, crc32c of each chunk along the first axis}}, where
a size of 0 is a chunk that is not there, and sha256_manifest of all that, as JSON with sorted keys and no spaces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from policies.storage.commit import manifests, repair
from policies.storage.fields import checked_lengths
from policies.storage.manifest import READABLE, SCHEMA
from policies.storage.observations import LEAVABLE, ObservationPacker, Sizes, observation_of, rows_of_packets, sizes_of, stacked
from policies.storage.packets import DEPTH_UNIT, packets_of, state_of
from policies.storage.plans import plans_of
from policies.storage.schema_1 import read_schema_1
from policies.storage.stored import StoredEpisode
from policies.storage.writer import EpisodeWriter, commands_as_arrays
from robot.errors import InvalidInput
from robot.state import RobotState
from robot.trajectory import Plan
from sensors.fusion import Fusion
from sensors.observation import Observation
from sensors.packets import Packet

__all__ = [
    "DEPTH_UNIT", "LEAVABLE", "READABLE", "SCHEMA", "Episode", "EpisodeWriter", "Facts", "Sizes", "StoredEpisode",
    "commands_as_arrays", "manifests", "observation_at", "open_episode", "plans_in", "problems", "read", "read_facts",
    "rebuild_observations", "repair", "rows_of_packets", "stacked", "write",
]  # fmt: skip


@dataclass(frozen=True, eq=False, kw_only=True)
class Episode:
    """One recorded episode, without facts; arrays by their path below the part, such as "cameras/front/rgb".

    Attributes:
        packets: everything the sensors said, joint states included, in the order of their stamps.
        packet_steps: the step in which each packet was read; None = the first step that is not before its stamp.
        commands: what was commanded at each control tick.
        attributes: sentence, outcome, config and the like; plain JSON.
        observations: what the policy saw, a row a step.
        plans: what the policy answered, a row a plan.
        actions: (T, D) of a log from elsewhere; the attribute `action` says what they mean.
        taken_over: (T,) bool, the steps at which a person had taken over.
    """

    packets: tuple[Packet, ...] = ()
    packet_steps: Sequence[int] | None = None
    commands: Mapping[str, np.ndarray] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    observations: Mapping[str, np.ndarray] = field(default_factory=dict)
    plans: Mapping[str, np.ndarray] = field(default_factory=dict)
    actions: np.ndarray | None = None
    taken_over: np.ndarray | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Facts:
    """What a simulator knew of an episode; only losses and scores may read it.

    Attributes:
        arrays: by path below `facts/`, such as "masks/front".
        attributes: the names that the arrays' axes refer to.
    """

    arrays: Mapping[str, np.ndarray]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def write(folder: Path, name: str, episode: Episode, facts: Facts | None = None) -> Path:
    """Commit an episode to a folder and return its manifest's path; after a crash it is there whole or not at all.

    Raises:
        InvalidInput: an episode of that name is there already, another writer is at work, or the episode is not sound: no
            such array, arrays of unequal length, stamps that do not rise, values that are not finite.
        HandsightError: the disk would not take it.
    """
    arrays = _arrays(episode, facts)
    num_steps = checked_lengths(name, arrays)
    with EpisodeWriter(folder, name) as writer:
        for packet, step in zip(episode.packets, _packet_steps(episode), strict=True):
            writer.num_steps = int(step)
            writer.add_packet(packet)
        for path, values in arrays.items():
            writer.put(path, values)
        if facts is not None:
            writer.add_facts({}, facts.attributes)
        writer.num_steps = num_steps
        return writer.commit(episode.attributes)


def open_episode(where: str | Path) -> StoredEpisode:
    """An episode by its manifest's path, or its address in any store of fsspec's; only what is asked for is read."""
    return StoredEpisode(where)


def read(where: str | Path) -> Episode:
    """Read a committed episode back, whole and checked to the last byte.

    Raises:
        InvalidInput: no manifest, one of a later version, or a file that is not what the manifest says.
    """
    stored = open_episode(where)
    if stored.manifest.schema == 1:
        packets, commands, attributes = read_schema_1(Path(where).parent, stored.manifest)
        ordered = sorted(packets, key=lambda packet: packet.stamp_ns)
        return Episode(packets=tuple(ordered), commands=commands, attributes=attributes)
    _refuse_damaged(stored)
    arrays = {path: stored.array(path) for path in stored.paths}
    streamed = _streamed(_below(arrays, "streams"))
    return Episode(
        packets=tuple(packet for packet, _ in streamed),
        packet_steps=tuple(step for _, step in streamed),
        commands=_below(arrays, "commands"),
        attributes=stored.attributes,
        observations=_below(arrays, "observations"),
        plans=_below(arrays, "plans"),
        actions=arrays.get("actions/values"),
        taken_over=arrays.get("corrections/taken_over"),
    )


def read_facts(where: str | Path) -> Facts:
    """What a simulator knew; for losses and scores only, and empty where there was no simulator.

    Raises:
        InvalidInput: as `read`.
    """
    stored = open_episode(where)
    _refuse_damaged(stored)
    paths = [path for path in stored.manifest.arrays if path.startswith("facts/")]
    arrays = {path.removeprefix("facts/"): stored.array(path) for path in paths}
    return Facts(arrays=arrays, attributes=stored.facts_attributes)


def observation_at(episode: Episode, step: int) -> Observation:
    """What the policy saw at a step, as the policy gets it; clouds and depth within half a count of what it was."""
    return observation_of({path: values[step] for path, values in episode.observations.items()}, episode.attributes)


def plans_in(episode: Episode) -> list[tuple[int, Plan]]:
    """What the policy answered, and at which step."""
    return plans_of(episode.plans, episode.attributes.get("plans", []))


def rebuild_observations(episode: Episode, fusion: Fusion) -> Episode:
    """The episode with its observations made anew of its raw packets, by a fusion that has seen nothing.

    The steps are the recorded ones; in an episode of schema 1, which has none, every joint state ends a step.

    Raises:
        InvalidInput: the episode holds no raw packets, or those of other sensors than the fusion's.
    """
    if not episode.packets:
        raise InvalidInput("streams: none were recorded; expected raw packets to make observations of")
    states, stamps, steps = _states(episode), _step_stamps(episode), _packet_steps(episode)
    packer, rows = ObservationPacker(sizes_of(episode.observations)), []
    for step, (state, now_ns) in enumerate(zip(states, stamps, strict=True)):
        packets = [episode.packets[number] for number in np.flatnonzero(steps == step)]
        rows.append(packer.rows(fusion.observe(packets, state, int(now_ns))))
    return replace(episode, observations=stacked(rows), attributes={**episode.attributes, **packer.attributes})


def problems(where: str | Path) -> list[str]:
    """What is wrong with an episode, a sentence for each broken chunk; nothing if it is whole."""
    try:
        return list(open_episode(where).problems())
    except InvalidInput as error:
        return [str(error)]


def _arrays(episode: Episode, facts: Facts | None) -> dict[str, np.ndarray]:
    """Everything of an episode but its packets, by path."""
    parts = {"observations": episode.observations, "commands": episode.commands, "plans": episode.plans}
    parts |= {"facts": facts.arrays} if facts is not None else {}
    arrays = {f"{part}/{path}": np.asarray(values) for part, each in parts.items() for path, values in each.items()}
    single = {"actions/values": episode.actions, "corrections/taken_over": episode.taken_over}
    return arrays | {path: values for path, values in single.items() if values is not None}


def _streamed(arrays: Mapping[str, np.ndarray]) -> list[tuple[Packet, int]]:
    """Raw packets with the steps in which they were read, in the order of their stamps."""
    result: list[tuple[Packet, int]] = []
    for sensor in dict.fromkeys(path.partition("/")[0] for path in arrays):
        stream = _below(arrays, sensor)
        result += zip(packets_of(sensor, stream), stream["step"].tolist(), strict=True)
    return sorted(result, key=lambda pair: pair[0].stamp_ns)


def _states(episode: Episode) -> list[RobotState]:
    """The robot's state at each step; of an episode without observations, its joint states."""
    if not episode.observations:
        return [packet for packet in episode.packets if isinstance(packet, RobotState)]
    fields = _below(episode.observations, "state")
    return [state_of({key: values[step] for key, values in fields.items()}) for step in range(len(fields["stamp_ns"]))]


def _step_stamps(episode: Episode) -> np.ndarray:
    """When each step was (T,); without observations, every joint state ends one."""
    stamps = [packet.stamp_ns for packet in episode.packets if isinstance(packet, RobotState)]
    return episode.observations.get("stamp_ns", np.array(stamps, dtype=np.int64))


def _packet_steps(episode: Episode) -> np.ndarray:
    """The step in which each packet was read; where nobody wrote it down, the first that is not before its stamp."""
    if episode.packet_steps is not None and episode.observations:
        return np.asarray(episode.packet_steps, dtype=np.int64)
    return np.searchsorted(_step_stamps(episode), [packet.stamp_ns for packet in episode.packets])


def _below(arrays: Mapping[str, np.ndarray], part: str) -> dict[str, np.ndarray]:
    """The arrays below a path, by what follows it."""
    return {path.removeprefix(f"{part}/"): values for path, values in arrays.items() if path.startswith(f"{part}/")}


def _refuse_damaged(stored: StoredEpisode) -> None:
    """Refuse an episode that is not, to the last byte, what its manifest says."""
    for problem in stored.problems():
        raise InvalidInput(problem)
