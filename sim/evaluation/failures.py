"""Why an episode failed: one word for its stage, from what the policy said, what the body reported and the judge found.

not understood    the sentence was refused, or asked back, before anything else was wrong with it
not seen          a thing that it names was not found, or no longer
not reachable     the arm, the hand or the gripper has no way to do it
dropped           a thing slipped out of the gripper, or would not stay in it
stopped           the safety filter held the robot when it ended
timed out         it was not over at the task's time limit
wrong outcome     the policy took it for done, and the judge does not agree
crashed           no verdict: every attempt ended with an error or a lost worker
"""

import re

from robot.guard.ladder import Level
from robot.trajectory import PlanStatus

CRASHED = "crashed"
FAILURES = (
    "not understood",
    "not seen",
    "not reachable",
    "dropped",
    "stopped",
    "timed out",
    "wrong outcome",
    CRASHED,
)
# What a policy's refusal speaks of; the first that fits. Whatever fits none was not understood.
_SIGNS = (
    ("not seen", r"not see\b|no longer see|see nothing|nothing like|not found"),
    ("dropped", r"fell out|would not stay in the gripper|slipped|dropped"),
    (
        "not reachable",
        r"out of reach|too wide to grasp|no room for the hand|no free room|can't go to|on the way to|would pass its limit"
        r"|would leave its range|no motion|no smooth motion|keeps the arm from|can't reach|not reach",
    ),
)


def failure(status: PlanStatus | None, reason: str, level: Level, timed_out: bool) -> str:
    """The stage at which an episode failed that the judge did not accept.

    Args:
        status: of the last plan; None if the policy gave none.
        reason: that the policy, or motion in its place, gave with it.
        level: where the safety ladder stood at the end.
        timed_out: whether the time limit ended it.
    """
    refused = status in (PlanStatus.REFUSED, PlanStatus.ASKS)
    spoken_of = next((stage for stage, sign in _SIGNS if re.search(sign, reason, re.IGNORECASE)), "") if refused else ""
    if spoken_of in ("not seen", "dropped"):
        return spoken_of
    if level >= Level.HOLD and status is not PlanStatus.DONE:
        return "stopped"
    if refused:
        return spoken_of or "not understood"
    return "timed out" if timed_out else "wrong outcome"
