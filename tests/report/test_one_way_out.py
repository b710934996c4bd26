"""Text of others has one way out for each format: no module escapes, wraps or prints past it."""

import ast
from pathlib import Path

import pytest
from syntax import imported, tree

import netaudit

PACKAGE = Path(netaudit.__path__[0])
MODULES = sorted(path for folder in ("report", "cli") for path in (PACKAGE / folder).rglob("*.py"))
# What escapes or wraps text, and the only modules that may import it.
HOMES = {
    "textwrap": {"report/terminal/wrapping.py"},
    "tabulate": {"report/terminal/layout.py"},
    "xml.sax.saxutils": {"report/text/sanitize.py"},
    "html": set[str](),
    "csv": {"report/text/formats/csv_rows.py"},
    "markupsafe": {
        "report/templating/environment.py",
        "report/templating/own_page.py",
        "report/page/picture.py",
        "report/fleet/page.py",
    },
}
# Who may write to a stream itself; all others say it by `say`, or give bytes to `output.write`.
WRITERS = {"cli/say.py", "cli/output.py", "cli/screen/progress.py", "cli/commands/program.py"}


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def prints(path: Path) -> bool:
    calls = [ast.unparse(node.func) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return bool({"print", "typer.echo", "sys.stdout.write", "sys.stderr.write", "sys.stdout.buffer.write"} & {*calls})


@pytest.mark.parametrize("library", HOMES)
def test_what_escapes_or_wraps_is_used_in_its_home_alone(library: str) -> None:
    assert {name_of(path) for path in MODULES if library in imported(path)} == HOMES[library]


def test_only_these_modules_write_to_a_stream() -> None:
    assert {name_of(path) for path in MODULES if prints(path)} == WRITERS


def test_every_terminal_renderer_uses_the_function_of_terminals() -> None:
    names = ("rules", "exposure", "trace", "audit", "explain/explanation", "doctor")
    renderers = [PACKAGE / "report" / "terminal" / f"{name}.py" for name in names]
    for path in renderers:
        text = path.read_text()
        assert "terminal_text" in text, path
        assert "import visible" not in text, path
