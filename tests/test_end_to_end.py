"""The main job from the command line: a sentence moves the robot, a bad one moves nothing; one process a test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def command(*words: str, folder: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run handsight-command in a folder of its own."""
    arguments = [sys.executable, "-m", "sim.command", *words]
    return subprocess.run(
        arguments, capture_output=True, text=True, cwd=folder, input=stdin, check=False, env=_environment(), timeout=300
    )


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_a_sentence_moves_the_robot_and_leaves_a_run_folder(tmp_path: Path) -> None:
    ran = command("point at the red block", "out=run", "video=false", folder=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "I understand: point at the red block"
    assert lines[1].startswith("I see ") and "a red block" in lines[1]
    assert any(line.startswith("succeeded after") for line in lines)
    run = tmp_path / "run"
    assert {path.name for path in run.iterdir()} == {"config.yaml", "versions.json", "verdict.json", "picture.png", "episode"}
    assert json.loads((run / "verdict.json").read_text())["success"] is True
    assert (run / "episode" / "episode_000000.json").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((" ",), "instruction"),
        (("put the red block in the blue bowl", "sed=7"), "seed"),
        (("--verbose",), "--help"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_code_two(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    ran = command(*words, folder=tmp_path, stdin="quit\n")
    if words == (" ",):  # no sentence: the prompt, which `quit` leaves
        assert ran.returncode == 0 and "help" in ran.stdout
        return
    assert ran.returncode == 2 and says in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1 and "Traceback" not in ran.stderr
    assert not list(tmp_path.iterdir())


def test_help_explains_itself(tmp_path: Path) -> None:
    ran = command("--help", folder=tmp_path)
    assert ran.returncode == 0 and "put the red block in the blue bowl" in ran.stdout and "seed: 0" in ran.stdout


@pytest.mark.slow
def test_the_prompt_performs_one_sentence_after_another_and_takes_one_back(tmp_path: Path) -> None:
    said = "objects\npick up the red block\nput it in the blue bowl\nfetch the moon\nundo\nobjects\nquit\n"
    ran = command("out=run", "video=false", "picture=false", folder=tmp_path, stdin=said)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("succeeded after") == 2 and "undone." in ran.stdout
    assert (tmp_path / "run" / "002" / "verdict.json").exists()


@pytest.mark.slow
def test_the_hardware_path_does_what_the_recording_shows(tmp_path: Path) -> None:
    assert command("put the red block in the blue bowl", "out=runs/a", "video=false", folder=tmp_path).returncode == 0
    blocked = (
        "import sys\n"
        "for name in ('pybullet', 'pybullet_data', 'gymnasium', 'sim'): sys.modules[name] = None\n"
        "from policies.deploy import main\n"
        "if __name__ == '__main__': main()\n"
    )
    (tmp_path / "deploy.py").write_text(blocked)
    arguments = ["robot=perfect", "sensors=replay", "put the red block in the blue bowl", "out=runs/b"]
    ran = subprocess.run(
        [sys.executable, "deploy.py", *arguments], capture_output=True, text=True, cwd=tmp_path, env=_environment(), check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "done after" in ran.stdout and (tmp_path / "runs/b/episode/episode_000000.json").exists()
