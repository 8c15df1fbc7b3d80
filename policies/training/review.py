"""review(): what a checkpoint looks at, and where it points, at every plan of a recorded episode."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from policies.language.restating import restated
from policies.policy import Explanation
from policies.storage.plans import stored_plans
from policies.storage.stored import StoredEpisode
from policies.training.dense import recording_of
from policies.training.recordings import Recording
from policies.vla.checkpoint import open_config
from policies.vla.reader import Reader, open_reader
from policies.vla.why import explained
from robot.kinematics import Kinematics
from robot.model import RobotModel
from robot.trajectory import Plan


def review(manifest: Path, checkpoint: Path, robot: RobotModel) -> Iterator[tuple[int, Explanation]]:
    """What a checkpoint attends to where each plan of a recorded episode was made, or at each step of a log from elsewhere.

    Whoever made the plans: an expert's show what the model would look at in the same place. Each comes with its stamp, ns,
    and is read when it is asked for; what can't be read is refused before the first.

    Raises:
        InvalidInput: no episode, or no checkpoint of this robot.
    """
    recording = recording_of(StoredEpisode(manifest))
    config = open_config(checkpoint)
    if config.rate_hz > 0:
        names, low, high = (config.dimensions[key] for key in ("names", "low", "high"))
        reader = open_reader(checkpoint, RobotModel.from_box(names, low, high), None)
        return _steps(recording, reader)
    return _plans(recording, open_reader(checkpoint, robot, Kinematics(robot)), stored_plans(recording.episode))


def _steps(recording: Recording, reader: Reader) -> Iterator[tuple[int, Explanation]]:
    """Every step of a log from elsewhere."""
    for step, stamp_ns in enumerate(recording.stamps):
        yield int(stamp_ns), explained(reader, recording.observation(step), recording.instruction)


def _plans(recording: Recording, reader: Reader, plans: Iterable[tuple[int, Plan]]) -> Iterator[tuple[int, Explanation]]:
    """Every plan, as the policy would have heard its sentence."""
    heard = restated(recording.instruction)
    for step, plan in plans:
        observation = recording.observation(step)
        yield plan.observation_stamp_ns, explained(reader, observation, heard, reader.act(observation, heard))
