"""Hostile and damaged artefacts, opened as the product opens them: each is refused in a sentence, and nothing of it runs."""

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path

from policies.catalogue import build_policy
from policies.inspect import SCHEMAS as LOG_SCHEMAS
from policies.inspect import log
from policies.train import SCHEMAS, train
from policies.vla.policy_config import VlaPolicyConfig
from robot.configuration import load
from robot.errors import HandsightError
from robot.kinematics import Kinematics
from tests.policies.training.artefacts import MARK, Payload, checkpoints, copied, logs, states, yamls
from tests.policies.training.logs import both, config, demonstration, learn, robot

WATCHED = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen", "pickle.find_class", "socket.connect",
    "ctypes.dlopen", "marshal.loads", "code.__new__",
)  # fmt: skip
OURS = ("robot", "sensors", "policies", "configs", "sim", "tests")


def test_nothing_of_a_hostile_artefact_runs_and_each_is_refused_in_one_sentence(tmp_path: Path) -> None:
    both(tmp_path / "data", 2)
    learn(tmp_path / "data", tmp_path / "run", "steps=1")
    demonstration(tmp_path / "log", 5)
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            said = "\n".join(_judged(tmp_path))
        except BaseException as error:
            said = f"the trial itself failed: {type(error).__name__}: {error}"
        os.write(written, said.encode()[:60_000])
        os._exit(0)
    os.close(written)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    assert not (tmp_path / "canary").exists()
    count, _, wrong = said.partition("\n")
    assert not wrong, f"\n{wrong}"
    assert int(count) >= 60


def _judged(folder: Path) -> list[str]:
    """How many artefacts were opened, and a sentence for each that was not refused, or of which something ran."""
    canary, kinematics, model = folder / "canary", Kinematics(robot()), robot()

    def policy(checkpoint: Path) -> object:
        return build_policy(VlaPolicyConfig(checkpoint=str(checkpoint), device="cpu"), model, kinematics)

    def resumed(state: Path) -> object:
        return train(config(folder / "data", state.parent, "steps=2"), "")

    def opened(where: Path) -> object:
        for verb in ("inspect", "verify"):
            if log(load("log", [], LOG_SCHEMAS)[0], f"{verb} {where}"):
                raise HandsightError(f"{verb} says what is wrong")
        return None

    policy(folder / "run" / "best")  # what a good one imports is not held against a bad one
    opened(folder / "log")
    heard: list[str] = []
    _listen(heard)
    trials: list[tuple[str, Callable[[], object]]] = []
    for number, (name, change) in enumerate(checkpoints(canary)):
        trials.append((name, lambda n=number, c=change: policy(copied(folder / "run" / "best", folder / f"bad{n}", c))))
    for number, (name, change) in enumerate(states(canary)):
        (folder / f"run{number}").mkdir()
        (folder / f"run{number}" / "words").symlink_to(folder / "run" / "words")
        trials.append(
            (name, lambda n=number, c=change: resumed(copied(folder / "run" / "state", folder / f"run{n}" / "state", c)))
        )
    for number, (name, change) in enumerate(logs(canary)):
        trials.append((name, lambda n=number, c=change: opened(copied(folder / "log", folder / f"log{n}", c))))
    for number, (name, text) in enumerate(yamls()):
        (folder / f"yaml{number}" / "robot").mkdir(parents=True)
        (folder / f"yaml{number}" / "robot" / "evil.yaml").write_text(text)
        trials.append((name, lambda n=number: load("train", [f"config_dir={folder / f'yaml{n}'}", "robot=evil"], SCHEMAS)))
    return [str(len(trials)), *(sentence for name, trial in trials if (sentence := _tried(name, trial, heard)))]


def _tried(name: str, trial: Callable[[], object], heard: list[str]) -> str:
    """What is wrong with how one was met; empty if nothing is."""
    heard.clear()
    try:
        trial()
    except HandsightError as error:
        said = str(error)
        wrong = "" if 0 < len(said) < 700 and "\n" not in said and MARK not in said else f"said {said[:200]!r}"
    except BaseException as error:
        wrong = f"ended in {type(error).__name__}: {str(error)[:200]}"
    else:
        wrong = "was not refused"
    return f"{name}: {wrong} {heard}" if wrong or heard else ""


def _listen(heard: list[str]) -> None:
    """Hear what this process does from now on that no reading of data does."""

    def hook(event: str, args: tuple) -> None:
        if event in WATCHED:
            heard.append(f"{event} {str(args)[:80]}")
        elif event in ("exec", "compile") and MARK in f"{args[:1]}":
            heard.append(event)
        elif event == "import":
            top = str(args[0]).partition(".")[0]
            if top not in sys.stdlib_module_names and top not in OURS and top not in sys.modules:
                heard.append(f"import {args[0]}")

    sys.addaudithook(hook)


def test_the_trial_would_hear_a_pickle(tmp_path: Path) -> None:
    read, written = os.pipe()
    child = os.fork()
    if child == 0:
        heard: list[str] = []
        _listen(heard)
        pickle.loads(pickle.dumps(Payload(tmp_path / "canary")))
        os.write(written, "\n".join(heard).encode())
        os._exit(0)
    os.close(written)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert "pickle.find_class" in said and "os.system" in said and (tmp_path / "canary").exists()
