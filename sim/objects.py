"""The small objects that can lie on the table: what they measure, and one of them in a scene."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

ASSETS = Path(__file__).parent / "assets"
SCALES = MappingProxyType({"small": 0.75, "normal": 1.0, "large": 1.25})


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What all objects of one kind have in common, at normal size, in metres and kilograms.

    Attributes:
        urdf: the file, its origin in the middle of the object.
        radius: of the smallest upright cylinder about the origin that holds it.
        half_height: from the origin down to what it stands on.
        mass: kg.
        hollow_radius: inner radius at the rim of what things can be put in, half its inner edge if square; 0 if solid.
        floor: from the origin down to where things inside it stand; None if it is solid.
        square: whether it is square from above, its sides along its own axes; else it is round.
        sizes: the sizes it comes in.
    """

    urdf: str
    radius: float
    half_height: float
    mass: float
    hollow_radius: float = 0.0
    floor: float | None = None
    square: bool = False
    sizes: tuple[str, ...] = ("normal",)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "block": Kind(urdf="block.urdf", radius=0.0283, half_height=0.02, mass=0.04, sizes=("small", "normal", "large")),
        "can": Kind(urdf="can.urdf", radius=0.025, half_height=0.035, mass=0.08),
        "ball": Kind(urdf="ball.urdf", radius=0.0225, half_height=0.0225, mass=0.03),
        "bowl": Kind(urdf="bowl.urdf", radius=0.07, half_height=0.025, mass=0.2, hollow_radius=0.065, floor=0.020),
        "plate": Kind(urdf="plate.urdf", radius=0.08, half_height=0.008, mass=0.25, hollow_radius=0.078, floor=0.003),
        "bin": Kind(urdf="bin.urdf", radius=0.1132, half_height=0.03, mass=0.4, hollow_radius=0.075, floor=0.025, square=True),
        "mug": Kind(urdf="mug.urdf", radius=0.059, half_height=0.043, mass=0.2, hollow_radius=0.031, floor=0.036),
    }
)


@dataclass(frozen=True, kw_only=True)
class SceneObject:
    """One object in a scene.

    Attributes:
        name: "red block"; numbered from the second of the same name on.
        kind: a key of KINDS.
        colour: a key of the scene's palette.
        size: "small", "normal" or "large".
        body_id: PyBullet's number of it.
    """

    name: str
    kind: str
    colour: str
    size: str
    body_id: int

    @property
    def scale(self) -> float:
        """How much larger it is than a normal one of its kind."""
        return SCALES[self.size]

    @property
    def radius(self) -> float:
        """Of the smallest upright cylinder about its origin that holds it, m."""
        return KINDS[self.kind].radius * self.scale

    @property
    def half_height(self) -> float:
        """From its origin down to what it stands on, m."""
        return KINDS[self.kind].half_height * self.scale

    @property
    def hollow_radius(self) -> float:
        """Inner radius at the rim; 0 if nothing can be put in it, m."""
        return KINDS[self.kind].hollow_radius * self.scale

    def surrounds(self, offset: tuple[float, float]) -> bool:
        """Whether a point lies within its rim, seen from above; the offset (x, y) from its middle is in its own axes, m."""
        x, y = offset
        away = max(abs(x), abs(y)) if KINDS[self.kind].square else (x * x + y * y) ** 0.5
        return away <= self.hollow_radius

    @property
    def support_height(self) -> float:
        """From its origin up to where things put on or in it stand: the floor of a hollow thing, else the top, m."""
        floor = KINDS[self.kind].floor
        return self.half_height if floor is None else -floor * self.scale
