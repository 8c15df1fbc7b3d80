"""TabletopEnv: the simulated stage as a Gymnasium environment.

    gymnasium.make("handsight/Tabletop-v0")                      the tool is moved in small steps
    gymnasium.make("handsight/TabletopJoints-v0")                the joints are
    gymnasium.make("handsight/TabletopPose-v0")                  the tool is sent to poses
    gymnasium.make("handsight/Tabletop-v0", overrides=("robot=xarm6", "scene.num_objects_max=4"), fused=True)

A step is a tenth of a second. Its action becomes a jerk-limited joint motion (`robot/jog.py`) that goes through motion,
controller and safety filter like any policy's. Actions are in [-1, 1]:

    tool    (7,)    translation × 2 cm and rotation vector × 0.1 rad, both in base; gripper speed; zeros hold
    joints  (J+1,)  each joint × 0.05 rad; gripper speed; zeros hold
    pose    (7,)    place in the workspace, from its lower to its upper corner; rotation vector × π from a hand that
                    points straight down, in base; gripper width from shut to open

The reward is 1 on the step at which the instruction is carried out, as the simulator's own judge sees it; that ends the
episode. `info`: `success`, `is_success`, `interventions` (control ticks of 24 at which the filter changed something),
`refused` (why an action was not taken over; empty if it was), `stage` (the first part not done yet).
Without `fused` nothing is perceived: the filter keeps limits, workspace and the distance to itself, and sees no obstacles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, SupportsFloat

import gymnasium
import numpy as np
from gymnasium import spaces

from policies.rollout import motion_start, obstacles_in
from robot.configuration import load
from robot.errors import HandsightError, InvalidInput, one_of
from robot.jog import Jog
from robot.obstacles import Box, Obstacles
from robot.records import BodyReport
from robot.trajectory import Contact, JointTrajectory, Plan
from robot.transforms import from_rotation_vector, transform
from sensors.packets import Packet
from sim.registration import CONTROLS
from sim.spaces import ObservationSpace
from sim.stage import SCHEMAS, Stage, StageConfig
from sim.tasks.templates import sample_task, task_of

PERIOD_NS = 100_000_000
STEP, TURN, JOINT_TURN = 0.02, 0.1, 0.05  # m, rad and rad of a full action
TOOL_SPEED = 0.5  # m/s: 2 cm along all three axes at once in a tenth of a second, and half as much to catch up
CLOUD_SIZE = 16384


@dataclass
class EnvConfig(StageConfig):
    """The YAML of the environments: a stage and nothing more."""


class TabletopEnv(gymnasium.Env[dict[str, Any], np.ndarray]):
    """One robot at its table and one instruction an episode; the same seed gives the same episode, bit for bit.

    Attributes:
        stage: the world behind it.
        task: the present instruction and its judge.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012

    def __init__(
        self,
        scene: str = "tabletop",
        control: str = "tool",
        overrides: Sequence[str] = (),
        fused: bool = False,
        render_mode: str | None = None,
    ) -> None:
        """Build the stage.

        Args:
            scene: an option of configs/scene/.
            control: "tool", "joints" or "pose".
            overrides: as on the command line, such as "robot=xarm6" or "sensors.cameras.front.width=128".
            fused: observe the fused cloud too, and let the safety filter see it.
            render_mode: "rgb_array" or None.
        """
        if control not in (valid := tuple(CONTROLS.values())):
            raise one_of("control", control, valid)
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise one_of("render_mode", render_mode, self.metadata["render_modes"])
        config, _ = load("env", [f"scene={scene}", *overrides], {"env": EnvConfig, **SCHEMAS})
        self.render_mode, self._control, self._fused = render_mode, control, fused
        self._protective = config.sensors.protective
        self.stage = Stage(config)
        model, kinematics = self.stage.model, self.stage.kinematics
        self._observed = ObservationSpace(model, kinematics, config.sensors, PERIOD_NS * 1e-9, CLOUD_SIZE * fused)
        self._jog = Jog(model, kinematics, config.motion)
        contact = _workspace_contact(model.workspace_lower, model.workspace_upper)
        self._contacts = (contact,) if fused else ()  # where nothing is seen there is nothing to be kept off
        self.observation_space = self._observed.space
        self.action_space = spaces.Box(-1.0, 1.0, (model.num_joints + 1 if control == "joints" else 7,), np.float32)
        self._report: BodyReport | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Set another scene and draw another instruction; `options={"instruction": …}` gives the sentence instead."""
        super().reset(seed=seed)
        self.stage.reset(int(self.np_random.integers(2**31)))
        scene, world, said = self.stage.scene, self.stage.world, (options or {}).get("instruction")
        self.task = sample_task(scene, world, world.random("task")) if said is None else task_of(said, scene, world)
        state = self.stage.robot.body.state()
        self._jog.reset(state.joint_position, state.gripper_width)
        self._observed.reset()
        self._report, self._obstacles = None, Obstacles.none(0)
        return self._observation(), self._info("", 0)

    def step(self, action: np.ndarray) -> tuple[dict[str, Any], SupportsFloat, bool, bool, dict[str, Any]]:
        """Aim where the action says, move for a tenth of a second, look, judge.

        Raises:
            InvalidInput: an action of another shape, or with a number that is not finite.
        """
        robot = self.stage.robot
        refused = self._aim(self._checked(action))
        try:
            trajectory = self._trajectory()
        except HandsightError as refusal:
            trajectory, refused = None, str(refusal)
        robot.body.submit(trajectory, self._obstacles)
        self._report = robot.body.advance(robot.clock.now_ns() + PERIOD_NS)
        self.task.observe()
        observation = self._observation()
        info = self._info(refused, sum(bool(command.interventions) for command in self._report.commands))
        return observation, float(info["success"]), info["success"], False, info

    def render(self) -> np.ndarray | None:  # type: ignore[override]
        """What a spectator over the robot's shoulder sees, (480, 640, 3) uint8."""
        return self.stage.spectator.render() if self.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Let the world go."""
        self.stage.close()

    def _checked(self, action: object) -> np.ndarray:
        """The action as float64 within [-1, 1]."""
        values = np.asarray(action, dtype=float)
        if values.shape != self.action_space.shape or not np.isfinite(values).all():
            raise InvalidInput(f"action: expected {self.action_space.shape} finite numbers in [-1, 1], got {action!r}")
        return np.clip(values, -1.0, 1.0)

    def _aim(self, action: np.ndarray) -> str:
        """Move the aim on as the action says; a sentence if it can't be reached."""
        model, jog, q = self.stage.model, self._jog, self._commanded()
        match self._control:
            case "tool":
                refused = jog.step_tool(q, STEP * action[:3], TURN * action[3:6])
            case "joints":
                refused = jog.step_joints(q, JOINT_TURN * action[:-1])
            case _:
                refused = jog.go_to(q, self._pose(action))
        if self._control == "pose":
            jog.set_gripper(model.gripper_width_max * (action[-1] + 1) / 2)
        else:
            jog.set_gripper(jog.aim.gripper_width + action[-1] * model.gripper_speed * PERIOD_NS * 1e-9)
        return refused

    def _pose(self, action: np.ndarray) -> np.ndarray:
        """The tool pose (4, 4) in base that an action of `pose` means."""
        lower, upper = self.stage.model.workspace_lower, self.stage.model.workspace_upper
        place = lower + (action[:3] + 1) / 2 * (upper - lower)
        return transform(place.tolist(), from_rotation_vector(np.pi * action[3:6]) @ np.diag([1.0, -1.0, -1.0]))

    def _commanded(self) -> np.ndarray:
        """The joint positions (J,) commanded last, or measured if none were."""
        if self._report is None or not self._report.commands:
            return self.stage.robot.body.state().joint_position
        return self._report.commands[-1].joint_position

    def _trajectory(self) -> JointTrajectory:
        """The motion to the aim, as motion hands it to the body."""
        robot, now_ns = self.stage.robot, self.stage.world.now_ns()
        start = motion_start(self._report, robot.body.state())
        time_s, q, v = self._jog.samples(start)
        joints = JointTrajectory(
            stamp_ns=now_ns,
            time_s=time_s,
            joint_position=q,
            joint_velocity=v,
            gripper_width=np.full(len(time_s), self._jog.aim.gripper_width),
            expires_ns=now_ns + 60_000_000_000,
        )
        plan = Plan(joints=joints, contacts=self._contacts, observation_stamp_ns=now_ns, expires_ns=joints.expires_ns)
        return robot.motion.plan(plan, start, now_ns, self._obstacles)

    def _observation(self) -> dict[str, Any]:
        """Read every sensor; fuse what they say if that is wanted."""
        robot = self.stage.robot
        packets: list[Packet] = [packet for source in robot.sources for packet in source.read()]
        state, now_ns = robot.body.state(), robot.clock.now_ns()
        if not self._fused:
            self._obstacles = Obstacles.none(now_ns)
            return self._observed.element(packets, state, self.task.instruction)
        observation = robot.fusion.observe(packets, state, now_ns)
        self._obstacles = obstacles_in(observation, self._protective)
        return self._observed.element(packets, state, self.task.instruction, observation)

    def _info(self, refused: str, interventions: int) -> dict[str, Any]:
        """What the judge says, and what the filter did."""
        verdict = self.task.success()
        success = bool(verdict.success)
        return {
            "success": success,
            "is_success": success,
            "interventions": interventions,
            "refused": refused,
            "stage": verdict.stage,
        }


def _workspace_contact(lower: np.ndarray, upper: np.ndarray) -> Contact:
    """The tool may touch things anywhere in its workspace, slowly; the rest of the arm nowhere."""
    box_base = Box(pose=transform(((lower + upper) / 2).tolist()), size=upper - lower + 0.2)
    return Contact(box_base=box_base, start_s=0.0, end_s=1e6, speed=TOOL_SPEED)
