"""ValueMapPolicy: VoxPoser-style, zero-shot: sentence → program → things in the cloud → value maps → legs of motion."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from policies.grounding.attribute_grounder import AttributeGrounder, AttributeGrounderConfig
from policies.language.parser import RuleParser
from policies.language.program import Program
from policies.policy import Explanation
from policies.value_maps.aims import Aims, AimsConfig, Held
from policies.value_maps.courses import Course, Failed
from policies.value_maps.legs import Leg, LegMaker, LegsConfig, joint_leg
from policies.value_maps.precheck import refuse_impossible
from policies.value_maps.reference import Ambiguous, Memory, Reference
from policies.value_maps.skills import Skills, SkillsConfig
from robot.errors import InstructionRefused
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.trajectory import Plan, PlanStatus
from robot.transforms import is_near
from sensors.observation import Observation


@dataclass
class ValueMapsConfig:
    """The zero-shot policy's YAML; m, rad, s."""

    name: str = "value_maps"
    grounding: AttributeGrounderConfig = field(default_factory=AttributeGrounderConfig)
    aims: AimsConfig = field(default_factory=AimsConfig)
    legs: LegsConfig = field(default_factory=LegsConfig)
    skills: SkillsConfig = field(default_factory=SkillsConfig)
    arrived: float = 0.012
    arrived_angle: float = 0.10
    still: float = 0.03
    patience_s: float = 6.0
    stuck_s: float = 0.3
    retries: int = 2
    expires_s: float = 60.0


class ValueMapPolicy:
    """A Policy with nothing learned; see the Policy contract."""

    def __init__(self, model: RobotModel, kinematics: Kinematics, config: ValueMapsConfig) -> None:
        """Build the rooms that a sentence goes through."""
        self._config, self._kinematics = config, kinematics
        self._parser = RuleParser()
        self._reference = Reference(AttributeGrounder(config.grounding))
        aims = Aims(model, kinematics, self._reference, config.aims)
        self._aims = aims
        legs = LegMaker(model, config.legs)
        self._skills = Skills(model, aims, legs, self._reference, config.aims.placement, config.skills)
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Forget the instruction; what is in the hand, and what was spoken of, stays known."""
        self._epoch += 1
        self._request_id = 0
        self._program: Program | None = None
        self._next_step = 0
        self._course: Course | None = None
        self._leg: Leg | None = None
        self._leg_began_ns = 0
        self._last_width = -1.0
        self._still_since_ns: int | None = None
        self._retries = 0
        self._explained: Leg | None = None

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next leg once the present one is done; None while it is on its way."""

        def work() -> Plan | None:
            if self._program is None:
                self._program = self._understand(observation, instruction)
            try:
                done = self._leg is None or self._is_done(self._leg, observation)
            except Failed as why:
                return self._proceed(observation, why)
            if self._leg is not None and not done:
                return self._again(self._leg, observation) if self._is_stuck(self._leg, observation) else None
            return self._proceed(observation)

        return self._answered(work, observation)

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """The course's next leg, once it knows that the last one can't be done; a refusal where it knows no other way."""
        return self._answered(lambda: self._proceed(observation, InstructionRefused(reason)), observation)

    def save(self) -> tuple[Held | None, Memory]:
        """What it knows beyond the instruction: what is in the hand and what was spoken of; mirrored by `restore`."""
        return self._skills.hand.held, self._reference.memory

    def restore(self, saved: tuple[Held | None, Memory]) -> None:
        """Know what was known when `saved` was made."""
        self.reset()
        self._skills.hand.held, self._reference.memory = saved

    def explain(self) -> Explanation | None:
        """The value maps of the last leg that was planned through them, as points."""
        leg = self._explained
        if leg is None or leg.maps is None or leg.arm is None:
            return None
        grid = leg.maps.grid
        centres = grid.centre(np.indices(grid.shape).reshape(3, -1).T)
        layers = {"affordance": leg.maps.affordance, "avoidance": leg.maps.avoidance}
        return Explanation(
            title=leg.saying,
            points={name: (centres, value_map.reshape(-1)) for name, value_map in layers.items()},
            pixels={},
            words=(),
            path_base=leg.arm.T_base_ee[:, :3, 3],
        )

    def _understand(self, observation: Observation, instruction: str) -> Program:
        """Parse, and refuse what can't be done before anything has moved."""
        program = self._parser.parse(instruction)
        if not any(health.valid for health in observation.health.values()):
            raise InstructionRefused("I see nothing: no sensor is alive.")
        refuse_impossible(program, self._reference, self._aims, self._skills.hand.held, observation)
        return program

    def _answered(self, work: Callable[[], Plan | None], observation: Observation) -> Plan | None:
        """What the work plans; a question or a refusal where it ends in one."""
        try:
            return work()
        except Ambiguous as question:
            return self._ended(observation, PlanStatus.ASKS, str(question))
        except (InstructionRefused, Failed) as refusal:
            return self._ended(observation, PlanStatus.REFUSED, str(refusal))

    def _proceed(self, observation: Observation, why: InstructionRefused | Failed | None = None) -> Plan:
        """The plan for the next leg; the course hears why the last one was refused or failed, if it did."""
        self._retries = 0
        leg = self._next_leg(observation, why)
        if leg is None:
            return self._ended(observation, PlanStatus.DONE, "done, as far as I can see")
        return self._begin(leg, observation)

    def _next_leg(self, observation: Observation, why: InstructionRefused | Failed | None) -> Leg | None:
        """Send the course on, or begin the next step's; None after the last step."""
        assert self._program is not None
        while True:
            try:
                if self._course is None:
                    if self._next_step == len(self._program.steps):
                        return None
                    self._course = self._skills.course(self._program.steps[self._next_step], observation)
                    self._next_step += 1
                    return next(self._course)
                return self._course.send(observation) if why is None else self._course.throw(why)
            except StopIteration:
                self._course = why = None

    def _begin(self, leg: Leg, observation: Observation) -> Plan:
        """The plan for a leg."""
        self._leg, self._leg_began_ns, self._last_width, self._still_since_ns = leg, observation.stamp_ns, -1.0, None
        self._explained = leg if leg.maps is not None else self._explained
        self._request_id += 1
        expires_ns = observation.stamp_ns + round(self._config.expires_s * 1e9)
        state = observation.state
        joints = None
        if leg.joints is not None:
            joints = joint_leg(leg, observation.stamp_ns, state.joint_position, state.gripper_width, expires_ns)
        return Plan(
            arm=leg.arm,
            joints=joints,
            contacts=leg.contacts,
            attached=leg.attached,
            reason=leg.saying,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=expires_ns,
            epoch=self._epoch,
            request_id=self._request_id,
        )

    def _is_done(self, leg: Leg, observation: Observation) -> bool:
        """Whether a leg has ended: at its goal and still, or its goal has moved away.

        Raises:
            Failed: it should have ended long ago.
        """
        passed_s = (observation.stamp_ns - self._leg_began_ns) * 1e-9
        width, self._last_width = self._last_width, observation.state.gripper_width
        still = np.abs(observation.state.joint_velocity).max() < self._config.still and abs(width - self._last_width) < 5e-4
        if passed_s >= leg.duration_s and still and self._is_there(leg, observation):
            return True
        if passed_s > 4 * leg.duration_s + self._config.patience_s:
            raise Failed(f"I could not get on while {leg.saying}: something keeps the arm from its goal.")
        return self._goal_moved(leg, observation)

    def _is_stuck(self, leg: Leg, observation: Observation) -> bool:
        """Whether the arm has stood still for a while although the leg is not over: its body has braked."""
        moving = np.abs(observation.state.joint_velocity).max() > self._config.still
        if moving or self._still_since_ns is None:
            self._still_since_ns = None if moving else observation.stamp_ns
            return False
        waited_s = (observation.stamp_ns - self._still_since_ns) * 1e-9
        late = observation.stamp_ns - self._leg_began_ns > leg.duration_s * 1e9
        return late and waited_s > self._config.stuck_s and self._retries < self._config.retries

    def _again(self, leg: Leg, observation: Observation) -> Plan:
        """The rest of a leg from where the arm stands now."""
        self._retries += 1
        return self._begin(self._skills.hand.rest_of(leg, observation), observation)

    def _is_there(self, leg: Leg, observation: Observation) -> bool:
        """Whether the arm is at the end of a leg."""
        if leg.joints is not None:
            return bool(np.abs(observation.state.joint_position - leg.joints).max() < self._config.arrived_angle)
        assert leg.arm is not None
        return is_near(self._aims.tool(observation), leg.arm.T_base_ee[-1], self._config.arrived, self._config.arrived_angle)

    def _goal_moved(self, leg: Leg, observation: Observation) -> bool:
        """Whether the thing that a leg goes to has been moved; not judged near it, where the hand hides it."""
        if leg.watched is None:
            return False
        if np.linalg.norm(self._aims.tool(observation)[:3, 3] - leg.watched.box_base.pose[:3, 3]) < 0.2:
            return False
        now = self._reference.again(leg.watched, observation)
        return now is not None and float(np.linalg.norm((now.box_base.pose - leg.watched.box_base.pose)[:2, 3])) > 0.03

    def _ended(self, observation: Observation, status: PlanStatus, reason: str) -> Plan:
        """A plan without motion that ends the instruction."""
        self._leg = self._course = None
        return Plan(
            status=status,
            reason=reason,
            attached=None if self._skills.hand.held is None else self._skills.hand.held.box_ee,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + round(self._config.expires_s * 1e9),
            epoch=self._epoch,
            request_id=self._request_id + 1,
        )
