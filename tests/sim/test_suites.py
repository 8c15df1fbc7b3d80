"""Suites: which episodes there are, what they are called, and that their names alone decide what is drawn."""

from dataclasses import replace

import pytest

from robot.configuration import load
from robot.errors import InvalidInput
from sim.suites import EpisodeName, SelectionConfig, SuiteConfig, TaskConfig, probed, select
from sim.tasks.catalogue import family

KNOWN = ["none", "push", "blind"]


def suite() -> SuiteConfig:
    tasks = {"pick": TaskConfig(), "stack": TaskConfig(splits=["seen-seen", "unseen-unseen"], group="tall")}
    return SuiteConfig(name="small", tasks=tasks, episodes=3)


def chosen(**selection: object) -> list[EpisodeName]:
    return select(suite(), SelectionConfig(**selection), 0, KNOWN)  # type: ignore[arg-type]


def test_every_cell_has_its_episodes_and_no_episode_is_there_twice() -> None:
    names = chosen(perturbations=["none", "push"])
    assert len(names) == len({name.key for name in names}) == (4 + 2) * 3 * 2
    assert {name.split for name in names if name.task == "stack"} == {"seen-seen", "unseen-unseen"}


def test_a_mix_is_spread_evenly_and_is_the_same_under_every_perturbation() -> None:
    names = chosen(perturbations=["none", "push"], mix=20)
    by_perturbation = {
        each: [replace(name, perturbation="") for name in names if name.perturbation == each] for each in ("none", "push")
    }
    assert by_perturbation["none"] == by_perturbation["push"] and len(by_perturbation["none"]) == 20
    cells = [(name.task, name.split) for name in by_perturbation["none"]]
    assert {cells.count(cell) for cell in set(cells)} == {3, 4}


def test_a_share_of_the_episodes_is_spread_over_all_of_them_and_probed_in_every_way() -> None:
    names = chosen()
    found = probed(names, 0.34, ["sentence_swapped", "front_blanked"])
    of_each = [[each for each in found if each.perturbation == probe] for probe in ("sentence_swapped", "front_blanked")]
    plain = [[replace(each, perturbation="none") for each in own] for own in of_each]
    assert plain[0] == plain[1] and [names.index(each) // 3 for each in plain[0]] == [0, 1, 2, 3, 4, 5]  # of every three, one
    assert len({(each.task, each.split) for each in probed(chosen(episodes=40), 0.1, ["push"])}) == 6  # of 240, 6 cells
    assert not probed(names, 0.05, ["sentence_swapped"])  # of 18


def test_one_index_alone_is_the_same_episode_as_in_the_whole_suite() -> None:
    (alone,) = chosen(tasks=["pick"], splits=["seen-unseen"], indices=[2])
    (same,) = [name for name in chosen() if name.key == alone.key]
    assert alone == same and alone.scene_seed == same.scene_seed


def test_what_is_drawn_depends_on_every_part_of_the_name_but_the_perturbation() -> None:
    (name,) = chosen(tasks=["pick"], splits=["seen-seen"], indices=[0])
    drawn = name.random("episode").integers(2**63)
    others = [{"suite": "x"}, {"task": "x"}, {"split": "x"}, {"index": 1}, {"seed": 1}]
    assert all(replace(name, **other).random("episode").integers(2**63) != drawn for other in others)
    assert all(replace(name, **other).scene_seed != name.scene_seed for other in others)
    harder = replace(name, perturbation="push")
    assert harder.random("episode").integers(2**63) == drawn and harder.scene_seed == name.scene_seed
    assert name.random("policy").integers(2**63) != drawn


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ({"tasks": ["juggle"]}, ["juggle", "pick", "stack"]),
        ({"splits": ["seen"]}, ["'seen'", "unseen-seen"]),
        ({"perturbations": ["quake"]}, ["quake", "none", "push", "blind"]),
        ({"tasks": ["stack"], "splits": ["seen-unseen"]}, ["seen-unseen", "unseen-unseen"]),
        ({"indices": [99]}, ["pick", "stack", "0 to 2"]),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(selection: dict, names: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        chosen(**selection)
    assert all(name in str(refusal.value) for name in names), refusal.value


@pytest.mark.parametrize("name", ["tabletop", "sorting", "household", "chains", "voxposer"])
def test_each_shipped_suite_composes_with_its_own_scene_and_has_twenty_episodes_a_cell(name: str) -> None:
    from sim.evaluate import SCHEMAS

    config, _ = load("evaluate", [f"suite={name}"], SCHEMAS)
    assert config.suite.name == name and config.suite.episodes == 20
    assert bool(config.scene.fixtures) == (name == "household")
    for task, cell in config.suite.tasks.items():
        assert set(cell.splits) <= set(family(task).splits), task
    cells = {(each.task, each.split) for each in select(config.suite, SelectionConfig(), 0, KNOWN)}
    assert len(cells) == sum(len(task.splits) for task in config.suite.tasks.values())


def test_a_scene_of_the_users_own_goes_before_the_suites() -> None:
    from sim.evaluate import SCHEMAS

    config, _ = load("evaluate", ["suite=tabletop", "scene=household"], SCHEMAS)
    assert config.suite.name == "tabletop" and config.scene.fixtures
