"""Film: an observer that films an episode and may throw the film away when it knows how it ended."""

from pathlib import Path

from policies.observers.video import Video
from policies.rollout import Rollout, Step
from sim.stage import Stage


class Film:
    """The film of an episode over all its errands, thrown away in the end unless it is to be kept."""

    def __init__(self, stage: Stage, path: Path) -> None:
        """Nothing is written before the first picture."""
        self._video, self._path = Video(path, stage.spectator.render), path

    def on_step(self, step: Step) -> None:
        """One picture."""
        self._video.on_step(step)

    def on_end(self, rollout: Rollout) -> None:
        """An errand is over; the last one's end is told to the video, for it is one file."""
        self._last = rollout

    def finish(self, keep: bool) -> None:
        """End the file."""
        self._video.on_end(self._last)
        if not keep:
            self._path.unlink(missing_ok=True)
