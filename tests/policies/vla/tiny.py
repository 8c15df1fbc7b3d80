"""A model so small that a test trains it, and frames for it to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from policies.training.checkpoints import save_model
from policies.vla.actions import keypose_dimensions
from policies.vla.config import VlaConfig
from policies.vla.keyposes import Keyposes
from policies.vla.loss import losses
from policies.vla.model import Vla
from policies.vla.rows import Row, stacked_rows
from policies.vla.words import PAD, Words, learned_words
from tests.policies.tabletop import robot

SENTENCES = ("pick up the red block", "put the red block in the blue bowl", "go home", "how many blocks are there?", "two")
SLOTS = 3


def words() -> Words:
    """A tokenizer of a few sentences."""
    return learned_words(SENTENCES, SLOTS, size=320)


def config(**changes: Any) -> VlaConfig:
    """A camera, a LiDAR, the IMU and 4 × 4 patches about the middle of the table."""
    sizes: dict[str, Any] = {
        "width": 32, "layers": 2, "heads": 4, "widening": 2, "views": {"front": [32, 64]}, "lidars": ["lidar"],
        "top_lower": [0.36, -0.16], "top_upper": [0.68, 0.16], "words": len(words()), "slots": SLOTS,
        "dimensions": keypose_dimensions(robot()[0]).to_json(), "bins": 64, "robot": robot()[0].name,
    }  # fmt: skip
    return VlaConfig(**{**sizes, **changes})


def model(seed: int = 0, **changes: Any) -> Vla:
    """Random weights."""
    torch.manual_seed(seed)
    return Vla(config(**changes)).eval()


def frame(config: VlaConfig, batch: int = 1, seed: int = 0) -> dict[str, torch.Tensor]:
    """Noise in which every sensor is there."""
    random = torch.Generator().manual_seed(seed)
    x, y = config.top_shape
    shapes = {"top": (5, x, y), "imu": (20,), "state": (config.state_size,)}
    shapes |= {f"lidar/{name}": (2, x // 2, y // 2) for name in config.lidars}
    for name, (height, width) in config.views.items():
        shapes |= {f"camera/{name}": (3, height, width), f"patches/{name}": (height * width // 1024, 3)}
    arrays = {key: torch.rand((batch, *shape), generator=random) for key, shape in shapes.items()}
    return {**arrays, "present": torch.ones(batch, len(config.modalities), dtype=torch.bool)}


def keyposes(count: int = 2, seed: int = 0) -> Keyposes:
    """Keyposes over the patches, of a tool that looks about straight down."""
    random = np.random.default_rng(seed)
    poses = np.tile(np.diag([1.0, -1.0, -1.0, 1.0]), (count, 1, 1))
    poses[:, :3, 3] = random.uniform([0.37, -0.15, 0.01], [0.67, 0.15, 0.5], (count, 3))
    yaw = random.uniform(-1.0, 1.0, count)
    turns = np.array([[[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]] for a in yaw]).reshape(-1, 3, 3)
    poses[:, :3, :3] = turns @ poses[:, :3, :3]
    return Keyposes(
        T_base_ee=poses, gripper_width=random.uniform(0, 0.08, count), contact=random.random(count) < 0.5,
        duration_s=random.uniform(0.1, 3.0, count), pause_s=random.uniform(0, 0.5, count),
        until_ns=1_000_000_000 * (1 + np.arange(count, dtype=np.int64)),
    )  # fmt: skip


def overfit(model: Vla, frame: dict[str, torch.Tensor], rows: Sequence[Row], steps: int) -> None:
    """Learn these rows about one frame by heart."""
    texts = {key: torch.from_numpy(values)[None] for key, values in stacked_rows(rows, model.config).items()}
    longest = int((texts["ids"] != PAD).sum(-1).max())
    texts |= {key: texts[key][..., :longest] for key in ("ids", "answer")}
    optimiser = torch.optim.AdamW(model.train().parameters(), lr=3e-3, weight_decay=0.0)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = 3e-3 * min(1.0, 2.0 * (1.0 - step / steps))
        optimiser.zero_grad()
        torch.stack([part.sum() for part in losses(model, model.read(frame, texts["ids"]), texts).values()]).sum().backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    model.eval()


def saved(folder: Path, model: Vla) -> Path:
    """A checkpoint of a model."""
    save_model(folder / "best", model, words(), {"step": 0})
    return folder / "best"
