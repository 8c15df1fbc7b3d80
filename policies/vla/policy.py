"""VlaPolicy: RT-2-style: the model looks, says the next keyposes, and decides anew when they are done."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from policies.grounding.attribute_grounder import AttributeGrounder
from policies.language.restating import restated
from policies.policy import Answer, Explanation, Policy
from policies.vla.asking import with_article
from policies.vla.checkpoint import open_config
from policies.vla.consensus import CHANGES
from policies.vla.dense_policy import DensePolicy
from policies.vla.holding import box_at, flight_height, holds
from policies.vla.keyposes import Keyposes, trajectory_of
from policies.vla.mentions import mentioned
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.reader import Decision, Reader, open_reader
from policies.vla.runs import MOVED, contacts_of, first_run, over_all, part_of, together, unopened
from policies.vla.why import explained
from robot.errors import InstructionRefused, InvalidInput
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.obstacles import Box
from robot.trajectory import CartesianTrajectory, Plan, PlanStatus
from robot.transforms import is_near
from sensors.observation import Observation

NAMED = 0.03  # m, horizontally: whoever goes so near to a thing goes to it


class VlaPolicy:
    """A Policy that learnt from demonstrations; see the Policy contract."""

    def __init__(self, model: RobotModel, kinematics: Kinematics, config: VlaPolicyConfig) -> None:
        """Open the checkpoint.

        Raises:
            InvalidInput: more looks than there are, or none.
        """
        if not 1 <= config.looks <= len(CHANGES):
            raise InvalidInput(f"policy.looks: expected 1 to {len(CHANGES)} readings of each decision, got {config.looks}")
        self._model, self._kinematics, self._config = model, kinematics, config
        self._reader = _opened(config.folder, model, kinematics, config.device, config.threads, config.precision, config.server)
        self._grounder = AttributeGrounder(config.grounding)
        self._held: Box | None = None
        self._width: float | None = None
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Forget the instruction; what is in the hand stays known."""
        self._epoch += 1
        self._request_id = 0
        self._arm: CartesianTrajectory | None = None
        self._takes: Box | None = None
        self._ahead: Keyposes | None = None
        self._flight: Keyposes | None = None
        self._decision: Decision | None = None
        self._seen: tuple[Observation, str] | None = None
        self._last_width = -1.0
        self._still_since_ns: int | None = None

    def save(self) -> tuple[Box | None, float | None]:
        """What is in the hand, and how far it was told to close; mirrored by `restore`."""
        return self._held, self._width

    def restore(self, saved: tuple[Box | None, float | None]) -> None:
        """Know what was known when `saved` was made."""
        self.reset()
        self._held, self._width = saved

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next keyposes once the present ones are reached, or the arm stands on the way; None while it moves."""
        if not any(health.valid for health in observation.health.values()):
            raise InstructionRefused("I see nothing: no sensor is alive.")
        if self._arm is not None:
            if not self._is_over(self._arm, observation):
                return None
            self._notice(observation)
        self._request_id += 1
        if self._request_id > self._config.plans:
            return self._ended(observation, PlanStatus.REFUSED, "I keep trying and it does not get done.")
        heard = restated(instruction) if self._config.restate else instruction
        observation = replace(observation, state=replace(observation.state, attached=self._held))  # known before the next plan
        if self._ahead is not None and len(self._ahead):
            return self._begin(observation, heard, self._ahead)
        names = mentioned(instruction) if self._request_id == 1 and self._config.present > 0.0 else ()
        decision = self._decision = self._decided(observation, heard, names)
        self._seen = observation, heard
        missing = [name for name, likely in zip(names, decision.present, strict=True) if likely < self._config.present]
        if missing:
            return self._ended(observation, PlanStatus.ASKS, f"I see nothing here that is {with_article(f'a {missing[0]}')}.")
        if not len(decision.keyposes) or self._is_there(decision.keyposes, observation):
            return self._ended(observation, PlanStatus.DONE, "done, as far as I can see")
        if self._request_id == 1 and decision.confidence < self._config.sure:
            sure = f"{decision.confidence:.0%}"
            return self._ended(
                observation,
                PlanStatus.ASKS,
                f'I am not sure what "{instruction}" is about here ({sure} sure): say it in other words.',
            )
        chunk = part_of(decision.keyposes, self._config.chunk)
        if self._held is not None:
            chunk = unopened(chunk, self._told_width(observation))
        return self._begin(observation, heard, chunk)

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """A flight that motion refused, over everything that is seen, and down in contact; a way of contact has no other."""
        run, self._flight = self._flight, None
        if run is None or self._ahead is None:
            return None
        T_now = self._kinematics.forward(observation.state.joint_position)
        flight, landing = over_all(run, T_now, flight_height(observation, T_now, self._held))
        if flight is None:
            return self._going(observation, landing, "going down to it")
        self._ahead = together(landing, self._ahead)
        return self._going(observation, flight, "flying over it")

    def ask(self, observation: Observation, question: str) -> Answer:
        """An answer to a question about what is seen, in words."""
        text, confidence = self._reader.answer(observation, question)
        return Answer(text=text, confidence=confidence)

    def explain(self) -> Explanation | None:
        """Where the model points (how likely each patch is the next place), and what it looked at: words, pixels, points.

        The model reads once more for it.
        """
        if self._decision is None or self._seen is None:
            return None
        path_base = None if self._arm is None else self._arm.T_base_ee[:, :3, 3]
        return explained(self._reader, *self._seen, self._decision, path_base)

    def _decided(self, observation: Observation, heard: str, names: Sequence[str]) -> Decision:
        """What to do next; a full hand that would stay where it is asks for as many readings as there are."""
        phrases = [f"the {name}" for name in names]
        decision = self._reader.act(observation, heard, self._config.looks, phrases)
        if self._held is None or not self._is_there(decision.keyposes, observation):
            return decision
        return self._reader.act(observation, heard, len(CHANGES), phrases)

    def _begin(self, observation: Observation, heard: str, ahead: Keyposes) -> Plan:
        """The plan for the first of what was decided and is still ahead."""
        now = self._told_width(observation)
        run = first_run(ahead, now, self._held is not None)
        self._ahead = part_of(ahead, len(ahead), begin=len(run))
        moves = np.abs(run.gripper_width - now) > MOVED
        self._flight = None if run.contact.any() or (moves.any() and self._held is not None) else run
        return self._going(observation, run, self._said(observation, heard, run))

    def _going(self, observation: Observation, run: Keyposes, reason: str) -> Plan:
        """The plan for keyposes that one plan can carry."""
        now = self._told_width(observation)
        T_now = self._kinematics.forward(observation.state.joint_position)
        self._arm = arm = trajectory_of(run, observation.stamp_ns, T_now, now)
        closes = self._held is None and run.gripper_width[-1] < now - MOVED and run.contact.any()
        self._takes = box_at(observation, run.T_base_ee[-1], self._grounder) if closes else None
        attached, self._width = self._held, float(run.gripper_width[-1])
        if self._held is not None and run.gripper_width[-1] > now + MOVED:
            attached = self._held = None
        self._last_width, self._still_since_ns = -1.0, None
        return Plan(
            arm=arm,
            contacts=contacts_of(run, arm, self._model),
            attached=attached,
            reason=reason,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + round(self._config.expires_s * 1e9),
            epoch=self._epoch,
            request_id=self._request_id,
        )

    def _told_width(self, observation: Observation) -> float:
        """How wide the fingers are, or, about something held, how far they were told to close, m."""
        return observation.state.gripper_width if self._held is None or self._width is None else self._width

    def _said(self, observation: Observation, heard: str, run: Keyposes) -> str:
        """What is done now, in the model's words, or in plain ones."""
        if self._config.think:
            return self._reader.think(observation, heard)[0]
        place, found = run.T_base_ee[-1, :3, 3], self._decision.found if self._decision is not None else {}
        near = [name for name, there in found.items() if np.linalg.norm(there[:2] - place[:2]) < NAMED]
        if len(near) == 1:
            return f"{'going down to' if run.contact.any() else 'flying over'} the {near[0]}"
        return f"{'touching' if run.contact.any() else 'flying'} to ({place[0]:.2f}, {place[1]:.2f}, {place[2]:.2f}) m"

    def _notice(self, observation: Observation) -> None:
        """What the fingers tell of what they were to take, or hold; where that, or the way, went wrong, it decides anew."""
        assert self._arm is not None
        if not self._is_near(self._arm, observation):
            self._ahead = None
        if self._width is None:
            return
        if self._takes is not None and holds(observation, self._width):
            self._held = self._takes
        elif self._takes is not None or (self._held is not None and not holds(observation, self._width)):
            self._held = self._ahead = None
        self._takes = None

    def _is_over(self, arm: CartesianTrajectory, observation: Observation) -> bool:
        """Whether a plan has ended: at its goal and still, at rest on the way, or long after its time."""
        state, config = observation.state, self._config
        passed_s = (observation.stamp_ns - arm.stamp_ns) * 1e-9
        width, self._last_width = self._last_width, state.gripper_width
        still = np.abs(state.joint_velocity).max() < config.still and abs(width - self._last_width) < 5e-4
        if not still:
            self._still_since_ns = None
            return passed_s > 4 * float(arm.time_s[-1]) + config.patience_s
        if self._still_since_ns is None:
            self._still_since_ns = observation.stamp_ns
        if passed_s < arm.time_s[-1]:
            return False
        stood_s = (observation.stamp_ns - self._still_since_ns) * 1e-9
        return stood_s > config.stuck_s or self._is_near(arm, observation)

    def _is_near(self, arm: CartesianTrajectory, observation: Observation) -> bool:
        """Whether the tool is at a plan's goal."""
        T_now = self._kinematics.forward(observation.state.joint_position)
        return is_near(T_now, arm.T_base_ee[-1], self._config.arrived, self._config.arrived_angle)

    def _is_there(self, keyposes: Keyposes, observation: Observation) -> bool:
        """Whether hand and fingers are already where they shall go, so that nothing is left to do."""
        config, T_now = self._config, self._kinematics.forward(observation.state.joint_position)
        moves = np.abs(keyposes.gripper_width - self._told_width(observation)) > MOVED
        near = (is_near(T_now, pose, config.arrived, config.arrived_angle) for pose in keyposes.T_base_ee)
        return not moves.any() and all(near)

    def _ended(self, observation: Observation, status: PlanStatus, reason: str) -> Plan:
        """A plan without motion that ends the instruction."""
        self._arm = None
        return Plan(
            status=status,
            reason=reason,
            attached=self._held,
            observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + round(self._config.expires_s * 1e9),
            epoch=self._epoch,
            request_id=self._request_id,
        )


def open_policy(model: RobotModel, kinematics: Kinematics, config: VlaPolicyConfig) -> Policy:
    """The policy that a checkpoint is of: keyposes of an arm, or the dense steps of a log from elsewhere."""
    if open_config(config.folder).rate_hz > 0:
        return DensePolicy(model, config)
    return VlaPolicy(model, kinematics, config)


@lru_cache(maxsize=1)
def _opened(
    folder: Path, model: RobotModel, kinematics: Kinematics, device: str, threads: int, precision: str, server: str
) -> Reader:  # fmt: skip
    """A reader remembers nothing: one serves all policies of a robot, one after another."""
    return open_reader(folder, model, kinematics, device, threads, precision, server)
