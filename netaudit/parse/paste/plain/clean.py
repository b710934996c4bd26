"""What pages, mails and terminals do to text is undone, line by line: the lines keep their numbers."""

import html
import re
from collections.abc import Iterator

from netaudit.parse.paste.plain.undone import undone, unescaped

_ENTITY = re.compile(r"&(?:quot|gt|lt|amp|nbsp|#\d{2,4}|#x[0-9a-fA-F]{2,4}|apos|hellip);")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>[ \t]?)+")
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,})[\w+.-]*[ \t]*$")
_TAG = re.compile(r"</?(?:pre|code|blockquote|details|summary|p|br|div|span)\b[^>\n]*>", re.IGNORECASE)
_INLINE = re.compile(r"^[ \t]*`([^`]+)`[ \t]*$")
_BOLD = re.compile(r"\*\*([^*\n\"]+)\*\*")
_SPACES = {0xA0: " ", 0x2007: " ", 0x202F: " ", 0x200B: None, 0xFEFF: None, 0x2028: " "}
_CURLY = {0x201C: '"', 0x201D: '"', 0x2033: '"', 0x2018: "'", 0x2019: "'"}


def clean_lines(text: str) -> list[str]:
    """Return the lines without entities, quoting, fences, tags, colours and unusual spaces."""
    if _ENTITY.search(text):
        text = html.unescape(html.unescape(text))
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    text = unescaped(text.translate(_SPACES))
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if _is_quoted(lines):
        lines = [_QUOTE.sub("", line, count=1) if line.lstrip().startswith(">") else line for line in lines]
    return undone([_without_marks(line) for line in lines])


def _is_quoted(lines: list[str]) -> bool:
    """Tell whether lines are quoted as in a mail: a prompt of some shells is a `>` too, but before a command."""
    marked = [line for line in lines if line.lstrip().startswith(">")]
    return len(marked) > 2 and not all(
        line.lstrip("> \t").startswith(("ip", "sudo", "docker", "nft")) for line in marked
    )


def _without_marks(line: str) -> str:
    if _FENCE.match(line):
        return ""
    line = line.removesuffix("```")
    if "<" in line:
        line = _TAG.sub("", line)
    if "**" in line and '"' not in line:
        line = _BOLD.sub(r"\1", line)
    if "`" in line and (inner := _INLINE.match(line)):
        return inner[1]
    return line.translate(_CURLY) if any(ord(char) > 0x2000 for char in line) else line


def fences(text: str) -> Iterator[int]:
    """Yield the numbers of the lines that begin or end a fenced block."""
    return (number for number, line in enumerate(text.split("\n"), 1) if _FENCE.match(line))
