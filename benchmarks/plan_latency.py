"""How long one plan of the vision-language-action policy takes, all slots at once against one token after another?

    python -m benchmarks.plan_latency [plans=200] [threads=2,1] [checkpoint=runs/mine/best] [located=yes]

From an Observation of the simulated table to a Plan, with so many threads of torch: `parallel` decoding; `autoregressive`
decoding of the same weights with its KV cache; `parallel` with `policy.precision=int8`; and `first`, the first plan of a
sentence, before which the two things that it names are looked for. They take turns, plan by plan, so that a busy machine
slows all of them. Without a checkpoint the model has the sizes of configs/train.yaml and random weights, made to say all of
its slots; with `located=yes` it reads the places of what is named. Beside the clock on the wall stands the time of the
processor, which a busy machine changes less; ratios are of medians of the latter. What int8 changes is told for the first
place: how much likelihood moved to other patches, and how far the plan's end moved. Two threads wait for each other: they need
two idle cores.
"""

import json
import os
import platform
import sys
import time
from dataclasses import asdict
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import numpy as np
import torch

from policies.training.checkpoints import save_model
from policies.vla.actions import keypose_dimensions
from policies.vla.config import VlaConfig
from policies.vla.model import Vla
from policies.vla.policy import VlaPolicy
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.sizes import ModelConfig
from policies.vla.words import END, learned_words
from robot.configuration import load
from robot.model import RobotModel
from sensors.observation import Observation
from sim.command import SCHEMAS
from sim.stage import Stage

SENTENCE = "put the red block in the blue bowl"
WAYS = {
    "parallel": ("parallel", "float32", 0.0),
    "autoregressive": ("autoregressive", "float32", 0.0),
    "int8": ("parallel", "int8", 0.0),
    "first": ("parallel", "float32", 1e-9),
}  # decoding, precision, and from which likelihood on what is named counts as there; 0: it is not looked for


def seen(stage: Stage) -> Observation:
    """What the senses know of the table after a second."""
    packets = []
    for _ in range(10):
        stage.robot.body.advance(stage.world.now_ns() + 100_000_000)
        packets = [packet for source in stage.robot.sources for packet in source.read()]
        observation = stage.robot.fusion.observe(packets, stage.robot.body.state(), stage.world.now_ns())
    return observation


def random_checkpoint(folder: Path, robot: RobotModel, located: bool) -> Path:
    """Random weights of the usual sizes, which say all slots: actions are likely, the end is not."""
    torch.manual_seed(0)
    sizes = ModelConfig(located=located)
    words = learned_words([SENTENCE], sizes.slots, sizes.words)
    sizes.words = len(words)
    model = Vla(VlaConfig(**asdict(sizes), dimensions=keypose_dimensions(robot).to_json(), robot=robot.name))
    torch.nn.init.constant_(model.heads.there.bias, 4.0)
    torch.nn.init.zeros_(model.embedding.weight[END])
    save_model(folder, model, words, {})
    return folder


def decoded(checkpoint: Path, decoding: str, folder: Path) -> Path:
    """The same checkpoint with another decoding."""
    path = copytree(checkpoint, folder / decoding) / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "decoding": decoding}))
    return path.parent


def measured(policies: dict[str, VlaPolicy], observation: Observation, plans: int) -> dict[str, np.ndarray]:
    """Wall and processor time of each plan, ms (plans, 2)."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in policies}
    for turn in range(plans + 3):
        for name, policy in policies.items():
            policy.reset()
            wall, cpu = time.perf_counter(), time.process_time()
            policy.plan(observation, SENTENCE)
            if turn >= 3:  # the first ones warm up
                times[name].append((1e3 * (time.perf_counter() - wall), 1e3 * (time.process_time() - cpu)))
    return {name: np.array(each) for name, each in times.items()}


def change(policies: dict[str, VlaPolicy], observation: Observation) -> str:
    """What int8 changes of the first place."""
    plans, pointing = {}, {}
    for name in ("parallel", "int8"):
        policies[name].reset()
        plans[name] = policies[name].plan(observation, SENTENCE)
        likelihood = policies[name]._reader.act(observation, SENTENCE).pointing
        pointing[name] = likelihood / likelihood.sum()
    moved = np.abs(pointing["parallel"] - pointing["int8"]).sum() / 2
    ends = [plan.arm.T_base_ee[-1, :3, 3] for plan in plans.values() if plan is not None and plan.arm is not None]
    apart = f"{1e3 * np.linalg.norm(ends[0] - ends[1]):.1f} mm" if len(ends) == 2 else "unknown, as no plan moves"
    return f"int8: {moved:.2%} of the first place's likelihood moved to other patches, the plan's end by {apart}"


def main() -> None:
    """Measure and print the table."""
    options = dict(word.split("=", 1) for word in sys.argv[1:])
    stage = Stage(load("command", ["seed=0"], SCHEMAS)[0])
    observation = seen(stage)
    lines = [
        "| decoding | threads | actions | wall p50, ms | p99 | processor p50, ms | p99 | against parallel |",
        "|---" * 8 + "|",
    ]
    with TemporaryDirectory() as name:
        folder = Path(name)
        given = options.get("checkpoint")
        checkpoint = (
            Path(given) if given else random_checkpoint(folder / "random", stage.model, options.get("located") == "yes")
        )
        for threads in map(int, options.get("threads", "2,1").split(",")):
            policies = {}
            for way, (decoding, precision, present) in WAYS.items():
                path = decoded(checkpoint, decoding, folder / f"{way}_{threads}")
                config = VlaPolicyConfig(checkpoint=str(path), device="cpu", threads=threads, precision=precision)
                config.sure, config.present = 0.0, present
                policies[way] = VlaPolicy(stage.model, stage.kinematics, config)
            times = measured(policies, observation, int(options.get("plans", 200)))
            middle = {way: float(np.median(each[:, 1])) for way, each in times.items()}
            for way, each in times.items():
                actions = len(policies[way]._reader.act(observation, SENTENCE).keyposes)
                (wall, cpu), (wall99, cpu99) = np.percentile(each, [50, 99], axis=0)
                figures = f"{wall:.1f} | {wall99:.1f} | {cpu:.1f} | {cpu99:.1f} | {middle[way] / middle['parallel']:.2f}"
                lines.append(f"| {way} | {threads} | {actions} | {figures} |")
        lines.append(change(policies, observation))
    stage.close()
    print(f"machine: {platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
