r"""Text of others -> text that a reader sees and nothing obeys: one function for each format.

Rule comments, container names, labels, paths and the answers of programs are whatever somebody typed. All text of
others goes through the function of its format, and no renderer has another one:

| Format | Function |
|---|---|
| terminal, log, standard error | `terminal_text` |
| HTML, SVG | `visible`, by `shown_in_html` in environment.py, then Jinja2's escaping |
| Markdown | `prose`, `code`, `code_outside` in markdown_text.py |
| SARIF | `sarif_text` in what is shown as text, `harmless_json` over the document |
| JUnit XML | `xml_text`, `xml_attribute` |
| CSV | `csv_cell` |
| OpenMetrics | `openmetrics_value` |
| GitHub annotations | `annotation_data`, `annotation_property` |
| DOT | `dot_string` |
| JSON | `harmless_json`: values stay what they are |
| a template of the user's own | `visible`, over the model, then as HTML |

`visible` is below all of them. It shows as a code each character that steers a terminal, reorders a line or is not
seen, and takes the beginning away from what the runner of a pipeline obeys in a log: `::error ::` (GitHub),
`##[error]`, `##vso[` (Azure), `##teamcity[`, `section_start:` (GitLab), `travis_fold:`. A line that is wrapped may
begin anywhere, so their place in the text does not matter. tests/report/test_planted.py holds all formats to this.
"""

import re

# Beyond ASCII: C1 controls, line separators, bidirectional controls and isolates, what is invisible or has no width,
# what no XML may hold, and lone surrogates.
_STEERING = (
    "\x80-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
# Marks that are put over the character before them; from the fifth on they cover the lines above and below.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILED = f"(?<=[{_MARKS}]{{4}})[{_MARKS}]"
# `::` and a name that is no part of an IPv6 address: every command of GitHub has a letter beyond f.
_GITHUB = r":(?=:[0-9A-Fa-f-]*[^\W0-9A-Fa-f])"
_BRACKETED = r"#(?=#[\w.-]*\[)"
_SECTION = r"(?:(?<=section_start)|(?<=section_end)|(?<=travis_fold)|(?<=travis_time)):"
_UNSAFE = re.compile(f"[\x00-\x1f\x7f{_STEERING}\ud800-\udfff]|{_PILED}|{_GITHUB}|{_BRACKETED}|{_SECTION}")
_UNSAFE_IN_MARKUP = re.compile(f"[\x00-\x08\x0b-\x1f\x7f{_STEERING}\ud800-\udfff]")
_UNSAFE_IN_JSON = re.compile(f"[\x7f{_STEERING}]|{_BRACKETED}")
# A link or its definition, in text that a viewer may read as Markdown.
_LINK = re.compile(r"(?<=\])(?:[(\[]|:(?!\d))|<(?=[A-Za-z][A-Za-z0-9+.-]*:|[\w.+-]+@)")
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # and their full-width twins
_USUAL = bytes(range(0x7F))  # characters of ASCII
MOST = 8000  # characters of one text that a terminal shows: a hundred lines; JSON has all
_HEAD, _TAIL = 6000, 1500


def visible(text: str) -> str:
    """Replace what could steer a terminal, reorder a line or command a pipeline by its visible code."""
    if text.isascii() and text.isprintable() and not _has_command(text):
        return text
    return _UNSAFE.sub(_code, text)


def _has_command(text: str) -> bool:
    """Tell whether a text may hold a command of a pipeline: printable ASCII without is safe, and most text is that."""
    return "::" in text or "##" in text or "section_" in text or "travis_" in text


def visible_markup(markup: str) -> str:
    """Do so in what is markup already, whose lines stay lines."""
    return _UNSAFE_IN_MARKUP.sub(_code, markup)


def _code(found: re.Match[str]) -> str:
    point = ord(found[0])
    if 0xDC80 <= point <= 0xDCFF:  # a byte that was no UTF-8, kept by surrogateescape
        return f"\\x{point - 0xDC00:02x}"
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def terminal_text(text: str) -> str:
    """Make text visible; of a very long text the middle is left out, and a note says so.

    Both ends stay: what a rule decides stands at its end.
    """
    shown = visible(text)
    more = len(shown) - _HEAD - _TAIL
    return f"{shown[:_HEAD]}… ({more} more characters) …{shown[-_TAIL:]}" if len(shown) > MOST else shown


def sarif_text(text: str) -> str:
    """Keep a viewer from making a link of it: SARIF's text may hold `[text](address)`."""
    return _LINK.sub(_code, visible(text))


def xml_text(text: str) -> str:
    """Escape for the content of an XML element."""
    from xml.sax.saxutils import escape  # noqa: PLC0415 (late: it imports a client of HTTP)

    return escape(visible(text))


def xml_attribute(text: str) -> str:
    """Quote as an attribute of XML."""
    from xml.sax.saxutils import quoteattr  # noqa: PLC0415 (late, as above)

    return quoteattr(visible(text))


def csv_cell(value: object) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    shown = visible("" if value is None else str(value))
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown


def openmetrics_value(text: str) -> str:
    """Escape the value of a label."""
    return visible(text).replace("\\", "\\\\").replace('"', '\\"')


def annotation_data(text: str) -> str:
    """Escape what would end a workflow command of GitHub or start another one."""
    return terminal_text(text).replace("%", "%25")


def annotation_property(text: str) -> str:
    """Escape a property of a workflow command; GitHub undoes it, so that a file's name stays what it is."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return visible(escaped.replace(":", "%3A").replace(",", "%2C"))


def dot_string(text: str) -> str:
    """Quote a string of DOT; a backslash would otherwise begin an escape of Graphviz's own."""
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def harmless_json(data: bytes) -> bytes:
    """Write what could steer a terminal or command a pipeline in JSON's own escapes: its values stay what they are."""
    unusual = data.translate(None, _USUAL)  # ten times as fast as a search in all
    if b"##" not in data and not _UNSAFE_IN_JSON.search(unusual.decode()):
        return data
    return _UNSAFE_IN_JSON.sub(_json_code, data.decode()).encode()


def _json_code(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
