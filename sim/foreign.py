"""ForeignStage: any Gymnasium environment with pictures and a sentence in the loop: source, driver, clock and task at once.

    world: minigrid                       # configs/world/minigrid.yaml, or a user's own through config_dir=
    stage = ForeignStage(load_world(["world=minigrid"]))
    rollout(stage.robot, policy, stage.task.instruction, observers, stage.over)
    stage.task.success()                  # the environment's own verdict

Its pictures and its state vector become an `Observation`; calibration, cloud, LiDAR and IMU are absent, and `health` says
so. Its action's numbers are the joints of a virtual body: a policy answers with `Plan.joints`, whose first waypoint lies
one period after the plan's start; bounds and finiteness are filtered as for any robot. One command is one `env.step`.
While nothing is planned the body holds: it gives the `idle` action. Past the end of an episode nothing is stepped.
"""

import importlib
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np

from policies.rollout import Robot, Step
from robot.body import LocalBody
from robot.box_motion import BoxMotion
from robot.clock import tick_ns
from robot.configuration import load
from robot.controller import Controller
from robot.errors import InvalidInput
from robot.safety import SafeCommand, SafetyConfig, SafetyFilter
from robot.state import RobotState
from sensors.packets import Packet
from sensors.uncalibrated import UncalibratedFusion
from sim.tasks.task import Verdict
from sim.translation import ForeignConfig, Translation

ABSENT = {"lidar": "this world has no LiDAR", "imu": "this world has no IMU", "cloud": "no camera of this world is calibrated"}
TIME_UP = "the environment's time is up"


@dataclass
class WorldConfig:
    """The YAML foreign.yaml: one foreign world."""

    world: ForeignConfig = field(default_factory=ForeignConfig)


SCHEMAS: dict[str, type] = {"foreign": WorldConfig, "world/world": ForeignConfig}


def load_world(argv: list[str]) -> ForeignConfig:
    """The world that a command line names, such as `world=mine config_dir=my_configs`."""
    return load("foreign", argv, SCHEMAS)[0].world


def make_foreign(config: ForeignConfig) -> gymnasium.Env[Any, Any]:
    """The environment that a config names, wrapped as it says.

    Raises:
        InvalidInput: a module or an id that is not there.
    """
    try:
        for module in config.imports:
            importlib.import_module(module)
        env = gymnasium.make(config.env, **config.kwargs)
        for name in config.wrappers:
            module, _, wrapper = name.partition(":")
            env = getattr(importlib.import_module(module), wrapper)(env)
    except (ImportError, AttributeError, gymnasium.error.Error) as error:
        raise InvalidInput(f"foreign.env: can't make {config.env!r}: {error}") from None
    return env


class ForeignWorld:
    """One environment as a clock, a source and a driver: waiting is what steps it, once for each period.

    Attributes:
        instruction: the sentence of the present episode.
        over: why the episode has ended; empty while it goes on.
        success: whether the environment says that it is done.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], translation: Translation) -> None:
        """Take over the environment; `reset` begins."""
        self._env, self._translation, self.model = env, translation, translation.model
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Begin an episode; its clock shows 0."""
        observation, info = self._env.reset(seed=seed)
        self._tick, self._action = 0, self.model.home
        self.instruction = self._translation.sentence(observation, info)
        self.over, self.success = "", False
        self._packets = self._translation.packets(observation, 0)

    def now_ns(self) -> int:
        """The stamp of the last step."""
        return tick_ns(self._tick, self.model.control_hz)

    def wait_until(self, stamp_ns: int) -> None:
        """Step once for each period until then, with the action that was commanded last."""
        while self.now_ns() < stamp_ns:
            self._tick += 1
            if not self.over:
                self._step()

    def read(self) -> list[Packet]:
        """What it showed since the last call."""
        packets, self._packets = self._packets, []
        return packets

    def state(self) -> RobotState:
        """The action that was commanded last; the environment's own state vector is a packet."""
        still = np.zeros(self.model.num_joints)
        return RobotState(
            stamp_ns=self.now_ns(), joint_position=self._action, joint_velocity=still, joint_torque=still, gripper_width=0.0
        )

    def command(self, command: SafeCommand) -> None:
        """Take this action with the next step."""
        self._action = command.joint_position

    def stop(self) -> None:
        """Do nothing from the next step on."""
        self._action = self.model.home

    def close(self) -> None:
        """Stop; the environment stays open for another episode."""
        self.stop()

    def _step(self) -> None:
        """One step of the environment."""
        action = self._translation.action(self._action)
        observation, reward, terminated, truncated, info = self._env.step(action)
        self._packets += self._translation.packets(observation, self.now_ns())
        self.instruction = self._translation.sentence(observation, info)
        self.success = self._translation.succeeded(info, bool(terminated), float(reward))
        if terminated or truncated or self.success:
            self.over = "the environment ended the episode" if terminated else TIME_UP


class ForeignTask:
    """The environment's own verdict as a `Task`."""

    def __init__(self, world: ForeignWorld) -> None:
        """Judge by this world."""
        self._world = world

    @property
    def instruction(self) -> str:
        """The sentence."""
        return self._world.instruction

    def reset(self) -> None:
        """Nothing to note."""

    def observe(self) -> None:
        """Nothing to watch: the world remembers how it ended."""

    def success(self) -> Verdict:
        """What the environment says."""
        if self._world.success:
            return Verdict(success=True, stage="", reason="The environment says that it is done.")
        reason = f"{self._world.over or 'the episode goes on'}, and the environment does not say that it is done."
        return Verdict(success=False, stage=self._world.instruction, reason=reason[:1].upper() + reason[1:])


class ForeignStage:
    """A foreign world wired up as the loop wants it.

    Attributes:
        world: clock, source and driver.
        task: its verdict.
        robot: what `rollout` needs; built anew by `reset`.
        translation: which keys were found.
    """

    def __init__(self, config: ForeignConfig, env: gymnasium.Env[Any, Any] | None = None, seed: int = 0) -> None:
        """Make the environment, or take the given one, and begin an episode."""
        self._env = make_foreign(config) if env is None else env
        self.translation = Translation(self._env, config)
        self.world = ForeignWorld(self._env, self.translation)
        self.task = ForeignTask(self.world)
        self.reset(seed)

    def reset(self, seed: int) -> None:
        """Begin another episode with fresh senses and body."""
        self.world.reset(seed)
        model, safety = self.world.model, SafetyConfig()
        controller = Controller(model, SafetyFilter(model, None, None, safety), self.world, self.world, safety)
        self.robot = Robot(
            clock=self.world,
            sources=[self.world],
            fusion=UncalibratedFusion(self.translation.config.cameras, ABSENT),
            motion=BoxMotion(model),
            body=LocalBody(controller, self.world, simulated_time=True),
            protective=(),
            period_ns=1_000_000_000 // model.control_hz,
        )

    def over(self, step: Step) -> str | None:
        """Why a rollout ends: given to it as `until`."""
        return self.world.over or None

    def close(self) -> None:
        """Let the environment go."""
        self._env.close()
