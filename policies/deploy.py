"""handsight-deploy: the same loop on hardware: wall time, the body in a process of its own, no simulator anywhere.

    handsight-deploy robot=perfect sensors=replay "put the red block in the blue bowl"
    handsight-deploy policy=teleoperation "put the red block away"      a person drives; the sentence is for the log

`robot=perfect` tracks every command without hardware; `sensors=replay` plays a recorded episode back, by default the
newest below runs/ (`sensors.episode=…/episode_000000.json` names another), so the whole path can be tried at a desk.
If this process hangs or dies, the body's own process brakes. Exit code 0: done, as far as the policy can see; 1: not;
2: refused, nothing moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policies.catalogue import SCHEMAS as POLICY_SCHEMAS
from policies.catalogue import build_policy
from policies.controls import HELP
from policies.demonstrations import read
from policies.language.describe import describe
from policies.language.parser import RuleParser
from policies.observers.progress import Progress
from policies.observers.recorder import Recorder
from policies.observers.run_folder import RunFolder, versions
from policies.observers.when_moving import WhenMoving
from policies.policy import Policy
from policies.rollout import Observer, Robot, Rollout, Step, rollout
from policies.teleoperation import Guided, TeleoperationConfig
from robot.catalogue import driver_maker
from robot.clock import Clock, WallClock
from robot.collision import CollisionShapes
from robot.configuration import run, to_yaml
from robot.errors import InstructionRefused, InvalidInput, one_of
from robot.guard.ladder import Level
from robot.kinematics import Kinematics
from robot.model import RobotConfig, RobotModel
from robot.motion import Motion, MotionConfig
from robot.remote_body import RemoteBody
from robot.safety import SafetyConfig
from robot.state import RobotState
from robot.trajectory import PlanStatus
from sensors.agreement import AgreementConfig, first_packets, refuse_disagreement
from sensors.calibration import Calibration, SensorsConfig
from sensors.calibration_file import calibration_of
from sensors.devices.replay import Replay
from sensors.fusion import Fusion, FusionConfig
from sensors.source import SensorSource


@dataclass
class DeployConfig:
    """The YAML of this program; `agreement` says how well the sensors must agree before the first motion, None = no matter."""

    robot: RobotConfig = field(default_factory=RobotConfig)
    sensors: SensorsConfig = field(default_factory=SensorsConfig)
    policy: Any = None
    fusion: FusionConfig = field(default_factory=FusionConfig)
    motion: MotionConfig = field(default_factory=MotionConfig)
    safety: SafetyConfig = field(default_factory=SafetyConfig)
    agreement: AgreementConfig | None = field(default_factory=AgreementConfig)
    out: str = ""
    record: bool = True
    time_limit_s: float = 180.0
    last_words: str = ""


SCHEMAS = {
    "deploy": DeployConfig,
    "robot/panda": RobotConfig,
    "sensors/tabletop": SensorsConfig,
    **POLICY_SCHEMAS,
}


def deploy(config: DeployConfig, sentence: str) -> int:
    """Carry out one sentence on the robot that the configuration names."""
    if not sentence.strip():
        raise InvalidInput('instruction: expected a sentence, such as handsight-deploy "put the red block in the blue bowl"')
    if not isinstance(config.policy, TeleoperationConfig):  # a person understands more than the parser
        print(f"I understand: {describe(RuleParser().parse(sentence))}", flush=True)
    clock = WallClock()
    model = RobotModel.from_config(config.robot)
    calibration = calibration_of(config.sensors)
    sources = open_sources(config.sensors, clock)
    kinematics = Kinematics(model)
    shapes = CollisionShapes(model, kinematics)
    policy = build_policy(config.policy, model, kinematics)
    last_words = Path(config.last_words) if config.last_words else None
    body = RemoteBody(model, config.safety, driver_maker(config.robot.driver), clock, last_words=last_words)
    try:
        robot = Robot(
            clock=clock,
            sources=sources,
            fusion=Fusion(calibration, kinematics, shapes, config.fusion),
            motion=Motion(model, kinematics, shapes, config.motion),
            body=body,
            protective=config.sensors.protective,
            watched=calibration.names,
        )
        if config.agreement is not None:
            look(robot, calibration, kinematics, config.agreement)
        if isinstance(policy, Guided):
            print(HELP, flush=True)
        return verdict(rollout(robot, policy, sentence, observers(config, sentence, policy), until(config.time_limit_s)))
    finally:
        body.close()
        if isinstance(policy, Guided):
            policy.close()
        for source in sources:
            source.close()


def open_sources(config: SensorsConfig, clock: Clock) -> list[SensorSource]:
    """The sensors that the configuration names."""
    match config.source:
        case "replay":
            return [Replay(read(newest_episode() if not config.episode else Path(config.episode)).packets, clock)]
    raise one_of("sensors.source", config.source, ("replay",))


def look(robot: Robot, calibration: Calibration, kinematics: Kinematics, config: AgreementConfig) -> None:
    """Refuse to go on where the sensors do not see the same surfaces; the body has been told nothing yet, so it stands."""
    packets = first_packets(robot.sources, calibration, robot.clock)
    recorded = [packet for packet in packets if isinstance(packet, RobotState)]  # a replay says where its robot was
    state = recorded[-1] if recorded else robot.body.state()
    refuse_disagreement(packets, calibration, kinematics.forward(state.joint_position), config)


def newest_episode() -> Path:
    """The manifest of the newest recording below runs/."""
    found = sorted(Path("runs").glob("**/episode/*.json"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise InvalidInput("sensors.episode: no recording below runs/; make one with handsight-command, or name a manifest")
    return found[-1]


def observers(config: DeployConfig, sentence: str, policy: Policy) -> Sequence[Observer]:
    """Who watches: lines on the terminal, and a recording once something moves."""
    config_yaml, _ = to_yaml(config), versions()  # looked up now, not while the robot moves
    person = policy if isinstance(policy, Guided) else None

    def recorder() -> Sequence[Observer]:
        folder = RunFolder(config.out, config_yaml, seed=0)
        episode = Recorder(
            folder.path / "episode",
            "episode_000000",
            {"instruction": sentence, "config": config_yaml, "policy": config.policy.name},
            at_end=lambda: {} if person is None or person.ended is None else {"success": person.ended},
            taken_over=lambda: person is not None and person.taken_over,
        )
        return [episode]

    progress = Progress(lambda line: print(line, flush=True))
    return [progress, WhenMoving(recorder)] if config.record else [progress]


def until(limit_s: float):
    """When it is over: the policy says so, the body has stopped for good, or time is up."""

    def over(step: Step) -> str | None:
        nonlocal num_steps
        num_steps += 1
        if step.plan is not None and step.plan.status is not PlanStatus.RUNNING:
            return step.plan.reason
        if step.report.level is Level.ESTOP:
            return f"emergency stop: {step.report.reason}"
        return f"it was not done after {limit_s:.0f} s" if num_steps / 10 >= limit_s else None

    num_steps = 0
    return over


def verdict(result: Rollout) -> int:
    """Say how it ended; the exit code."""
    done = result.last_plan is not None and result.last_plan.status is PlanStatus.DONE
    if not result.moved and not done:
        raise InstructionRefused(result.reason)
    print(f"{'done' if done else 'failed'} after {result.num_steps} steps: {result.reason}", flush=True)
    return 0 if done else 1


def main() -> None:
    """The console script."""
    run(deploy, "deploy", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()
