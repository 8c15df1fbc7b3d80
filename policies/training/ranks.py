"""Ranks: the processes that train together, as torchrun starts them; one alone where nobody did."""

import os
from dataclasses import dataclass

import torch
from torch import distributed

from robot.errors import one_of


@dataclass(frozen=True)
class Ranks:
    """Which of how many this process is, and where it computes."""

    rank: int
    count: int
    device: torch.device

    @staticmethod
    def joined(device: str, threads: int) -> "Ranks":
        """Join the others."""
        if device not in ("auto", "cpu", "cuda"):
            raise one_of("device", device, ("auto", "cpu", "cuda"))
        if threads:
            torch.set_num_threads(threads)
        local = int(os.environ.get("LOCAL_RANK", "0"))
        cuda = torch.cuda.is_available() if device == "auto" else device == "cuda"
        where = torch.device("cuda", local) if cuda else torch.device("cpu")
        if "WORLD_SIZE" not in os.environ:
            return Ranks(0, 1, where)
        distributed.init_process_group("nccl" if cuda else "gloo")
        return Ranks(distributed.get_rank(), distributed.get_world_size(), where)

    def leave(self) -> None:
        """All are done."""
        if self.count > 1:
            distributed.barrier()
            distributed.destroy_process_group()
