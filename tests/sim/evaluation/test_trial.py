"""Trials: an episode's outcome depends on its name alone, errands follow each other, and endings are told apart."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, replace

import numpy as np
import pytest

import sim.evaluation.trial as trial
from policies.policy import Explanation
from robot.configuration import load
from robot.errors import InstructionRefused
from robot.trajectory import Plan, PlanStatus
from sensors.observation import Observation
from sim.evaluate import SCHEMAS
from sim.evaluation.players import ExpertConfig
from sim.evaluation.trial import Trials
from sim.layout import ObjectConfig
from sim.scene_config import SceneConfig
from sim.suites import EpisodeName
from sim.tasks.family import Episode, Errand, Move
from sim.tasks.templates import task_of
from sim.tasks.truth import Truth

NAME = EpisodeName(
    suite="small",
    task="gripper",
    group="",
    split="seen-seen",
    perturbation="none",
    index=0,
    seed=0,
    time_limit_s=5.0,
)


def errand(sentence: str, width: float, saying: str = "moving the fingers") -> Errand:
    """The fingers at a width, for an expert."""

    def script(scene, world) -> Iterator[Move]:
        yield Move(saying=saying, waypoints=Truth(scene, world).tool()[None], gripper_width=width)

    return Errand(instruction=sentence, judge=lambda scene, world: task_of(sentence, scene, world), script=script)


class Gripper:
    """Close, open, close again, with a block to look at; every other draw says it in other words."""

    name = "gripper"

    def draw(self, split: str, scene: SceneConfig, random: np.random.Generator) -> Episode:
        close, away = ("close the gripper", "shut the gripper")[int(random.integers(2))], random.uniform(0.4, 0.6)
        objects = [ObjectConfig(kind="block", colour="red", x=float(away), y=0.0, yaw=0.0)]
        errands = (errand(close, 0.0), errand("open the gripper", 0.08), errand("close the gripper", 0.08))
        return Episode(scene=replace(scene, objects=objects, always=[], settle_s=0.1), errands=errands)


class Listener:
    """A policy that keeps what it hears, and answers what it is told to."""

    def __init__(self, answer: Callable[[Observation], Plan | None]) -> None:
        self.heard: list[str] = []
        self._answer = answer

    def reset(self) -> None:
        pass

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        self.heard.append(instruction)
        return self._answer(observation)

    def explain(self) -> Explanation | None:
        return None


def ended(status: PlanStatus, reason: str) -> Callable[[Observation], Plan]:
    return lambda seen: Plan(status=status, reason=reason, observation_stamp_ns=seen.stamp_ns, expires_ns=seen.stamp_ns + 10**9)


@pytest.fixture(scope="module")
def trials() -> Trials:
    config, _ = load("evaluate", ["policy=expert", "sensors.lidars.lidar.columns=90"], SCHEMAS)
    return Trials(config)


@pytest.fixture(autouse=True)
def gripper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "family", lambda name: Gripper())


def listening(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    """Let a listener play."""

    class Playing:
        def __init__(self, *args: object) -> None:
            pass

        def policy(self, errand: Errand) -> Listener:
            return listener

    monkeypatch.setattr(trial, "Player", Playing)


def test_errands_are_done_in_a_row_until_one_fails(trials: Trials) -> None:
    result = trials(NAME).result
    assert (result.score, result.num_errands, result.success) == (2, 3, False)
    assert result.failure == "wrong outcome" and result.instruction.endswith(" / open the gripper / close the gripper")
    assert result.duration_s == pytest.approx(result.num_steps / 10) and result.cpu_s > 0


def test_an_episode_is_the_same_on_a_used_stage_as_on_a_fresh_one(trials: Trials) -> None:
    def untimed(play: Trials) -> dict:
        return {**asdict(play(NAME).result), "wall_s": 0, "cpu_s": 0}

    first = untimed(trials)
    trials(replace(NAME, index=6, perturbation="front_off", time_limit_s=0.5))
    assert untimed(trials) == first == untimed(Trials(trials._config))


def test_who_hears_a_swapped_sentence_is_judged_by_the_true_one(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener(ended(PlanStatus.DONE, "done"))
    listening(monkeypatch, listener)
    plain = trials(NAME).result
    swapped = trials(replace(NAME, perturbation="sentence_swapped")).result
    assert listener.heard[0] == plain.instruction.partition(" / ")[0] == swapped.instruction.partition(" / ")[0]
    assert {listener.heard[0], listener.heard[-1]} == {"close the gripper", "shut the gripper"}


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (lambda seen: None, "timed out"),
        (ended(PlanStatus.DONE, "done, as far as I can see"), "wrong outcome"),
        (ended(PlanStatus.REFUSED, "I see a red block; I do not see an elephant."), "not seen"),
        (ended(PlanStatus.ASKS, "Two red blocks: the left or the right one?"), "not understood"),
    ],
)
def test_every_ending_has_its_stage_and_a_picture(
    trials: Trials, monkeypatch: pytest.MonkeyPatch, answer: Callable, failure: str
) -> None:
    listening(monkeypatch, Listener(answer))
    played = trials(replace(NAME, time_limit_s=0.5))
    assert played.result.failure == failure and played.result.score == 0
    assert played.result.num_steps == (5 if failure == "timed out" else 1)
    assert played.picture is not None and played.picture.shape == (240, 320, 3) and played.picture.std() > 10


def test_a_refusal_that_is_raised_is_a_refusal(trials: Trials, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(seen: Observation) -> Plan:
        raise InstructionRefused("The red block is out of reach: 90 cm ahead of the base.")

    listening(monkeypatch, Listener(refuse))
    result = trials(NAME).result
    assert result.failure == "not reachable" and "90 cm ahead" in result.reason


def test_the_expert_is_told_each_errand_anew(trials: Trials) -> None:
    player = trial.Player(ExpertConfig(), trials._stage, np.random.default_rng(0))
    one, other = errand("close the gripper", 0.0), errand("open the gripper", 0.08)
    assert player.policy(one) is not player.policy(other)
