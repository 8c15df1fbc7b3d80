"""Translation: what a foreign environment says, as packets and a sentence; what it wants to be told, as a virtual body."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from robot.errors import InvalidInput, one_of
from robot.model import RobotModel
from robot.state import RobotState
from sensors.packets import CameraFrame, Packet

_FREE = 1e6


@dataclass
class ForeignConfig:
    """Which environment, and where in its observations things are; what is left empty is found by shape and type.

    A key may be dotted for nested Dicts; "render" is the picture that `env.render()` gives; "observation" is the whole
    observation where it is no Dict.

    Attributes:
        env: Gymnasium's id.
        imports: modules to import first: those that register the id.
        wrappers: "module:Class" of wrappers to put around it, the innermost first.
        kwargs: passed to gymnasium.make.
        cameras: camera name → key of a picture (H, W, 3) uint8.
        depths: camera name → key of its depth (H, W) m, 0 for no return.
        state: keys of numbers and vectors, joined in this order.
        instruction: key of the sentence, in the observation or in `info`.
        sentence: the sentence, where the environment says none.
        success: key in `info`; empty = `success`, then `is_success`, then "it ended and the last reward was positive".
        kind: what an action's numbers are: "position", "velocity" or "delta"; for whoever imports the log.
        idle: the action that does nothing, given while the body holds; zeros if empty.
        rate_hz: how many steps are a second of the loop's time.
    """

    env: str = ""
    imports: list[str] = field(default_factory=list)
    wrappers: list[str] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    cameras: dict[str, str] = field(default_factory=dict)
    depths: dict[str, str] = field(default_factory=dict)
    state: list[str] = field(default_factory=list)
    instruction: str = ""
    sentence: str = ""
    success: str = ""
    kind: str = "delta"
    idle: list[float] = field(default_factory=list)
    rate_hz: int = 10


class Translation:
    """Reads one environment's observations, and writes its actions.

    Attributes:
        config: with every key that was found filled in.
        model: the virtual body whose "joints" are the action's numbers.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], config: ForeignConfig | None = None) -> None:
        """Look at the environment's spaces.

        Raises:
            InvalidInput: a key that is not there, or an action space that is no vector of numbers.
        """
        self._env = env
        self.config = _found(env.observation_space, config or ForeignConfig())
        self.model = _virtual_body(env.action_space, self.config)

    def packets(self, observation: Any, stamp_ns: int) -> list[Packet]:
        """Every picture, and the state vector if there is one."""
        packets: list[Packet] = []
        for name, key in self.config.cameras.items():
            depth = self._depth(observation, self.config.depths.get(name))
            packets.append(CameraFrame(stamp_ns=stamp_ns, sensor=name, rgb=_picture(self._at(observation, key)), depth=depth))
        vector = [np.ravel(np.asarray(self._at(observation, key), dtype=float)) for key in self.config.state]
        if vector:
            numbers = np.concatenate(vector)
            still = np.zeros_like(numbers)
            packets.append(
                RobotState(
                    stamp_ns=stamp_ns, joint_position=numbers, joint_velocity=still, joint_torque=still, gripper_width=0.0
                )
            )
        return packets

    def sentence(self, observation: Any, info: Mapping[str, Any]) -> str:
        """What is to be done, in words."""
        key = self.config.instruction
        if not key:
            return self.config.sentence
        return str(info[key]) if key in info else str(self._at(observation, key))

    def succeeded(self, info: Mapping[str, Any], terminated: bool, reward: float) -> bool:
        """Whether the environment says that it is done."""
        if self.config.success and self.config.success not in info:
            raise one_of("foreign.success", self.config.success, list(info))
        for key in (self.config.success, "success", "is_success"):
            if key and key in info:
                return bool(np.all(info[key]))
        return terminated and reward > 0

    def action(self, position: np.ndarray) -> Any:
        """A command's numbers (J,) as an element of the action space."""
        space = self._env.action_space
        match space:
            case spaces.Discrete():
                return round(float(position[0])) + int(space.start)
            case spaces.MultiDiscrete() | spaces.MultiBinary():
                return np.rint(position).astype(space.dtype).reshape(space.shape)
        return np.asarray(position, dtype=space.dtype).reshape(space.shape)

    def numbers(self, action: Any) -> np.ndarray:
        """An element of the action space as numbers (J,); mirrored by `action`."""
        space = self._env.action_space
        start = int(space.start) if isinstance(space, spaces.Discrete) else 0
        return np.ravel(np.asarray(action, dtype=float)) - start

    def _at(self, observation: Any, key: str) -> Any:
        """What a key names."""
        if key == "render":
            return self._env.render()
        if key == "observation":
            return observation
        for part in key.split("."):
            if not isinstance(observation, Mapping) or part not in observation:
                valid = list(observation) if isinstance(observation, Mapping) else ["observation"]
                raise one_of("foreign: key", key, [*valid, "render"])
            observation = observation[part]
        return observation

    def _depth(self, observation: Any, key: str | None) -> np.ndarray | None:
        """Depth with NaN for no return, or None."""
        if key is None:
            return None
        depth = np.asarray(self._at(observation, key), dtype=np.float32)
        return np.where(depth > 0, depth, np.float32(np.nan))


def _picture(values: Any) -> np.ndarray:
    """A copy of a picture as (H, W, 3); channels may come first."""
    picture = np.array(values)
    return np.moveaxis(picture, 0, -1) if picture.ndim == 3 and picture.shape[-1] != 3 and picture.shape[0] == 3 else picture


def _found(space: spaces.Space[Any], config: ForeignConfig) -> ForeignConfig:
    """The config with empty keys filled in from what stands at the top of the observation."""
    entries = dict(space.items()) if isinstance(space, spaces.Dict) else {"observation": space}
    cameras = config.cameras or {_camera_name(key): key for key, entry in entries.items() if _is_picture(entry)}
    depths = {name: f"{name}_depth" for name, key in cameras.items() if key.endswith("_rgb") and f"{name}_depth" in entries}
    vectors = [key for key, entry in entries.items() if _is_vector(entry) and not key.endswith("_valid")]
    words = [key for key, entry in entries.items() if _is_sentence(entry)]
    return replace(
        config,
        cameras=cameras,
        depths=config.depths or ({} if config.cameras else depths),
        state=config.state or vectors,
        instruction=config.instruction or ("" if config.sentence or not words else words[0]),
    )


def _camera_name(key: str) -> str:
    """What a camera is called by its key."""
    return key.removesuffix("_rgb")


def _is_picture(space: spaces.Space[Any]) -> bool:
    """Whether it holds (H, W, 3) uint8."""
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) == 3 and space.shape[-1] == 3


def _is_vector(space: spaces.Space[Any]) -> bool:
    """Whether it holds a number or a vector of numbers."""
    return isinstance(space, spaces.Discrete) or (
        isinstance(space, spaces.Box) and len(space.shape) == 1 and np.issubdtype(space.dtype or float, np.floating)
    )


def _is_sentence(space: spaces.Space[Any]) -> bool:
    """Whether it holds text; some environments have a space of their own for it."""
    return isinstance(space, spaces.Text) or isinstance(space.sample(), str)


def _virtual_body(space: spaces.Space[Any], config: ForeignConfig) -> RobotModel:
    """The action's numbers as joints; a choice among n is one number from 0 to n - 1."""
    match space:
        case spaces.Discrete():
            low, high = np.zeros(1), np.full(1, max(int(space.n) - 1, 1))
        case spaces.MultiDiscrete():
            low, high = np.zeros(space.nvec.size), np.maximum(space.nvec.ravel() - 1, 1)
        case spaces.MultiBinary():
            low, high = np.zeros(int(np.prod(space.shape))), np.ones(int(np.prod(space.shape)))
        case spaces.Box():
            low, high = np.maximum(space.low.ravel(), -_FREE), np.minimum(space.high.ravel(), _FREE)
        case _:
            raise InvalidInput(f"foreign.action: expected numbers (Box, Discrete, MultiDiscrete, MultiBinary), got {space}")
    names = [f"action_{index}" for index in range(len(low))]
    model = RobotModel.from_box(names, low.tolist(), high.tolist(), config.kind, config.rate_hz)
    return replace(model, home=np.array(config.idle, dtype=float)) if config.idle else model
