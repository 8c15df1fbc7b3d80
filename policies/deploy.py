"""handsight-deploy: the same loop on hardware: the body in a process of its own, wall time, no simulator.

handsight-deploy robot=panda driver=perfect sensors_from=runs/…/episode/episode_000000.json "put the red block in the blue bowl"
"""
