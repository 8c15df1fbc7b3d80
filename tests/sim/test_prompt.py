"""The prompt: what a line does, without a world."""

import pytest

from policies.language.grammar.refusals import IsItMeant
from policies.language.parser import RuleParser
from sim.prompt import Prompt


class Listener:
    """A session that does what the parser understands."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def perform(self, sentence: str, newer: object) -> None:
        RuleParser().parse(sentence)
        self.done.append(sentence)


def test_a_yes_does_what_was_asked_about_and_is_forgotten_with_the_next_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("threading.Thread.start", lambda self: None)  # nobody types
    session = Listener()
    prompt = Prompt(session)  # type: ignore[arg-type]
    vague = "Right of the green saucer is where the orange tin should go."
    with pytest.raises(IsItMeant) as question:
        RuleParser().parse(vague)
    for line in ("yes", vague, "help", "yes", vague, "Yes!", "yes"):
        assert not prompt._answer(line)
    assert session.done == [question.value.gist]
    assert "Do you mean" in capsys.readouterr().out
