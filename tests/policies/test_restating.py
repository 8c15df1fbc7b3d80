"""Restating: what means the same is said in the same words; what isn't understood stays as it is."""

import pytest

from policies.language.restating import restated
from tests.policies.parser_paraphrases import PARAPHRASES


@pytest.mark.parametrize("sentences", PARAPHRASES, ids=lambda group: group[0])
def test_sentences_that_mean_the_same_are_restated_alike_once_and_for_all(sentences: tuple[str, ...]) -> None:
    (plain,) = {restated(sentence) for sentence in sentences}
    assert restated(plain) == plain


@pytest.mark.parametrize(
    ("sentence", "plain"),
    [
        ("raise the tin off the table", "pick up the can"),
        ("get hold of the red cube, then set it in the dish", "put the red block in the bowl"),
        ("grab the red block and go home", "pick up the red block, then go home"),
        ("point at the can and put the bowl on the plate", "point at the can, then put the bowl on the plate"),
        ("shabble the red block", "shabble the red block"),
        ("", ""),
    ],
)
def test_a_sentence_is_said_in_plain_words(sentence: str, plain: str) -> None:
    assert restated(sentence) == plain
