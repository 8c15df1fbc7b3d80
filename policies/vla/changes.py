"""Changes: one scene seen in another way, picture, places, actions and words alike: from a base moved a little, in a mirror."""

import re
from dataclasses import dataclass

import numpy as np

from policies.vla.config import VlaConfig
from policies.vla.keyposes import Keyposes
from policies.vla.looks import Look, mirrored, mirrored_pose, moved
from robot.transforms import invert

PIVOT = np.array([0.5, 0.0, 0.0])  # about the middle of the table: a turn there moves nothing far
OTHER = {"left": "right", "right": "left"}
SIDES = re.compile(r"left|right")


@dataclass(frozen=True, eq=False, kw_only=True)
class Change:
    """What happens to one look, its targets and its words: the base moves, then all is mirrored, or not."""

    T_new_base: np.ndarray
    mirror: bool

    @property
    def inverse(self) -> "Change":
        """What takes it back."""
        T_base_new = invert(self.T_new_base)
        return Change(T_new_base=mirrored_pose(T_base_new) if self.mirror else T_base_new, mirror=self.mirror)

    def look(self, look: Look, config: VlaConfig) -> Look:
        """A look after it."""
        look = moved(look, self.T_new_base)
        return mirrored(look, config) if self.mirror else look

    def keyposes(self, keyposes: Keyposes) -> Keyposes:
        """Keyposes after it."""
        poses = self.T_new_base @ keyposes.T_base_ee
        fields = ("gripper_width", "contact", "duration_s", "pause_s", "until_ns")
        same = {key: getattr(keyposes, key) for key in fields}
        return Keyposes(T_base_ee=mirrored_pose(poses) if self.mirror else poses, **same)

    def point(self, place_base: np.ndarray) -> np.ndarray:
        """A place (3,) after it."""
        place = self.T_new_base[:3, :3] @ place_base + self.T_new_base[:3, 3]
        return place * np.array([1.0, -1.0, 1.0]) if self.mirror else place

    def words(self, text: str) -> str:
        """Words after it."""
        return SIDES.sub(lambda found: OTHER[found.group()], text) if self.mirror else text


UNCHANGED = Change(T_new_base=np.eye(4), mirror=False)
