"""Why episodes fail: every sentence that a policy ends with finds its stage."""

import pytest

from policies.language.parser import RuleParser
from robot.errors import InstructionRefused
from robot.guard.ladder import Level
from robot.trajectory import PlanStatus
from sim.evaluation.failures import FAILURES, failure

REFUSED, ASKS, DONE, RUNNING = PlanStatus.REFUSED, PlanStatus.ASKS, PlanStatus.DONE, PlanStatus.RUNNING


@pytest.mark.parametrize(
    ("reason", "stage"),
    [
        ("I see a red block and a blue bowl; I do not see an elephant.", "not seen"),
        ("I no longer see the red block; I see a blue bowl.", "not seen"),
        ("I see nothing: no sensor is alive.", "not seen"),
        ("The red block is out of reach: 90 cm ahead of the base and 3 cm to the left.", "not reachable"),
        ("The blue bowl is too wide to grasp: 14 cm, and the gripper takes 7 cm.", "not reachable"),
        ("There is no room for the hand in the mug: something tall stands too near.", "not reachable"),
        ("There is no free room to the left of the can; something stands there, or it is off the table.", "not reachable"),
        ("the tool can't go to (0.9, 0, 0.1): its workspace reaches from here to there", "not reachable"),
        ("something keeps the arm from lifting the red block", "not reachable"),
        ("I tried 3 times, but the red block would not stay in the gripper.", "dropped"),
        ("The red block fell out of the gripper on the way.", "dropped"),
    ],
)
def test_a_refusal_tells_its_stage(reason: str, stage: str) -> None:
    assert failure(REFUSED, reason, Level.OK, timed_out=False) == stage


@pytest.mark.parametrize("sentence", ["juggle the red block", "put the red block", "", "don't move", "red block", "frabjous"])
def test_what_the_parser_refuses_was_not_understood(sentence: str) -> None:
    with pytest.raises(InstructionRefused) as refusal:
        RuleParser().parse(sentence)
    assert failure(REFUSED, str(refusal.value), Level.OK, timed_out=False) == "not understood"


def test_a_question_back_was_not_understood() -> None:
    assert failure(ASKS, "Two red blocks: the left or the right one?", Level.OK, timed_out=False) == "not understood"


def test_a_robot_that_the_filter_holds_was_stopped_whatever_the_clock_says() -> None:
    assert failure(RUNNING, "reaching for the red block", Level.STOP, timed_out=True) == "stopped"
    assert failure(REFUSED, "something keeps the arm from its goal", Level.HOLD, timed_out=False) == "stopped"
    assert failure(DONE, "done, as far as I can see", Level.HOLD, timed_out=False) == "wrong outcome"


def test_what_is_not_refused_was_late_or_wrong() -> None:
    assert failure(RUNNING, "rising", Level.OK, timed_out=True) == "timed out"
    assert failure(None, "", Level.DEGRADED, timed_out=True) == "timed out"
    assert failure(DONE, "done, as far as I can see", Level.OK, timed_out=False) == "wrong outcome"


def test_every_stage_is_one_of_those_that_are_reported() -> None:
    stages = {
        failure(status, reason, level, late)
        for status in (None, *PlanStatus)
        for reason in ("", "I do not see it", "it fell out", "out of reach")
        for level in Level
        for late in (False, True)
    }
    assert stages == {*FAILURES} - {"crashed"}
