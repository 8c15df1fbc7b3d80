"""DensePolicy: a policy that learnt from a log from elsewhere: steps in that log's own numbers, as a plan of a virtual body."""

import numpy as np

from policies.policy import Explanation
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.reader import Reader
from robot.errors import InvalidInput
from robot.model import RobotModel
from robot.trajectory import JointTrajectory, Plan
from sensors.observation import Observation


class DensePolicy:
    """A Policy; see the Policy contract. It looks again after `steps` of what it said, and never ends an instruction itself."""

    def __init__(self, model: RobotModel, config: VlaPolicyConfig) -> None:
        """Open the checkpoint.

        Raises:
            InvalidInput: it speaks in other numbers than this body takes.
        """
        self._reader = Reader(config.folder, model, None, config.device, config.threads, config.precision)
        names = self._reader.config.dimensions["names"]
        if len(names) != model.num_joints:
            raise InvalidInput(
                f"policy.checkpoint: {config.checkpoint} says {len(names)} numbers ({', '.join(names)}); this body takes "
                f"{model.num_joints} ({', '.join(model.joint_names)})"
            )
        self._steps = min(max(1, config.steps), self._reader.config.slots)
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Forget the instruction."""
        self._epoch += 1
        self._request_id, self._until_ns = 0, -1

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next steps, once those before them are done; None until then."""
        now_ns, rate_hz = observation.stamp_ns, self._reader.config.rate_hz
        if now_ns < self._until_ns:
            return None
        self._request_id += 1
        numbers = self._reader.steps(observation, instruction)  # (K, D)
        ends_ns = now_ns + np.rint(np.arange(1, len(numbers) + 1) * 1e9 / rate_hz).astype(np.int64)
        self._until_ns = int(ends_ns[self._steps - 1])
        joints = JointTrajectory(
            stamp_ns=now_ns,
            time_s=(ends_ns - now_ns) * 1e-9,
            joint_position=numbers,
            joint_velocity=np.zeros_like(numbers),
            gripper_width=np.zeros(len(numbers)),
            expires_ns=int(ends_ns[-1]),
        )
        return Plan(
            joints=joints,
            observation_stamp_ns=now_ns,
            expires_ns=int(ends_ns[-1]),
            epoch=self._epoch,
            request_id=self._request_id,
        )

    def explain(self) -> Explanation | None:
        """Nothing in base is known that could be shown."""
        return None
