"""A simulated robot without sensors, on which an expert's episode costs a second or two."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from policies.rollout import Robot, Rollout, Step, rollout
from robot.body import LocalBody
from robot.collision import CollisionShapes
from robot.controller import Controller
from robot.kinematics import Kinematics
from robot.motion import Motion, MotionConfig
from robot.safety import SafetyConfig, SafetyFilter
from robot.state import RobotState
from robot.trajectory import PlanStatus
from sensors.observation import ImuWindow, Observation
from sensors.packets import Packet
from sensors.pointcloud import PointCloud
from sim.driver import BulletDriver
from sim.expert import Expert
from sim.scene import Scene, SceneConfig
from sim.tasks.family import Episode
from sim.tasks.task import Verdict
from sim.world import World
from tests.sim.stages import panda, tabletop

LIMIT_S = 150.0
NOTHING = PointCloud(
    points_base=np.zeros((0, 3), np.float32),
    rgb=np.zeros((0, 3), np.uint8),
    coloured=np.zeros(0, bool),
    source=np.zeros(0, np.uint8),
    sources=(),
)

NO_SAMPLES = ImuWindow(
    stamp_ns=np.zeros(0, np.int64), angular_velocity_imu=np.zeros((0, 3)), specific_force_imu=np.zeros((0, 3))
)


class Blind:
    """Senses that feel the joints and see nothing."""

    def observe(self, packets: Iterable[Packet], state: RobotState, now_ns: int) -> Observation:
        """Joints only."""
        return Observation(
            stamp_ns=now_ns,
            state=state,
            cameras={},
            lidar={},
            imu=NO_SAMPLES,
            cloud=NOTHING,
            T_odom_base=np.eye(4),
            odom_covariance=np.zeros((6, 6)),
            gravity_base=np.array([0.0, 0.0, -9.81]),
            health={},
        )


@dataclass(frozen=True, kw_only=True)
class Performed:
    """What an episode came to: the verdicts before and after each errand, and each rollout."""

    before: tuple[Verdict, ...]
    after: tuple[Verdict, ...]
    rollouts: tuple[Rollout, ...]

    @property
    def success(self) -> bool:
        """Whether every errand was done."""
        return all(verdict.success for verdict in self.after)


class BlindRobot:
    """One arm in one world, on which experts are tried."""

    def __init__(self, world: World) -> None:
        """Load the arm once."""
        self.world, self.model = world, panda()
        self.kinematics = Kinematics(self.model)
        self._shapes = CollisionShapes(self.model, self.kinematics)

    def perform(self, episode: Episode, seed: int = 0, watch: Callable[[Step], None] = lambda step: None) -> Performed:
        """Let the expert do all errands of an episode."""
        scene = Scene.build(self.world, episode.scene, self.model, seed)
        robot = self._robot(scene)
        before, after, rollouts = [], [], []
        for errand in episode.errands:
            task = errand.judge(scene, self.world)
            task.reset()
            before.append(task.success())
            expert = Expert(errand, scene, self.world, self.model, self.kinematics)
            rollouts.append(rollout(robot, expert, errand.instruction, [_Watch(task.observe, watch)], _over))
            after.append(task.success())
        return Performed(before=tuple(before), after=tuple(after), rollouts=tuple(rollouts))

    def _robot(self, scene: Scene) -> Robot:
        """Motion, filter and body over the simulated driver."""
        safety = SafetyFilter(self.model, self.kinematics, self._shapes, SafetyConfig())
        driver = BulletDriver(self.world, scene.robot_body, self.model)
        controller = Controller(self.model, safety, driver, self.world, SafetyConfig())
        return Robot(
            clock=self.world,
            sources=(),
            fusion=Blind(),
            motion=Motion(self.model, self.kinematics, self._shapes, MotionConfig()),
            body=LocalBody(controller, self.world, simulated_time=True),
            protective=(),
        )


class _Watch:
    """Lets the judge and whoever else watch."""

    def __init__(self, observe: Callable[[], None], watch: Callable[[Step], None]) -> None:
        self._observe, self._watch = observe, watch

    def on_step(self, step: Step) -> None:
        """One step."""
        self._observe()
        self._watch(step)

    def on_end(self, rollout: Rollout) -> None:
        """Nothing."""


def _over(step: Step) -> str | None:
    """Why it is over."""
    if step.plan is not None and step.plan.status is not PlanStatus.RUNNING:
        return f"{step.plan.status}: {step.plan.reason}"
    return "late" if step.observation.stamp_ns > LIMIT_S * 1e9 else None


def bare_table() -> SceneConfig:
    """The shipped table, nothing on it."""
    return replace(tabletop(), always=[])
