"""Ranks: the processes that train together, as torchrun starts them; one alone where nobody did."""

import os
from dataclasses import dataclass

import torch
from torch import distributed

from policies.vla.device import device_named


@dataclass(frozen=True)
class Ranks:
    """Which of how many this process is, and where it computes."""

    rank: int
    count: int
    device: torch.device

    @staticmethod
    def joined(device: str, threads: int) -> "Ranks":
        """Join the others."""
        where = device_named(device)
        if threads:
            torch.set_num_threads(threads)
        if "WORLD_SIZE" not in os.environ:
            return Ranks(0, 1, where)
        cuda = where.type == "cuda"
        where = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if cuda else where
        distributed.init_process_group("nccl" if cuda else "gloo")
        return Ranks(distributed.get_rank(), distributed.get_world_size(), where)

    def leave(self) -> None:
        """All are done."""
        if self.count > 1:
            distributed.barrier()
            distributed.destroy_process_group()
