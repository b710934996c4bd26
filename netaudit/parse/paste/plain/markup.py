"""Markup of pages, posts and mails around lines is taken away: HTML, tables and escapes of Markdown."""

import re
from collections.abc import Iterator, Sequence

_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+.-]*[ \t]*$")
_TAG = re.compile(
    r"</?(?:pre|code|blockquote|details|summary|p|br|div|span|table|thead|tbody|tr|li|ol|ul|samp|kbd|tt|font|body|html)"
    r"\b[^<>\n]*>",
    re.IGNORECASE,
)
_CELL = re.compile(r"</t[dh]>\s*<t[dh]\b[^<>\n]*>|</?t[dh]\b[^<>\n]*>", re.IGNORECASE)
# Ends a line where no line feed does; what a rule has in quotes is its own.
_BREAK = re.compile(
    r"(?P<kept>(?:--[a-z-]{1,20}|comment|prefix) \"[^\"\n]{0,256}\"|/\* [^\n]{0,256}? \*/)"
    r"|(?:<br\s{0,4}/?>|</(?:tr|li|p|div)>)(?![ \t\r]{0,80}\n)(?=.)",
    re.IGNORECASE,
)
_BBCODE = re.compile(r"\[/?(?:code|quote|pre|spoiler|font|size|b|i)(?:=[^\]\n]{0,80})?\]", re.IGNORECASE)
_INLINE = re.compile(r"^[ \t]*`([^`]+)`[ \t]*$")
_BOLD = re.compile(r"\*\*([^*\n\"]+)\*\*")
_ESCAPED = re.compile(r"\\([-_*!\[\]<>#])")
_ROW = re.compile(r"[ \t]{0,8}\|.*\|[ \t]*$")
_RULER = re.compile(r"[ \t]*\|(?:[ \t]*:?-+:?[ \t]*\|)+[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")
_FEWEST_CELLS = 4
_FEWEST_BREAKS = 2
_WIDEST_CELL = 200
_MOST_PADDED = 4_000_000  # characters of one table: nobody lines up more
_LONGEST = 4096
_BETWEEN = "   "


def lines_end_in_tags(text: str) -> bool:
    """Tell whether lines are ended by tags of HTML alone."""
    found = _BREAK.finditer(text, 0, 1 << 20) if "<" in text else ()
    return sum(one["kept"] is None for one in found) >= _FEWEST_BREAKS


def with_line_ends(text: str) -> str:
    """Return a text with a line feed where a tag alone ends a line."""
    return _BREAK.sub(lambda found: found["kept"] or "\n", text) if lines_end_in_tags(text) else text


def without_marks(line: str) -> str:
    """Return a line without fences, tags, escapes, and what makes it bold or code."""
    if _FENCE.match(line):
        return ""
    line = line.removesuffix("```")
    if "<" in line:
        line = _TAG.sub("", _CELL.sub(" ", line))
    if "[" in line and "]" in line:
        line = _BBCODE.sub("", line)
    if "**" in line:
        line = _not_bold(line)
        line = line if '"' in line else _BOLD.sub(r"\1", line)
    if "`" in line and (inner := _INLINE.match(line)):
        line = inner[1]
    return _ESCAPED.sub(r"\1", line) if "\\" in line else line


def _not_bold(line: str) -> str:
    """Return a line whose end is bold without its two marks."""
    before, _, bold = line.rstrip().partition("**")
    inner = bold.removesuffix("**").rstrip()
    return before + inner if inner and bold.endswith("**") else line


def tables_made_plain(lines: list[str]) -> list[str]:
    """Return the lines; tables of Markdown, `| pkts | bytes |`, with their cells below their headings."""
    if not any(_is_row(line) for line in lines):
        return lines
    found = list(lines)
    for first, last in _tables(lines):
        rows = _below_rulers([[] if _RULER.match(line) else _cells(line) for line in lines[first:last]])
        widths = _widths(rows)
        found[first:last] = [
            _BETWEEN.join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in rows
        ]
    return found


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return how wide each column is to be."""
    widths: list[int] = []
    for row in rows:
        widths += [0] * (len(row) - len(widths))
        for at, cell in enumerate(row):
            widths[at] = max(widths[at], min(len(cell), _WIDEST_CELL))
    return widths if sum(widths) * len(rows) <= _MOST_PADDED else [0] * len(widths)


def _below_rulers(rows: list[list[str]]) -> list[list[str]]:
    """Move each heading onto the ruler below it: nothing stands between it and its rows."""
    for at in range(1, len(rows)):
        if not rows[at]:
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
    return rows


def _tables(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first line of each table, and the one behind it."""
    first = -1
    for at, line in enumerate([*lines, ""]):
        if _is_row(line):
            first = at if first < 0 else first
        elif first >= 0:
            yield first, at
            first = -1


def _is_row(line: str) -> bool:
    return (
        line.lstrip(" \t").startswith("|")
        and len(line) <= _LONGEST
        and _ROW.match(line) is not None
        and (len(_cells(line)) >= _FEWEST_CELLS or _RULER.match(line) is not None)
    )


def _cells(line: str) -> list[str]:
    inner = line.strip(" \t")[1:-1]
    return [cell.replace("\\|", "|").strip().strip("`") for cell in _BAR.split(inner)]
