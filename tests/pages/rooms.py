"""The table of packages in docs/architecture.md, from their docstrings: `make goldens` writes it again."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
PATH = _ROOT / "docs" / "architecture.md"
PACKAGES = sorted((_ROOT / "netaudit").rglob("__init__.py"))
_TABLE = re.compile(r"(?<=\| Package \| What it holds \| Begin with \|\n)(?:\|.*\n)+")
_BEGIN = re.compile(r"Begin with ([a-z_]+)\.py")


def render() -> str:
    """Print the page with the table as it should be."""
    rows = "\n".join(["|---|---|---|", *map(_row, _rooms())]) + "\n"
    return _TABLE.sub(lambda _: rows, PATH.read_text(encoding="utf-8"), count=1)


def docstring(package: Path) -> str:
    """Read the docstring of a package."""
    return ast.get_docstring(ast.parse(package.read_text(encoding="utf-8"))) or ""


def _rooms() -> Iterator[Path]:
    return (package for package in PACKAGES if package.parent.name != "netaudit")


def _row(package: Path) -> str:
    folder = package.parent
    text = docstring(package)
    what = text.partition("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    first = _BEGIN.search(text)
    file = f"[{first[1]}.py](../{(folder / first[1]).relative_to(_ROOT)}.py)" if first else ""
    return f"| `{folder.relative_to(_ROOT / 'netaudit')}` | {what} | {file} |"


def main() -> None:
    """Write the table."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
