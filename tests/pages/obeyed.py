"""What the readers of each format obey: the runners of pipelines, terminals, Markdown, HTML, spreadsheets."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

STEERS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufffe\uffff"
    "\U000e0000-\U000e0fff\ud800-\udfff]|[\u0300-\u036f]{6}"
)
_GITHUB = {
    *("internal-set-repo-path", "set-env", "set-output", "save-state", "add-path", "add-mask", "add-matcher"),
    *("remove-matcher", "debug", "warning", "error", "notice", "echo", "group", "endgroup", "stop-commands"),
}
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
_HTML_IN_MARKDOWN = re.compile(r"</?(details|summary|code|br)( open)?>")


def commands(text: str) -> list[str]:
    """The lines that GitHub Actions, Azure Pipelines, TeamCity, GitLab or Travis obey in a log."""
    return [line for line in text.splitlines() if _github(line) or _elsewhere(line)]


def _github(line: str) -> bool:
    """As the runner's ActionCommand.TryParseV2 reads a line."""
    line = line.strip()
    end = line.find("::", 2)
    return line.startswith("::") and end >= 0 and line[2:end].partition(" ")[0].lower() in _GITHUB


def _elsewhere(line: str) -> bool:
    return re.search(r"##[\w.-]*\[|section_(start|end):\d|travis_(fold|time):", line) is not None


def steering(text: str) -> list[str]:
    """The characters that steer a terminal or reorder a line; SGR colours are netaudit's own only where asked for."""
    return STEERS.findall(text)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def html(text: str) -> tuple[list[tuple[str, dict[str, str | None]]], str]:
    """The elements of a page, and its text."""
    page = _Page()
    page.feed(text)
    page.close()
    return page.tags, "".join(page.texts)


def markdown_obeys(text: str) -> list[str]:
    """The links, pictures and foreign HTML that a reader of Markdown makes of a text."""
    return [f"{token.type} {token.content[:200]}" for token in _tokens(_MARKDOWN.parse(text)) if _is_obeyed(token)]


def _tokens(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _is_obeyed(token: Token) -> bool:
    if token.type in ("html_block", "html_inline"):
        tags = re.findall(r"<[^>]*>?", _HTML_IN_MARKDOWN.sub("", token.content))
        return tags != []
    if token.type == "fence" and token.info == "sh":  # a line to copy, which is netaudit's own
        return token.content.count("\n") > 1
    return token.type in ("link_open", "image", "s_open", "fence", "code_block")


def cells(text: str) -> list[list[str]]:
    """The rows of a CSV."""
    return list(csv.reader(io.StringIO(text, newline="")))


def texts(document: Any) -> Iterator[str]:
    """All texts of a JSON document, its keys too."""
    match document:
        case str():
            yield document
        case dict():
            yield from document
            for one in document.values():
                yield from texts(one)
        case list():
            for one in document:
                yield from texts(one)


def parsed(data: bytes) -> Any:
    """A JSON document, in bytes that steer nothing."""
    text = data.decode()
    assert steering(text.replace("\u0301", "")) == []
    assert commands(text) == []
    return json.loads(text)
