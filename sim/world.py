"""World: owns one PyBullet client; steps, seeds, saves and restores it; is the Clock of the simulation."""

import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np

from robot.clock import tick_ns
from robot.errors import HandsightError, InvalidInput, one_of
from robot.transforms import from_xyz_quat_xyzw, invert, to_quat_xyzw
from sim.bullet import pybullet
from sim.quiet import quiet

PHYSICS_HZ = 240
GRAVITY = 9.81
VIEWS = {"none": pybullet.DIRECT, "window": pybullet.GUI}


class Stateful(Protocol):
    """A Python object whose state belongs to the world: a driver's last command, a sensor's unread samples."""

    def save(self) -> Any:
        """Its state, as a value that later steps do not change."""
        ...

    def restore(self, saved: Any) -> None:
        """Be as it was when `saved` was made."""
        ...


@dataclass(frozen=True, eq=False, kw_only=True)
class SavedWorld:
    """A moment of a world, held in its PyBullet client; good until the world is reset or closed.

    Attributes:
        tick: how many physics steps had been made.
        bullet_state: PyBullet's number of the saved state.
        generation: which reset of the world it belongs to.
        parts: the state of each of the world's Python-side parts, in order.
    """

    tick: int
    bullet_state: int
    generation: int
    parts: tuple[Any, ...]


class World:
    """One PyBullet client as a Clock: waiting is what moves physics on, at 240 Hz.

    Attributes:
        client: PyBullet's number of the client; every pybullet call names it.
        on_step: called after each physics step, in order; sensors that sample at 240 Hz stand here.
        parts: Python-side state that is saved and restored with the physics.
        seed: of the present episode; all randomness comes from `random(stream)`.
    """

    def __init__(self, view: str = "none") -> None:
        """Connect without a window ("none") or with PyBullet's own ("window"), and reset with seed 0."""
        if view not in VIEWS:
            raise one_of("view", view, VIEWS)
        if view == "window" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise HandsightError("view: window needs a display and there is none; use view=none, which films instead")
        with quiet():
            self.client: int = pybullet.connect(VIEWS[view])
        if self.client < 0:
            raise HandsightError(f"PyBullet could not open a client with view={view}; without a display use view=none")
        self._paced = view == "window"
        self._generation = 0
        self.on_step: list[Callable[[], None]] = []
        self.parts: list[Stateful] = []
        self.reset(0)

    def reset(self, seed: int) -> None:
        """Empty the world and set its clock to 0; the client is used again, hooks and parts are forgotten."""
        self.seed = seed
        self.on_step.clear()
        self.parts.clear()
        self._tick = 0
        self._generation += 1
        self._T_link_inertial: dict[int, np.ndarray] = {}
        self._wall_start_s = time.monotonic()
        with quiet():
            pybullet.resetSimulation(physicsClientId=self.client)
        pybullet.setGravity(0, 0, -GRAVITY, physicsClientId=self.client)
        pybullet.setPhysicsEngineParameter(
            fixedTimeStep=1.0 / PHYSICS_HZ,
            numSolverIterations=100,
            numSubSteps=0,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )

    def random(self, stream: str) -> np.random.Generator:
        """The random numbers of one named stream of this episode; streams do not disturb each other."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(zlib.crc32(stream.encode()),)))

    def now_ns(self) -> int:
        """The stamp of the last physics step."""
        return tick_ns(self._tick, PHYSICS_HZ)

    def wait_until(self, stamp_ns: int) -> None:
        """Step physics until the clock shows this stamp or the first tick after it."""
        while self.now_ns() < stamp_ns:
            self.step()

    def step(self) -> None:
        """Move physics on by 1/240 s, then call the hooks; with a window, no faster than a wall clock."""
        pybullet.stepSimulation(physicsClientId=self.client)
        self._tick += 1
        for hook in self.on_step:
            hook()
        if self._paced:
            time.sleep(max(0.0, self._wall_start_s + self._tick / PHYSICS_HZ - time.monotonic()))

    def start_clock(self) -> None:
        """Call this instant 0: what was stepped before, such as objects settling, never happened for the episode."""
        self._tick = 0
        self._wall_start_s = time.monotonic()

    def save(self) -> SavedWorld:
        """This moment, to come back to: physics, clock and Python-side parts."""
        return SavedWorld(
            tick=self._tick,
            bullet_state=pybullet.saveState(physicsClientId=self.client),
            generation=self._generation,
            parts=tuple(part.save() for part in self.parts),
        )

    def restore(self, saved: SavedWorld) -> None:
        """Go back to a saved moment; what follows is the same bit for bit as what followed then.

        Raises:
            InvalidInput: the moment belongs to another reset of the world, or parts came or went since.
        """
        if saved.generation != self._generation or len(saved.parts) != len(self.parts):
            raise InvalidInput("world.restore: expected a moment saved since the last reset, with the same parts")
        pybullet.restoreState(stateId=saved.bullet_state, physicsClientId=self.client)
        self._tick = saved.tick
        self._wall_start_s = time.monotonic() - saved.tick / PHYSICS_HZ
        for part, state in zip(self.parts, saved.parts, strict=True):
            part.restore(state)

    def forget(self, saved: SavedWorld) -> None:
        """Free the memory of a saved moment."""
        if saved.generation == self._generation:
            pybullet.removeState(saved.bullet_state, physicsClientId=self.client)

    def load(self, urdf: Path, T_world_body: np.ndarray, *, fixed: bool = False, scale: float = 1.0) -> int:
        """Load a URDF with its root link's frame at this pose; PyBullet's number of the new body.

        Raises:
            InvalidInput: there is no such file, or PyBullet can't read it.
        """
        if not urdf.is_file():
            raise InvalidInput(f"world.load: no file {str(urdf)!r}; expected a URDF's path")
        try:
            with quiet():
                body = pybullet.loadURDF(
                    str(urdf),
                    T_world_body[:3, 3].tolist(),
                    to_quat_xyzw(T_world_body).tolist(),
                    useFixedBase=fixed,
                    globalScaling=scale,
                    physicsClientId=self.client,
                )
        except pybullet.error as error:
            raise InvalidInput(f"world.load: PyBullet can't read {str(urdf)!r}: {error}") from None
        inertial = pybullet.getDynamicsInfo(body, -1, physicsClientId=self.client)
        self._T_link_inertial[body] = from_xyz_quat_xyzw(inertial[3], inertial[4])
        return body

    def pose(self, body: int, link: int = -1) -> np.ndarray:
        """T_world_link (4, 4): where the URDF frame of a link is, the root link by default."""
        if link >= 0:
            state = pybullet.getLinkState(body, link, computeForwardKinematics=1, physicsClientId=self.client)
            return from_xyz_quat_xyzw(state[4], state[5])
        xyz, quat_xyzw = pybullet.getBasePositionAndOrientation(body, physicsClientId=self.client)
        return from_xyz_quat_xyzw(xyz, quat_xyzw) @ invert(self._T_link_inertial[body])

    def place(self, body: int, T_world_body: np.ndarray) -> None:
        """Teleport a body so that its root link's frame is at this pose, at rest."""
        T_world_inertial = T_world_body @ self._T_link_inertial[body]
        pybullet.resetBasePositionAndOrientation(
            body, T_world_inertial[:3, 3].tolist(), to_quat_xyzw(T_world_inertial).tolist(), physicsClientId=self.client
        )
        pybullet.resetBaseVelocity(body, [0.0] * 3, [0.0] * 3, physicsClientId=self.client)

    def fingerprint(self) -> bytes:
        """Clock, poses, velocities and joint states of everything, bit for bit: equal worlds have equal bytes."""
        numbers: list[float] = [self._tick]
        for index in range(pybullet.getNumBodies(physicsClientId=self.client)):
            body = pybullet.getBodyUniqueId(index, physicsClientId=self.client)
            for part in pybullet.getBasePositionAndOrientation(body, physicsClientId=self.client):
                numbers.extend(part)
            for part in pybullet.getBaseVelocity(body, physicsClientId=self.client):
                numbers.extend(part)
            for joint in range(pybullet.getNumJoints(body, physicsClientId=self.client)):
                numbers.extend(pybullet.getJointState(body, joint, physicsClientId=self.client)[:2])
        return np.array(numbers).tobytes()

    def close(self) -> None:
        """Give the client back; idempotent."""
        if self.client >= 0:
            with quiet():
                pybullet.disconnect(physicsClientId=self.client)
            self.client = -1

    def __enter__(self) -> "World":
        """The world itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.close()
