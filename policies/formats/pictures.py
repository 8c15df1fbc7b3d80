"""Pictures as PNG or JPEG bytes and as films: unpacked only if they are as large as was said."""

import re
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image, UnidentifiedImageError

from policies.formats.foreign import first_line, refuse_oversized
from robot.errors import InvalidInput

KEY_EVERY = 2  # pictures: a film that is read at random places wants many key frames


def decoded(data: bytes, where: str, size: tuple[int, int] | None = None) -> np.ndarray:
    """A PNG or JPEG picture as (H, W, 3) uint8; its header is asked for its size before anything is unpacked.

    Raises:
        InvalidInput: not such a picture, a damaged one, or one of another size (H, W) than expected.
    """
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as picture:
            height_width = (picture.height, picture.width)
            if size is not None and height_width != size:
                raise InvalidInput(f"{where}: a picture of {height_width}; expected {size}")
            refuse_oversized(where, (*height_width, 3), 1)
            return np.asarray(picture.convert("RGB"))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = re.sub(r"\s*<_io.BytesIO.*?>", "", str(error))
        raise InvalidInput(f"{where}: expected a whole PNG or JPEG picture: {reason}") from None


def encoded(rgb: np.ndarray) -> bytes:
    """A picture (H, W, 3) uint8 as PNG; nothing of it is lost."""
    data = BytesIO()
    Image.fromarray(rgb).save(data, "PNG", compress_level=1)
    return data.getvalue()


def film_frames(path: Path, where: str, start_s: float, count: int, rate_hz: float, size: tuple[int, int]) -> np.ndarray:
    """So many pictures (count, H, W, 3) uint8 of an mp4 from a time on, one for each step.

    Raises:
        InvalidInput: no film, a damaged one, one of another size (H, W), or one that ends too early.
    """
    refuse_oversized(where, (count, *size, 3), 1)
    if not path.is_file():
        raise InvalidInput(f"{where}: its film {path} is missing")
    frames = np.zeros((count, *size, 3), np.uint8)
    seen = np.zeros(count, bool)
    try:
        with av.open(str(path), format="mp4") as container:  # the format is fixed: no playlist can lead elsewhere
            stream = container.streams.video[0]
            if (stream.codec_context.height, stream.codec_context.width) != size:
                got = (stream.codec_context.height, stream.codec_context.width)
                raise InvalidInput(f"{where}: {path} holds pictures of {got}; expected {size}")
            assert stream.time_base is not None
            container.seek(int(max(0.0, start_s - 0.5 / rate_hz) / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                if frame.pts is None:
                    raise ValueError("a picture without a time")
                step = round((float(frame.pts * stream.time_base) - start_s) * rate_hz)
                if 0 <= step < count:
                    frames[step], seen[step] = frame.to_ndarray(format="rgb24"), True
                if step >= count - 1:
                    break
    except (av.error.FFmpegError, OSError, IndexError, TypeError, ValueError) as error:
        raise InvalidInput(f"{where}: {path} is not a whole film: {first_line(error)}") from None
    if not seen.all():
        raise InvalidInput(f"{where}: {path} has {int(seen.sum())} pictures for {count} steps; expected one each")
    return frames


def write_film(path: Path, pictures: Iterable[np.ndarray], rate_hz: float) -> dict[str, Any]:
    """Pictures (H, W, 3) uint8 as H.264 at nearly the eye's threshold; what LeRobot wants to know of a film."""
    path.parent.mkdir(parents=True, exist_ok=True)
    info: dict[str, Any] = {}
    with av.open(str(path), "w") as container:
        options = {"crf": "18", "preset": "veryfast", "g": str(KEY_EVERY)}
        stream = container.add_stream("libx264", rate=round(rate_hz), options=options)
        for rgb in pictures:
            if not info:
                height, width = rgb.shape[:2]
                even = height % 2 == 0 and width % 2 == 0
                stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p" if even else "yuv444p"
                info = {"video.height": height, "video.width": width, "video.codec": "h264", "video.pix_fmt": stream.pix_fmt}
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")))
        container.mux(stream.encode())
    return info | {"video.is_depth_map": False, "video.fps": round(rate_hz), "video.channels": 3, "has_audio": False}
