"""Sharing: a learner's gradients, or its weights too, shared among ranks; and how they are whole again, for files and validation."""

from collections.abc import Mapping

import torch
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.nn.parallel import DistributedDataParallel

from policies.training.ranks import Ranks
from policies.vla.model import Vla
from robot.errors import InvalidInput, one_of

WAYS = ("ddp", "fsdp")


def shared(learner: nn.Module, ranks: Ranks, way: str) -> nn.Module:
    """What to call in place of the learner: every rank holds all weights ("ddp"), or its part of them ("fsdp").

    The optimiser is made after it, of the learner's parameters as they then are.
    """
    if way not in WAYS:
        raise one_of("sharding", way, WAYS)
    if ranks.count == 1:
        return learner
    if way == "ddp":
        return DistributedDataParallel(learner)
    return fully_shard(learner, mesh=init_device_mesh(ranks.device.type, (ranks.count,)))


def whole(values: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors by name, none of them in parts; all ranks call it together."""
    return {name: value.full_tensor() if isinstance(value, DTensor) else value for name, value in values.items()}


def whole_model(model: Vla) -> Vla:
    """A model that can be asked, and saved, by one rank; all ranks call it together."""
    if not any(isinstance(each, DTensor) for each in model.parameters()):
        return model
    result = Vla(model.config)
    result.load_state_dict(whole(model.state_dict()))
    return result.to(next(iter(model.buffers())).device)


def part_of(value: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """The mirror of `whole` for one tensor: as another is shared."""
    return distribute_tensor(value, like.device_mesh, like.placements) if isinstance(like, DTensor) else value


@torch.no_grad()
def fill(targets: Mapping[str, torch.Tensor], values: Mapping[str, torch.Tensor]) -> None:
    """Write whole tensors into those of the same names.

    Raises:
        InvalidInput: other names, or another shape.
    """
    if differing := sorted(set(targets) ^ set(values)):
        raise InvalidInput(f"{differing[0]!r} and {len(differing) - 1} more are on one side only")
    for name, target in targets.items():
        if values[name].shape != target.shape:
            raise InvalidInput(f"{name!r}: expected {tuple(target.shape)}, got {tuple(values[name].shape)}")
        target.copy_(part_of(values[name].to(target.device), target))
