"""SceneConfig: what a scene's YAML says: which objects, fixtures and crumbs, and where."""

from dataclasses import dataclass, field

from sim.fixtures import CrumbsConfig, FixtureConfig


@dataclass
class ObjectConfig:
    """One wanted object; a place that is not given is drawn.

    Attributes:
        kind: a key of `sim.objects.KINDS`, such as "block".
        colour: a name in the palette.
        size: "small", "normal" or "large".
        x: of its middle in base, m.
        y: m; given if and only if x is.
        yaw: rad about z.
    """

    kind: str = "block"
    colour: str = "red"
    size: str = "normal"
    x: float | None = None
    y: float | None = None
    yaw: float | None = None


def default_palette() -> dict[str, list[float]]:
    """Colour name → RGB in [0, 1], chosen to be far from each other in hue or brightness."""
    return {
        "red": [0.85, 0.08, 0.08],
        "orange": [1.0, 0.45, 0.0],
        "yellow": [0.98, 0.85, 0.05],
        "green": [0.08, 0.60, 0.15],
        "blue": [0.08, 0.20, 0.85],
        "purple": [0.45, 0.10, 0.65],
        "pink": [1.0, 0.45, 0.72],
        "brown": [0.40, 0.22, 0.08],
        "white": [0.95, 0.95, 0.95],
        "black": [0.05, 0.05, 0.05],
        "gray": [0.45, 0.45, 0.45],
        "cyan": [0.05, 0.80, 0.85],
    }


@dataclass
class SceneConfig:
    """What lies on the table; configs/scene/ holds one YAML per scene. Positions in base, m.

    Attributes:
        num_objects_min: fewest objects; those of `always` count.
        num_objects_max: most objects.
        kinds: kind → how likely it is, relative to the others.
        small: how likely an object is small, where its kind comes in sizes.
        large: how likely it is large.
        palette: colour name → RGB in [0, 1].
        region_lower: the corner (x, y) of the part of the table in which objects lie whole.
        region_upper: the opposite corner.
        gap: least distance between two objects, so that the fingers fit between them.
        always: objects that every scene holds, wherever they fit.
        duplicates: whether two objects may have the same kind and colour.
        objects: if not empty, exactly these objects, and nothing is drawn but the places that are not given.
        fixtures: furniture and tools that stand there too; nobody asks for them by name.
        crumbs: what is strewn on the table.
        settle_s: how long physics runs before the clock starts, so that everything lies still.
    """

    num_objects_min: int = 3
    num_objects_max: int = 8
    kinds: dict[str, float] = field(
        default_factory=lambda: {"block": 4.0, "bowl": 1.0, "plate": 1.0, "can": 1.5, "ball": 1.0, "mug": 0.7}
    )
    small: float = 0.2
    large: float = 0.2
    palette: dict[str, list[float]] = field(default_factory=default_palette)
    region_lower: list[float] = field(default_factory=lambda: [0.32, -0.30])
    region_upper: list[float] = field(default_factory=lambda: [0.68, 0.30])
    gap: float = 0.06
    always: list[ObjectConfig] = field(default_factory=list)
    duplicates: bool = False
    objects: list[ObjectConfig] = field(default_factory=list)
    fixtures: list[FixtureConfig] = field(default_factory=list)
    crumbs: CrumbsConfig = field(default_factory=CrumbsConfig)
    settle_s: float = 0.75
