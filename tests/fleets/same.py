"""Run `fleet audit` as a person does, and tell whether two results are the same, byte for byte."""

import hashlib
import sys
from pathlib import Path

from fleets.small import TODAY


def audit_command(source: Path | str, results: Path, *options: str) -> list[str]:
    """Return the command that audits a source, on the day of the tests."""
    command = [sys.executable, "-m", "netaudit", "fleet", "audit", str(source)]
    return [*command, "--out", str(results), "--today", f"{TODAY}", *options]


def files_of(results: Path) -> dict[str, str]:
    """Hash every file that is not hidden."""
    paths = (path for path in results.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
