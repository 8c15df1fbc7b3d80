"""ModelConfig: the sizes and senses of a model that shall learn, as YAML has them, and what the logs add to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from policies.storage.stored import StoredEpisode
from policies.vla.actions import keypose_dimensions
from policies.vla.config import VlaConfig
from robot.errors import InvalidInput, one_of
from robot.model import RobotModel

STATES = ("hand", "tool")


class Recorded(Protocol):
    """An episode, as training holds it."""

    @property
    def episode(self) -> StoredEpisode:
        """As it is stored."""
        ...


@dataclass
class ModelConfig:
    """See `VlaConfig`; m, px.

    Attributes:
        views: camera → height and width to which its pictures are brought; cameras that no log has are refused.
        state: of the robot, "hand" or "tool"; dense logs have "joints" whatever it says.
        located: a dense log has no places, whatever it says.
        words: tokens of the tokenizer at most.
    """

    width: int = 160
    layers: int = 4
    heads: int = 5
    widening: int = 4
    fusion: str = "early"
    decoding: str = "parallel"
    views: dict[str, list[int]] = field(default_factory=lambda: {"front": [96, 128], "wrist": [96, 96]})
    lidars: list[str] = field(default_factory=lambda: ["lidar"])
    top_lower: list[float] = field(default_factory=lambda: [0.20, -0.48])
    top_upper: list[float] = field(default_factory=lambda: [0.84, 0.48])
    top_cell: float = 0.01
    state: str = "hand"
    located: bool = False
    slots: int = 4
    words: int = 1024


def config_for(sizes: ModelConfig, robot: RobotModel, recordings: Sequence[Recorded]) -> VlaConfig:
    """The model's config for a robot and its logs.

    Raises:
        InvalidInput: no log has a stream that the model looks at, or an unknown kind of state.
    """
    if taken := sorted({"top", "imu", "state"} & {*sizes.views, *sizes.lidars}):
        raise InvalidInput(f"model.views: {taken[0]!r} is what the model calls something else; expected another name")
    if sizes.state not in STATES:
        raise one_of("model.state", sizes.state, STATES)
    paths = {path for each in recordings for path in each.episode.manifest.arrays}
    needed = {f"observations/cameras/{name}/rgb": f"model.views.{name}" for name in sizes.views}
    needed |= {f"observations/lidar/{name}/points_base": f"model.lidars: {name}" for name in sizes.lidars}
    for path, key in needed.items():
        if path not in paths:
            there = sorted(
                {each.split("/")[2] for each in paths if each.startswith(("observations/cameras", "observations/lidar"))}
            )
            raise InvalidInput(f"{key}: no log has {path}; available: {', '.join(there) or 'none'}")
    return VlaConfig(
        width=sizes.width, layers=sizes.layers, heads=sizes.heads, widening=sizes.widening, fusion=sizes.fusion,
        decoding=sizes.decoding, views=sizes.views, lidars=sizes.lidars, top_lower=sizes.top_lower, top_upper=sizes.top_upper,
        top_cell=sizes.top_cell, state=sizes.state, located=sizes.located, words=sizes.words, slots=sizes.slots,
        robot=robot.name, dimensions=keypose_dimensions(robot).to_json(),
    )  # fmt: skip
