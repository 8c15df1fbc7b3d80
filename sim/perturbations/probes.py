"""Probes that catch a policy that does not listen or look: another sentence, a sensor blanked; and a policy that is late."""

from collections import deque
from dataclasses import replace

import numpy as np

from policies.policy import Policy
from policies.wrapper import PolicyWrapper
from robot.trajectory import Plan
from sensors.observation import CameraView, ImuWindow, Observation
from sensors.pointcloud import empty
from sim.perturbations.perturbation import Perturbation


class SentenceSwapped(Perturbation):
    """The policy hears another episode's sentence and is judged by its own: whoever listens must fail."""

    def sentence(self, sentence: str, another: str) -> str:
        """The other one."""
        return another


class Blanked(Perturbation):
    """The policy sees nothing of a sensor, while motion and safety still do."""

    def __init__(self, *sensors: str, imu: bool = False) -> None:
        """Of which cameras and LiDARs, and whether of the IMU."""
        self._sensors, self._imu = sensors, imu

    def policy(self, policy: Policy) -> Policy:
        """Blinkered."""
        return Blinkered(policy, self._sensors, self._imu)


class Late(Perturbation):
    """Every plan comes so many policy ticks after its observation."""

    def __init__(self, ticks: int = 2) -> None:
        """How many, of a tenth of a second each."""
        self._ticks = ticks

    def policy(self, policy: Policy) -> Policy:
        """Slow."""
        return Slow(policy, self._ticks)


class Blinkered(PolicyWrapper):
    """A Policy that is shown observations without some of the sensors."""

    def __init__(self, policy: Policy, sensors: tuple[str, ...], imu: bool) -> None:
        """Whose senses, and which."""
        super().__init__(policy)
        self._sensors, self._imu = sensors, imu

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """What it plans from what is left."""
        return super().plan(blanked(observation, self._sensors, self._imu), instruction)

    def instead(self, observation: Observation, reason: str) -> Plan | None:
        """What else it would do, from what is left."""
        return super().instead(blanked(observation, self._sensors, self._imu), reason)


class Slow(PolicyWrapper):
    """A Policy whose plans come late."""

    def __init__(self, policy: Policy, ticks: int) -> None:
        """Whose, and by how many ticks."""
        super().__init__(policy)
        self._ticks = ticks
        self._coming: deque[Plan | None] = deque()

    def reset(self) -> None:
        """Forget what is still to come."""
        super().reset()
        self._coming = deque([None] * self._ticks)

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        """What it planned some ticks ago."""
        self._coming.append(super().plan(observation, instruction))
        return self._coming.popleft()


def blanked(observation: Observation, sensors: tuple[str, ...], imu: bool) -> Observation:
    """An observation in which some sensors show nothing: black pictures, no depth, no points, no samples."""
    cloud = observation.cloud
    hidden = np.isin(cloud.source, [index for index, name in enumerate(cloud.sources) if name in sensors])
    return replace(
        observation,
        cameras={name: _dark(view) if name in sensors else view for name, view in observation.cameras.items()},
        lidar={name: empty(sweep.sources) if name in sensors else sweep for name, sweep in observation.lidar.items()},
        imu=_silent() if imu else observation.imu,
        cloud=cloud.where(~hidden),
    )


def _dark(view: CameraView) -> CameraView:
    """A camera's view with the cap on its lens."""
    depth = None if view.depth is None else np.full_like(view.depth, np.nan)
    return replace(view, rgb=np.zeros_like(view.rgb), depth=depth)


def _silent() -> ImuWindow:
    """No sample."""
    none = np.zeros((0, 3))
    return ImuWindow(stamp_ns=np.zeros(0, np.int64), angular_velocity_imu=none, specific_force_imu=none)
