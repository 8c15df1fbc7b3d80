"""device_named(): where a model computes; a name that is not there is refused, not passed over."""

import torch

from robot.errors import InvalidInput, one_of

NAMES = ("auto", "cpu", "cuda")


def device_named(name: str) -> torch.device:
    """The device of that name, such as "cuda" or "cuda:1"; "auto" is a GPU if there is one.

    Raises:
        InvalidInput: an unknown name, or a device that this machine has not.
    """
    if name.partition(":")[0] not in NAMES:
        raise one_of("device", name, NAMES)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):
        raise InvalidInput(f"device: {name!r} is not there; expected auto, cpu or cuda") from None
    return device
