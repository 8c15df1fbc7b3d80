"""SimulatedImu: gyroscope and accelerometer fixed to one link, sampled at every physics step."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from robot.transforms import checked_transform, from_xyz_quat_xyzw
from sensors.packets import ImuSample
from sim.bullet import pybullet
from sim.noise import ImuNoise
from sim.world import GRAVITY, PHYSICS_HZ, World

GRAVITY_WORLD = (0.0, 0.0, -GRAVITY)
Vector = tuple[float, float, float]


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
        R_world_imu, turn_world, velocity_world = self._motion()
        before_world, self._velocity_world = self._velocity_world, velocity_world
        change_world = zip(velocity_world, before_world, GRAVITY_WORLD, strict=True)
        force_world = [(now - before) * PHYSICS_HZ - gravity for now, before, gravity in change_world]
        reading = (np.array([turn_world, force_world]) @ R_world_imu).reshape(6)
        if self._noise:
            reading = self._noise.measured(reading)
        sample = ImuSample(
            stamp_ns=self._world.now_ns(),
            sensor=self._name,
            angular_velocity_imu=reading[:3],
            specific_force_imu=reading[3:],
        )
        self._samples.append(sample)

    def _motion(self) -> tuple[np.ndarray, Vector, Vector]:
        """R_world_imu (3, 3), angular velocity rad/s and the imu's own velocity m/s, both in world.

        On plain numbers, because it stands in every physics step: numpy costs several times as much for vectors of three.
        """
        R_world_link, (x, y, z), (vx, vy, vz), (wx, wy, wz) = self._link_motion()
        dx, dy, dz = (R_world_link @ self._T_link_imu[:3, 3]).tolist()
        x, y, z = x + dx, y + dy, z + dz  # from the centre of mass to the imu
        swung_world = (vx + wy * z - wz * y, vy + wz * x - wx * z, vz + wx * y - wy * x)
        return R_world_link @ self._T_link_imu[:3, :3], (wx, wy, wz), swung_world

    def _link_motion(self) -> tuple[np.ndarray, Vector, Vector, Vector]:
        """R_world_link (3, 3); in world: the link's origin from its centre of mass m, that centre's velocity m/s, and rad/s."""
        client = self._world.client
        if self._link < 0:
            centre, _ = pybullet.getBasePositionAndOrientation(self._body, physicsClientId=client)
            linear, angular = pybullet.getBaseVelocity(self._body, physicsClientId=client)
            T_world_link = self._world.pose(self._body)
        else:
            state = pybullet.getLinkState(
                self._body, self._link, computeLinkVelocity=1, computeForwardKinematics=1, physicsClientId=client
            )
            centre, linear, angular = state[0], state[6], state[7]
            T_world_link = from_xyz_quat_xyzw(state[4], state[5])
        x, y, z = T_world_link[:3, 3].tolist()
        return T_world_link[:3, :3], (x - centre[0], y - centre[1], z - centre[2]), linear, angular
