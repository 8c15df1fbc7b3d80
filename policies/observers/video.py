"""Video: one picture a step, encoded as H.264."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from policies.rollout import Rollout, Step


class Video:
    """An observer that films a rollout with any function that gives a picture (H, W, 3) uint8, H and W even."""

    def __init__(self, path: Path, picture: Callable[[], np.ndarray], frames_per_s: int = 10) -> None:
        """Say where the film goes; the file is opened with the first picture."""
        self._path, self._picture, self._frames_per_s = path, picture, frames_per_s
        self._container: av.container.OutputContainer | None = None
        self.last: np.ndarray | None = None

    def on_step(self, step: Step) -> None:
        """Take a picture."""
        self.last = self._picture()
        if self._container is None:
            self._open(self.last)
        assert self._container is not None
        for packet in self._stream.encode(av.VideoFrame.from_ndarray(self.last, format="rgb24")):
            self._container.mux(packet)

    def on_end(self, rollout: Rollout) -> None:
        """Finish the film."""
        if self._container is not None:
            for packet in self._stream.encode():
                self._container.mux(packet)
            self._container.close()
            self._container = None

    def _open(self, first: np.ndarray) -> None:
        """Begin the file with the first picture's size."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        container = av.open(str(self._path), "w")
        self._container = container
        self._stream = container.add_stream("libx264", rate=self._frames_per_s, options={"crf": "20", "preset": "veryfast"})
        self._stream.height, self._stream.width = first.shape[:2]
        self._stream.pix_fmt = "yuv420p"
