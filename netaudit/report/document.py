"""What people read: a page of HTML that needs nothing but itself, and Markdown for a pull request.

Jinja2 is imported here alone. Templates are safe by default: whatever they print is made visible and escaped for
its format, whether or not the template asks for it.
"""

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.report.exposure_words import change_lines, exposure_tables, reach_of_diff, reach_of_host
from netaudit.report.figures import tally
from netaudit.report.markdown_text import Markdown, code, code_outside, prose
from netaudit.report.page import Page, make_diff_page, make_snapshot_page, rows_of
from netaudit.report.safe_text import visible
from netaudit.report.verdict import Foreign, Sentence
from netaudit.report.words import count, describe_coverage, describe_gap, describe_head

_OPTION = re.compile(r"(?<!\S)--?[a-zA-Z][a-zA-Z-]{0,30}(?!\S)")
_WORDS = {
    "change_lines": change_lines,
    "count": count,
    "describe_coverage": describe_coverage,
    "describe_gap": describe_gap,
    "describe_head": describe_head,
    "rows_of": rows_of,
    "tally": tally,
}


def render_diff_html(diff: AttributedDiff) -> str:
    """Print a diff as one self-contained page of HTML."""
    return _render_html(make_diff_page(diff), reach_of_diff(diff))


def render_snapshot_html(snapshot: AttributedSnapshot) -> str:
    """Print a snapshot as one self-contained page of HTML."""
    return _render_html(make_snapshot_page(snapshot), reach_of_host(snapshot))


def render_diff_markdown(diff: AttributedDiff) -> str:
    """Print a diff as Markdown, short enough for a pull request: the details are folded."""
    return _markdown().get_template("report.md.j2").render(page=make_diff_page(diff), diff=diff)


def render_snapshot_markdown(snapshot: AttributedSnapshot) -> str:
    """Print a snapshot as Markdown; the rules are folded, table by table."""
    return _markdown().get_template("report.md.j2").render(page=make_snapshot_page(snapshot))


def render_exposure_markdown(shown: AttributedSnapshot) -> str:
    """Print the exposure table of a host as Markdown."""
    return _markdown().get_template("exposure.md.j2").render(tables=exposure_tables(shown), shown=shown)


def _render_html(page: Page, reach: tuple[str, ...] | None) -> str:
    style, script = _read("partials/style.css"), _read("partials/script.js")
    return (
        _html()
        .get_template("report.html.j2")
        .render(
            page=page,
            reach=reach,
            style=Markup(style),  # noqa: S704 (our own file)
            script=Markup(script),  # noqa: S704 (our own file)
            policy=_policy(style, script),
        )
    )


def _policy(style: str, script: str) -> str:
    """Forbid a browser everything but this style and this script: no request leaves the page."""
    rules = (
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(rules)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _html() -> jinja2.Environment:
    environment = _environment(autoescape=True, finalize=_shown_in_html)
    environment.filters |= {"sentence": _html_sentence, "whole_options": _whole_options}
    return environment


@cache
def _markdown() -> jinja2.Environment:
    environment = _environment(autoescape=False, finalize=_shown_in_markdown)
    environment.filters |= {
        "code": code,
        "code_outside": code_outside,
        "code_html": _code_html,
        "sentence": _markdown_sentence,
    }
    return environment


def _environment(**options: Any) -> jinja2.Environment:  # noqa: ANN401 (jinja2's own options)
    environment = jinja2.Environment(  # noqa: S701 (HTML is escaped by jinja2, Markdown by `finalize`)
        loader=jinja2.FunctionLoader(_read),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    environment.globals |= _WORDS
    return environment


def _shown_in_html(value: object) -> object:
    """Make every text visible before it is escaped."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _shown_in_markdown(value: object) -> object:
    """Escape every text that no filter has made Markdown."""
    return prose(value) if isinstance(value, str) and not isinstance(value, Markdown) else value


def _html_sentence(sentence: Sentence) -> Markup:
    return Markup().join(
        Markup("<b>{}</b>").format(visible(part.text)) if isinstance(part, Foreign) else escape(part)
        for part in sentence.parts
    )


def _whole_options(text: str) -> Markup:
    """Keep a browser from breaking `--dport` after its hyphens, which would read as another option."""
    return Markup(_OPTION.sub(r"<span>\g<0></span>", str(escape(visible(text)))))  # noqa: S704 (escaped)


def _markdown_sentence(sentence: Sentence) -> Markdown:
    parts = (code_outside(part.text) if isinstance(part, Foreign) else prose(part) for part in sentence.parts)
    return Markdown("".join(parts))


def _code_html(text: str) -> Markdown:
    """Print code where Markdown is not read, inside <summary>."""
    return Markdown(Markup("<code>{}</code>").format(visible(text)))


def _read(name: str) -> str:
    """Read a template; there is no way out of templates/."""
    parts = jinja2.loaders.split_template_path(name)
    return _templates().joinpath(*parts).read_text(encoding="utf-8")


def _templates() -> Traversable:
    """Find templates/: inside the package when installed, beside it in a checkout."""
    inside = resources.files("netaudit") / "templates"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "templates"
