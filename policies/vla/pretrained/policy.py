"""PretrainedPolicy: a pretrained backbone as a Policy: it looks, writes a chunk of keyposes or actions, and looks again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from policies.policy import Explanation
from policies.vla.keyposes import trajectory_of
from policies.vla.pretrained.actor import Actor, Example
from policies.vla.pretrained.backbone import open_backbone
from policies.vla.pretrained.checkpoint import open_actor
from policies.vla.pretrained.config import PretrainedConfig
from policies.vla.pretrained.keypose_rows import contacts_of, keyposes_from
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.trajectory import JointTrajectory, Plan, PlanStatus
from robot.transforms import is_near
from sensors.observation import CameraView, Observation

STILL = 0.03  # rad/s
BLACK = (8, 8, 3)  # a picture that is not there


class PretrainedPolicy:
    """A Policy that was taught what its backbone did not know; see the Policy contract."""

    def __init__(self, model: RobotModel, kinematics: Kinematics | None, config: PretrainedConfig, actor: Actor) -> None:
        """Move this robot as an actor writes.

        Raises:
            InvalidInput: the actor was trained for another robot.
        """
        actor.layout.refuse_other(model)
        self._model, self._kinematics, self._config, self._actor = model, kinematics, config, actor
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Forget the instruction."""
        self._epoch += 1
        self._request_id = 0
        self._plan: Plan | None = None

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next chunk once the present one is over; None while it is on its way."""
        if self._plan is not None and not self._is_over(self._plan, observation):
            return self._too_late(self._plan, observation)
        seen = believed(observation)
        cameras = self._actor.layout.cameras
        if not any(camera in seen for camera in cameras):
            return self._ended(observation, PlanStatus.REFUSED, f"I see nothing: none of {', '.join(cameras)} is alive.")
        pictures = tuple(seen[camera].rgb if camera in seen else np.zeros(BLACK, np.uint8) for camera in cameras)
        (written,) = self._actor.act([Example(pictures=pictures, sentence=instruction, state=self._state(observation))])
        if not len(written.actions):
            return self._ended(observation, PlanStatus.DONE, "done, as far as I can see")
        if written.spread.max() > self._config.unsure:
            return self._ended(observation, PlanStatus.REFUSED, self._doubt(written.spread))
        self._request_id += 1
        self._plan = self._moving(observation, written.actions, f'I go on with "{instruction}"')
        return self._plan

    def explain(self) -> Explanation | None:
        """Nothing is shown yet."""
        return None

    def _state(self, observation: Observation) -> np.ndarray:
        """Joints and gripper (S,).

        Raises:
            InvalidInput: another number of joints than was recorded.
        """
        names = self._actor.layout.state.dimensions.names
        state = np.append(observation.state.joint_position, observation.state.gripper_width)
        if len(state) != len(names):
            raise InvalidInput(f"observation.state: expected {', '.join(names)}, got {len(state)} numbers")
        return state

    def _moving(self, observation: Observation, actions: np.ndarray, reason: str) -> Plan:
        """A chunk as a plan."""
        stamp_ns = observation.stamp_ns
        if self._actor.layout.targets == "actions":
            joints = self._joints(stamp_ns, actions)
            return self._planned(observation, reason, joints.duration_s, joints=joints)
        assert self._kinematics is not None
        keyposes = keyposes_from(actions, stamp_ns)
        T_base_now = self._kinematics.forward(observation.state.joint_position)
        arm = trajectory_of(keyposes, stamp_ns, T_base_now, observation.state.gripper_width)
        contacts = contacts_of(keyposes, arm, self._model)
        return self._planned(observation, reason, float(arm.time_s[-1]), arm=arm, contacts=contacts)

    def _joints(self, stamp_ns: int, actions: np.ndarray) -> JointTrajectory:
        """Actions (H, D), one a period, as the joints of a virtual body."""
        time_s = np.arange(1, len(actions) + 1) / self._actor.layout.rate_hz
        return JointTrajectory(
            stamp_ns=stamp_ns, time_s=time_s, joint_position=actions, joint_velocity=np.zeros_like(actions),
            gripper_width=np.zeros(len(actions)), expires_ns=self._expiry(stamp_ns, float(time_s[-1])),
            epoch=self._epoch, request_id=self._request_id,
        )  # fmt: skip

    def _planned(self, observation: Observation, reason: str, duration_s: float, **motion: Any) -> Plan:
        """A plan that moves."""
        return Plan(
            **motion, reason=reason, observation_stamp_ns=observation.stamp_ns,
            expires_ns=self._expiry(observation.stamp_ns, duration_s), epoch=self._epoch, request_id=self._request_id,
        )  # fmt: skip

    def _expiry(self, stamp_ns: int, duration_s: float) -> int:
        """Until when a chunk may be carried out."""
        return stamp_ns + round(1e9 * (4 * duration_s + self._config.patience_s + 1.0))

    def _is_over(self, plan: Plan, observation: Observation) -> bool:
        """Whether a chunk was carried out: its time has passed and, of keyposes, the tool is at the last one and still."""
        motion = plan.arm or plan.joints
        assert motion is not None
        if observation.stamp_ns < motion.stamp_ns + round(1e9 * float(motion.time_s[-1])):
            return False
        if plan.arm is None or self._kinematics is None:
            return True
        T_now = self._kinematics.forward(observation.state.joint_position)
        near = is_near(T_now, plan.arm.T_base_ee[-1], self._config.arrived, self._config.arrived_angle)
        return bool(near and np.abs(observation.state.joint_velocity).max() < STILL)

    def _too_late(self, plan: Plan, observation: Observation) -> Plan | None:
        """None while a chunk may still get there; else the end of it."""
        motion = plan.arm or plan.joints
        assert motion is not None
        latest_ns = motion.stamp_ns + round(1e9 * (4 * float(motion.time_s[-1]) + self._config.patience_s))
        if observation.stamp_ns <= latest_ns:
            return None
        return self._ended(observation, PlanStatus.REFUSED, "I could not get on: something keeps the arm from its goal.")

    def _doubt(self, spread: np.ndarray) -> str:
        """Which number is a guess, in a sentence."""
        name = self._actor.layout.actions.dimensions.names[int(spread.max(axis=0).argmax())]
        return (
            f"I am not sure what to do here: {name.replace('_', ' ')} could be anything within {spread.max():.0%} of its range."
        )

    def _ended(self, observation: Observation, status: PlanStatus, reason: str) -> Plan:
        """A plan without motion that ends the instruction."""
        self._plan = None
        self._request_id += 1
        return Plan(
            status=status, reason=reason, observation_stamp_ns=observation.stamp_ns,
            expires_ns=observation.stamp_ns + round(1e9 * self._config.patience_s), epoch=self._epoch,
            request_id=self._request_id,
        )  # fmt: skip


def believed(observation: Observation) -> Mapping[str, CameraView]:
    """The cameras whose pictures may be believed."""
    health = observation.health
    return {name: view for name, view in observation.cameras.items() if name in health and health[name].valid}


def open_pretrained(model: RobotModel, kinematics: Kinematics | None, config: PretrainedConfig) -> PretrainedPolicy:
    """The policy that a config describes.

    Raises:
        InvalidInput: no checkpoint is named, or it or its backbone can't be opened.
    """
    if not config.checkpoint:
        raise InvalidInput("policy.checkpoint: expected the folder that training left, such as runs/smolvlm/best")
    backbone = open_backbone(config.backbone, config.revision, config.device)
    return PretrainedPolicy(model, kinematics, config, open_actor(Path(config.checkpoint), backbone))
