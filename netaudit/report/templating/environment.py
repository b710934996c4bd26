"""Templates -> text, safe by default: whatever a template prints is made visible and escaped for its format.

Jinja2 is imported here alone.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup, escape

from netaudit.report.templating.loader import ShippedLoader
from netaudit.report.text.exposure import change_lines, outside_first
from netaudit.report.text.markdown import Markdown, code, code_outside, fence, prose
from netaudit.report.text.sanitize import terminal_text, visible_markup
from netaudit.report.text.sentence import Foreign, Sentence
from netaudit.report.text.unseen import describe_no_exposure_change, describe_no_rule_change
from netaudit.report.text.width import shorten
from netaudit.report.text.words import count, describe_coverage, describe_gap, describe_head, tally

_TOGETHER = 28  # characters of options that stay on one line: they fit on a telephone
_WORDS: dict[str, Callable[..., Any]] = {
    "change_lines": change_lines,
    "count": count,
    "describe_coverage": describe_coverage,
    "describe_gap": describe_gap,
    "describe_head": describe_head,
    "describe_no_exposure_change": describe_no_exposure_change,
    "describe_no_rule_change": describe_no_rule_change,
    "outside_first": outside_first,
    "tally": tally,
}


def environment_of(name: str) -> jinja2.Environment:
    """Return the environment that a template is for, by its name."""
    return markdown() if name.endswith(".md.j2") else html()


@cache
def html() -> jinja2.Environment:
    """Return the environment that prints HTML and SVG."""
    environment = _environment(autoescape=True, finalize=shown_in_html)
    environment.filters |= {
        "join": _html_join,
        "sentence": _html_sentence,
        "coded": _coded,
        "ticked": _ticked,
        "whole_options": _whole_options,
    }
    return environment


@cache
def markdown() -> jinja2.Environment:
    """Return the environment that prints Markdown."""
    environment = _environment(autoescape=False, finalize=_shown_in_markdown)
    environment.filters |= {
        "code": code,
        "code_outside": code_outside,
        "unquoted": _unquoted,
        "code_html": _code_html,
        "fence": fence,
        "sentence": _markdown_sentence,
    }
    return environment


def _environment(**options: Any) -> jinja2.Environment:  # noqa: ANN401 (jinja2's own options)
    environment = jinja2.Environment(  # noqa: S701 (HTML is escaped by jinja2, Markdown by `finalize`)
        loader=ShippedLoader(),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **options,
    )
    environment.globals |= _WORDS
    environment.filters["shorten"] = _shorten
    return environment


def shown_in_html(value: object) -> object:
    """Make every text visible before it is escaped, also that of what prints itself and what a filter escaped."""
    if isinstance(value, Markup):
        return Markup(visible_markup(value))  # noqa: S704 (it was markup before)
    return value if isinstance(value, (int, float)) else terminal_text(str(value))


def _shown_in_markdown(value: object) -> object:
    """Escape every text that no filter has made Markdown."""
    return value if isinstance(value, (Markdown, int, float)) else prose(str(value))


def _shorten(text: str, columns: int) -> str:
    return shorten(terminal_text(text), columns)


def _html_join(texts: Iterable[str], between: str) -> Markup:
    """Join as jinja2 does, whose result is markup already, and would not be made visible after."""
    return escape(between).join(terminal_text(text) for text in texts)


def _html_sentence(sentence: Sentence) -> Markup:
    return Markup().join(
        Markup("<b>{}</b>").format(terminal_text(part.text))
        if isinstance(part, Foreign)
        else escape(terminal_text(part))
        for part in sentence.parts
    )


def _ticked(text: str) -> Markup:
    """Print the names in `ticks` of a sentence as names."""
    parts = terminal_text(text).split("`")
    return Markup().join(Markup("<b>{}</b>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def _coded(text: str) -> Markup:
    """Print what stands in `ticks` of a sentence of ours as code; a lone tick stays what it is."""
    parts = terminal_text(text).split("`")
    if len(parts) % 2 == 0:
        return escape(terminal_text(text))
    shown = (Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts))
    return Markup().join(shown)


def _whole_options(text: str) -> Markup:
    """Keep a browser from breaking `--dport` after its hyphens, which would read as another option."""
    return Markup(" ").join(
        Markup("<i>{}</i>").format(part) if part.startswith("-") or " -" in part else escape(part)
        for part in _parts(terminal_text(text))
    )


def _parts(text: str) -> Iterator[str]:
    """Split at spaces, into parts as long as may stay together."""
    part = ""
    for word in text.split(" "):
        if part and len(part) + len(word) >= _TOGETHER:
            yield part
            part = word
        else:
            part = f"{part} {word}" if part else word
    yield part


def _unquoted(text: str) -> str:
    """Leave out the quotes around names: the whole text stands in a code span, or is a cell of a table."""
    return text.replace("`", "")


def _markdown_sentence(sentence: Sentence) -> Markdown:
    parts = (code_outside(part.text) if isinstance(part, Foreign) else prose(part) for part in sentence.parts)
    return Markdown("".join(parts))


def _code_html(text: str) -> Markdown:
    """Print code where Markdown is not read, inside <summary>."""
    return Markdown(Markup("<code>{}</code>").format(terminal_text(text)))
