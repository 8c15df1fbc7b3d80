"""Learner: what `handsight-finetune` needs of a pretrained backbone: examples, and an actor whose loss falls with practice."""

from collections.abc import Sequence
from pathlib import Path

from policies.dataset import Windows
from policies.vla.pretrained.actor import Actor
from policies.vla.pretrained.backbone import open_backbone
from policies.vla.pretrained.checkpoint import open_actor
from policies.vla.pretrained.config import PretrainedConfig
from policies.vla.pretrained.examples import Examples, dataset_config


def learner(manifests: Sequence[str | Path], config: PretrainedConfig) -> tuple[Actor, Examples]:
    """An actor on the config's backbone and what it learns from; of a checkpoint, it goes on with that one's layout.

    Raises:
        InvalidInput: no backbone, a log that lacks what is to be learnt, or a checkpoint that fits neither.
    """
    learning = config.learning
    windows = Windows(manifests, dataset_config(learning))
    backbone = open_backbone(config.backbone, config.revision, config.device, training=True)
    if config.checkpoint:
        actor = open_actor(Path(config.checkpoint), backbone)
        return actor, Examples(windows, learning, actor.layout)
    examples = Examples(windows, learning)
    return Actor(backbone, examples.layout, learning.tokens, learning.adapters), examples


def held_examples(manifests: Sequence[str | Path], config: PretrainedConfig, actor: Actor) -> Examples:
    """Examples that an actor is judged by, as it reads them."""
    return Examples(Windows(manifests, dataset_config(config.learning)), config.learning, actor.layout)
