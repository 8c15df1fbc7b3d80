"""The stage: PyBullet, tasks and scores."""
