"""The parts of a pasted text -> files of a recording, each with what it is known not to hold."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS
from netaudit.parse.iptables.commands import calls_of
from netaudit.parse.iptables.console import read_command
from netaudit.parse.nftables.spelling import is_nft_text
from netaudit.parse.paste.conditional import tell_conditional
from netaudit.parse.paste.docker_files import docker_files
from netaudit.parse.paste.docker_rows import objects_of
from netaudit.parse.paste.gaps import gaps_of_skipped
from netaudit.parse.paste.host_text import addresses_of
from netaudit.parse.paste.plain.clean import without_entities
from netaudit.parse.paste.plain.markup import lines_end_in_tags
from netaudit.parse.paste.plain.undone import is_escaped
from netaudit.parse.paste.plain.wrapped import ends_in_target, is_cut_off
from netaudit.parse.paste.split import Parts, split_paste
from netaudit.parse.paste.topics import Topic, topic_of
from netaudit.parse.paste.typed import as_saved

_SOURCES = {
    ("ip", False): Source.IPTABLES_NFT,
    ("ip6", False): Source.IP6TABLES_NFT,
    ("ip", True): Source.IPTABLES_LEGACY,
    ("ip6", True): Source.IP6TABLES_LEGACY,
}
_COUNTED = re.compile(r"^\s*\[\d+:\d+\]\s+(?=-A )")
_CHAIN = re.compile(r"^\s*:([\w.:-]+) (-|[A-Z]+) \[\d+:\d+\]\s*$")
_PARTS = {
    Topic.IP_ADDR: Source.IP_ADDR,
    Topic.IP_ROUTE: Source.IP_ROUTE,
    Topic.IP_RULE: Source.IP_RULE,
    Topic.SOCKETS: Source.SOCKETS,
}
_HALF = re.compile(r"\s*(?:\[\d+:\d+\]\s*)?-A?\s*\S{0,40}\s*$")  # a copy that ends in the middle of its last line
_DECLARED = re.compile(r"\s*:(\S+) ")
_RULE = re.compile(r"\s*(?:\[\d+:\d+\]\s+)?(?:-A|--append) (\S+) ")
_BEGUN = re.compile(r"\s*(?:\[\d+:\d+\]\s+)?(?:-[APN](?:\s|$)|:)")
_WHOLE = re.compile(
    r"\s*(?:\[\d+:\d+\]\s+)?(?:-A \S+\s+\S|-P \S+ \S+(?: -c \d+ \d+)?\s*$|-N \S+\s*$|:\S+ \S+(?: \[\d+:\d+\])?\s*$)"
)
_ESCAPED = "its line ends are written as \\n: lines are counted by them"
_TAGGED = "its lines end in tags of HTML: they are counted by these"


class Paste(msgspec.Struct, frozen=True):
    """Files by source, and gaps; `clean` where all of the text is one program's answer."""

    files: dict[str, bytes]
    gaps: tuple[Gap, ...]
    clean: bool


def read_paste(text: str, name: str) -> Paste:
    """Read a text that people pasted; `name` is what they call it."""
    parts = split_paste(text)
    tell_conditional(parts, text)
    files: dict[str, bytes] = {}
    gaps: list[Gap] = []
    for key, lines in parts.rules.items():
        if any(topic_of(line) for line in lines.values()):
            fixed, cut = _with_commits(lines)
            if fixed:
                files[_SOURCES[key]] = _joined(fixed, parts.total)
            gaps += (Gap(_SOURCES[key], GapReason.NOT_RECORDED, said) for said in cut)
    nft = parts.text(parts.others.get(Topic.NFT, {})).encode(errors="surrogateescape")
    if is_nft_text(nft):
        files[Source.NFT_RULESET] = nft
    docker, docker_gaps = docker_files(parts, name)
    files |= docker
    files |= _host(parts)
    gaps += docker_gaps
    gaps += _legacy(parts, files)
    gaps += _unused(parts, files, name)
    counted = ((_ESCAPED, is_escaped(text)), (_TAGGED, lines_end_in_tags(without_entities(text))))
    gaps += (Gap(name, GapReason.PARTIAL, said) for said, is_so in counted if is_so)
    gaps += gaps_of_skipped(parts, name, _SOURCES)
    return Paste(files, tuple(gaps), clean=_is_clean(files, text))


def _is_clean(files: Mapping[str, bytes], text: str) -> bool:
    """Tell whether a text is one answer as a program printed it: then nothing of it is left away or changed."""
    if len(files) != 1:
        return False
    kept = next(iter(files.values())).decode(errors="surrogateescape")
    return _words(kept) == _words(text.removeprefix("\ufeff"))


def _words(text: str) -> list[list[str]]:
    return [words for line in text.split("\n") if (words := line.split())]


def _joined(lines: Mapping[int, str], total: int) -> bytes:
    return (
        "\n".join(lines.get(number, "") for number in range(1, max(total, *lines) + 1)).encode(errors="surrogateescape")
        + b"\n"
    )


def _with_commits(lines: Mapping[int, str]) -> tuple[dict[int, str], list[str]]:
    """Close the tables whose COMMIT is not there, on a line that is free; say which they are.

    Rules and chains outside a table become what `iptables -S` prints: their table's head is cut off.
    """
    fixed: dict[int, str] = {}
    table, last = "", 0
    declared: set[str] = set()
    end = max(lines)
    cut = list(_half_target(end, lines))
    for number in sorted(lines):
        line = lines[number]
        if number == end and ((table and _HALF.match(line)) or is_cut_off(line)):
            cut.append(f"line {number}, a rule that was cut off: {line.strip()}")
            continue
        if not _is_readable(line):
            cut.append(f"line {number}, which is no rule: {line.strip()[:60]}")
            continue
        begins = line.strip()[1:] if topic_of(line) is Topic.SAVE else ""
        if table and (begins or _ends_table(line)):
            cut.append(_close(fixed, last, table, taken=last + 1 == number))
            table = ""
        if begins or table:
            declared = {*BUILTIN_CHAINS.get(begins, ())} if begins else declared
            fixed[number] = _declaring(as_saved(line) if _RULE.match(line) else line, declared)
        elif line.strip() != "COMMIT":
            fixed[number] = _as_command(line)
        table = begins or ("" if line.strip() == "COMMIT" else table)
        last = number
    return fixed, [*cut, *([_close(fixed, last, table, taken=False)] if table else [])]


def _half_target(end: int, lines: Mapping[int, str]) -> Iterator[str]:
    """Say so where the last rule's target is not whole."""
    if ends_in_target(lines[end], lines.values()):
        yield f"line {end}, a rule whose target was cut off: {lines[end].strip()}"


def _is_readable(line: str) -> bool:
    """Tell whether what begins as a rule, a chain or a policy is one: what follows a chain's name may be anything."""
    return _BEGUN.match(line) is None or _WHOLE.match(line) is not None


def _declaring(line: str, declared: set[str]) -> str:
    """Declare a rule's chain before it, where the line that did is not there."""
    if chain := _DECLARED.match(line):
        declared.add(chain[1])
    elif (rule := _RULE.match(line)) and rule[1] not in declared:
        declared.add(rule[1])
        return f":{rule[1]} - [0:0]\n{line}"
    return line


def _ends_table(line: str) -> bool:
    return topic_of(line) is Topic.LISTED or read_command(line) is not None


def _close(fixed: dict[int, str], last: int, table: str, *, taken: bool) -> str:
    """Put COMMIT behind the last line of a table: below it, unless that line is taken."""
    fixed[last] += "\nCOMMIT" if taken else ""
    if not taken:
        fixed[last + 1] = "COMMIT"
    return f"table {table} may have more rules: its COMMIT is not there, after line {last}"


def _as_command(line: str) -> str:
    if chain := _CHAIN.match(line):
        return f"-N {chain[1]}" if chain[2] == "-" else f"-P {chain[1]} {chain[2]}"
    return " ; ".join(as_saved(_COUNTED.sub("", call)) for call in calls_of(line))


def _legacy(parts: Parts, files: Mapping[str, bytes]) -> Iterator[Gap]:
    for tool in sorted(parts.legacy_too):
        source = Source.IPTABLES_LEGACY if tool == "iptables" else Source.IP6TABLES_LEGACY
        if source not in files:
            detail = f"there is a second ruleset: {tool} warns that {tool}-legacy tables are present"
            yield Gap(source, GapReason.NOT_RECORDED, detail)


def _host(parts: Parts) -> dict[str, bytes]:
    """Take what is whole: all interfaces, with the loopback; listeners of TCP and of UDP; any switch."""
    files: dict[str, bytes] = {}
    interfaces = addresses_of(parts.others.get(Topic.IP_ADDR, {}).values())
    if any(one["ifname"] == "lo" for one in interfaces):
        files[Source.IP_ADDR] = msgspec.json.encode(interfaces)
    sockets = parts.others.get(Topic.SOCKETS, {})
    if {"tcp", "udp"} <= {line.split()[0].removesuffix("6") for line in sockets.values()}:
        files[Source.SOCKETS] = parts.text(sockets).encode(errors="surrogateescape")
    for topic, source in ((Topic.SYSCTL, Source.SYSCTL), (Topic.IPSET, Source.IPSET)):
        if lines := parts.others.get(topic):
            files[source] = parts.text(lines).encode(errors="surrogateescape")
    return files


def _unused(parts: Parts, files: Mapping[str, bytes], name: str) -> Iterator[Gap]:
    """Say what was recognised and is not used: a part of it would be taken for the whole, or it is of nothing known."""
    for part in parts.json:
        if not any(objects_of([part.value])):
            yield Gap(name, GapReason.PARTIAL, f"line {part.first}: JSON of which nothing is read")
    for topic, source in _PARTS.items():
        if (lines := parts.others.get(topic)) and source not in files:
            detail = f"line {min(lines)} of {name}: {topic.value}, recognised and not used: it may not be all"
            yield Gap(source, GapReason.NOT_RECORDED, detail)
