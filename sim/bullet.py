"""The one door to PyBullet, which greets with its build time wherever it is first imported: here nobody hears it."""

from sim.quiet import STDERR, STDOUT, quiet

with quiet(STDERR), quiet(STDOUT):
    import pybullet

__all__ = ["pybullet"]
