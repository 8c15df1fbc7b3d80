"""The stage: PyBullet, tasks and scores; importing it makes the Gymnasium ids known and loads nothing heavy."""

from sim.registration import register_environments

register_environments()
