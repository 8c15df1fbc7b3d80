"""VlaPolicy with a tiny checkpoint that knows a few sentences about one table by heart."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from policies.observers.pictures import sheet
from policies.policy import Policy
from policies.vla.actions import keypose_targets, nowhere_targets, place_targets
from policies.vla.consensus import CHANGES
from policies.vla.looks import frame_of, look_of
from policies.vla.policy import VlaPolicy
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.reader import Decision
from policies.vla.rows import act_row, answer_row, ask_prompt, point_row
from robot.errors import InvalidInput
from robot.obstacles import Box
from robot.trajectory import PlanStatus
from sensors.observation import Observation
from tests.contracts.policy_contract import PolicyContract, has_motion
from tests.policies.tabletop import at_home, block, observe, robot
from tests.policies.vla import scenes, tiny

PICK, HOME, DONE, VAGUE = "pick up the red block", "go home", "do nothing", "surprise me"
ABSENT = "the blue bowl"
REACH, RISE = tiny.keyposes(3, seed=1), tiny.keyposes(1, seed=2)


def table(stamp_ns: int = 0, alive: bool = True) -> Observation:
    """A block before the arm."""
    return observe(block("red", 0.5, 0.05), state=at_home(stamp_ns), alive=alive)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that has learnt the four sentences and one answer; of the last sentence each time something else."""
    model, words = tiny.model(), tiny.words()
    config = model.config
    wanted = [(PICK, REACH), (HOME, RISE), (DONE, tiny.keyposes(0)), *((VAGUE, tiny.keyposes(1, seed=s)) for s in (3, 4, 5, 6))]
    rows = [act_row(words, text, keypose_targets(keyposes, config), config) for text, keyposes in wanted]
    there, place = RISE.T_base_ee[0, :3, 3], nowhere_targets(config)
    rows += [point_row(words, "the red block", place_targets(there, config), config), point_row(words, ABSENT, place, config)]
    rows.append(answer_row(ask_prompt(words, "how many blocks are there?"), words, "two", config))
    arrays = frame_of(look_of(table(), config, robot()[1]), config)
    tiny.overfit(model, {key: torch.from_numpy(values)[None] for key, values in arrays.items()}, rows, steps=150)
    return tiny.saved(tmp_path_factory.mktemp("vla"), model)


def a_policy(checkpoint: Path, **changes: object) -> VlaPolicy:
    return VlaPolicy(*robot(), replace(VlaPolicyConfig(checkpoint=str(checkpoint), sure=0.6), **changes))  # type: ignore[arg-type]


class TestVlaPolicy(PolicyContract):
    doable, other, impossible = PICK, HOME, (VAGUE,)

    @pytest.fixture(autouse=True)
    def _open(self, checkpoint: Path) -> None:
        self.checkpoint = checkpoint

    def make_policy(self) -> Policy:
        return a_policy(self.checkpoint)

    def make_observation(self, stamp_ns: int = 0, alive: bool = True) -> Observation:
        return table(stamp_ns, alive)


def test_the_first_plan_goes_to_the_keypose_that_was_learnt(checkpoint: Path) -> None:
    plan = a_policy(checkpoint).plan(table(), HOME)
    assert plan is not None and plan.arm is not None and plan.status is PlanStatus.RUNNING
    np.testing.assert_allclose(plan.arm.T_base_ee[-1, :3, 3], RISE.T_base_ee[0, :3, 3], atol=0.015)
    np.testing.assert_allclose(plan.arm.T_base_ee[0], robot()[1].forward(robot()[0].home), atol=1e-9)
    assert bool(plan.contacts) == bool(RISE.contact[0])


def test_when_nothing_is_left_to_do_it_is_done(checkpoint: Path) -> None:
    plan = a_policy(checkpoint).plan(table(), DONE)
    assert plan is not None and plan.status is PlanStatus.DONE and not has_motion(plan)


def test_a_sentence_that_could_mean_several_things_is_asked_about_unless_a_guess_will_do(checkpoint: Path) -> None:
    plan = a_policy(checkpoint).plan(table(), VAGUE)
    assert plan is not None and plan.status is PlanStatus.ASKS and VAGUE in plan.reason and not has_motion(plan)
    bold = a_policy(checkpoint, sure=0.0).plan(table(), VAGUE)
    assert bold is not None and bold.status is PlanStatus.RUNNING


def test_what_is_named_and_not_seen_is_asked_about_before_anything_moves(checkpoint: Path) -> None:
    policy = a_policy(checkpoint)
    decision = policy._reader.act(table(), HOME, phrases=["the red block", ABSENT])
    assert decision.present == pytest.approx([1.0, 0.0], abs=0.2)
    plan = policy.plan(table(), "put the red block in the blue bowl")
    assert plan is not None and plan.status is PlanStatus.ASKS and "a blue bowl" in plan.reason and not has_motion(plan)
    bold = a_policy(checkpoint, present=0.0, sure=0.0).plan(table(), "put the red block in the blue bowl")
    assert bold is not None and bold.status is not PlanStatus.ASKS


def test_a_sentence_is_read_with_the_places_of_what_it_names(tmp_path: Path) -> None:
    model, words, seen = tiny.model(located=True), tiny.words(), table()
    config = model.config
    centres = config.pointers().centres_base
    found, elsewhere = centres[3], centres[9]
    wanted = [point_row(words, "the red block", place_targets(found, config), config)]
    for place, keyposes in ((found, REACH), (elsewhere, RISE), (None, tiny.keyposes(0))):
        wanted.append(act_row(words, PICK, keypose_targets(keyposes, config), config, [place]))
    arrays = frame_of(look_of(seen, config, robot()[1]), config)
    tiny.overfit(model, {key: torch.from_numpy(values)[None] for key, values in arrays.items()}, wanted, steps=200)
    policy = a_policy(tiny.saved(tmp_path, model))
    plan = policy.plan(seen, PICK)
    assert plan is not None and plan.arm is not None and plan.status is PlanStatus.RUNNING
    assert policy._decision is not None
    np.testing.assert_allclose(policy._decision.keyposes.T_base_ee[:, :3, 3], REACH.T_base_ee[:, :3, 3], atol=0.015)
    np.testing.assert_allclose(policy._decision.found["red block"], found, atol=0.01)
    explanation = policy.explain()
    assert explanation is not None and [word for word, _ in explanation.words] == PICK.split()


def test_who_looks_too_often_gives_up(checkpoint: Path) -> None:
    plan = a_policy(checkpoint, plans=0).plan(table(), PICK)
    assert plan is not None and plan.status is PlanStatus.REFUSED and not has_motion(plan)


def test_a_question_is_answered_in_words(checkpoint: Path) -> None:
    answer = a_policy(checkpoint).ask(table(), "how many blocks are there?")
    assert answer.text == "two" and 0.5 < answer.confidence <= 1.0


def test_what_is_in_the_hand_is_remembered_and_taken_back(checkpoint: Path) -> None:
    policy = a_policy(checkpoint)
    before = policy.save()
    policy.plan(table(), PICK)
    policy.restore(before)
    assert policy.save() == before and policy.explain() is None


@pytest.mark.parametrize("moves", [False, True])
def test_a_full_hand_that_would_stay_where_it_is_reads_again_and_ends_if_all_say_so(checkpoint: Path, moves: bool) -> None:
    policy, seen, looks = a_policy(checkpoint), table(), list[int]()
    policy.restore((Box(pose=np.eye(4), size=np.full(3, 0.04)), 0.025))
    stays = replace(RISE, T_base_ee=robot()[1].forward(seen.state.joint_position)[None], gripper_width=np.array([0.025]))

    class Stub:
        def act(self, observation: Observation, sentence: str, count: int, phrases: Sequence[str]) -> Decision:
            looks.append(count)
            keyposes = RISE if moves and count > 1 else stays
            return Decision(keyposes=keyposes, confidence=1.0, pointing=np.zeros(16), present=np.zeros(len(phrases)), found={})

    policy._reader = Stub()  # type: ignore[assignment]
    plan = policy.plan(seen, HOME)
    assert plan is not None and plan.status is (PlanStatus.RUNNING if moves else PlanStatus.DONE)
    assert looks == [1, len(CHANGES)]


@pytest.mark.parametrize("looks", [0, len(CHANGES) + 1])
def test_no_looks_and_more_than_there_are_are_refused(checkpoint: Path, looks: int) -> None:
    with pytest.raises(InvalidInput, match=f"policy.looks: expected 1 to 9 readings of each decision, got {looks}"):
        a_policy(checkpoint, looks=looks)


def test_it_says_which_words_and_pixels_it_looked_at(checkpoint: Path) -> None:
    policy, seen = a_policy(checkpoint, sure=0.0), scenes.scene()
    policy.plan(seen, "go  home, Zebra")
    explanation = policy.explain()
    assert explanation is not None
    assert [word for word, _ in explanation.words] == ["go", "home,", "Zebra"]  # as it isn't understood
    assert max(weight for _, weight in explanation.words) == 1.0 and min(weight for _, weight in explanation.words) > 0.0
    assert explanation.pixels["front"].shape == seen.cameras["front"].rgb.shape[:2]
    most = max(explanation.pixels["front"].max(), explanation.points["attention"][1].max())
    assert 0.5 < most <= 1.0


@pytest.mark.parametrize(("restate", "words"), [(True, PICK), (False, "kindly grab the red cube")])
def test_it_reads_a_sentence_in_plain_words_unless_it_shall_not(checkpoint: Path, restate: bool, words: str) -> None:
    policy, seen = a_policy(checkpoint, restate=restate, sure=0.0), scenes.scene()
    policy.plan(seen, "kindly grab the red cube")
    explanation = policy.explain()
    assert explanation is not None and [word for word, _ in explanation.words] == words.split()


def test_a_picture_of_what_it_thought_is_drawn_whether_it_moves_or_asks(checkpoint: Path) -> None:
    for sentence, sure in ((HOME, 0.0), (HOME, 2.0)):
        policy, seen = a_policy(checkpoint, sure=sure), scenes.scene()
        policy.plan(seen, sentence)
        explanation = policy.explain()
        assert explanation is not None and (len(explanation.path_base) > 0) == (sure == 0.0)
        figure = sheet(seen, explanation, np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.uint8), "why")
        titles = [axes.get_title(loc="left") for axes in figure.axes]
        assert "words that were looked at" in titles and "camera: front, looked at" in titles
        figure.canvas.draw()


def test_in_int8_it_goes_to_the_same_place(checkpoint: Path) -> None:
    plan = a_policy(checkpoint, precision="int8").plan(table(), HOME)
    assert plan is not None and plan.arm is not None
    np.testing.assert_allclose(plan.arm.T_base_ee[-1, :3, 3], RISE.T_base_ee[0, :3, 3], atol=0.02)
    with pytest.raises(InvalidInput, match="float32, int8"):
        a_policy(checkpoint, precision="int7")


def test_it_reads_with_what_it_knows_to_be_in_its_hand(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, read, box = a_policy(checkpoint), list[Box | None](), Box(pose=np.eye(4), size=np.full(3, 0.04))
    act = policy._reader.act

    def watched(observation: Observation, *others: Any) -> Decision:
        read.append(observation.state.attached)
        return act(observation, *others)

    monkeypatch.setattr(policy._reader, "act", watched)
    policy.plan(table(), PICK)
    policy.restore((box, 0.025))
    policy.plan(table(), PICK)
    assert read[0] is None and read[1] is box
