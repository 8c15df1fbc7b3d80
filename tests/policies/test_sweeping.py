"""Sweeping: where strokes begin while some of what is seen can't be swept."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from policies.language.program import Phrase, Place, Relation
from policies.value_maps.placements import PlacementConfig
from policies.value_maps.sweeping import Sweeping, SweepingConfig
from robot.obstacles import Box
from robot.transforms import transform

PAN = Box(pose=transform([0.4, 0.0, 0.01]), size=np.array([0.12, 0.10, 0.02]))
STAIN = [0.50, 0.0, 0.008]  # is seen as a crumb, and stays whatever sweeps over it
CRUMB = [0.60, 0.0, 0.008]


def strokes(*crumbs: list[float]) -> list[np.ndarray]:
    """Where (2,) strokes began, with a stain next to the dustpan; what they pass over is gone, but for the stain."""
    table = [STAIN, *crumbs]

    def seen() -> Any:
        points = np.array([*table, [0.34, 0.04, 0.02], [0.46, 0.05, 0.02]])
        pan = SimpleNamespace(box_base=PAN, mask=np.arange(len(points)) >= len(table))
        heap = SimpleNamespace(mask=np.arange(len(points)) < len(table))
        return SimpleNamespace(cloud=SimpleNamespace(points_base=points), pan=pan, heap=heap)

    hand = SimpleNamespace(
        refuse_if_full=lambda: None,
        fly=lambda observation, pose, width, saying: (saying, pose),
        straight=lambda observation, pose, width, saying, room: (saying, pose),
        room=lambda pose: Box(pose=pose, size=np.full(3, 0.1)),
    )
    aims = SimpleNamespace(table_z=lambda observation: 0.0, tool=lambda observation: np.eye(4), reaches=lambda poses, now: True)
    reference = SimpleNamespace(
        anchor=lambda phrase, now: now.pan,
        grounder=SimpleNamespace(ground=lambda phrase, now: [now.heap]),
    )
    sweeping: Any = Sweeping(hand, aims, reference, PlacementConfig(), SweepingConfig())  # type: ignore[arg-type]
    place = Place(text="into the dustpan", relation=Relation.IN, anchors=(Phrase(text="the dustpan", shape="dustpan"),))
    course = sweeping.sweep(Phrase(text="the crumbs", shape="crumbs"), place, seen())
    begun: list[np.ndarray] = []
    try:
        saying, pose = next(course)
        while True:
            if saying == "going behind the crumbs":
                begun.append(pose[:2, 3])
            if saying == "rising":
                table = [each for each in table if each is STAIN or each[0] > begun[-1][0]]
            saying, pose = course.send(seen())
    except StopIteration:
        return begun[::2]  # above and then down


def test_what_no_stroke_moves_does_not_keep_the_hand_from_the_rest() -> None:
    begun = strokes(CRUMB)
    assert [each[0] > 0.6 for each in begun[:2]] == [False, True]  # the nearest to the lip first, then what is left


def test_what_many_strokes_do_not_move_is_no_crumb() -> None:
    begun = strokes()
    assert len(begun) == SweepingConfig().tries
