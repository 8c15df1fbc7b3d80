"""review(): what a checkpoint looks at, and where it points, at every plan of a recorded episode."""

from collections.abc import Iterator
from pathlib import Path

from policies.language.restating import restated
from policies.policy import Explanation
from policies.storage.plans import stored_plans
from policies.storage.stored import StoredEpisode
from policies.training.dense import recording_of
from policies.vla.checkpoint import open_config
from policies.vla.reader import open_reader
from policies.vla.why import explained
from robot.kinematics import Kinematics
from robot.model import RobotModel


def review(manifest: Path, checkpoint: Path, robot: RobotModel) -> Iterator[tuple[int, Explanation]]:
    """What a checkpoint attends to where each plan of a recorded episode was made, with its stamp, ns.

    Whoever made the plans: an expert's show what the model would look at in the same place.

    Raises:
        InvalidInput: no episode, or no checkpoint of this robot.
    """
    recording = recording_of(StoredEpisode(manifest))
    config = open_config(checkpoint)
    if config.rate_hz > 0:
        names, low, high = (config.dimensions[key] for key in ("names", "low", "high"))
        reader = open_reader(checkpoint, RobotModel.from_box(names, low, high), None)
        for step, stamp_ns in enumerate(recording.stamps):
            yield int(stamp_ns), explained(reader, recording.observation(step), recording.instruction)
        return
    reader, heard = open_reader(checkpoint, robot, Kinematics(robot)), restated(recording.instruction)
    for step, plan in stored_plans(recording.episode):
        observation = recording.observation(step)
        yield plan.observation_stamp_ns, explained(reader, observation, heard, reader.act(observation, heard))
