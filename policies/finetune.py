"""handsight-finetune: a pretrained backbone learns to act from demonstration logs, by LoRA.

    handsight-finetune data=[demonstrations] out=runs/smolvlm                               SmolVLM, from the hub
    handsight-finetune data=[demonstrations] out=runs/smolvlm policy.backbone=models/smolvlm        from a folder
    handsight-finetune data=[demonstrations] out=runs/paligemma policy=vla_paligemma
    handsight-finetune data=[demonstrations] out=runs/smolvlm steps=20000          the same again goes on where it was stopped
    torchrun --nproc-per-node 2 -m policies.finetune data=[demonstrations] out=runs/smolvlm
    handsight-evaluate suite=tabletop policy=vla_smolvlm policy.checkpoint=runs/smolvlm/best

The best adapters by validation lie in <out>/best, the curves in <out>/log.jsonl. A log from elsewhere is learnt from with
policy.learning.targets=actions. Needs the extra `pretrained`. Exit code 0: done; 2: refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from policies.training.checkpoints import replaced
from policies.training.learner import mixed_precision
from policies.training.loop import learn, share_of
from policies.training.optimiser import OptimiserConfig
from policies.training.ranks import Ranks
from policies.training.recordings import episodes_in, is_held
from policies.training.sharing import shared
from policies.training.telling import Telling
from policies.vla.pretrained.actor import Actor
from policies.vla.pretrained.adapters import trained
from policies.vla.pretrained.checkpoint import save_actor
from policies.vla.pretrained.config import PretrainedConfig
from policies.vla.pretrained.examples import Examples
from policies.vla.pretrained.learner import held_examples, learner
from policies.windows.loader import Loader
from policies.windows.sampler import ShuffledSampler
from robot.configuration import run, to_yaml
from robot.errors import InvalidInput


@dataclass
class FinetuneConfig:
    """The YAML of handsight-finetune.

    Attributes:
        data: folders of demonstrations.
        policy: the backbone, where it computes, and what is learnt.
        optimiser: how the adapters change.
        out: the run's folder.
        steps: of the optimiser. batch: examples in each, over all ranks. accumulate: parts that a batch is computed in.
        validation: share of the episodes that are held out. validate_every, save_every: steps.
        judged: at most so many held-out examples.
        precision: "float32", "bfloat16", or "auto": bfloat16 where the processor computes in it.
        threads: of torch; 0 = as it likes. readers: threads that read logs.
        seed: of everything drawn.
    """

    data: list[str] = field(default_factory=list)
    policy: PretrainedConfig = field(default_factory=PretrainedConfig)
    optimiser: OptimiserConfig = field(default_factory=lambda: OptimiserConfig(rate=3e-4, warmup=100, decay=0.0, average=0.99))
    out: str = ""
    steps: int = 5_000
    batch: int = 16
    accumulate: int = 1
    validation: float = 0.04
    validate_every: int = 250
    save_every: int = 250
    judged: int = 64
    precision: str = "auto"
    threads: int = 0
    readers: int = 2
    seed: int = 0


SCHEMAS: dict[str, type] = {
    "finetune": FinetuneConfig, "policy/vla_smolvlm": PretrainedConfig, "policy/vla_paligemma": PretrainedConfig
}  # fmt: skip


def finetune(config: FinetuneConfig, sentence: str) -> int:
    """Learn until the steps are done."""
    if sentence.strip() or not config.data or not config.out:
        raise InvalidInput("finetune: expected data=[FOLDER] and out=FOLDER, and no other words; see --help")
    paths = episodes_in(config.data)
    held = [path for path in paths if is_held(path.stem, config.validation)] or paths[:1]
    lessons = [path for path in paths if path not in held] or paths
    out, ranks = Path(config.out), Ranks.joined(config.policy.device, config.threads)
    share = share_of(config.batch, ranks.count * config.accumulate)
    torch.manual_seed(config.seed)
    actor, examples = learner(lessons, config.policy)
    judged = held_examples(held, config.policy, actor)
    if share * ranks.count > len(examples):
        raise InvalidInput(f"batch: expected at most the {len(examples)} steps that were recorded, got {config.batch}")
    learnt = nn.ParameterList(trained(actor.model).values())  # what a run goes on from; the backbone stays where it is
    wrapped, autocast = shared(actor, ranks, "ddp"), mixed_precision(ranks.device, config.precision)
    sampler = ShuffledSampler(examples, config.seed, ranks.rank, ranks.count)
    loader = Loader(examples, sampler, share, config.readers, collate=actor.batch)  # type: ignore[arg-type]
    telling = Telling(out, config.steps, to_yaml(config), (len(lessons), len(held)), quiet=ranks.rank > 0)

    def loss(batch: dict[str, Any]) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        with autocast:
            value = wrapped(batch)
        return value, {"loss": value.detach()}

    def judge(step: int, best: float) -> Mapping[str, float]:
        if ranks.rank > 0:
            return {}
        score = _validated(actor, judged, config)
        if score < best:
            replaced(out / "best", lambda folder: save_actor(actor, folder))
        return {"loss": score}

    actor.train()
    learn(config, learnt, loader, loss, judge, ranks, telling, share * config.accumulate * ranks.count)
    return 0


@torch.no_grad()
def _validated(actor: Actor, judged: Examples, config: FinetuneConfig) -> float:
    """The mean loss of held-out examples, evenly spread over their episodes."""
    actor.eval()
    chosen = torch.linspace(0, len(judged) - 1, min(config.judged, len(judged))).long().tolist()
    parts = [chosen[begin : begin + config.batch] for begin in range(0, len(chosen), config.batch)]
    losses = [float(actor.loss(actor.batch([judged[number] for number in part]))) * len(part) for part in parts]
    actor.train()
    return sum(losses) / len(chosen)


def main() -> None:
    """The console script."""
    run(finetune, "finetune", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()
