"""ImuEye: one IMU's samples, judged by how the joints moved meanwhile."""

import numpy as np

from sensors import symptoms
from sensors.calibration import Mounted
from sensors.health import HealthConfig, Watch
from sensors.inertia import Bias, Passage, excess
from sensors.odometry import Odometry
from sensors.packets import ImuSample

LONGEST_S = 0.5  # what the joints did is not compared over a longer silence


class ImuEye:
    """One IMU: its watch, its odometry, and its last sample."""

    def __init__(self, imu: Mounted, odometry: Odometry, config: HealthConfig) -> None:
        """Nothing felt."""
        self._imu, self._config = imu, config
        self.watch = Watch(imu.rate_hz, config)
        self.odometry = odometry
        self._force_bias = Bias(odometry.config.bias_time_constant_s)
        self._last: ImuSample | None = None

    def feel(self, samples: list[ImuSample], passage: Passage, now_ns: int) -> list[ImuSample]:
        """The samples, if they are believed, else none; the odometry has taken them in then.

        Args:
            samples: at least one, all new, in order.
            passage: how the joints carried it from the last sample before these to the last of these.
            now_ns: the instant of the observation.
        """
        before = samples[-2] if len(samples) > 1 else self._last
        found = excess(samples, passage) if 0 < passage.duration_s < LONGEST_S else None
        symptom = symptoms.stuck(samples[-1], before, self._imu.noisy, float(np.abs(passage.turn_imu).max()))
        symptom = symptom or symptoms.gaps(len(samples), passage.duration_s, self._imu.rate_hz, self._config)
        if found is not None:
            rate = float(np.linalg.norm(passage.turn_imu)) / passage.duration_s
            symptom = symptom or symptoms.strange_turn(found.rate_imu, self.odometry.bias_imu, rate, self._config)
            symptom = symptom or symptoms.strange_force(found.force_imu, self._force_bias.value, self._config)
        self._last = samples[-1]
        self.watch.hear(samples[-1].stamp_ns, now_ns, symptom)
        if not self.watch.believed:
            return []
        self.odometry.update(samples, passage.R_base_imu, passage.turn_imu, passage.duration_s)
        if found is not None:
            self._force_bias.learn(found.force_imu, passage.duration_s)
        return samples
