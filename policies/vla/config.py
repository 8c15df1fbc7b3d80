"""VlaConfig: all that a model is built from, and all that must travel with its weights; plain JSON in the checkpoint."""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from transformers import PretrainedConfig

from policies.vla.bins import Bins
from policies.vla.chunk_code import ChunkCode
from policies.vla.dimensions import Dimensions
from policies.vla.locations import Locations
from policies.vla.pointers import Pointers
from robot.errors import InvalidInput

STRIDE = 32  # px of a picture in one patch
PATCH = 8  # cells of a view from above in one patch
LOCATIONS = 2  # along a cell's edge
OVERLAP = 1.5  # a cell that is pointed into is so much wider than its patch: what lies on an edge is in the middle of none


class VlaConfig(PretrainedConfig):
    """The model's sizes, its senses, and the meaning of its actions.

    Attributes:
        width: of every token.
        layers: of the decoder; heads: of its attention; widening: of its perceptrons.
        fusion: how the senses and the words meet: a file of `policies/vla/fusion/`.
        decoding: how actions are written: "parallel", all at once; "autoregressive", their bins one after another; or "fast", a
            dense chunk as the tokens of its `ChunkCode`, one after another.
        views: camera → [height, width] px to which its pictures are brought, multiples of 32.
        lidars: names of the LiDARs that the model knows.
        top_lower: (2,) where the view from above begins, x and y in base, m; empty = there is none.
        top_upper: (2,) where it ends.
        top_cell: a pixel of it, m; 8 × 8 of them are a patch that can be pointed at.
        height_lower: the least z that can be pointed at, m; height_upper: the greatest.
        state: "hand" (pose and fingers, in base, and whether they hold something), "tool" (the same, but for that) or
            "joints" (as they are measured); state_size: how many numbers that is.
        located: whether a name in a sentence is followed by a token that says where the thing was found (`Locations`).
        words: how many tokens the tokenizer has.
        slots: keyposes, or steps, of a plan.
        dimensions: names, units and bounds of an action's numbers (`Dimensions.to_json`), without the three of a pointer.
        bins: in each.
        chunk_code: of "fast" (`ChunkCode.to_json`), empty with any other.
        rate_hz: of the steps of a dense plan; 0 = the plan is keyposes.
        robot: whose plans it learnt.
        aligned: whether it has learnt to tell true captions from false ones by projections of both (`Alignment`).
        trained_on: what it learnt from, for people.
    """

    model_type = "handsight_vla"
    attribute_map: ClassVar[dict[str, str]] = {
        "hidden_size": "width",
        "num_hidden_layers": "layers",
        "num_attention_heads": "heads",
    }

    def __init__(
        self,
        width: int = 160,
        layers: int = 4,
        heads: int = 5,
        widening: int = 4,
        fusion: str = "early",
        decoding: str = "parallel",
        views: Mapping[str, Sequence[int]] | None = None,
        lidars: Sequence[str] = (),
        top_lower: Sequence[float] = (),
        top_upper: Sequence[float] = (),
        top_cell: float = 0.01,
        height_lower: float = -0.02,
        height_upper: float = 0.62,
        state: str = "tool",
        state_size: int = 11,
        located: bool = False,
        words: int = 1024,
        slots: int = 4,
        dimensions: Mapping[str, Any] | None = None,
        bins: int = 256,
        chunk_code: Mapping[str, Any] | None = None,
        rate_hz: float = 0.0,
        robot: str = "",
        aligned: bool = False,
        trained_on: str = "",
        **others: Any,
    ) -> None:
        """Hold them; lists, as JSON has them."""
        self.width, self.layers, self.heads, self.widening = width, layers, heads, widening
        self.fusion, self.decoding = fusion, decoding
        self.views = {name: list(size) for name, size in (views or {}).items()}
        self.lidars, self.top_lower, self.top_upper, self.top_cell = list(lidars), list(top_lower), list(top_upper), top_cell
        self.height_lower, self.height_upper = height_lower, height_upper
        self.state, self.state_size, self.located = state, state_size, located and self.points
        self.words, self.slots, self.dimensions, self.bins = words, slots, dict(dimensions or {}), bins
        self.chunk_code = dict(chunk_code or {})
        self.rate_hz, self.robot, self.aligned, self.trained_on = rate_hz, robot, aligned, trained_on
        super().__init__(**others)

    @property
    def points(self) -> bool:
        """Whether there is a view from above, whose patches can be pointed at."""
        return bool(self.top_lower)

    @property
    def top_shape(self) -> tuple[int, int]:
        """Cells of the view from above along x and y."""
        if not self.points:
            return 0, 0
        cells = np.rint((np.array(self.top_upper) - np.array(self.top_lower)) / self.top_cell).astype(int)
        if (cells % (2 * PATCH)).any() or (cells <= 0).any():
            edge = 2 * PATCH * self.top_cell
            raise InvalidInput(f"top: expected edges of a multiple of {edge:g} m, got {self.top_lower} to {self.top_upper}")
        return int(cells[0]), int(cells[1])

    @property
    def num_patches(self) -> int:
        """Patches that can be pointed at."""
        return (self.top_shape[0] // PATCH) * (self.top_shape[1] // PATCH)

    @property
    def modalities(self) -> tuple[str, ...]:
        """What may be missing, in the order of a frame's `present`."""
        top = ("top",) if self.points else ()
        return (*top, *self.views, *self.lidars, "imu")

    @property
    def vocabulary(self) -> int:
        """All tokens that can be said: words, then numbers, then pointers; those of `locations` are behind them."""
        return self.words + self.numbers + self.num_patches

    @property
    def numbers(self) -> int:
        """Tokens that numbers are written with."""
        return self.chunk.num_tokens if self.decoding == "fast" else self.bins

    @property
    def chunk(self) -> ChunkCode:
        """Dense chunks as tokens; where decoding is "fast"."""
        return _chunk(json.dumps(self.chunk_code))

    @property
    def code(self) -> Bins:
        """The numbers of an action that are not a pointer's."""
        return _bins(json.dumps(self.dimensions), self.bins)

    @property
    def fields(self) -> int:
        """Numbers of an action: the three inside a pointer's cell first, then its dimensions."""
        return 3 * self.points + len(self.dimensions["names"])

    @property
    def tokens_per_action(self) -> int:
        """Tokens of an action that is written token by token: its pointer, if there are any, and its numbers; at most."""
        return self.points + self.fields

    def pointers(self) -> Pointers:
        """The patches of the view from above as tokens to point at."""
        return _pointers(tuple(self.top_lower), self.top_shape, self.top_cell, self.height_lower, self.height_upper, self.bins)

    @property
    def locations(self) -> Locations:
        """Places in what is read; a cell has four."""
        x, y = self.top_shape
        return Locations(
            first=self.vocabulary, lower=(self.top_lower[0], self.top_lower[1]), shape=(LOCATIONS * x, LOCATIONS * y),
            edge=self.top_cell / LOCATIONS, height=(self.height_lower + self.height_upper) / 2,
        )  # fmt: skip


@lru_cache(maxsize=8)
def _bins(dimensions: str, count: int) -> Bins:
    """Made once, as it is asked for at every sample."""
    return Bins(dimensions=Dimensions.from_json(json.loads(dimensions)), count=count)


@lru_cache(maxsize=8)
def _chunk(document: str) -> ChunkCode:
    """Made once."""
    return ChunkCode.from_json(json.loads(document))


@lru_cache(maxsize=8)
def _pointers(lower: tuple[float, ...], shape: tuple[int, int], cell: float, below: float, above: float, bins: int) -> Pointers:
    """Made once."""
    side = OVERLAP * PATCH * cell
    centres = patch_centres(lower, shape, cell, (below + above) / 2)
    return Pointers(centres_base=centres, size=np.array([side, side, above - below]), bins=bins)


def patch_centres(lower: Sequence[float], shape: tuple[int, int], cell: float, z: float) -> np.ndarray:
    """Middles (N, 3) of the patches of a view from above, in base, m, x slowest."""
    edge = PATCH * cell
    x = lower[0] + edge * (np.arange(shape[0] // PATCH) + 0.5)
    y = lower[1] + edge * (np.arange(shape[1] // PATCH) + 0.5)
    return np.array([[a, b, z] for a in x for b in y]).reshape(-1, 3)
