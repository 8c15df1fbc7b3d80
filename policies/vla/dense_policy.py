"""DensePolicy: a policy that learnt from a log from elsewhere: steps in that log's own numbers, as a plan of a virtual body."""

from collections.abc import Sequence

import numpy as np

from policies.policy import Explanation
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.reader import open_reader
from robot.errors import InvalidInput
from robot.model import RobotModel
from robot.trajectory import JointTrajectory, Plan
from sensors.observation import Observation

DECAY = 0.1  # e-folds of weight from each chunk to the next newer one


class DensePolicy:
    """A Policy; see the Policy contract. It looks again after `steps` of what it said, and never ends an instruction itself.

    With `blend`, a step is the mean of all that was said of its instant, the earliest weighing most (temporal ensembling; Zhao
    et al., "Learning fine-grained bimanual manipulation with low-cost hardware", 2023, arXiv:2304.13705).
    """

    def __init__(self, model: RobotModel, config: VlaPolicyConfig) -> None:
        """Open the checkpoint.

        Raises:
            InvalidInput: it speaks in other numbers than this body takes.
        """
        self._reader = open_reader(config.folder, model, None, config.device, config.threads, config.precision, config.server)
        names = self._reader.config.dimensions["names"]
        if len(names) != model.num_joints:
            raise InvalidInput(
                f"policy.checkpoint: {config.checkpoint} says {len(names)} numbers ({', '.join(names)}); this body takes "
                f"{model.num_joints} ({', '.join(model.joint_names)})"
            )
        self._blend = config.blend
        self._steps = min(max(1, config.steps), self._reader.config.slots)
        self._epoch = 0
        self.reset()

    def reset(self) -> None:
        """Forget the instruction."""
        self._epoch += 1
        self._request_id, self._until_ns = 0, -1
        self._said: list[tuple[np.ndarray, np.ndarray]] = []  # when the steps of each chunk end (K,) ns, and the steps (K, D)

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """The next steps, once those before them are done; None until then."""
        now_ns, rate_hz = observation.stamp_ns, self._reader.config.rate_hz
        if now_ns < self._until_ns:
            return None
        self._request_id += 1
        numbers = self._reader.steps(observation, instruction)  # (K, D)
        ends_ns = now_ns + np.rint(np.arange(1, len(numbers) + 1) * 1e9 / rate_hz).astype(np.int64)
        self._until_ns = int(ends_ns[self._steps - 1])
        if self._blend:
            self._said = [*(each for each in self._said if each[0][-1] > now_ns), (ends_ns, numbers)]
            numbers = blended(self._said, 1e9 / rate_hz)
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


def blended(chunks: Sequence[tuple[np.ndarray, np.ndarray]], period_ns: float) -> np.ndarray:
    """The steps (K, D) of the last of several chunks, each the weighted mean of what all chunks say of its instant.

    Args:
        chunks: when their steps end (K,) ns, and the steps (K, D), oldest first.
        period_ns: of the steps; instants less than half of it apart are the same.
    """
    newest_ns, newest = chunks[-1]
    total, weights = np.zeros_like(newest, dtype=float), np.zeros((len(newest), 1))
    for age, (ends_ns, numbers) in enumerate(chunks):
        same = np.abs(newest_ns[:, None] - ends_ns) < period_ns / 2  # (K, K)
        weight = np.exp(-DECAY * age) * same
        total += weight @ numbers
        weights += weight.sum(axis=1, keepdims=True)
    return total / weights
