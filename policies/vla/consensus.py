"""Consensus: one scene read several times, each time from a base moved a little or in a mirror; what most readings agree on.

A reading that goes wrong seldom goes wrong in the same way when all is moved (test-time augmentation; Shanmugam et al.,
"Better aggregation in test-time augmentation", 2021, arXiv:2011.11156).
"""

from collections.abc import Sequence

import numpy as np

from policies.vla.changes import PIVOT, UNCHANGED, Change
from policies.vla.keyposes import Keyposes
from policies.vla.looks import base_moved

NEAR, WIDTH = 0.03, 0.01  # m: between two readings that agree, horizontally and of the fingers
_MOVES = [(0.0, 0.0, 0.0), (0.06, 0.015, 0.015), (-0.06, -0.015, 0.015), (0.0, 0.02, -0.02), (0.03, -0.02, -0.01),
          (-0.04, 0.01, 0.02), (0.07, 0.0, -0.015), (-0.07, -0.01, 0.01)]  # fmt: skip
CHANGES = [UNCHANGED, *(Change(T_new_base=base_moved(*move, PIVOT), mirror=not n % 2) for n, move in enumerate(_MOVES))]


def agreed_reading(readings: Sequence[Keyposes], sure: Sequence[float]) -> tuple[int, float]:
    """Which of several readings, in one base and so sure each, the others support most; and how sure all together are."""
    support = [sum(s for other, s in zip(readings, sure, strict=True) if _agree(reading, other)) for reading in readings]
    best = int(np.argmax(support))
    return best, support[best] / len(readings)


def _agree(one: Keyposes, other: Keyposes) -> bool:
    """Whether two readings begin with the same: nothing, or one place, contact and opening of the fingers."""
    if not len(one) or not len(other):
        return len(one) == len(other)
    apart = one.T_base_ee[0, :3, 3] - other.T_base_ee[0, :3, 3]
    return bool(
        np.linalg.norm(apart) < NEAR
        and abs(one.gripper_width[0] - other.gripper_width[0]) < WIDTH
        and one.contact[0] == other.contact[0]
    )
