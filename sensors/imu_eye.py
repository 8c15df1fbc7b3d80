"""ImuEye: one IMU's samples, judged by how the joints moved meanwhile."""

import numpy as np
from scipy.spatial.transform import Rotation

from sensors import symptoms
from sensors.calibration import Mounted
from sensors.health import HealthConfig, Watch
from sensors.odometry import Odometry
from sensors.packets import ImuSample


class ImuEye:
    """One IMU: its watch, its odometry, and its last sample."""

    def __init__(self, imu: Mounted, odometry: Odometry, config: HealthConfig) -> None:
        """Nothing felt."""
        self._imu, self._config = imu, config
        self.watch = Watch(imu.rate_hz, config)
        self.odometry = odometry
        self._last: ImuSample | None = None

    def feel(
        self, samples: list[ImuSample], R_base_imu_before: np.ndarray, R_base_imu: np.ndarray, duration_s: float, now_ns: int
    ) -> list[ImuSample]:
        """The samples, if they are believed, else none; the odometry has taken them in then.

        Args:
            samples: at least one, all new, in order.
            R_base_imu_before: (3, 3) by the joints when the samples before these ended.
            R_base_imu: (3, 3) by the joints at the last of these.
            duration_s: how long that is.
            now_ns: the instant of the observation.
        """
        turn_imu = Rotation.from_matrix(R_base_imu_before.T @ R_base_imu).as_rotvec()
        before = samples[-2] if len(samples) > 1 else self._last
        symptom = symptoms.stuck(samples[-1], before, self._imu.noisy, float(np.abs(turn_imu).max()))
        symptom = symptom or symptoms.strange_motion(
            samples, turn_imu, self.odometry.bias_imu, duration_s, self._imu.rate_hz, self._config
        )
        self._last = samples[-1]
        self.watch.hear(samples[-1].stamp_ns, now_ns, symptom)
        if not self.watch.believed:
            return []
        self.odometry.update(samples, R_base_imu, turn_imu, duration_s)
        return samples
