"""SimulatedImu: gyroscope and accelerometer fixed to one link, sampled at every physics step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from robot.arrays import checked
from robot.transforms import checked_transform
from sensors.packets import ImuSample
from sim.bullet import pybullet
from sim.noise import ImuNoise
from sim.world import GRAVITY, PHYSICS_HZ, World

GRAVITY_WORLD = np.array([0.0, 0.0, -GRAVITY])


class SimulatedImu:
    """A SensorSource: one ImuSample per physics step, 240 Hz.

    The accelerometer says what a proof mass feels: acceleration less gravity, so +9.81 upwards at rest. The
    acceleration is the change of the imu's own velocity over the step that has just been made.
    """

    def __init__(
        self, world: World, body: int, link: int, T_link_imu: np.ndarray, name: str, noise: ImuNoise | None = None
    ) -> None:
        """Fix it to a link (-1 is the root) at T_link_imu and begin to sample with the next step; noise None = exact."""
        self._world = world
        self._body = body
        self._link = link
        self._T_link_imu = checked_transform("T_link_imu", T_link_imu)
        self._name = name
        self._noise = noise
        self._samples: list[ImuSample] = []
        self._velocity_world = self._motion()[2]
        world.on_step.append(self._sample)
        world.parts.append(self)

    def read(self) -> Sequence[ImuSample]:
        """All samples since the last call, in order."""
        samples, self._samples = self._samples, []
        return samples

    def close(self) -> None:
        """Stop sampling; idempotent."""
        if self._sample in self._world.on_step:
            self._world.on_step.remove(self._sample)
        self._samples = []

    def save(self) -> Any:
        """The unread samples, the last velocity and the state of the noise."""
        return list(self._samples), self._velocity_world, self._noise.save() if self._noise else None

    def restore(self, saved: Any) -> None:
        """Have the samples and the velocity of then."""
        self._samples, self._velocity_world = list(saved[0]), saved[1]
        if self._noise:
            self._noise.restore(saved[2])

    def _sample(self) -> None:
        """Measure once; called after each physics step."""
        R_world_imu, angular_velocity_world, velocity_world = self._motion()
        acceleration_world = (velocity_world - self._velocity_world) * PHYSICS_HZ
        self._velocity_world = velocity_world
        force_world = acceleration_world - GRAVITY_WORLD
        reading = np.concatenate([R_world_imu.T @ angular_velocity_world, R_world_imu.T @ force_world])  # (6,)
        if self._noise:
            reading = self._noise.measured(reading)
        self._samples.append(
            ImuSample(
                stamp_ns=self._world.now_ns(),
                sensor=self._name,
                angular_velocity_imu=checked("angular_velocity_imu", reading[:3], (3,)),
                specific_force_imu=checked("specific_force_imu", reading[3:], (3,)),
            )
        )

    def _motion(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """R_world_imu (3, 3), angular velocity (3,) rad/s and the imu's own velocity (3,) m/s, both in world."""
        T_world_imu = self._world.pose(self._body, self._link) @ self._T_link_imu
        centre_world, velocity_world, angular_velocity_world = self._link_motion()
        (x, y, z), (wx, wy, wz) = T_world_imu[:3, 3] - centre_world, angular_velocity_world
        swing_world = np.array([wy * z - wz * y, wz * x - wx * z, wx * y - wy * x])  # np.cross costs ten times as much
        return T_world_imu[:3, :3], angular_velocity_world, velocity_world + swing_world

    def _link_motion(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The link's centre of mass (3,) m, its velocity (3,) and the link's angular velocity (3,), all in world."""
        client = self._world.client
        if self._link < 0:
            xyz, _ = pybullet.getBasePositionAndOrientation(self._body, physicsClientId=client)
            linear, angular = pybullet.getBaseVelocity(self._body, physicsClientId=client)
        else:
            state = pybullet.getLinkState(
                self._body, self._link, computeLinkVelocity=1, computeForwardKinematics=1, physicsClientId=client
            )
            xyz, linear, angular = state[0], state[6], state[7]
        return np.array(xyz), np.array(linear), np.array(angular)
