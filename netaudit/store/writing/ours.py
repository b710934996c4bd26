"""What netaudit itself wrote, recognised by how it begins: only that is replaced by a later output.

A recording goes before recordings and a report before reports: evidence is not lost by a slip of `-o`.
"""

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Callable
from enum import StrEnum

import msgspec

from netaudit.store.format.index import INDEX, Index

HEAD = 1 << 16  # bytes of a file in which its mark must lie
_GZIP = b"\x1f\x8b"
_ENDS = (EOFError, zlib.error, OSError)


class Kind(StrEnum):
    """What an output is."""

    RECORDING = "recording"
    REPORT = "report"


# What the reports of each format begin with; docs/recording.md says the same in words.
_REPORTS = re.compile(
    rb"""
      \{\s*"schema":\ "netaudit/                                       # JSON
    | \{\s*"\$schema":[^{}\[\]]*"runs":\ \[\s*\{\s*"tool":\ \{\s*"driver":\ \{\s*"name":\ "netaudit"  # SARIF
    | <!DOCTYPE\ html>\s*<html\ lang="en">\s*<head>(?:\s*<meta\ [^>]*>)*\s*<title>netaudit:\          # HTML
    | \#\#\#\ netaudit:\ | \#\ Security\ review\n\n`[^\n]*,\ Docker\ [^\n]*`\n                       # Markdown
    | what,change,object,backend,family,table,chain,                    # CSV
    | <\?xml[^>]*\?>\s*<svg\ [^>]*\ class="map"\ [^>]*\ aria-labelledby="map-title">                # SVG
    | digraph\ exposure\ \{\n\ \ rankdir=LR;\n\ \ node\ \[shape=box,\ style=rounded  # DOT
    | <\?xml[^>]*\?>\s*<testsuites\ name="netaudit\                     # JUnit
    | \#\ HELP\ netaudit_looks\                                       # OpenMetrics
    | ::(?:error|warning|notice)\ [^\n]*\btitle=[a-z]+%3A\              # GitHub's annotations
    | (?:before\ \ )?[^\n]*,\ (?:[0-9TZ:+.-]{20,}|time\ not\ recorded),\ Docker\ [^\n]*\n             # the terminal's
    """,
    re.VERBOSE,
)


def is_ours(head: bytes, kind: Kind) -> bool:
    """Tell by its first bytes whether a file is an earlier output of this kind; an empty file holds nothing to lose."""
    return not head or _TELL[kind](head)


def _is_recording(head: bytes) -> bool:
    """Tell whether a tar begins with the index of a recording, as every tar does that netaudit or record.sh packed."""
    plain = _unpacked(head) if head.startswith(_GZIP) else head
    try:
        member = tarfile.TarInfo.frombuf(plain[: tarfile.BLOCKSIZE], tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    index = plain[tarfile.BLOCKSIZE : tarfile.BLOCKSIZE + max(member.size, 0)]
    return member.name == INDEX and (len(index) < member.size or _is_index(index))


def _unpacked(head: bytes) -> bytes:
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(head)).read1(HEAD)
    except _ENDS:
        return b""


def _is_index(data: bytes) -> bool:
    try:
        return bool(msgspec.json.decode(data, type=Index).netaudit)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return False


def _is_report(head: bytes) -> bool:
    return _REPORTS.match(head) is not None


_TELL: dict[Kind, Callable[[bytes], bool]] = {Kind.RECORDING: _is_recording, Kind.REPORT: _is_report}
