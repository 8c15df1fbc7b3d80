"""Workers for tests of crews: they double numbers, die, fail, or can't be set up; importing them costs little."""

import os
from pathlib import Path

import numpy as np


class Doubler:
    """Plays numbers: twice as much; a negative one is an error, None kills the worker."""

    def __init__(self, folder: str = "") -> None:
        """With a folder, the worker dies at the first attempt of every third job, and leaves a mark there."""
        self._folder = folder

    def __call__(self, job: int | None) -> int:
        """Play one."""
        if job is None:
            os._exit(3)
        if job < 0:
            raise ValueError(f"{job} is negative")
        mark = Path(self._folder) / str(job)
        if self._folder and job % 3 == 0 and not mark.exists():
            mark.touch()
            os._exit(3)
        return 2 * job


class Threads:
    """Tells how many threads its process has after it cast rays and multiplied matrices."""

    def __call__(self, job: int) -> int:
        """How many."""
        import open3d as o3d

        scene = o3d.t.geometry.RaycastingScene()
        ball = o3d.t.geometry.TriangleMesh.create_sphere(1.0, 60)
        scene.add_triangles(ball.vertex.positions, ball.triangle.indices.to(o3d.core.uint32))
        rays = np.random.default_rng(0).normal(size=(20_000, 6)).astype(np.float32)
        scene.cast_rays(o3d.core.Tensor.from_numpy(rays))
        square = np.ones((600, 600))
        square @ square
        return len(list(Path("/proc/self/task").iterdir()))


class Unfit:
    """A worker that can't be set up."""

    def __init__(self) -> None:
        """Refuse."""
        from robot.errors import InvalidInput

        raise InvalidInput("scene: unknown 'moon'; available: tabletop")
