"""The map of the house in the README, drawn from each file's first line: `python -m tests.readme_map` renews it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- map: begin -->", "<!-- map: end -->"
PACKAGES = ("robot", "sensors", "policies", "sim")


def drawn_map() -> str:
    """One line a file, folder by folder, in the order of the law."""
    lines = []
    for package in PACKAGES:
        for folder in sorted({path.parent for path in (ROOT / package).rglob("*.py")}, key=str):
            lines.append(f"{folder.relative_to(ROOT)}/  {_first_line(folder / '__init__.py')}")
            files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
            lines += [f"  {path.name:24}{_first_line(path)}" for path in files]
    return "```\n" + "\n".join(line.rstrip() for line in lines) + "\n```"


def written_map() -> str:
    """What stands in the README now."""
    found = re.search(f"{BEGIN}\n(.*?)\n{END}", README.read_text(), re.DOTALL)
    return found.group(1) if found else ""


def _first_line(path: Path) -> str:
    """The first line of a file's docstring, without the noun that repeats its name."""
    if not path.exists():
        return ""
    return (ast.get_docstring(ast.parse(path.read_text())) or "").splitlines()[0]


if __name__ == "__main__":
    before, _, rest = README.read_text().partition(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{drawn_map()}\n{END}{rest.partition(END)[2]}")
