"""An actor overfits a batch, writes nothing illegal, trains nothing but its adapters, and comes back from its checkpoint."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LogitsProcessorList

from policies.vla.pretrained.action_tokens import ActionTokens, LegalActions
from policies.vla.pretrained.actor import Actor, Example
from policies.vla.pretrained.adapters import trained
from policies.vla.pretrained.checkpoint import ABOUT, WEIGHTS, open_actor, save_actor
from robot.errors import InvalidInput
from tests.policies.vla.pretrained.tiny import actor_of, again, examples, folder_of, layout, taught

KINDS = ("smolvlm", "idefics3", "paligemma")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One backbone's folder of each kind, not to be written to."""
    return {kind: folder_of(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS}


@pytest.fixture(scope="module")
def pupil(folders: dict[str, Path]) -> tuple[Actor, list[Example]]:
    """An actor that knows its examples by heart."""
    actor = actor_of(folders["smolvlm"])
    lessons = examples(actor.layout)
    taught(actor, lessons)
    return actor.eval(), lessons


def bins(actor: Actor, actions: object) -> list[list[int]]:
    """In which bins actions lie."""
    return actor.layout.actions.encode(actions).tolist()


@pytest.mark.parametrize(
    ("kind", "tokens", "targets", "rank"),
    [
        ("smolvlm", "least_used", "keyposes", 4),
        ("smolvlm", "appended", "keyposes", 4),
        ("smolvlm", "appended", "actions", 0),
        ("idefics3", "appended", "actions", 4),
        ("paligemma", "least_used", "keyposes", 4),
    ],
)
def test_it_overfits_a_batch_and_writes_it(kind: str, tokens: str, targets: str, rank: int, folders: dict[str, Path]) -> None:
    actor = actor_of(folders[kind], layout(targets), tokens, rank)
    lessons = examples(actor.layout)
    losses = taught(actor, lessons)
    assert losses[-1] < 0.01 < 3.0 < losses[0]
    for lesson, written in zip(lessons, actor.eval().act(lessons), strict=True):
        assert bins(actor, written.actions) == bins(actor, lesson.target)
        half = actor.layout.actions.width / 2 + 1e-9
        assert isinstance(lesson.target, np.ndarray) and (np.abs(written.actions - lesson.target) <= half).all()
        assert written.spread.max() < 0.1


def test_it_answers_questions_with_the_same_weights(folders: dict[str, Path]) -> None:
    actor = actor_of(folders["smolvlm"], rank=8)
    action, other = examples(actor.layout)
    question = Example(pictures=other.pictures, sentence="what do you see?", state=other.state, target="the red block")
    taught(actor, [action, question], steps=60)  # words' own rows are frozen, so that the loss of a tiny one stays above 0
    assert actor.answer([question]) == ["the red block"]
    assert bins(actor, actor.act([action])[0].actions) == bins(actor, action.target)


@pytest.mark.parametrize("tokens", ["least_used", "appended"])
@pytest.mark.parametrize("targets", ["keyposes", "actions"])
def test_an_untrained_one_writes_whole_rows_and_is_not_sure(tokens: str, targets: str, folders: dict[str, Path]) -> None:
    for kind in KINDS:
        actor = actor_of(folders[kind], layout(targets, horizon=3), tokens)
        for written in actor.act(examples(actor.layout, count=3)):
            dimensions = actor.layout.actions.dimensions
            assert written.actions.shape[1] == len(dimensions.names)
            assert len(written.actions) <= 3 and (targets == "keyposes" or len(written.actions) == 3)
            assert ((written.actions >= dimensions.low) & (written.actions <= dimensions.high)).all()
            assert np.isfinite(written.spread).all() and (written.spread >= 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), dims=st.integers(1, 4), least=st.integers(0, 2), spare=st.integers(0, 2))
def test_no_scores_make_generate_write_an_illegal_token(seed: int, dims: int, least: int, spare: int) -> None:
    rng = np.random.default_rng(seed)
    ids = rng.permutation(100)[:9]
    tokens = ActionTokens(ids=ids[:8].astype(np.int64), end=int(ids[8]), dims=dims, most=max(least + spare, 1), least=least)
    written, legal = torch.tensor([[3, 4, 5]]), LogitsProcessorList([LegalActions(tokens, 3)])
    while tokens.end not in written[0, 3:].tolist():
        scores = torch.as_tensor(rng.normal(scale=50.0, size=(1, 100)))
        written = torch.cat([written, legal(written, scores).argmax(1, keepdim=True)], dim=1)  # type: ignore[arg-type]
        assert written.shape[1] <= 3 + tokens.most * dims + 1
    rows = tokens.read(written[0, 3:].numpy())
    assert tokens.least <= len(rows) <= tokens.most
    assert [*tokens.write(rows), tokens.end] == written[0, 3:].tolist()


def test_tokens_that_are_no_actions_are_refused() -> None:
    tokens = ActionTokens(ids=np.array([5, 9, 7]), end=2, dims=2, most=3)
    assert tokens.read(np.array([9, 5, 2, 4])).tolist() == [[1, 0]]
    for wrong in ([9, 5, 7], [9, 4], [9, 100]):
        with pytest.raises(InvalidInput, match="rows of 2 action tokens"):
            tokens.read(np.array(wrong))


def test_learning_changes_the_adapters_and_nothing_else(folders: dict[str, Path]) -> None:
    for kind in KINDS:
        actor = actor_of(folders[kind])
        before = {name: weight.detach().clone() for name, weight in actor.model.named_parameters()}
        learnt = set(trained(actor.model))
        taught(actor, examples(actor.layout), steps=2)
        changed = {name for name, weight in actor.model.named_parameters() if not torch.equal(weight, before[name])}
        assert changed == learnt
        assert all("lora_" in name or "trainable_tokens" in name for name in learnt)
        assert any("connector" in name or "multi_modal_projector" in name for name in learnt)
        assert not any("vision" in name for name in learnt)


def test_at_rank_0_everything_learns(folders: dict[str, Path]) -> None:
    actor = actor_of(folders["smolvlm"], rank=0)
    assert len(trained(actor.model)) == len(list(actor.model.named_parameters()))


def test_adapters_change_nothing_before_they_have_learnt(folders: dict[str, Path]) -> None:
    for kind in KINDS:
        plain, backbone = again(folders[kind]), actor_of(folders[kind])
        batch = backbone.batch(examples(backbone.layout))
        inputs = {key: value for key, value in batch.items() if key != "labels"}
        with torch.no_grad():
            torch.testing.assert_close(plain.model(**inputs).logits, backbone.eval().model(**inputs).logits)


def test_the_loss_of_a_batch_is_that_of_its_examples_alone(pupil: tuple[Actor, list[Example]]) -> None:
    actor, _ = pupil
    lessons = examples(actor.layout, count=3, seed=5)
    with torch.no_grad():
        together = actor.loss(actor.batch(lessons))
        alone = [actor.loss(actor.batch([lesson])) for lesson in lessons]
    counts = torch.tensor([float(np.size(lesson.target) + 1) for lesson in lessons])  # each row's tokens and the end
    torch.testing.assert_close(together, (torch.stack(alone) * counts).sum() / counts.sum(), rtol=1e-4, atol=1e-5)


def test_what_is_written_does_not_hang_on_what_else_is_asked(pupil: tuple[Actor, list[Example]]) -> None:
    actor, lessons = pupil
    long = Example(pictures=lessons[0].pictures, sentence="put " * 20, state=lessons[0].state)
    for place, lesson in enumerate(lessons):
        alone, beside = actor.act([lesson])[0], actor.act([*lessons[:place], lesson, long])[place]
        np.testing.assert_array_equal(alone.actions, beside.actions)


def test_sentence_pictures_and_state_all_reach_what_is_written(pupil: tuple[Actor, list[Example]]) -> None:
    actor, (first, second) = pupil
    loss = float(actor.loss(actor.batch([first])))
    for changed in (
        Example(pictures=second.pictures, sentence=first.sentence, state=first.state, target=first.target),
        Example(pictures=first.pictures, sentence=second.sentence, state=first.state, target=first.target),
        Example(pictures=first.pictures, sentence=first.sentence, state=second.state, target=first.target),
    ):
        assert abs(float(actor.loss(actor.batch([changed]))) - loss) > 1e-4


@pytest.mark.parametrize(("tokens", "rank"), [("least_used", 4), ("appended", 4), ("appended", 0)])
def test_a_checkpoint_brings_back_the_same_actor(tokens: str, rank: int, folders: dict[str, Path], tmp_path: Path) -> None:
    for kind in ("smolvlm", "idefics3"):
        actor = actor_of(folders[kind], tokens=tokens, rank=rank)
        lessons = examples(actor.layout)
        taught(actor, lessons, steps=3)
        save_actor(actor, tmp_path / kind)
        torch.manual_seed(77)
        back = open_actor(tmp_path / kind, again(folders[kind]))
        weights, same = trained(actor.model), trained(back.model)
        assert weights.keys() == same.keys() and all(torch.equal(weights[name], same[name]) for name in weights)
        assert back.layout.to_json() == actor.layout.to_json()
        with torch.no_grad():
            assert torch.equal(actor.eval().loss(actor.batch(lessons)), back.loss(back.batch(lessons)))


def test_a_small_checkpoint_is_small(pupil: tuple[Actor, list[Example]], tmp_path: Path) -> None:
    actor, _ = pupil
    save_actor(actor, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [WEIGHTS, ABOUT]
    learnt = sum(weight.numel() for weight in trained(actor.model).values())
    assert (tmp_path / WEIGHTS).stat().st_size < 4 * learnt + 10_000


@pytest.mark.parametrize(
    "spoil",
    ["missing", "cut", "swapped", "json", "schema", "list", "tokens", "fields", "bounds", "horizon", "rank", "backbone"],
)
def test_a_checkpoint_that_is_not_what_was_saved_is_refused_in_one_sentence(
    spoil: str, pupil: tuple[Actor, list[Example]], folders: dict[str, Path], tmp_path: Path
) -> None:
    save_actor(pupil[0], tmp_path)
    about, weights = tmp_path / ABOUT, tmp_path / WEIGHTS
    document = json.loads(about.read_text())
    match spoil:
        case "missing":
            weights.unlink()
        case "cut":
            weights.write_bytes(weights.read_bytes()[:-1])
        case "swapped":
            weights.write_bytes(bytes(reversed(weights.read_bytes())))
        case "json":
            about.write_text("{")
        case "list":
            about.write_text("[]")
        case "schema":
            about.write_text(json.dumps(document | {"schema": 2}))
        case "tokens":
            about.write_text(json.dumps(document | {"tokens": "evil"}))
        case "fields":
            about.write_text(json.dumps(document | {"auto_map": {}}))
        case "bounds":
            document["layout"]["actions"]["dimensions"]["low"][0] = float("nan")
            about.write_text(json.dumps(document))
        case "horizon":
            document["layout"]["horizon"] = 10**9
            about.write_text(json.dumps(document))
        case "rank":
            document["adapters"]["rank"] = 5
            about.write_text(json.dumps(document))
        case "backbone":
            about.write_text(json.dumps(document | {"backbone": "0" * 64}))
    with pytest.raises(InvalidInput) as refusal:
        open_actor(tmp_path, again(folders["smolvlm"]))
    assert "\n" not in str(refusal.value)
