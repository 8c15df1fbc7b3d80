"""What slots say together: one place where they mean one, each its own where they do not."""

import torch

from policies.vla.mind import agreed


def test_slots_that_mean_one_place_take_one_patch_and_others_their_own() -> None:
    torn = torch.tensor([[0.51, 0.49, 0.0], [0.48, 0.52, 0.0], [0.6, 0.4, 0.0], [0.0, 0.1, 0.9]])
    assert agreed(torn).tolist() == [0, 0, 0, 2]


def test_each_slot_that_is_sure_keeps_its_own_patch() -> None:
    assert agreed(torch.eye(4)[[2, 0, 3]]).tolist() == [2, 0, 3]
