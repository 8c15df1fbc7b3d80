"""Episodes in a foreign world, one after another, judged by the environment itself."""

from collections.abc import Iterable, Iterator
from typing import Any

from policies.catalogue import build_policy
from policies.rollout import rollout
from policies.vla.policy_config import VlaPolicyConfig
from robot.errors import InvalidInput
from sim.foreign import TIME_UP, ForeignStage
from sim.scores import EpisodeResult
from sim.translation import ForeignConfig

EPISODES = 20


def played(world: ForeignConfig, policy_config: Any, seed: int, indices: Iterable[int]) -> Iterator[EpisodeResult]:
    """The episodes of these numbers, of which each depends on the seed and its number alone.

    Raises:
        InvalidInput: a policy that moves an arm, which is not there.
    """
    stage = ForeignStage(world)
    try:
        if not isinstance(policy_config, VlaPolicyConfig) or not policy_config.checkpoint:
            raise InvalidInput(
                "policy: a foreign world has no arm; expected policy=vla policy.checkpoint=FOLDER, trained on it"
            )
        policy = build_policy(policy_config, stage.world.model, None)  # type: ignore[arg-type]  # nothing to compute poses of
        for index in indices:
            stage.reset(seed + index)
            instruction = stage.task.instruction
            done = rollout(stage.robot, policy, lambda: stage.task.instruction, [], stage.over)
            verdict = stage.task.success()
            failure = "timed out" if stage.world.over == TIME_UP else "wrong outcome"
            yield EpisodeResult(
                suite="world", task=world.env, split="foreign", perturbation="none", index=index, policy=policy_config.name,
                seed=seed, instruction=instruction, success=verdict.success, score=int(verdict.success),
                failure="" if verdict.success else failure, stage=verdict.stage, reason=verdict.reason,
                duration_s=stage.world.now_ns() * 1e-9, num_steps=done.num_steps, num_interventions=done.num_interventions,
            )  # fmt: skip
    finally:
        stage.close()
