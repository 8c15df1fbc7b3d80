"""Precision: in which numbers a model's linear layers compute."""

import warnings

import torch
from torch import nn

from policies.vla.model import Vla
from robot.errors import InvalidInput, one_of

PRECISIONS = ("float32", "int8")


def in_precision(model: Vla, precision: str, device: torch.device) -> Vla:
    """The model with weights in int8, each linear layer's inputs quantised as they come; or as it is.

    Raises:
        InvalidInput: an unknown precision, or int8 elsewhere than on a CPU.
    """
    if precision not in PRECISIONS:
        raise one_of("policy.precision", precision, PRECISIONS)
    if precision == "float32":
        return model
    if device.type != "cpu":
        raise InvalidInput(f"policy.precision: int8 is for a CPU, the device is {device.type}; expected float32 there")
    from torch.ao.quantization import quantize_dynamic

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch recommends torchao instead, which would be one more dependency for this line
        return quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)  # type: ignore[no-any-return]
