"""SimulatedImu: gyroscope and accelerometer fixed to one link, sampled at every physics step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from robot.transforms import checked_transform, from_xyz_quat_xyzw, invert
from sensors.packets import ImuSample
from sim.bullet import pybullet
from sim.noise import ImuNoise
from sim.world import GRAVITY, PHYSICS_HZ, World

GRAVITY_WORLD = np.array([0.0, 0.0, -GRAVITY])
Moment = tuple[int, tuple[float, ...], tuple[float, ...], tuple[float, ...]]  # stamp_ns, then as `_moment` says


class SimulatedImu:
    """A SensorSource: one ImuSample per physics step, 240 Hz.

    The accelerometer says what a proof mass feels: acceleration less gravity, so +9.81 upwards at rest. The
    acceleration is the change of the imu's own velocity over the step that has just been made. What physics says is noted
    at each step; samples are made of it, all together, when they are read.
    """

    def __init__(
        self, world: World, body: int, link: int, T_link_imu: np.ndarray, name: str, noise: ImuNoise | None = None
    ) -> None:
        """Fix it to a link (-1 is the root) at T_link_imu and begin to sample with the next step; noise None = exact."""
        self._world = world
        self._body = body
        self._link = link
        inertial = pybullet.getDynamicsInfo(body, link, physicsClientId=world.client)
        T_link_mass = from_xyz_quat_xyzw(inertial[3], inertial[4])
        self._T_mass_imu = invert(T_link_mass) @ checked_transform("T_link_imu", T_link_imu)
        self._name = name
        self._noise = noise
        self._moments: list[Moment] = []
        self._last = self._moment()
        world.on_step.append(self._note)
        world.parts.append(self)

    def read(self) -> Sequence[ImuSample]:
        """All samples since the last call, in order."""
        moments, self._moments = [self._last, *self._moments], []
        if len(moments) == 1:
            return ()
        self._last = moments[-1]
        readings = self._readings(moments)
        if self._noise:
            readings = self._noise.measured(readings)
        return tuple(
            ImuSample(stamp_ns=moment[0], sensor=self._name, angular_velocity_imu=rate, specific_force_imu=force)
            for moment, rate, force in zip(moments[1:], readings[:, :3].copy(), readings[:, 3:].copy(), strict=True)
        )

    def close(self) -> None:
        """Stop sampling; idempotent."""
        if self._note in self._world.on_step:
            self._world.on_step.remove(self._note)
        self._moments = []

    def save(self) -> Any:
        """What was noted and not read, the moment before it and the state of the noise."""
        return list(self._moments), self._last, self._noise.save() if self._noise else None

    def restore(self, saved: Any) -> None:
        """Go on from there."""
        self._moments, self._last = list(saved[0]), saved[1]
        if self._noise:
            self._noise.restore(saved[2])

    def _note(self) -> None:
        """Note once; called after each physics step."""
        self._moments.append(self._moment())

    def _moment(self) -> Moment:
        """The stamp; the quat_xyzw of the axes of the link's centre of mass, its velocity m/s and rad/s, all in world."""
        client = self._world.client
        if self._link < 0:
            _, quat_xyzw = pybullet.getBasePositionAndOrientation(self._body, physicsClientId=client)
            linear, angular = pybullet.getBaseVelocity(self._body, physicsClientId=client)
            return self._world.now_ns(), quat_xyzw, linear, angular
        state = pybullet.getLinkState(
            self._body, self._link, computeLinkVelocity=1, computeForwardKinematics=1, physicsClientId=client
        )
        return self._world.now_ns(), state[1], state[6], state[7]

    def _readings(self, moments: list[Moment]) -> np.ndarray:
        """Angular velocity and specific force (S, 6) in the imu's axes at all moments but the first."""
        _, quats_xyzw, linear, angular = (np.array(each) for each in zip(*moments, strict=True))
        R_world_mass = Rotation.from_quat(quats_xyzw).as_matrix()
        arm_world = R_world_mass @ self._T_mass_imu[:3, 3]
        velocity_world = linear + np.cross(angular, arm_world)
        force_world = np.diff(velocity_world, axis=0) * PHYSICS_HZ - GRAVITY_WORLD
        both_world = np.stack([angular[1:], force_world], axis=1)  # (S, 2, 3)
        return (both_world @ (R_world_mass[1:] @ self._T_mass_imu[:3, :3])).reshape(-1, 6)
