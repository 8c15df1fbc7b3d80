"""Learner: what a training program needs of a pretrained backbone: examples, and an actor whose loss falls with practice.

actor, examples = learner(manifests(Path("demonstrations")), config)
for batch in DataLoader(examples, batch_size=8, sampler=ShuffledSampler(examples), collate_fn=actor.batch):
    actor.loss(batch).backward()        # then the optimiser's step over the weights that ask for a gradient
save_actor(actor, folder)
"""

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
