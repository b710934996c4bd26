"""Text copied from a terminal: the command lines and warnings that stand between what iptables printed."""

import re
from collections.abc import Iterator

import msgspec

# `$ sudo iptables -t nat -L -v`, `root@host:~# ip6tables-save`, `[root@host ~]# iptables -S`, or the bare command.
_PROGRAM = re.compile(r"(ip6?tables)(?:-[a-z-]+)?(?=\s|$)")
_BEFORE = re.compile(r"(?:[^\n]*[$#>%]\s*)?(?:sudo\s+(?:-\w+\s+)*)?(?:/[\w/]*/)?")
_WIDE = 400  # a line that is longer is no command that somebody typed
_TABLE = re.compile(r"(?:^|\s)(?:-t\s*|--table[ =])([a-z]+)\b")
_ASKED_FOR = "filter"  # where a command names no table
_NOISE = re.compile(r"\[sudo\] |modprobe: |(?:ip6?tables\S* v[\d.]+|ip6?tables\S*): |Warning: |WARNING: ")
_PROMPT = re.compile(r"(?:\[[^\]\n]*\]|[\w.-]+@[\w.-]+[^\s$#>]*|[\w.~-]*)[ ]?[$#>](?: |$)")
_ENDS = re.compile(r"""["](?:\\.|[^"\\])*["]|'[^']*'|(\|\||&&|;)""")


class Command(msgspec.Struct, frozen=True):
    """A command line of iptables: the family that it asks about, and the table, "" for all of them."""

    family: str
    table: str


def read_command(line: str) -> Command | None:
    """Read a command line of iptables, with its prompt; None where the line is something else."""
    found = _PROGRAM.search(line) if "tables" in line and len(line) <= _WIDE else None
    if found is None or not _BEFORE.fullmatch(line[: found.start()].lstrip()):
        return None
    named = _TABLE.search(line, found.end())
    table = named[1] if named else "" if found[0].endswith("-save") else _ASKED_FOR
    return Command("ip6" if found[1] == "ip6tables" else "ip", table)


def split_commands(line: str) -> Iterator[str]:
    """Split a line where the shell ends one command and begins another."""
    start = 0
    for found in _ENDS.finditer(line):
        if found[1]:
            yield line[start : found.start()]
            start = found.end()
    yield line[start:]


def is_noise(line: str) -> bool:
    """Tell whether a line is what programs and shells print beside rules: a prompt, a warning."""
    bare = line.strip()
    return any(pattern.match(bare) for pattern in (_NOISE, _PROMPT)) or read_command(line) is not None
