"""Every way of fusion keeps the same contract; `EarlyFusion.forward` says what it is called with."""

from pathlib import Path

import pytest
import torch

from policies.vla.actions import keypose_targets
from policies.vla.checkpoint import open_model
from policies.vla.fusion.catalogue import WAYS
from policies.vla.loss import losses
from policies.vla.model import Vla
from policies.vla.rows import act_row, answer_row, ask_prompt, stacked_rows
from policies.vla.words import PAD
from robot.errors import InvalidInput
from tests.policies.vla import tiny

every_way = pytest.mark.parametrize("way", WAYS)
PROMPTS = ("put the red block in the blue bowl", "go home")


def texts(model: Vla, batch: int = 1) -> dict[str, torch.Tensor]:
    """An action and an answer about each frame."""
    words, config = tiny.words(), model.config
    rows = [
        act_row(words, PROMPTS[0], keypose_targets(tiny.keyposes(3), config), config),
        answer_row(ask_prompt(words, "how many blocks are there?"), words, "two", config),
    ]
    arrays = {key: torch.from_numpy(values)[None] for key, values in stacked_rows(rows, config).items()}
    longest = int((arrays["ids"] != PAD).sum(-1).max())
    cut = {key: arrays[key][..., :longest] for key in ("ids", "answer")}
    return {key: values.expand(batch, *values.shape[1:]) for key, values in {**arrays, **cut}.items()}


@every_way
def test_senses_and_words_come_back_in_their_shapes(way: str) -> None:
    model = tiny.model(fusion=way)
    ids = texts(model, batch=2)["ids"]
    reading = model.read(tiny.frame(model.config, batch=2), ids)
    assert reading.hidden.shape == (*ids.shape, 32)
    assert reading.patches.shape == (2, 16, 32)


@every_way
def test_a_later_word_changes_neither_an_earlier_one_nor_a_patch(way: str) -> None:
    model = tiny.model(fusion=way)
    frame, ids = tiny.frame(model.config), texts(model)["ids"][:, 1:]
    other = ids.clone()
    other[0, 0, 5:7] = torch.tensor([30, 31])
    before, after = model.read(frame, ids), model.read(frame, other)
    torch.testing.assert_close(before.hidden[:, :, :5], after.hidden[:, :, :5], rtol=0, atol=1e-6)
    torch.testing.assert_close(before.patches, after.patches, rtol=0, atol=1e-6)
    assert (before.hidden[:, :, 5] - after.hidden[:, :, 5]).abs().max() > 1e-3


@every_way
def test_one_text_does_not_hear_what_another_says(way: str) -> None:
    model = tiny.model(fusion=way)
    frame, ids = tiny.frame(model.config), texts(model)["ids"]
    alone = model.read(frame, ids[:, :1]).hidden
    torch.testing.assert_close(model.read(frame, ids).hidden[:, :1], alone, rtol=0, atol=1e-5)


@every_way
def test_every_sensor_reaches_the_words(way: str) -> None:
    model = tiny.model(fusion=way)
    frame, ids = tiny.frame(model.config), texts(model)["ids"]
    before = model.read(frame, ids).hidden
    for key in ("top", "camera/front", "lidar/lidar", "imu", "state"):
        seen = {**frame, key: 1.0 - frame[key]}
        assert (model.read(seen, ids).hidden - before).abs().max() > 1e-5, key


@every_way
def test_what_is_missing_is_unseen_bit_for_bit(way: str) -> None:
    model = tiny.model(fusion=way)
    frame, ids = tiny.frame(model.config), texts(model)["ids"]
    lost = model.config.modalities.index("front")
    frame["present"][:, lost] = False
    before = model.read(frame, ids)
    after = model.read({**frame, "camera/front": 1 - frame["camera/front"], "patches/front": frame["patches/front"] + 1}, ids)
    assert torch.equal(before.hidden, after.hidden) and torch.equal(before.patches, after.patches)


@every_way
def test_words_are_written_alike_with_a_cache_and_without(way: str) -> None:
    model = tiny.model(seed=1, fusion=way)  # with seed 0 some ways say one token again and again
    frame = tiny.frame(model.config)
    ids = torch.tensor([ask_prompt(tiny.words(), "how many blocks are there?")])
    said = [
        model.generate(
            input_ids=ids, frame=frame, max_new_tokens=12, do_sample=False, pad_token_id=PAD, use_cache=cached,
            output_scores=True, return_dict_in_generate=True,
        )
        for cached in (True, False)
    ]  # fmt: skip
    assert said[0].sequences.tolist() == said[1].sequences.tolist()
    assert len(set(said[0].sequences[0, ids.shape[1] :].tolist())) > 1, "it says one token again and again: nothing is tested"
    for cached, whole in zip(said[0].scores, said[1].scores, strict=True):
        torch.testing.assert_close(cached, whole, rtol=0, atol=1e-4)


@every_way
def test_what_is_saved_is_opened_the_same(way: str, tmp_path: Path) -> None:
    model = tiny.model(fusion=way)
    frame, ids = tiny.frame(model.config), texts(model)["ids"]
    again = open_model(tiny.saved(tmp_path, model))
    assert again.config.fusion == way
    assert torch.equal(again.read(frame, ids).hidden, model.read(frame, ids).hidden)


@every_way
def test_the_loss_reaches_every_weight(way: str) -> None:
    model = tiny.model(fusion=way).train()
    frame, said = tiny.frame(model.config, batch=2), texts(model, batch=2)
    frame["present"][1] = False  # so that what stands for missing sensors is needed too
    sum(part.sum() for part in losses(model, model.read(frame, said["ids"]), said).values()).backward()  # type: ignore[union-attr]
    idle = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.abs().sum() > 0]
    assert idle == []


@every_way
def test_what_a_word_attended_to_sums_to_one_and_holds_no_later_word(way: str) -> None:
    model = tiny.model(fusion=way)
    prompt = texts(model)["ids"][:, 1]
    shares = model.attended(tiny.frame(model.config), prompt)[0]
    count, length = model.senses.size, prompt.shape[1]
    assert shares.shape == (length, count + length)
    torch.testing.assert_close(shares.sum(-1), torch.ones(length))
    assert (shares[:, :count] > 0).all() and shares[:, count:].triu(1).abs().max() == 0.0


def test_an_unknown_way_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="early, two_stream, gated, bottleneck, late"):
        tiny.model(fusion="middle")
