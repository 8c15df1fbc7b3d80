"""The law of imports and the doors of heavy libraries, read from the source."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ORDER = ("robot", "sensors", "policies", "sim")
# library → where it may be imported; a folder counts with everything below it
DOORS = {
    "pinocchio": ("robot",),
    "coal": ("robot",),
    "ruckig": ("robot",),
    "toppra": ("robot",),
    "ompl": ("robot",),
    "hydra": ("robot/configuration.py",),
    "omegaconf": ("robot/configuration.py",),
    "cv2": ("sensors",),
    "small_gicp": ("sensors",),
    "open3d": ("sensors", "sim"),
    "torch": ("policies",),
    "transformers": ("policies",),
    "tokenizers": ("policies/vla",),
    "safetensors": ("policies",),
    "peft": ("policies/vla/pretrained",),
    "huggingface_hub": ("policies/vla/pretrained",),
    "zarr": ("policies",),
    "skimage": ("policies/value_maps",),
    "pydantic": ("policies/language",),
    "openai": ("policies/language",),
    "pyarrow": ("policies/formats",),
    "h5py": ("policies/formats",),
    "mcap": ("policies/formats",),
    "rosbags": ("policies/formats",),
    "av": ("policies/observers", "policies/formats"),
    "viser": ("policies/observers",),
    "rerun": ("policies/observers",),
    "matplotlib": ("policies/observers", "sim/report.py"),
    "pybullet": ("sim",),
    "pybullet_data": ("sim",),
    "gymnasium": ("sim",),
    "ray": ("sim",),
}
FILES = sorted(path.relative_to(ROOT) for package in ORDER for path in (ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level name of everything that a file imports."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write imports in full, such as `from robot.errors import …`"
            yield node.lineno, node.module or ""


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_point_left_and_come_through_their_doors(path: Path) -> None:
    package = path.parts[0]
    for line, module in imports(path):
        head = module.partition(".")[0]
        if head in ORDER:
            assert ORDER.index(head) <= ORDER.index(package), (
                f"{path}:{line} imports {module}: {package} may import only itself and packages to its left in "
                f"{' < '.join(ORDER)}; move the line to {head}/, or what it needs to {package}/."
            )
        if head in DOORS:
            assert any(path.is_relative_to(door) for door in DOORS[head]), (
                f"{path}:{line} imports {head}, whose door is {' or '.join(DOORS[head])}: "
                f"put the line behind that door and call it from here."
            )


def test_no_room_is_called_utils() -> None:
    banned = {"utils", "common", "helpers", "misc", "base", "types", "logging", "random"}
    assert not [path for path in FILES if path.stem in banned]


def test_every_file_says_what_is_in_it() -> None:
    silent = [path for path in FILES if not ast.get_docstring(ast.parse((ROOT / path).read_text()))]
    assert not silent, f"begin each file with a sentence: {silent}"


def test_every_package_folder_is_shipped() -> None:
    listed = (ROOT / "pyproject.toml").read_text()
    for folder in {path.parent for path in FILES}:
        if (ROOT / folder / "__init__.py").exists():
            assert f'"{folder.as_posix().replace("/", ".")}"' in listed, f"add {folder} to packages in pyproject.toml"


def test_the_hardware_path_imports_without_the_simulator() -> None:
    code = (
        "import sys\n"
        "for name in ('pybullet', 'pybullet_data', 'gymnasium', 'sim'): sys.modules[name] = None\n"
        "import policies.deploy, policies.rollout, sensors.fusion, robot.remote_body, policies.catalogue\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("program", ["policies.deploy", "sim.command", "sim.evaluate", "sim.record"])
def test_a_program_starts_without_what_only_a_learned_policy_needs(program: str) -> None:
    code = (
        f"import sys, {program}\n"
        "found = sorted({'torch', 'transformers', 'peft'} & set(sys.modules))\n"
        "assert not found, f'{found} take seconds to import: import them where a learned policy is built'\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
