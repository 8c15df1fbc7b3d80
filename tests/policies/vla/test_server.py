"""A server that reads for many robots: as each would alone, several in one pass, and nobody's nonsense ends another's run."""

import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Client, Listener
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from policies.vla.checkpoint import open_config
from policies.vla.looks import frame_of, look_of
from policies.vla.mind import Frame, LocalMind, Prompt, Said
from policies.vla.policy import VlaPolicy
from policies.vla.policy_config import VlaPolicyConfig
from policies.vla.reader import open_reader
from policies.vla.remote import RemoteMind
from policies.vla.rows import act_prompt
from policies.vla.server import Server, serving
from policies.vla.wire import asked, packed, rows_of, unpacked
from robot.errors import HandsightError, InvalidInput
from tests.policies.tabletop import robot
from tests.policies.vla import scenes, tiny

SENTENCES = ("pick up the red block", "put the red block in the blue bowl", "go home")


class CountingMind(LocalMind):
    """Remembers how many rows each pass had."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "cpu", 1)
        self.passes: list[int] = []

    def said(self, frames: Sequence[Frame], prompts: Sequence[Prompt]) -> list[Said]:
        self.passes.append(len(prompts))
        return super().said(frames, prompts)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.saved(tmp_path_factory.mktemp("checkpoint"), tiny.model())


@pytest.fixture
def served(checkpoint: Path, tmp_path: Path) -> Iterator[tuple[Server, str, CountingMind]]:
    """A server, its address and its mind; whoever connects is taken in, and `turn` is the test's to call."""
    mind, address = CountingMind(checkpoint), str(tmp_path / "model")
    server = Server(mind, open_config(checkpoint).to_json_string(), most=8)
    with Listener(address, "AF_UNIX") as listener:
        Thread(target=server.welcome, args=(listener,), daemon=True).start()
        yield server, address, mind


def wait_until(true: Callable[[], bool]) -> None:
    """At most ten seconds."""
    end_s = time.monotonic() + 10.0
    while not true() and time.monotonic() < end_s:
        time.sleep(0.01)


def turns(server: Server, count: int) -> None:
    """Answer until so many questions have been heard, for ten seconds at most."""
    heard: list[int] = []
    wait_until(lambda: heard.append(server.turn()) or sum(heard) >= count)
    assert sum(heard) == count


def test_robots_that_ask_together_are_read_together_as_each_would_be_alone(
    served: tuple[Server, str, CountingMind], checkpoint: Path
) -> None:
    server, address, mind = served
    alone = open_reader(checkpoint, *robot(), "cpu", 1)
    observation, found = scenes.scene(), {}

    def ask(sentence: str) -> None:
        found[sentence] = open_reader(checkpoint, *robot(), server=address).act(observation, sentence)

    threads = [Thread(target=ask, args=(sentence,), daemon=True) for sentence in SENTENCES]
    for thread in threads:
        thread.start()
    turns(server, 2 * len(SENTENCES))  # each says which checkpoint it means, and asks
    for thread in threads:
        thread.join(timeout=20)
    assert sum(mind.passes) == len(SENTENCES)
    for sentence in SENTENCES:
        expected = alone.act(observation, sentence)
        np.testing.assert_allclose(found[sentence].pointing, expected.pointing, atol=1e-5)
        np.testing.assert_allclose(found[sentence].keyposes.T_base_ee, expected.keyposes.T_base_ee, atol=1e-4)


def test_what_waits_at_the_same_time_is_one_pass_and_nonsense_ends_only_its_own(
    served: tuple[Server, str, CountingMind], checkpoint: Path
) -> None:
    server, address, mind = served
    config, words = tiny.config(), tiny.words()
    frame = frame_of(look_of(scenes.scene(), config, robot()[1]), config)
    question = packed(asked("said", [frame], [act_prompt(words, "go home", config)]))
    clients = [Client(address, family="AF_UNIX") for _ in range(4)]
    wait_until(lambda: len(server._robots) == 4)
    for client, message in zip(clients, (question, question, packed({"kind": "sing"}), b"PK but no arrays"), strict=True):
        client.send_bytes(message)
    assert server.turn() == 3 and mind.passes == [2]
    assert [set(unpacked(client.recv_bytes())) for client in clients[:2]] == [{"there", "pointer", "numbers", "pointing"}] * 2
    assert "'sing'" in str(unpacked(clients[2].recv_bytes())["refusal"])
    assert len(server._robots) == 3  # who speaks another language is not listened to
    blind = packed(asked("said", [{}], [act_prompt(words, "go home", config)]))
    for client, message in zip(clients, (question, blind, question), strict=False):
        client.send_bytes(message)
    assert server.turn() == 3
    assert ["refusal" in unpacked(client.recv_bytes()) for client in clients[:3]] == [False, True, False]


@pytest.mark.parametrize("message", [b"", b"PK but no arrays", packed({"a": "b"})[:40], b"\x80\x04K\x01.", b"\x93NUMPY"])
def test_what_is_no_arrays_is_refused_and_never_run(message: bytes) -> None:
    with pytest.raises(ValueError, match=r"no arrays|pickle|EOF|magic|header"):
        unpacked(message)


def test_another_checkpoint_and_an_empty_address_are_refused_in_one_sentence(
    served: tuple[Server, str, CountingMind], tmp_path: Path
) -> None:
    server, address, _ = served
    other = tiny.saved(tmp_path, tiny.model(decoding="autoregressive"))
    Thread(target=turns, args=(server, 1), daemon=True).start()
    with pytest.raises(InvalidInput, match="the server has another checkpoint than this robot"):
        RemoteMind(address, other)
    with pytest.raises(InvalidInput, match=r"policy.server: nobody serves at /nowhere: No such file"):
        RemoteMind("/nowhere", other)


def test_a_process_serves_plans_words_and_gazes_until_it_is_over(checkpoint: Path) -> None:
    observation = scenes.scene()
    alone = VlaPolicy(*robot(), VlaPolicyConfig(checkpoint=str(checkpoint), device="cpu", threads=1, sure=0.0))
    with serving(checkpoint, "cpu", 1, "float32", most=4) as address:
        asking = VlaPolicy(*robot(), VlaPolicyConfig(checkpoint=str(checkpoint), server=address, sure=0.0))
        plans = [policy.plan(observation, "pick up the red block") for policy in (alone, asking)]
        assert plans[0] is not None and plans[1] is not None and plans[0].status == plans[1].status
        if plans[0].arm is not None and plans[1].arm is not None:
            np.testing.assert_allclose(plans[0].arm.T_base_ee, plans[1].arm.T_base_ee, atol=1e-4)
        assert (
            alone.ask(observation, "how many blocks are there?").text
            == asking.ask(observation, "how many blocks are there?").text
        )
        shown = [policy.explain() for policy in (alone, asking)]
        assert shown[0] is not None and shown[1] is not None
        np.testing.assert_allclose(shown[0].pixels["front"], shown[1].pixels["front"], atol=1e-4)
    with pytest.raises(HandsightError, match="the model's server is gone"):
        asking.ask(observation, "how many blocks are there?")


def test_a_server_that_can_not_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(HandsightError, match="the model's server: checkpoint"),
        serving(tmp_path, "cpu", 1, "float32", 4),
    ):
        pass


def test_a_frame_that_is_asked_about_twice_is_sent_once_and_is_one_again() -> None:
    first, second = {"x": np.zeros(1000)}, {"x": np.ones(1000)}
    question = unpacked(packed(asked("said", [first, second, first], [[1], [2], [3, 4]])))
    assert sum(name.endswith("frame/x") for name in question) == 2
    frames, prompts = rows_of(question)
    assert prompts == [[1], [2], [3, 4]] and frames[0] is frames[2] and frames[1]["x"].all()
    for row in (-1, 2):
        with pytest.raises(ValueError, match="prompt 1"):
            rows_of({**question, "1/seen": np.asarray(row)})
