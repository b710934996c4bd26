"""A format's name -> its renderer, imported when it is asked for."""

import importlib
from typing import TYPE_CHECKING

from netaudit.cli.options import Format

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
    from netaudit.audit.finding import Audit

# Functions of netaudit.report, for a diff and for a snapshot; the terminal's takes a style and is apart.
_RENDERERS = {
    Format.JSON: ("json.diff.render_diff", "json.show.render_snapshot"),
    Format.MARKDOWN: ("page.render.render_diff_markdown", "page.render.render_snapshot_markdown"),
    Format.HTML: ("page.render.render_diff_html", "page.render.render_snapshot_html"),
    Format.CSV: ("csv_table.render_diff_csv", "csv_table.render_snapshot_csv"),
    Format.SVG: ("page.picture.render_diff_svg", "page.picture.render_snapshot_svg"),
    Format.DOT: ("page.picture.render_diff_dot", "page.picture.render_snapshot_dot"),
}

_WITH_FINDINGS = (Format.HTML, Format.MARKDOWN)
# What `netaudit exposure` prints otherwise than a snapshot.
_OF_EXPOSURE = {
    Format.JSON: "json.exposure.render_exposure",
    Format.MARKDOWN: "page.render.render_exposure_markdown",
    Format.CSV: "csv_table.render_exposure_csv",
}


def render_diff(diff: "AttributedDiff", form: Format) -> bytes:
    """Print a diff in any format but the terminal's."""
    of_diff, _ = _RENDERERS[form]
    return _encode(_renderer(of_diff)(diff))


def render_snapshot(snapshot: "AttributedSnapshot", form: Format, audit: "Audit | None" = None) -> bytes:
    """Print a snapshot in any format but the terminal's; findings only where the format is for people."""
    _, of_snapshot = _RENDERERS[form]
    render = _renderer(of_snapshot)
    return _encode(render(snapshot, audit) if form in _WITH_FINDINGS else render(snapshot))


def render_exposure_table(shown: "AttributedSnapshot", form: Format) -> bytes:
    """Print who can reach what in any format but the terminal's."""
    if form not in _OF_EXPOSURE:
        return render_snapshot(shown, form)
    return _encode(_renderer(_OF_EXPOSURE[form])(shown))


def _renderer(path: str) -> "Callable[..., str | bytes]":
    """Import a function of netaudit.report."""
    module, _, name = path.rpartition(".")
    render: Callable[..., str | bytes] = getattr(importlib.import_module(f"netaudit.report.{module}"), name)
    return render


def _encode(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="replace")
