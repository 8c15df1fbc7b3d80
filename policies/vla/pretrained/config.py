"""PretrainedConfig: a pretrained backbone's YAML; nothing heavy is imported to read it."""

from dataclasses import dataclass, field


@dataclass
class AdapterConfig:
    """What is trained of a backbone (LoRA, Hu et al. 2021, arXiv:2106.09685).

    Attributes:
        rank: of the adapters; 0 = no adapters, all weights are trained.
        alpha: adapters count alpha / rank.
        dropout: before them, in training.
    """

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0


@dataclass
class LearningConfig:
    """What is learnt from recorded demonstrations; it is fixed by training and travels with the checkpoint.

    Attributes:
        targets: "keyposes" of the recorded plans for our own robots, "actions" for a foreign log's own numbers at its rate.
        horizon: so many of them are written at once.
        cameras: whose pictures are looked at, in this order; none = all that were recorded.
        tokens: which tokens are actions: "least_used" ones of the backbone's, as in RT-2, or "appended" ones.
        adapters: what is trained.
    """

    targets: str = "keyposes"
    horizon: int = 4
    cameras: list[str] = field(default_factory=list)
    tokens: str = "least_used"
    adapters: AdapterConfig = field(default_factory=AdapterConfig)


@dataclass
class PretrainedConfig:
    """The policy's YAML.

    Attributes:
        name: of the policy.
        backbone: a folder with config.json, tokenizer.json and *.safetensors, or an id on the hub, "owner/name".
        revision: which one of the hub's.
        checkpoint: the folder that training left; only training does without.
        device: "auto" (a GPU if there is one), "cpu", "cuda".
        unsure: a number whose likely bins spread over more than this share of its bounds is a guess, and nothing is done.
        arrived: m, and `arrived_angle` rad: so near the last keypose the chunk is over.
        patience_s: so much longer than planned a chunk may take.
        learning: for training only.
    """

    name: str = "vla_smolvlm"
    backbone: str = ""
    revision: str = "main"
    checkpoint: str = ""
    device: str = "auto"
    unsure: float = 0.15
    arrived: float = 0.012
    arrived_angle: float = 0.10
    patience_s: float = 6.0
    learning: LearningConfig = field(default_factory=LearningConfig)
