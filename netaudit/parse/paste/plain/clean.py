"""What pages, mails and terminals do to text is undone, line by line: the lines keep their numbers."""

import html
import re

from netaudit.parse.paste.plain.markup import tables_made_plain, with_line_ends, without_marks
from netaudit.parse.paste.plain.typography import plain_characters, plain_signs
from netaudit.parse.paste.plain.undone import undone, unescaped

_ENTITY = re.compile(r"&(?:quot|gt|lt|amp|nbsp|#\d{2,4}|#x[0-9a-fA-F]{2,4}|apos|hellip);")
_QUOTED_RULE = re.compile(r"[ \t]*(?:>[ \t]?)+(?:\[\d+:\d+\] )?-[APN] \S")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>[ \t]?)+")


def without_entities(text: str) -> str:
    """Return a text with the characters that HTML's entities stand for; some pages escape twice."""
    return html.unescape(html.unescape(text)) if _ENTITY.search(text) else text


def clean_lines(text: str) -> list[str]:
    """Return the lines without entities, quoting, fences, tags, colours and unusual characters."""
    text = with_line_ends(unescaped(plain_characters(without_entities(text))))
    lines = [line.rstrip("\r") for line in text.split("\n")]
    quoted = re.compile(r"\s*>") if _is_quoted(lines) else _QUOTED_RULE
    lines = [_QUOTE.sub("", line, count=1) if ">" in line and quoted.match(line) else line for line in lines]
    return undone(tables_made_plain([plain_signs(without_marks(line)) for line in lines]))


def _is_quoted(lines: list[str]) -> bool:
    """Tell whether lines are quoted as in a mail: a prompt of some shells is a `>` too, but before a command."""
    marked = [line for line in lines if line.lstrip().startswith(">")]
    return len(marked) > 2 and not all(
        line.lstrip("> \t").startswith(("ip", "sudo", "docker", "nft")) for line in marked
    )
