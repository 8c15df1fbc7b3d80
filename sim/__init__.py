"""The stage: PyBullet, tasks and scores."""

from sim.quiet import STDERR, quiet

with quiet(STDERR):  # PyBullet greets with its build time
    import pybullet  # noqa: F401
