"""Mentions: what can be looked for in a scene by its looks alone."""

import pytest

from policies.vla.mentions import mentioned


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("put the red can into that tiny dish", ("red can", "small bowl")),
        ("lift the pink tin behind the yellow can", ("pink can", "yellow can")),
        ("push the gray cube 12 cm to the left", ("gray block",)),
        ("stack the green block on the blue block, then the pink block on the green block",
         ("green block", "blue block", "pink block")),
        ("pick up the leftmost can", ("can",)),
        ("build a pyramid of the three blocks", ()),  # several
        ("put each block into the bin of its colour", ()),
        ("open the drawer", ()),  # no thing of its own
        ("pick up the purplish block", ()),  # whatever that is
        ("shabble the green block", ()),
    ],
)  # fmt: skip
def test_single_things_are_named_by_size_colour_and_shape(sentence: str, names: tuple[str, ...]) -> None:
    assert mentioned(sentence) == names
