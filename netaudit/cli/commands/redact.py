"""`netaudit redact`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import ForceOption, RedactKeyOption, named

if TYPE_CHECKING:
    from netaudit.store.redaction import Redaction


def redact(
    recording: Annotated[Path, typer.Argument(help="A recording, or another file that netaudit reads.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="A folder, or a .tar or .tar.gz.", callback=named)],
    force: ForceOption = False,
    key: RedactKeyOption = None,
) -> None:
    """Write a recording that can be given away: addresses, names and texts are replaced.

    What was redacted with one key still compares, and attribution still works. Keep the key apart from it.
    """
    from netaudit.catalog import load_catalog
    from netaudit.cli.output import print_path, replacing
    from netaudit.cli.sources import load_recording, redact_key
    from netaudit.store import require_place, save
    from netaudit.store.redaction import redact as redact_facts

    replace = replacing(force=force)
    require_place(output, replace)
    redaction = redact_facts(load_recording(recording), redact_key(key), load_catalog())
    save(redaction.facts, output, replace)
    say_removed(redaction)
    print_path(output)


def say_removed(redaction: "Redaction") -> None:
    """Print on standard error what was replaced and removed, by file and kind."""
    from netaudit.cli.say import say

    for one in redaction.removed:
        say(f"redacted {one.file}: {one.kind}: {one.count}")
