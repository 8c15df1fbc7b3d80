"""Where no judge understands a sentence, the one who acts is taken at its word."""

import pytest

from robot.trajectory import Plan, PlanStatus
from sim.taken_words import OwnWord


def said(status: PlanStatus) -> Plan:
    return Plan(status=status, observation_stamp_ns=0, expires_ns=1)


@pytest.mark.parametrize(("last", "done"), [(PlanStatus.DONE, True), (PlanStatus.RUNNING, False), (PlanStatus.REFUSED, False)])
def test_what_the_policy_said_last_is_the_verdict(last: PlanStatus, done: bool) -> None:
    word = OwnWord("tidy up")
    for plan in (said(PlanStatus.RUNNING), None, said(last), None):
        word.hear(plan)
    verdict = word.success()
    assert verdict.success is done
    assert "tidy up" in verdict.reason and "no judge understands" in verdict.reason


def test_a_policy_that_never_planned_has_done_nothing() -> None:
    assert not OwnWord("tidy up").success().success
