"""What editors and terminals make of characters is undone: dashes, quotes, spaces, colours, line ends."""

import re

_COLOUR = re.compile(
    r"(?:\x1b|\u241b|\^\[|\\e|\\033|\\x1b)(?:\[[0-9;?]{0,32}[A-Za-z]|\][^\x07\n]{0,200}\x07|[()][A-Z0-9])"
)
_BARE_COLOUR = re.compile(r"\[(?:\d{1,3}(?:;\d{1,3}){0,4})?[mK]")  # its escape character was lost
_FEWEST_COLOURS = 4
_SPACES = {0xA0: " ", 0x2007: " ", 0x202F: " ", 0x200B: None, 0xFEFF: None, 0x2028: " "}
_CURLY = {
    **dict.fromkeys((0x201C, 0x201D, 0x201E, 0x2033, 0xAB, 0xBB), '"'),
    **dict.fromkeys((0x2018, 0x2019, 0x201A), "'"),
    **dict.fromkeys((0x2010, 0x2011, 0x2212), "-"),
}
_DASHES = "\u2013\u2014"
# An option, or the column of a listing, of which two hyphens became a dash; what is quoted is somebody's text.
_DASH = re.compile(
    r'"[^"\n]*"|(?<![^\s!|>"])-?[\u2013\u2014]-?(?:(?P<one>\w)(?=\s)|(?=\w[\w-]+(?:\s|$))|(?P<column>(?=\s)))'
)


def plain_characters(text: str) -> str:
    """Return a text without colours, with usual spaces and line ends."""
    if "\x1b" in text or "\u241b" in text or "^[[" in text or "\\e[" in text or "\\033[" in text or "\\x1b[" in text:
        text = _COLOUR.sub("", text)
    if "[0m" in text and len(_BARE_COLOUR.findall(text)) >= _FEWEST_COLOURS:
        text = _BARE_COLOUR.sub("", text)
    if "\r" in text and "\n" not in text:
        text = text.replace("\r", "\n")
    return text.translate(_SPACES)


def plain_signs(line: str) -> str:
    """Return a line with straight quotes, and with hyphens where options begin."""
    if line.isascii():
        return line
    line = line.translate(_CURLY)
    return _DASH.sub(_hyphens, line) if any(dash in line for dash in _DASHES) else line


def _hyphens(found: re.Match[str]) -> str:
    if found[0].startswith('"'):
        return found[0]
    return f"-{found['one']}" if found["one"] else "--"
