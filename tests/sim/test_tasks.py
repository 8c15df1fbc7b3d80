"""Every family of tasks: what its splits may show, that draws repeat, that nothing is done beforehand and experts do it."""

import re
from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np
import pytest

from robot.configuration import load
from robot.errors import InvalidInput
from sim.layout import ObjectConfig
from sim.scene import SceneConfig
from sim.stage import SCHEMAS, StageConfig
from sim.tasks.catalogue import HOUSEHOLD, SORTING, TABLETOP, family
from sim.tasks.chain import CHAIN
from sim.tasks.family import SPLITS, Episode, Family
from sim.tasks.place_beside import PLACE_BESIDE
from sim.tasks.wording import Halves, Split, halves_of, load_words
from sim.world import World
from tests.sim.blind import BlindRobot, bare_table

FAMILIES = (*TABLETOP, *SORTING)
SEEN_DRAWS = 25
every_family = pytest.mark.parametrize("drawn", FAMILIES, ids=lambda each: each.name)


@pytest.fixture(scope="module")
def robot():
    with World() as world:
        yield BlindRobot(world)


def episode(drawn: Family, split: str, number: int) -> Episode:
    """One draw on a bare table."""
    return drawn.draw(split, bare_table(), np.random.default_rng(number))


def attributes(thing: ObjectConfig) -> Iterator[tuple[str, str]]:
    """Each attribute of a thing with the table that it stands in."""
    yield from (("kinds", thing.kind), ("colours", thing.colour), ("sizes", thing.size))


def unseen(thing: ObjectConfig) -> list[str]:
    """Those of its attributes that training may not show."""
    return [value for table, value in attributes(thing) if value in load_words("attributes")[table].unseen]


def says(sentence: str, word: str) -> bool:
    """Whether a word, or its plural, stands in a sentence."""
    return re.search(rf"\b{re.escape(word)}s?\b", sentence) is not None


def follows(sentence: str, phrases: tuple[str, ...]) -> bool:
    """Whether a sentence is one of the phrases with its gaps filled."""
    patterns = [re.sub(r"\\{\w+\\}", ".+", re.escape(phrase)) for phrase in phrases]
    return any(re.fullmatch(pattern, sentence) for pattern in patterns)


def phrase_tables(drawn: Family) -> list[Halves]:
    """The tables of a family's file that hold whole sentences."""
    return [halves for table, halves in load_words(drawn.name).items() if table in ("phrases", "three", "any")]


def unseen_words(drawn: Family) -> list[str]:
    """Every single word or expression that training may not say, sentences left out."""
    files = [load_words(name) for name in ("attributes", "relations", "regions")]
    own = {name: halves for name, halves in load_words(drawn.name).items() if halves not in phrase_tables(drawn)}
    return [word for tables in (*files, own) for name, halves in tables.items() if name != "kinds" for word in halves.unseen]


@every_family
def test_training_never_shows_an_unseen_attribute_or_phrase(drawn):
    for number in range(SEEN_DRAWS):
        shown = episode(drawn, "seen-seen", number)
        assert not [unseen(thing) for thing in shown.scene.objects if unseen(thing)]
        for errand in shown.errands:
            assert follows(errand.instruction, tuple(phrase for table in phrase_tables(drawn) for phrase in table.seen))
            assert not [word for word in unseen_words(drawn) if says(errand.instruction, word)], errand.instruction


@pytest.mark.parametrize("drawn", (*HOUSEHOLD, CHAIN), ids=lambda each: each.name)
def test_nor_do_drawers_crumbs_and_chains(drawn):
    said = [drawn] if drawn in HOUSEHOLD else list(TABLETOP)
    phrases = tuple(phrase for each in said for table in phrase_tables(each) for phrase in table.seen)
    scene = load("env", ["scene=household"], {"env": StageConfig, **SCHEMAS})[0].scene if drawn in HOUSEHOLD else bare_table()
    for number in range(SEEN_DRAWS):
        shown = drawn.draw("seen-seen", scene, np.random.default_rng(number))
        assert not [unseen(thing) for thing in shown.scene.objects if unseen(thing)]
        for errand in shown.errands:
            assert follows(errand.instruction, phrases), errand.instruction
            assert not [word for word in unseen_words(PLACE_BESIDE) if says(errand.instruction, word)], errand.instruction


@every_family
def test_unseen_words_and_things_are_where_the_split_says(drawn):
    for number in range(6):
        words, things = (episode(drawn, split, number) for split in ("unseen-seen", "seen-unseen"))
        assert follows(words.errands[0].instruction, tuple(phrase for table in phrase_tables(drawn) for phrase in table.unseen))
        assert not [unseen(thing) for thing in words.scene.objects if unseen(thing)]
        assert unseen(things.scene.objects[0]), "what the words are about has no unseen attribute"
        assert follows(things.errands[0].instruction, tuple(phrase for table in phrase_tables(drawn) for phrase in table.seen))


@every_family
def test_same_random_numbers_same_episode_in_every_split(drawn):
    for split in SPLITS:
        one, again, other = (episode(drawn, split, number) for number in (3, 3, 4))
        assert asdict(one.scene) == asdict(again.scene)
        assert [each.instruction for each in one.errands] == [each.instruction for each in again.errands]
        assert asdict(one.scene) != asdict(other.scene)


@every_family
def test_a_family_has_eight_seen_and_four_unseen_phrases(drawn):
    for table in phrase_tables(drawn):
        assert len(table.seen) >= 8
        assert len(table.unseen) >= 4


@every_family
def test_all_phrases_of_a_table_have_the_same_gaps_or_fewer(drawn):
    for table in phrase_tables(drawn):
        gaps = [frozenset(re.findall(r"{(\w+)}", phrase)) for phrase in table.all]
        assert max(gaps, key=len) == frozenset().union(*gaps)


@pytest.mark.parametrize("name", ["pick", "push_line", "place_beside"])
def test_an_expert_does_what_was_not_done_before(robot, name):
    performed = robot.perform(episode(family(name), "seen-seen", 1))
    assert not any(verdict.success for verdict in performed.before)
    assert performed.success, (performed.after, performed.rollouts)


@pytest.mark.slow
@every_family
def test_experts_do_every_family_in_every_split(robot, drawn):
    for number, split in enumerate(SPLITS):
        performed = robot.perform(episode(drawn, split, 40 + number))
        assert not any(verdict.success for verdict in performed.before)
        assert performed.success, (split, performed.after, performed.rollouts)


def test_unknown_names_are_refused_with_the_valid_ones():
    with pytest.raises(InvalidInput, match="task: unknown 'juggle'; available: pick, place_in"):
        family("juggle")
    with pytest.raises(InvalidInput, match="split: unknown 'seen'; available: seen-seen, seen-unseen"):
        family("pick").draw("seen", bare_table(), np.random.default_rng(0))
    with pytest.raises(InvalidInput, match="split: unknown 'train'; available: seen-seen"):
        Split.named("train")
    with pytest.raises(InvalidInput, match="words: unknown 'juggle'; available: attributes"):
        load_words("juggle")


def test_a_scene_that_a_task_makes_no_sense_in_is_refused():
    gray = SceneConfig(palette={"gray": [0.5, 0.5, 0.5]})
    with pytest.raises(InvalidInput, match=r"scene\.palette: expected the colours of the tasks, blue, brown, cyan"):
        family("pick").draw("seen-seen", gray, np.random.default_rng(0))
    narrow = replace(bare_table(), region_lower=[0.45, -0.05], region_upper=[0.55, 0.05])
    with pytest.raises(InvalidInput, match=r"objects .* do not fit"):
        family("place_in").draw("seen-seen", narrow, np.random.default_rng(0))


def test_a_table_of_words_is_two_lists_that_share_none():
    for parts in (
        {"seen": ["a"]},
        {"seen": ["a"], "unseen": ["a"]},
        {"seen": [], "unseen": ["a"]},
        {"seen": [10], "unseen": ["a"]},
    ):
        with pytest.raises(
            InvalidInput, match=r"words/x\.yaml: y: expected 'seen' and 'unseen', two lists of words that share none"
        ):
            halves_of("words/x.yaml: y", parts)
