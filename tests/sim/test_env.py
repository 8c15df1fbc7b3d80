"""The Gymnasium environments: their contract, what actions do, and the same episodes however they are run."""

import subprocess
import sys
import warnings
from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

from robot.errors import InvalidInput
from sim.env import STEP, TabletopEnv
from sim.registration import CONTROLS, SCENES, register_environments
from sim.spaces import ObservationSpace

SMALL = (
    "sensors.cameras.front.width=32",
    "sensors.cameras.front.height=24",
    "sensors.cameras.wrist.width=24",
    "sensors.cameras.wrist.height=24",
    "sensors.lidars.lidar.columns=90",
)
register_environments()


def make(**kwargs) -> TabletopEnv:
    return TabletopEnv(overrides=SMALL, **kwargs)


@pytest.fixture(scope="module")
def env() -> Iterator[TabletopEnv]:
    made = make(render_mode="rgb_array")
    yield made
    made.close()


def tool(observation: dict) -> np.ndarray:
    return observation["state"][15:18]


def same(one: dict, other: dict) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def test_importing_and_registering_pulls_in_nothing_heavy() -> None:
    code = (
        "import sys, gymnasium, sim, sim.registration\n"
        "sim.registration.register_environments()\n"
        "assert 'handsight/Tabletop-v0' in gymnasium.registry\n"
        "heavy = {'pybullet', 'open3d', 'torch', 'pinocchio', 'scipy', 'cv2', 'zarr'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_pybullet_greets_nobody() -> None:
    ran = subprocess.run([sys.executable, "-c", "import sim.world"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_each_scene_has_an_id_for_each_control() -> None:
    ids = {f"handsight/{scene}{control}-v0" for scene in SCENES for control in CONTROLS}
    assert ids <= set(gymnasium.registry)


def test_gymnasium_has_nothing_to_complain_about(env: TabletopEnv) -> None:
    env.spec = gymnasium.spec("handsight/Tabletop-v0")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)


def test_zero_holds(env: TabletopEnv) -> None:
    before, _ = env.reset(seed=3)
    for _ in range(3):
        after, _, _, _, info = env.step(np.zeros(7, np.float32))
    assert np.abs(tool(after) - tool(before)).max() < 1e-4 and info["interventions"] == 0


def test_a_full_action_moves_the_tool_two_centimetres(env: TabletopEnv) -> None:
    before, _ = env.reset(seed=3)
    for action in (1, 1, -1, 1, 1, 0, 0, 0):
        after, _, _, _, info = env.step(np.array([0, action, -action, 0, 0, 0, 0], np.float32))
        assert info["interventions"] == 0
    assert np.abs(tool(after) - tool(before) - [0, 3 * STEP, -3 * STEP]).max() < 1e-3


def test_the_gripper_closes_as_fast_as_it_can_and_no_faster(env: TabletopEnv) -> None:
    before, _ = env.reset(seed=3)
    after, *_ = env.step(np.array([0, 0, 0, 0, 0, 0, -1], np.float32))
    assert 0.003 < before["state"][14] - after["state"][14] < 0.011


def test_the_tool_never_leaves_its_workspace(env: TabletopEnv) -> None:
    env.reset(seed=3)
    for _ in range(40):
        after, _, _, _, _ = env.step(np.array([0, 0, -1, 0, 0, 0, -1], np.float32))
    assert 0.005 < tool(after)[2] < 0.1  # down to the table or onto a thing


@pytest.mark.parametrize("action", [np.zeros(6), np.full(7, np.nan), "up"], ids=["short", "nan", "word"])
def test_what_is_no_action_is_refused(env: TabletopEnv, action: object) -> None:
    env.reset(seed=3)
    with pytest.raises((InvalidInput, ValueError)):
        env.step(action)  # type: ignore[arg-type]


def test_success_ends_the_episode_with_reward_one(env: TabletopEnv) -> None:
    env.reset(seed=3, options={"instruction": "close the gripper"})
    for _ in range(15):
        _, reward, terminated, _, info = env.step(np.array([0, 0, 0, 0, 0, 0, -1], np.float32))
        assert reward == float(terminated) == float(info["success"]) == float(info["is_success"])
        if terminated:
            break
    assert terminated


def test_instructions_vary_with_the_seed_and_make_sense(env: TabletopEnv) -> None:
    said = {env.reset(seed=seed)[0]["instruction"] for seed in range(5)}
    assert len(said) > 2
    assert not env.task.success().success and not env.task.refusal


def test_the_same_seed_gives_the_same_bytes(env: TabletopEnv) -> None:
    runs = []
    for _ in range(2):
        first, _ = env.reset(seed=9)
        env.action_space.seed(9)
        runs.append([first, *(env.step(env.action_space.sample())[0] for _ in range(5))])
        env.reset(seed=10)
    assert all(same(one, other) for one, other in zip(*runs, strict=True))


def test_a_silent_sensor_is_zeros_and_flagged(env: TabletopEnv) -> None:
    observed: ObservationSpace = env._observed
    observed.reset()
    state = env.stage.robot.body.state()
    element = observed.element([], state, "")
    silent = ("front", "wrist", "lidar", "imu", "instruction")
    assert not any(element[f"{name}_valid"] for name in silent) and element["state_valid"] == 1
    assert not element["front_rgb"].any() and not element["lidar"].any() and not element["imu"].any()
    assert observed.space.contains(element)


@pytest.mark.parametrize("control", ["joints", "pose"])
def test_the_other_controls_move_too(control: str) -> None:
    env = make(control=control)
    before, _ = env.reset(seed=1)
    action = np.zeros(env.action_space.shape, np.float32)
    action[0] = 0.3
    for _ in range(3):
        after, _, _, _, info = env.step(action)
    assert np.abs(tool(after) - tool(before)).max() > 0.01 and info["refused"] == ""
    assert env.observation_space.contains(after)
    env.close()


def test_the_fused_cloud_is_observed_and_kept_clear_of() -> None:
    env = make(fused=True)
    observation, _ = env.reset(seed=1)
    assert observation["cloud_valid"] == 1 and np.isfinite(observation["cloud"]).all()
    assert env.observation_space.contains(observation) and len(env._obstacles.points_base)
    env.close()


@pytest.mark.slow
@pytest.mark.parametrize("vector", [SyncVectorEnv, AsyncVectorEnv])
def test_vectors_give_the_episodes_that_one_gives(vector: type) -> None:
    alone = make()
    actions = np.random.default_rng(0).uniform(-1, 1, (6, 7)).astype(np.float32)
    episodes = []
    for seed in (4, 5):
        first, _ = alone.reset(seed=seed)
        episodes.append([first, *(alone.step(action)[0] for action in actions)])
    alone.close()
    many = vector([make, make], autoreset_mode=AutoresetMode.DISABLED)
    together = [many.reset(seed=[4, 5])[0], *(many.step(np.stack([action, action]))[0] for action in actions)]
    many.close()
    for index, episode in enumerate(episodes):
        for one, batch in zip(episode, together, strict=True):
            assert same(one, {key: values[index] for key, values in batch.items()})


@pytest.mark.slow
def test_stable_baselines3_accepts_the_numeric_wrapper() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    from sim.numeric import NumericObservation

    env = NumericObservation(TabletopEnv(overrides=[each.replace("=24", "=40").replace("=32", "=48") for each in SMALL]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(env, warn=True)
    env.close()
