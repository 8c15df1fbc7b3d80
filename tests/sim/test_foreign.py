"""Foreign worlds: any Gymnasium environment is observed, stepped, judged and recorded, and nothing is invented."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from policies.demonstrations import read
from policies.policy import Explanation
from policies.rollout import Rollout, rollout
from robot.errors import InvalidInput
from robot.trajectory import JointTrajectory, Plan
from sensors.observation import Observation
from sensors.packets import CameraFrame
from sim.foreign import ForeignStage, load_world
from sim.recording import RecordDemonstrations
from sim.sentences import Sentence
from sim.translation import ForeignConfig, Translation


class Slider(gymnasium.Env):
    """A bright column to be pushed to the right edge of a 12-pixel picture."""

    def __init__(self) -> None:
        self.observation_space = spaces.Dict(
            {"eye": spaces.Box(0, 255, (8, 12, 3), np.uint8), "place": spaces.Box(0, 11, (1,), np.float32), "say": Sentence()}
        )
        self.action_space = spaces.Box(-2.0, 2.0, (1,), np.float32)
        self.num_steps = 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[dict, dict]:
        super().reset(seed=seed)
        self.place, self.num_steps = float(self.np_random.integers(0, 4)), 0
        return self._look(), {}

    def step(self, action: np.ndarray) -> tuple[dict, float, bool, bool, dict]:
        self.num_steps += 1
        self.place = float(np.clip(self.place + action[0], 0, 11))
        done = self.place == 11
        return self._look(), float(done), done, False, {"success": done}

    def _look(self) -> dict:
        eye = np.zeros((8, 12, 3), np.uint8)
        eye[:, round(self.place)] = 255
        return {"eye": eye, "place": np.float32([self.place]), "say": "push it to the right"}


class Always:
    """A policy that gives the same actions one after another, one plan for each step."""

    def __init__(self, actions: list[list[float]]) -> None:
        self._actions, self.seen = actions, []

    def reset(self) -> None:
        """Nothing to forget."""

    def plan(self, observation: Observation, instruction: str) -> Plan | None:
        action = np.array([self._actions[min(len(self.seen), len(self._actions) - 1)]], dtype=float)
        self.seen.append((observation, instruction))
        now_ns, later_ns = observation.stamp_ns, observation.stamp_ns + 100_000_000
        joints = JointTrajectory(
            stamp_ns=now_ns,
            time_s=np.array([0.1]),
            joint_position=action,
            joint_velocity=np.zeros_like(action),
            gripper_width=np.zeros(1),
            expires_ns=later_ns,
        )
        return Plan(joints=joints, observation_stamp_ns=now_ns, expires_ns=later_ns)

    def explain(self) -> Explanation | None:
        return None


def run(stage: ForeignStage, policy: Always) -> Rollout:
    return rollout(stage.robot, policy, lambda: stage.task.instruction, [], stage.over)


def test_keys_are_found_by_shape_and_type() -> None:
    found = Translation(Slider()).config
    assert (found.cameras, found.state, found.instruction) == ({"eye": "eye"}, ["place"], "say")


def test_the_loop_runs_an_environment_to_its_own_verdict() -> None:
    env = Slider()
    stage, policy = ForeignStage(ForeignConfig(), env, seed=1), Always([[2.0]])
    result = run(stage, policy)
    assert stage.task.success().success and result.num_steps == env.num_steps == len(policy.seen)
    assert policy.seen[0][1] == "push it to the right"


def test_what_an_environment_lacks_is_absent_with_its_reason() -> None:
    stage, policy = ForeignStage(ForeignConfig(), Slider(), seed=1), Always([[2.0]])
    run(stage, policy)
    observation = policy.seen[0][0]
    eye = observation.cameras["eye"]
    assert eye.depth is None and eye.K is None and eye.T_base_camera is None
    assert observation.health["eye"].valid and "unknown" in observation.health["eye"].reason
    assert not observation.health["lidar"].valid and observation.health["lidar"].reason
    assert not len(observation.cloud) and not observation.lidar and not len(observation.imu.stamp_ns)
    assert observation.state.joint_position.shape == (1,)


def test_each_picture_is_the_one_after_the_last_command() -> None:
    stage, policy = ForeignStage(ForeignConfig(), Slider(), seed=1), Always([[1.0]])
    run(stage, policy)
    columns = [int(observation.cameras["eye"].rgb[0, :, 0].argmax()) for observation, _ in policy.seen]
    assert columns == list(range(columns[0], columns[0] + len(columns)))
    assert [int(observation.state.joint_position[0]) for observation, _ in policy.seen] == columns


def test_an_action_out_of_bounds_is_brought_inside_and_told() -> None:
    stage = ForeignStage(ForeignConfig(), Slider(), seed=1)
    result = run(stage, Always([[50.0]]))
    assert stage.task.success().success and result.num_interventions == result.num_steps


def test_another_episode_of_the_same_seed_is_the_same() -> None:
    stage = ForeignStage(ForeignConfig(), Slider())
    runs = []
    for _ in range(2):
        stage.reset(5)
        runs.append(run(stage, Always([[0.5]])).num_steps)
    assert runs[0] == runs[1]


def test_a_wrong_key_is_refused_with_the_right_ones() -> None:
    with pytest.raises(InvalidInput, match="'front'; available: eye, place, say, render"):
        ForeignStage(ForeignConfig(cameras={"front": "front"}), Slider())


def test_an_environment_that_is_not_there_is_refused_in_one_sentence() -> None:
    with pytest.raises(InvalidInput, match="can't make 'Nowhere-v0'"):
        ForeignStage(ForeignConfig(env="Nowhere-v0"))


def test_a_users_own_loop_is_recorded_with_one_added_line(tmp_path: Path) -> None:
    env = RecordDemonstrations(Slider(), tmp_path)
    shown, done = [], []
    for seed in (1, 2):
        observation, _ = env.reset(seed=seed)
        shown.append([observation])
        terminated = False
        while not terminated:
            observation, _, terminated, _, _ = env.step(np.float32([1.5]))
            shown[-1].append(observation)
        done.append(len(shown[-1]) - 1)
    env.close()
    assert [manifest.name for manifest in env.manifests] == ["episode_000000.json", "episode_000001.json"]
    for manifest, observations, num_steps in zip(env.manifests, shown, done, strict=True):
        episode = read(manifest)
        frames = [packet for packet in episode.packets if isinstance(packet, CameraFrame)]
        assert all(np.array_equal(frame.rgb, each["eye"]) for frame, each in zip(frames, observations, strict=True))
        assert episode.commands["joint_position"].tolist() == [[1.5]] * num_steps
        assert episode.actions is not None and episode.actions.tolist() == [[1.5]] * num_steps
        seen = episode.observations["cameras/eye/rgb"]
        assert all(np.array_equal(rgb, each["eye"]) for rgb, each in zip(seen, observations[:-1], strict=True))
        assert episode.attributes["success"] is True and episode.attributes["instruction"] == "push it to the right"


def test_an_episode_that_is_cut_short_is_recorded_too(tmp_path: Path) -> None:
    env = RecordDemonstrations(Slider(), tmp_path)
    env.reset(seed=1)
    env.step(np.float32([0.5]))
    env.reset(seed=2)
    env.close()
    assert len(env.manifests) == 1 and read(env.manifests[0]).attributes["success"] is False


MINIGRID = ["world=minigrid"]
WAY = [[2.0], [2.0], [1.0], [2.0], [2.0]]  # forward, forward, right, forward, forward


def test_minigrid_is_solved_through_the_loop() -> None:
    pytest.importorskip("minigrid")
    stage, policy = ForeignStage(load_world(MINIGRID)), Always(WAY)
    result = run(stage, policy)
    assert stage.task.success().success and result.num_steps == len(WAY)
    observation, instruction = policy.seen[0]
    assert instruction == "get to the green goal square" and observation.cameras["top"].rgb.shape == (40, 40, 3)
    stage.close()


def test_minigrid_says_itself_that_it_was_not_solved() -> None:
    pytest.importorskip("minigrid")
    stage = ForeignStage(load_world([*MINIGRID, "+world.kwargs.max_steps=4"]))
    run(stage, Always([[6.0]]))
    verdict = stage.task.success()
    assert not verdict.success and "time is up" in verdict.reason
    stage.close()


def test_minigrid_is_recorded(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    from sim.foreign import make_foreign

    env = RecordDemonstrations(make_foreign(load_world(MINIGRID)), tmp_path)
    env.reset(seed=0)
    for (action,) in WAY:
        env.step(int(action))
    env.close()
    episode = read(env.manifests[0])
    assert episode.commands["joint_position"].tolist() == WAY and episode.attributes["success"]
    assert episode.attributes["instruction"] == "get to the green goal square"


def test_a_users_yaml_names_the_keys(tmp_path: Path) -> None:
    pytest.importorskip("minigrid")
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "mine.yaml").write_text(
        "defaults: [world_schema, _self_]\n"
        "env: MiniGrid-DoorKey-5x5-v0\nimports: [minigrid]\n"
        'wrappers: ["minigrid.wrappers:RGBImgObsWrapper"]\n'
        "cameras: {bird: image}\nsentence: open the door and go to the green square\n"
    )
    stage = ForeignStage(load_world([f"config_dir={tmp_path}", "world=mine"]))
    assert stage.task.instruction == "open the door and go to the green square"
    assert list(stage.translation.config.cameras) == ["bird"]
    stage.close()
