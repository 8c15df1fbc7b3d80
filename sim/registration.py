"""The Gymnasium ids of the simulated stage, registered as strings: nothing heavy is imported before one is made.

`import sim` registers them, so `gymnasium.make("handsight/Tabletop-v0")` works after it, and
`gymnasium.make("sim:handsight/Tabletop-v0")` by itself. Every scene has an id for each kind of action.
"""

from gymnasium.envs.registration import register, registry

SCENES = {"Tabletop": "tabletop", "Household": "household"}
CONTROLS = {"": "tool", "Joints": "joints", "Pose": "pose"}
MAX_STEPS = 300  # half a minute


def register_environments() -> None:
    """Make the ids known: handsight/Tabletop-v0, TabletopJoints-v0, TabletopPose-v0 and the same of each other scene."""
    for scene_name, scene in SCENES.items():
        for control_name, control in CONTROLS.items():
            name = f"handsight/{scene_name}{control_name}-v0"
            if name not in registry:
                kwargs = {"scene": scene, "control": control}
                register(id=name, entry_point="sim.env:TabletopEnv", kwargs=kwargs, max_episode_steps=MAX_STEPS)
