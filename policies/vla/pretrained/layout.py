"""Layout: what the numbers mean that a checkpoint reads and writes; it travels with the weights as plain JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from policies.vla.bins import Bins
from policies.vla.dimensions import fields_of
from robot.errors import InvalidInput, one_of
from robot.model import RobotModel

TARGETS = ("keyposes", "actions")
LARGEST_HORIZON = 256


@dataclass(frozen=True, eq=False, kw_only=True)
class Layout:
    """What is read and written.

    Attributes:
        targets: "keyposes" of the tool, or the "actions" of a foreign log.
        actions: the bins of each number of one keypose or action.
        state: the bins of the robot's state: its joints, then the gripper's width.
        cameras: whose pictures, in this order.
        horizon: at most so many keyposes, exactly so many actions.
        rate_hz: of actions.
        robot: the name of the robot that was recorded.
    """

    targets: str
    actions: Bins
    state: Bins
    cameras: tuple[str, ...]
    horizon: int
    rate_hz: float
    robot: str

    def __post_init__(self) -> None:
        """Refuse what can't be."""
        if self.targets not in TARGETS:
            raise one_of("layout.targets", self.targets, TARGETS)
        if not 1 <= self.horizon <= LARGEST_HORIZON or not 0 < self.rate_hz <= 1e4 or not self.cameras:
            raise InvalidInput(
                f"layout: expected cameras, a horizon of 1 to {LARGEST_HORIZON} and a rate of at most 10 kHz, got "
                f"{self.cameras}, {self.horizon} and {self.rate_hz}"
            )
        if self.actions.count != self.state.count:
            raise InvalidInput(f"layout: expected as many bins of state as of actions, got {self.state.count}")

    def refuse_other(self, model: RobotModel) -> None:
        """Refuse to move a robot that was not the one recorded.

        Raises:
            InvalidInput: another number of action dimensions, or an arm with other joints.
        """
        if self.targets == "actions":
            count = len(self.actions.dimensions.names)
            if model.kind != "box" or model.num_joints != count:
                raise InvalidInput(
                    f"policy.checkpoint: it writes {count} numbers of {self.robot}'s own; expected a foreign world of as many, "
                    f"got {model.name} with {model.num_joints} joints"
                )
        elif model.kind != "arm" or self.state.dimensions.names[:-1] != model.joint_names:
            recorded = ", ".join(self.state.dimensions.names[:-1])
            raise InvalidInput(f"policy.checkpoint: it was trained on {self.robot} ({recorded}), this robot is {model.name}")

    def to_json(self) -> dict[str, Any]:
        """All of it as plain JSON."""
        plain = {"targets": self.targets, "cameras": list(self.cameras), "horizon": self.horizon, "robot": self.robot}
        return plain | {"rate_hz": float(self.rate_hz), "actions": self.actions.to_json(), "state": self.state.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Layout":
        """The mirror of `to_json`.

        Raises:
            InvalidInput: a field is missing or not what it should be.
        """
        wanted = {
            "targets": str,
            "cameras": list,
            "horizon": int,
            "robot": str,
            "rate_hz": float,
            "actions": dict,
            "state": dict,
        }
        fields = fields_of("layout", document, wanted)
        if not all(isinstance(camera, str) for camera in fields["cameras"]):
            raise InvalidInput(f"layout.cameras: expected names, got {fields['cameras']}")
        fields["cameras"] = tuple(fields["cameras"])
        fields["actions"], fields["state"] = Bins.from_json(fields["actions"]), Bins.from_json(fields["state"])
        return cls(**fields)
