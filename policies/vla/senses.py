"""Senses: the tokens of one frame: patches of the view from above, of LiDARs and pictures, the IMU's window, the robot's state.

Every token that looks somewhere knows where in base that is, so that patches of a picture and of the view from above that
show one place are close to each other; whatever is missing is one learned token instead.
"""

from collections.abc import Mapping

import torch
from torch import nn

from policies.vla.config import STRIDE, VlaConfig, patch_centres

IMU_SIZE = 20
FREQUENCIES = 8  # of a place's Fourier features: wavelengths of 4 m down to 3 cm
LONGEST = 4.0  # m


class Senses(nn.Module):
    """Frame → tokens (B, N, d); those of the view from above, the only ones that can be pointed at, come first.

    Attributes:
        spans: modality → the slice of its tokens.
        size: N.
    """

    def __init__(self, config: VlaConfig) -> None:
        """Lay out a stem for each modality."""
        super().__init__()
        width = config.width
        self._config = config
        self.place = nn.Linear(6 * FREQUENCIES, width)
        self.missing = nn.ParameterDict({_key(name): nn.Parameter(0.02 * torch.randn(width)) for name in config.modalities})
        self.kind = nn.ParameterDict({_key(name): nn.Parameter(0.02 * torch.randn(width)) for name in config.modalities})
        self.stems = nn.ModuleDict()
        middle = (config.height_lower + config.height_upper) / 2
        for name in config.modalities:
            if name in config.views:  # first: a camera may be called "top" where there is no view from above
                self.stems[_key(name)] = Stem(3, (24, 48, 96, 128, width))
            elif name == "top":
                self.stems[name] = Stem(5, (32, 64, width))
                self._place_at(name, patch_centres(config.top_lower, config.top_shape, config.top_cell, middle))
            elif name in config.lidars:
                half = (config.top_shape[0] // 2, config.top_shape[1] // 2)
                self.stems[_key(name)] = Stem(2, (16, 32, width))
                self._place_at(name, patch_centres(config.top_lower, half, 2 * config.top_cell, middle))
        self.imu = nn.Sequential(nn.Linear(IMU_SIZE, width), nn.GELU(), nn.Linear(width, width))
        self.state = nn.Sequential(nn.Linear(config.state_size, width), nn.GELU(), nn.Linear(width, width))
        self.norm = nn.LayerNorm(width)
        self.spans = spans_of(config)
        self.size = max(span.stop for span in self.spans.values())

    def forward(self, frame: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """The tokens of frames, as `looks.frame_of` makes them, each with a leading B."""
        tokens = [self._sensed(name, number, frame) for number, name in enumerate(self._config.modalities)]
        tokens.append(self._body(frame["state"])[:, None])
        return self.norm(torch.cat(tokens, dim=1))

    def _body(self, state: torch.Tensor) -> torch.Tensor:
        """The robot's state (B, d); where the tool is, is said as the places of patches are, so that they can be compared."""
        tokens: torch.Tensor = self.state(state)
        return tokens if self._config.state == "joints" else tokens + self.place(fourier(state[:, :3]))

    def _sensed(self, name: str, number: int, frame: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """One modality's tokens (B, n, d), or the learned one where it is missing."""
        key = _key(name)
        if name == "imu":
            tokens = self.imu(frame["imu"])[:, None]
        elif name in self._config.views:
            tokens = self.stems[key](frame[f"camera/{name}"]) + self.place(fourier(frame[f"patches/{name}"]))
        else:
            seen = frame["top"] if name == "top" else frame[f"lidar/{name}"]
            tokens = self.stems[key](seen) + self.place(getattr(self, f"{key}_place"))
        there = frame["present"][:, number, None, None]
        return torch.where(there, tokens, self.missing[key]) + self.kind[key]

    def _place_at(self, name: str, centres_base: object) -> None:
        """Remember where a view's patches are."""
        places = fourier(torch.as_tensor(centres_base, dtype=torch.float32))
        self.register_buffer(f"{_key(name)}_place", places)


def spans_of(config: VlaConfig) -> dict[str, slice]:
    """Where each modality's tokens lie among all that a model senses."""
    spans, begin = {}, 0
    for name in (*config.modalities, "state"):
        count = _count(name, config)
        spans[name] = slice(begin, begin + count)
        begin += count
    return spans


def _count(name: str, config: VlaConfig) -> int:
    """How many tokens a modality has."""
    if name in config.views:
        return (config.views[name][0] // STRIDE) * (config.views[name][1] // STRIDE)
    if name == "top":
        return config.num_patches
    return config.num_patches // 4 if name in config.lidars else 1


class Stem(nn.Module):
    """Convolutions that halve a picture at each step, so that a patch has seen its neighbours; then its patches as tokens."""

    def __init__(self, channels: int, widths: tuple[int, ...]) -> None:
        """One convolution for each width, and one more among the patches."""
        super().__init__()
        steps: list[nn.Module] = []
        for width in widths:
            steps += [nn.Conv2d(channels, width, 3, stride=2, padding=1), nn.GroupNorm(8, width), nn.GELU()]
            channels = width
        self.halving = nn.Sequential(*steps)
        self.among = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=channels), nn.Conv2d(channels, channels, 1)
        )

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """(B, c, h, w) → (B, P, d), rows slowest."""
        patches = self.halving(picture)
        return (patches + self.among(patches)).flatten(2).transpose(1, 2)


def fourier(places_base: torch.Tensor) -> torch.Tensor:
    """Fourier features (..., 48) of places (..., 3) in base, m."""
    frequencies = 2 * torch.pi / LONGEST * 2.0 ** torch.arange(FREQUENCIES, device=places_base.device)
    angles = (places_base[..., None] * frequencies).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def _key(name: str) -> str:
    """A sensor's name as torch's containers take it."""
    return name.replace(".", "_")
