"""Windows hold what was recorded, in an order that a seed decides and that can be taken up again anywhere."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from policies.dataset import DatasetConfig, Windows
from policies.demonstrations import Episode, read, read_facts, write
from policies.windows.cache import ByteCache
from policies.windows.loader import Loader
from policies.windows.sampler import EqualEpisodesSampler, ShuffledSampler
from policies.windows.statistics import Pass, statistics
from robot.errors import InvalidInput
from tests.policies.recorded import recorded

LENGTHS = (6, 3, 9)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three episodes of unequal length, not to be written to."""
    folder = tmp_path_factory.mktemp("log")
    return [recorded(folder, f"episode_{k:06d}", steps, seed=k, facts=True) for k, steps in enumerate(LENGTHS)]


def test_a_window_holds_the_recorded_rows_up_to_its_step(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig(observations=["cameras/*/rgb", "state/*", "cloud/*"], history=3))
    assert len(windows) == sum(LENGTHS)
    for index in range(len(windows)):
        window = windows[index]
        episode, step = read(log[window["episode"]]), window["step"]
        for path, rows in window["observations"].items():
            for place, at in enumerate(range(step - 2, step + 1)):
                if window["mask"][path][place]:
                    np.testing.assert_array_equal(rows[place], episode.observations[path][at])
                else:
                    assert at < 0 or (path == "cameras/front/rgb" and at == 0)
        assert window["instruction"] == "pick up the red block"


def test_no_window_crosses_an_episodes_end(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig(history=2, horizon=4))
    seen = [windows.locate(index) for index in range(len(windows))]
    assert seen == [(episode, step) for episode, length in enumerate(LENGTHS) for step in range(length)]
    for index, (episode, step) in enumerate(seen):
        window = windows[index]
        assert window["actions_mask"].tolist() == [step + k < LENGTHS[episode] for k in range(4)]
        assert window["mask"]["state/joint_position"].tolist() == [step > 0, True]
    with pytest.raises(IndexError):
        windows[len(windows)]


def test_commands_are_the_last_of_each_step_that_follows(log: list[Path]) -> None:
    window = Windows(log, DatasetConfig(horizon=4))[1]
    expected = [step + 23 / 24 for step in (1, 2, 3, 4)]  # `recorded.commands` counts steps in joint positions
    np.testing.assert_allclose(window["actions"]["joint_position"][:, 0], expected)
    assert window["actions"]["joint_position"].shape == (4, 7) and window["actions"]["gripper_width"].shape == (4,)


def test_plans_are_sampled_where_they_hold_and_masked_where_they_do_not(log: list[Path]) -> None:
    window = Windows(log, DatasetConfig(actions="plans", horizon=4))[3]  # a plan of five waypoints, 0.1 s apart
    np.testing.assert_allclose(window["actions"]["T_base_ee"][:, 1, 3], [0.0, 0.01, 0.02, 0.03], atol=1e-12)
    assert window["actions_mask"].all()
    first = Windows(log, DatasetConfig(actions="plans", horizon=4))[0]  # of two waypoints
    assert first["actions_mask"].tolist() == [True, True, False, False]
    joints = Windows(log, DatasetConfig(actions="joint_plans", horizon=2))
    np.testing.assert_allclose(joints[1]["actions"]["joint_position"][:, 3], [0.3, 0.6])
    assert not joints[0]["actions_mask"].any() and not joints[2]["actions_mask"].any()  # other kinds of plan


def test_foreign_actions_come_as_they_are(tmp_path: Path) -> None:
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    observations = {"stamp_ns": np.arange(4), "foreign/state": np.ones((4, 2), np.float32)}
    manifest = write(tmp_path, "e", Episode(observations=observations, actions=values))
    windows = Windows([manifest], DatasetConfig(observations=["foreign/*"], actions="actions", horizon=3))
    np.testing.assert_array_equal(windows[2]["actions"]["values"], values[[2, 3, 3]])
    assert windows[2]["actions_mask"].tolist() == [True, True, False]


def test_what_an_episode_lacks_is_masked(log: list[Path], tmp_path: Path) -> None:
    whole = read(log[0])
    lacking = {path: rows for path, rows in whole.observations.items() if not path.startswith("cameras/front")}
    other = write(tmp_path, "lacking", Episode(observations=lacking, attributes=whole.attributes))
    windows = Windows([log[0], other], DatasetConfig())
    with_front, without = windows[2], windows[8]
    assert with_front["mask"]["cameras/front/rgb"].all() and not without["mask"]["cameras/front/rgb"].any()
    assert without["mask"]["cameras/mono/rgb"].all()
    assert not without["observations"]["cameras/front/rgb"].any()
    assert not without["actions_mask"].any() and without["actions"].keys() == with_front["actions"].keys()


def test_a_policys_inputs_are_the_same_without_facts(log: list[Path], tmp_path: Path) -> None:
    bare = [recorded(tmp_path, f"episode_{k:06d}", steps, seed=k, facts=False) for k, steps in enumerate(LENGTHS)]
    everything = DatasetConfig(observations=["*"], facts=["pose", "masks/*", "size"])
    with_facts, without = Windows(log, everything), Windows(bare, DatasetConfig(observations=["*"]))
    assert with_facts.inputs == without.inputs
    for index in range(len(with_facts)):
        one, other = with_facts[index], without[index]
        for part in ("observations", "mask", "actions"):
            assert one[part].keys() == other[part].keys()
            assert all(np.array_equal(one[part][key], other[part][key], equal_nan=True) for key in one[part])
    window = with_facts[4]
    np.testing.assert_array_equal(window["facts"]["pose"][0], read_facts(log[0]).arrays["pose"][4])
    assert not any(path.startswith("facts") for path in with_facts.inputs)


def test_a_pattern_that_nothing_fits_is_refused_with_what_there_is(log: list[Path]) -> None:
    with pytest.raises(InvalidInput, match=r"dataset.observations: unknown 'cameras/wrst/rgb'; available: .*cameras/front/rgb"):
        Windows(log, DatasetConfig(observations=["cameras/wrst/rgb"]))
    with pytest.raises(InvalidInput, match=r"dataset.observations: unknown '\.\./facts/pose'"):
        Windows(log, DatasetConfig(observations=["../facts/pose"]))
    with pytest.raises(InvalidInput, match=r"dataset.actions: unknown 'plan'; available: commands, actions, plans"):
        Windows(log, DatasetConfig(actions="plan"))
    with pytest.raises(InvalidInput, match="no episode has 'actions'"):
        Windows(log, DatasetConfig(actions="actions"))
    with pytest.raises(InvalidInput, match="at least one episode"):
        Windows([], DatasetConfig())


def test_episodes_that_do_not_fit_together_are_refused_by_name(log: list[Path], tmp_path: Path) -> None:
    whole = read(log[0])
    half = whole.observations["cameras/mono/rgb"][:, ::2]
    other = write(tmp_path, "half", Episode(observations={**whole.observations, "cameras/mono/rgb": half}))
    with pytest.raises(
        InvalidInput, match=r"cameras/mono/rgb: half has rows of uint8 \(2, 6, 3\), episode_000000 of uint8 \(4"
    ):
        Windows([log[0], other], DatasetConfig())


def test_the_same_seed_gives_the_same_order_and_each_window_once(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig())
    orders = [list(ShuffledSampler(windows, seed=seed)) for seed in (3, 3, 4)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == list(range(len(windows)))
    sampler = ShuffledSampler(windows, seed=3)
    sampler.set_epoch(1)
    assert list(sampler) != orders[0]


def test_ranks_share_out_all_windows(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig())
    shares = [list(ShuffledSampler(windows, seed=3, rank=rank, ranks=4)) for rank in range(4)]
    assert {len(share) for share in shares} == {len(windows) // 4}
    given = [index for share in shares for index in share]
    assert len(set(given)) == len(given) == len(windows) // 4 * 4
    with pytest.raises(InvalidInput, match=r"sampler.rank: expected 0 to 3, got 4"):
        ShuffledSampler(windows, rank=4, ranks=4)


def test_short_episodes_are_drawn_as_often_as_long_ones(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig())
    sampler = EqualEpisodesSampler(windows, seed=0)
    drawn = np.zeros(3)
    for epoch in range(300):
        sampler.set_epoch(epoch)
        np.add.at(drawn, [windows.locate(index)[0] for index in sampler], 1)
    assert (np.abs(drawn / drawn.sum() - 1 / 3) < 0.02).all()


def test_a_loader_goes_on_in_the_middle_of_an_epoch(log: list[Path]) -> None:
    def loader() -> Loader:
        windows = Windows(log, DatasetConfig(history=2))
        return Loader(windows, ShuffledSampler(windows, seed=1), batch_size=4)

    def seen(batches) -> list[list[tuple[int, int]]]:
        return [list(zip(batch["episode"].tolist(), batch["step"].tolist(), strict=True)) for batch in batches]

    whole, first, second = loader(), loader(), loader()
    expected = seen(whole) + seen(whole)  # two epochs
    assert len(expected) == 2 * len(whole)
    begun = iter(first)
    got = [next(begun), next(begun)]
    second.load_state_dict(first.state_dict())
    begun.close()
    assert seen([*got, *second, *second]) == expected


def test_a_state_of_another_order_is_refused(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig())
    state = ShuffledSampler(windows, seed=1).state_dict()
    with pytest.raises(InvalidInput, match=r"sampler.seed: expected 2 as in this run, got 1"):
        ShuffledSampler(windows, seed=2).load_state_dict(state)
    with pytest.raises(InvalidInput, match=r"sampler.kind: expected EqualEpisodesSampler"):
        EqualEpisodesSampler(windows, seed=1).load_state_dict(state)
    with pytest.raises(InvalidInput, match=r"sampler.windows: expected 9"):
        ShuffledSampler(Windows(log[2:], DatasetConfig()), seed=1).load_state_dict(state)


def test_torchs_own_loader_takes_windows_and_sampler(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig(history=2))
    batches = list(DataLoader(windows, batch_size=5, sampler=ShuffledSampler(windows, seed=0)))
    assert batches[0]["observations"]["cameras/mono/rgb"].shape == (5, 2, 4, 6, 3)
    assert batches[0]["observations"]["cameras/mono/rgb"].dtype == torch.uint8
    assert batches[0]["actions"]["joint_position"].shape == (5, 8, 7)
    own = list(Loader(windows, ShuffledSampler(windows, seed=0), batch_size=5, drop_last=False))
    for theirs, ours in zip(batches, own, strict=True):
        torch.testing.assert_close(theirs["observations"]["state/joint_position"], ours["observations"]["state/joint_position"])


def test_a_copy_for_a_worker_gives_the_same_windows(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig())
    copy = pickle.loads(pickle.dumps(windows))
    np.testing.assert_array_equal(windows[5]["observations"]["cameras/mono/rgb"], copy[5]["observations"]["cameras/mono/rgb"])


def test_a_damaged_chunk_is_named_when_it_is_read(log: list[Path], tmp_path: Path) -> None:
    for path in log[:1]:
        for each in (path, path.with_suffix(".zarr.zip")):
            (tmp_path / each.name).write_bytes(each.read_bytes())
    windows = Windows([tmp_path / log[0].name], DatasetConfig())
    offset = windows.episodes[0].entry("observations/cameras/mono/rgb").offset[0]
    data = bytearray((tmp_path / "episode_000000.zarr.zip").read_bytes())
    data[offset + 20] ^= 4
    (tmp_path / "episode_000000.zarr.zip").write_bytes(data)
    with pytest.raises(InvalidInput, match="episode episode_000000: observations/cameras/mono/rgb: chunk 0 is damaged"):
        windows[3]


def test_statistics_are_those_of_all_rows_that_were_there(log: list[Path]) -> None:
    windows = Windows(log, DatasetConfig(observations=["cameras/*/rgb", "state/joint_position", "cloud/points_base"]))
    found = statistics(windows)
    joints = np.concatenate([read(path).observations["state/joint_position"] for path in log])
    _assert_of(found["observations/state/joint_position"], joints)
    front = np.concatenate([read(path).observations["cameras/front/rgb"][1:] for path in log])  # not there at step 0
    _assert_of(found["observations/cameras/front/rgb"], front.reshape(-1, 3))
    points = [
        rows[:count]
        for path in log
        for rows, count in zip(*(read(path).observations[f"cloud/{key}"] for key in ("points_base", "count")), strict=True)
    ]
    _assert_of(found["observations/cloud/points_base"], np.concatenate(points))
    assert found["actions/joint_position"].mean.shape == (7,) and found["actions/gripper_width"].mean.shape == (1,)


def _assert_of(found, rows: np.ndarray) -> None:
    """The statistics of these rows, all of which fit into the sample."""
    assert found.count == len(rows)
    np.testing.assert_allclose(found.mean, rows.mean(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.std, rows.std(0), rtol=1e-4)
    np.testing.assert_array_equal(found.least, rows.min(0))
    np.testing.assert_array_equal(found.most, rows.max(0))
    np.testing.assert_allclose(found.q01, np.quantile(rows, 0.01, axis=0), rtol=1e-5)


def test_quantiles_of_more_rows_than_are_kept_are_close_and_depend_on_the_seed_alone() -> None:
    rows = np.random.default_rng(0).exponential(size=(200_000, 2))
    passes = [Pass(seed) for seed in (1, 1, 2)]
    for each in passes:
        for part in np.array_split(rows, 77):
            each.add(part)
    one, again, other = (each.result() for each in passes)
    np.testing.assert_array_equal(one.q99, again.q99)
    assert (one.q99 != other.q99).any()
    share_below = (rows[:, None] < np.stack([one.q99, other.q99])).mean(0)
    assert (np.abs(share_below - 0.99) < 0.005).all()
    np.testing.assert_allclose(one.mean, rows.mean(0))


def test_a_cache_holds_no_more_than_it_may_and_forgets_the_oldest() -> None:
    cache, made = ByteCache(300), []
    for key in (0, 1, 2, 0, 3, 0, 1):
        cache.get(key, lambda key=key: made.append(key) or np.zeros(100, np.uint8))
        assert cache.held_bytes <= 300
    assert made == [0, 1, 2, 3, 1]
    nothing = ByteCache(0)
    assert nothing.get("a", lambda: np.ones(3)).sum() == 3 and nothing.held_bytes == 0


def test_training_data_needs_no_simulator() -> None:
    code = (
        "import sys\n"
        "for name in ('pybullet', 'pybullet_data', 'gymnasium', 'sim'): sys.modules[name] = None\n"
        "import policies.dataset, policies.windows.loader, policies.windows.statistics\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert ran.returncode == 0, ran.stderr
