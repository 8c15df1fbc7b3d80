"""Actions as what slots say, texts as tokens, and back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from policies.vla.actions import (
    NOT_LEARNT,
    keypose_targets,
    keyposes_said,
    nothing,
    numbers_of,
    place_targets,
)  # fmt: skip
from policies.vla.keyposes import Keyposes
from policies.vla.rows import (
    act_prompt,
    act_row,
    action_tokens,
    answer_row,
    ask_prompt,
    point_row,
    refuse_unwritable,
    stacked_rows,
)
from policies.vla.words import END, FIRST_SLOT, PAD, SAY, open_words
from policies.vla.writing import LegalActions
from robot.errors import InvalidInput
from robot.transforms import to_rotation_vector
from tests.policies.vla import tiny

CONFIG = tiny.config()
FIELDS = ("gripper_width", "contact", "duration_s", "pause_s")


def said(keyposes: Keyposes) -> Keyposes:
    """What would be done if slots said exactly what they were to say."""
    targets = keypose_targets(keyposes, CONFIG)
    sure = np.eye(CONFIG.bins)[targets.bins.clip(min=0)]
    return keyposes_said(targets.there == 1, targets.pointer, numbers_of(sure, CONFIG), CONFIG)


@pytest.mark.parametrize("seed", range(5))
def test_keyposes_come_back_within_half_a_bin(seed: int) -> None:
    keyposes = tiny.keyposes(3, seed)
    again = said(keyposes)
    half = CONFIG.code.width / 2 + 1e-9
    places = again.T_base_ee[:, :3, 3] - keyposes.T_base_ee[:, :3, 3]
    assert (np.abs(places) <= CONFIG.pointers().width / 2 + 1e-9).all()
    turns = [to_rotation_vector(a[:3, :3] @ b[:3, :3].T) for a, b in zip(again.T_base_ee, keyposes.T_base_ee, strict=True)]
    assert np.linalg.norm(turns, axis=1).max() <= np.linalg.norm(half[:3])
    for name, width in zip(("gripper_width", "duration_s", "pause_s"), half[[3, 5, 6]], strict=True):
        assert np.abs(getattr(again, name) - getattr(keyposes, name)).max() <= width, name
    np.testing.assert_array_equal(again.contact, keyposes.contact)


def test_fewer_keyposes_than_slots_end_there_and_more_are_cut() -> None:
    assert len(said(tiny.keyposes(1))) == 1
    assert len(said(tiny.keyposes(0))) == 0
    assert len(said(tiny.keyposes(5))) == CONFIG.slots


def test_a_place_beyond_the_view_is_the_nearest_in_it() -> None:
    keyposes = tiny.keyposes(1)
    poses = keyposes.T_base_ee.copy()
    poses[0, :3, 3] = [0.9, 0.0, 0.9]
    place = said(replace(keyposes, T_base_ee=poses)).T_base_ee[0, :3, 3]
    np.testing.assert_allclose(place, [0.68, 0.0, CONFIG.height_upper], atol=0.01)


def test_a_phrase_s_place_is_all_that_is_learnt_of_it() -> None:
    targets = place_targets(np.array([0.5, 0.05, 0.02]), CONFIG)
    assert targets.there.tolist() == [1, 0, 0]
    assert (targets.bins[0, 3:] == NOT_LEARNT).all() and (targets.bins[1:] == NOT_LEARNT).all()
    assert (targets.pointer[1:] == NOT_LEARNT).all()


def test_words_come_back_without_their_capitals(tmp_path: Path) -> None:
    words = tiny.words()
    words.save(tmp_path)
    again = open_words(tmp_path)
    for text in (*tiny.SENTENCES, "Something Never Heard: 12 zebras!"):
        assert again.encode(text) == words.encode(text)
        assert words.decode(words.encode(text)) == text.lower()
    assert len(words) == len(again)


def test_a_tokenizer_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no tokenizer\.json"):
        open_words(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(InvalidInput, match="is no tokenizer"):
        open_words(tmp_path)
    tiny.words().save(tmp_path)
    path.write_text(path.read_text().replace("<pad>", "<other>"))
    with pytest.raises(InvalidInput, match="another model's tokenizer"):
        open_words(tmp_path)


def test_what_follows_each_token_is_what_is_learnt_and_the_question_is_not() -> None:
    words = tiny.words()
    prompt = ask_prompt(words, "how many blocks are there?")
    row = stacked_rows([answer_row(prompt, words, "two", CONFIG)], CONFIG)
    ids, answer = row["ids"][0], row["answer"][0]
    learnt = np.flatnonzero(answer != NOT_LEARNT)
    assert ids[learnt[0]] == SAY and learnt[0] == len(prompt) - 1
    np.testing.assert_array_equal(answer[learnt], ids[learnt + 1])
    assert answer[learnt[-1]] == END and words.decode(answer[learnt].tolist()) == "two"
    assert (ids[learnt[-1] + 2 :] == PAD).all()


def test_slots_stand_where_the_row_says() -> None:
    words = tiny.words()
    rows = [
        act_row(words, "go home", keypose_targets(tiny.keyposes(2), CONFIG), CONFIG),
        point_row(words, "the red block", place_targets(np.array([0.5, 0.0, 0.0]), CONFIG), CONFIG, weight=0.5),
    ]
    arrays = stacked_rows(rows, CONFIG)
    for ids, slot in zip(arrays["ids"], arrays["slot"], strict=True):
        np.testing.assert_array_equal(ids[slot : slot + CONFIG.slots], FIRST_SLOT + np.arange(CONFIG.slots))
    assert arrays["weight"].tolist() == [1.0, 0.5]


def test_only_an_action_s_own_tokens_are_legal_and_all_else_is_impossible() -> None:
    config = tiny.config(decoding="autoregressive")
    tokens, begin = action_tokens(keypose_targets(tiny.keyposes(2), config), config), 4
    legal, read = LegalActions(config, begin), [7] * begin
    for token in tokens:
        scores = legal(torch.tensor([read]), torch.zeros(1, config.vocabulary))[0]  # type: ignore[arg-type]
        assert scores[token] == 0.0, (read, token)
        others = torch.isfinite(scores).nonzero()[:, 0]
        pointing = (len(read) - begin) % (config.fields + 1) == 0
        assert len(others) == (config.num_patches + 1 if pointing else config.bins)
        read = [*read, token]
    assert tokens[-1] == END


@pytest.mark.parametrize("points", [True, False])
def test_what_is_not_learnt_keeps_its_place_among_the_tokens_that_are_read(points: bool) -> None:
    config = tiny.config(decoding="autoregressive", **({} if points else {"top_lower": [], "top_upper": []}))
    words, targets = tiny.words(), keypose_targets(tiny.keyposes(2), config) if points else nothing(config)
    if not points:
        targets.there[:], targets.bins[:] = [1, 1, NOT_LEARNT], 3
    targets.bins[:, 1::2] = NOT_LEARNT
    row, prompt = act_row(words, "go home", targets, config), act_prompt(words, "go home", config)
    read, legal = row.ids[len(prompt) :], LegalActions(config, len(prompt))
    assert len(read) == len(row.said) == 2 * config.tokens_per_action + 1
    for place in range(2 * config.tokens_per_action):
        before = torch.tensor([row.ids[: len(prompt) + place]])
        assert legal(before, torch.zeros(1, config.vocabulary))[0, read[place]] == 0.0  # type: ignore[arg-type]
        field = place % config.tokens_per_action - config.points
        assert row.said[place] == (NOT_LEARNT if field >= 0 and field % 2 else read[place])
    assert row.said[-1] == (END if points else NOT_LEARNT)


def test_more_actions_than_fit_behind_the_longest_text_are_refused() -> None:
    for decoding, most in (("autoregressive", 7), ("parallel", 79)):
        refuse_unwritable(tiny.config(decoding=decoding, slots=most))
        with pytest.raises(InvalidInput, match=f"slots: expected at most {most} with decoding={decoding}, got {most + 1}"):
            refuse_unwritable(tiny.config(decoding=decoding, slots=most + 1))
