"""handsight-train: a vision-language-action policy from demonstration logs; on a CPU, a GPU, or several ranks.

    handsight-train data=[demonstrations] out=runs/mine                       a policy from your logs
    handsight-train data=[demonstrations] scenes=[scenes] out=runs/mine       co-trained on questions about still scenes
    handsight-train data=[demonstrations] out=runs/mine steps=40000        the same command again goes on where it was stopped
    torchrun --nproc-per-node 2 -m policies.train data=[demonstrations] out=runs/mine
    handsight-train probe checkpoint=runs/mine/best data=[demonstrations] out=probe.png      what it says, beside what was done
    handsight-evaluate suite=tabletop policy=vla policy.checkpoint=runs/mine/best

Logs of any origin are read (`handsight-log import`). The best model by validation lies in <out>/best, with all that running
it takes; the curves in <out>/log.jsonl and, where tensorboard is installed (the extra `curves`), in <out>/tensorboard.
Exit code 0: done; 2: refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from policies.observers.run_folder import versions
from policies.storage.stored import StoredEpisode
from policies.training.augment import AugmentConfig
from policies.training.checkpoints import begun, save_model, thinned
from policies.training.dense import DenseRecording, dense_config, recording_of
from policies.training.draws import Draws
from policies.training.learner import Learner
from policies.training.loop import learn, share_of
from policies.training.optimiser import OptimiserConfig
from policies.training.probe import probe
from policies.training.ranks import Ranks
from policies.training.recordings import Recording, episodes_in, is_held
from policies.training.samples import LessonsConfig, Samples, texts_in
from policies.training.sayings import Sayings
from policies.training.sharing import shared, whole_model
from policies.training.telling import Telling
from policies.training.validation import cut, to_device, validated
from policies.vla.config import VlaConfig
from policies.vla.model import Vla
from policies.vla.rows import refuse_unwritable
from policies.vla.sizes import ModelConfig, config_for
from policies.vla.words import Words, learned_words, open_words
from policies.windows.loader import Loader
from robot.configuration import run, to_yaml
from robot.errors import InvalidInput
from robot.kinematics import Kinematics
from robot.model import RobotConfig, RobotModel


@dataclass
class TrainConfig:
    """The YAML of handsight-train.

    Attributes:
        data: folders of demonstrations.
        scenes: folders of still scenes with facts, for co-training.
        scenes_share: of the samples that are still scenes.
        robot: whose demonstrations they are.
        model: its sizes and senses.
        lessons: co-training. augment: what looks suffer. optimiser: how weights change.
        out: the run's folder; of a probe, its picture.
        checkpoint: that is probed; frames: how many recorded ones are shown to it.
        init: a checkpoint to begin from, "" = random weights.
        steps: of the optimiser. batch: samples in each, over all ranks. accumulate: parts that a batch is computed in.
        validation: share of the episodes that are held out. validate_every, save_every: steps.
        keep: so many of the last validated models lie in <out>/checkpoints/<step>, for handsight-evaluate to rank.
        precision: "float32", "bfloat16", or "auto": bfloat16 where the processor computes in it.
        sharding: what ranks share: "ddp", their gradients; "fsdp", the weights too, where one rank can't hold them.
        device: "auto", "cpu" or "cuda". threads: of torch; 0 = as it likes. readers: threads that read logs.
        seed: of everything drawn.
    """

    data: list[str] = field(default_factory=list)
    scenes: list[str] = field(default_factory=list)
    scenes_share: float = 0.3
    robot: RobotConfig = field(default_factory=RobotConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    lessons: LessonsConfig = field(default_factory=LessonsConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    out: str = ""
    checkpoint: str = ""
    frames: int = 100
    init: str = ""
    steps: int = 10_000
    batch: int = 32
    accumulate: int = 1
    validation: float = 0.04
    validate_every: int = 500
    save_every: int = 250
    keep: int = 0
    precision: str = "auto"
    sharding: str = "ddp"
    device: str = "auto"
    threads: int = 0
    readers: int = 1
    seed: int = 0


SCHEMAS: dict[str, type] = {"train": TrainConfig, "robot/panda": RobotConfig, "robot/xarm6": RobotConfig}


def train(config: TrainConfig, sentence: str) -> int:
    """Learn until the steps are done; or probe."""
    if sentence.strip() not in ("", "probe") or not config.data or not config.out:
        raise InvalidInput("train: expected data=[FOLDER] and out=FOLDER, and no word but probe; see --help")
    robot = RobotModel.from_config(config.robot)
    if sentence.strip() == "probe":
        return _probed(config, robot)
    out, ranks = Path(config.out), Ranks.joined(config.device, config.threads)
    share = share_of(config.batch, ranks.count * config.accumulate)
    learnt, held = _recordings(config, robot)
    vla = _learnt_of(config, robot, learnt, held)
    dense = vla.rate_hz > 0
    kinematics = None if dense else Kinematics(robot)
    augment = replace(config.augment, shift=0.0, turn=0.0, mirror=0.0) if dense else config.augment
    sayings = Sayings(learnt, config.lessons.distances_cm) if config.lessons.sayings and not dense else None

    def samples(recordings: list[Recording], words: Words, augment: AugmentConfig | None) -> Samples:
        lessons = config.lessons if augment else replace(config.lessons, imagined=0)  # what is judged is there
        return Samples(recordings, vla, words, kinematics, lessons, augment, config.seed, sayings)

    words = _words(config, samples(learnt, Words.blank(), None), out)
    vla.words = len(words)
    torch.manual_seed(config.seed)
    learner = Learner(vla, config.init, ranks.device, config.precision)
    wrapped = shared(learner, ranks, config.sharding)
    draws = Draws(learnt, config.scenes_share if config.scenes else 0.0, config.seed, ranks.rank, ranks.count)
    loader = Loader(samples(learnt, words, augment), draws, share, threads=config.readers)  # type: ignore[arg-type]
    judged, numbers = samples(held, words, None), _judged(held, config)
    telling = Telling(out, config.steps, to_yaml(config), (len(learnt), len(held)), quiet=ranks.rank > 0)

    def loss(batch: dict[str, Any]) -> tuple[torch.Tensor, Mapping[str, torch.Tensor]]:
        batch = to_device(cut(batch), ranks.device)
        return wrapped(batch["frame"], batch["texts"])

    def judge(step: int, best: float) -> Mapping[str, float]:
        model = whole_model(learner.model)
        if ranks.rank > 0:
            return {}
        scores = validated(model, judged, numbers, share, ranks.device)
        record = {"step": step, "scores": scores, "seconds": telling.seconds, "seed": config.seed, **versions()}
        _keep(config, model, words, {**record, "config": to_yaml(config)}, scores["loss"] < best)
        return scores

    learn(config, learner.model, loader, loss, judge, ranks, telling, share * config.accumulate * ranks.count)
    return 0


def _keep(config: TrainConfig, model: Vla, words: Words, record: Mapping[str, Any], best: bool) -> None:
    """Keep a validated model if it is the best so far, and if the last ones are kept."""
    out = Path(config.out)
    if best:
        save_model(out / "best", model, words, record)
    if config.keep:
        save_model(out / "checkpoints" / f"{record['step']:07d}", model, words, record)
        thinned(out / "checkpoints", config.keep)


def _learnt_of(config: TrainConfig, robot: RobotModel, learnt: list[Recording], held: list[Recording]) -> VlaConfig:
    """What the model will be: of keyposes, or of the dense steps of logs from elsewhere."""
    dense = any(isinstance(each, DenseRecording) for each in learnt)
    vla = dense_config(config.model, learnt + held) if dense else config_for(config.model, robot, learnt)
    refuse_unwritable(vla)
    vla.aligned = config.lessons.align > 0
    vla.trained_on = f"{len(learnt)} episodes of {', '.join(config.data + config.scenes)}"
    return vla


def _probed(config: TrainConfig, robot: RobotModel) -> int:
    """Say how far off a checkpoint is, and draw it."""
    found = [each for part in _recordings(config, robot) for each in part]
    for line in probe(Path(config.checkpoint), found, robot, config.frames, config.seed, Path(config.out)):
        print(line)
    print(f"saved {config.out}")
    return 0


def _recordings(config: TrainConfig, robot: RobotModel) -> tuple[list[Recording], list[Recording]]:
    """The episodes to learn from, and those held out.

    Raises:
        InvalidInput: a folder without episodes, or those of another robot.
    """
    found = [recording_of(StoredEpisode(path)) for path in episodes_in([*config.data, *config.scenes])]
    for recording in found:
        if "observations/state/joint_position" not in recording.episode.manifest.arrays:
            raise InvalidInput(
                f"data: {recording.episode.where} has no observations/state/joint_position; expected the robot's"
            )
        if isinstance(recording, DenseRecording):
            continue
        name = recording.episode.attributes.get("robot", {}).get("name", "")
        if name and name != robot.name:
            raise InvalidInput(f"data: {recording.episode.where} is of the robot {name!r}; expected {robot.name!r}, see robot=")
    held = [each for each in found if is_held(each.episode.name, config.validation)]
    return [each for each in found if each not in held], held or found[:1]


def _words(config: TrainConfig, samples: Samples, out: Path) -> Words:
    """The tokenizer: the run's own, the one of the weights to begin from, or one learnt from these texts."""
    if begun(out):
        return open_words(out / "words")
    texts, vla = texts_in(samples), samples.vla
    words = open_words(Path(config.init)) if config.init else learned_words(texts, vla.slots, vla.words)
    (out / "words").mkdir(parents=True, exist_ok=True)
    words.save(out / "words")
    return words


def _judged(held: list[Recording], config: TrainConfig) -> list[int]:
    """Sample numbers of the held-out episodes, the same at every validation."""
    drawn = Draws(held, 0.5 if config.scenes else 0.0, config.seed)
    return list(drawn)[: 8 * config.batch]


def main() -> None:
    """The console script."""
    run(train, "train", SCHEMAS, __doc__)


if __name__ == "__main__":
    main()
