"""The host around the rules: interfaces, routes, sockets and sysctls."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from netaudit.model.facts import Source
from netaudit.parse.reading.constants import LINK_TYPES, PROTOCOLS
from netaudit.parse.reading.decode import decode_json
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.schema import Value, address, number, one_of, redact_value, string
from netaudit.store.redaction.tally import Kind
from netaudit.store.redaction.words import (
    LINK_FLAGS,
    LINK_KINDS,
    LINK_STATES,
    PROGRAMS,
    ROUTE_WORDS,
    SCOPES,
    SOCKET_PROTOCOLS,
    SOCKET_STATES,
    SYSCTLS,
    SYSCTLS_OF_INTERFACES,
)

_GROUP = re.compile(r"(\d{1,7}) (\d{1,3}):[^:]*:(/.{0,4095})", re.ASCII)
_GROUP_OF_CONTAINER = re.compile(r"((?:docker|libpod)-|)([0-9a-f]{64})(|\.scope)")
_PROGRAM = re.compile(r'\("((?:[^"\\]|\\.)*)",pid=(\d{1,7})(?!\d)', re.ASCII)
_VALUE = re.compile(r"-?\d{1,7}", re.ASCII)  # longer ones may be an address
_PORT = re.compile(r"\d{1,5}|\*", re.ASCII)
_HEX = re.compile(r"0x[0-9a-f]{1,8}", re.IGNORECASE | re.ASCII)
_TOP_METRIC = 1 << 24  # what stands for all that are larger: no two of them are compared in practice


def _metric(value: Value, _redactor: Redactor) -> Value:
    return min(value, _TOP_METRIC) if isinstance(value, int) else None


def _destination(value: Value, redactor: Redactor) -> Value:
    return value if value == "default" else address(value, redactor)


def _table(value: Value, redactor: Redactor) -> Value:
    """Keep the kernel's own tables; another one's number or name is replaced by a number."""
    if value in ("main", "local", "default", 253, 254, 255):
        return value
    redactor.count(Kind.NAME)
    return str(int(redactor.names.hash("routes", str(value))[:6], 16)) if isinstance(value, str | int) else None


def _mark(value: Value, redactor: Redactor) -> Value:
    """Redact a mark as rules have it: hexadecimal."""
    return f"{redactor.number(int(value, 16)):#x}" if isinstance(value, str) and _HEX.fullmatch(value) else None


def _selected(value: Value, redactor: Redactor) -> Value:
    return value if value == "all" else address(value, redactor)


_PRESENT = ("not", "nop", "l3mdev", "unresolved", "iif_detached", "oif_detached")
_INTERFACE = string(lambda redactor, text: redactor.interface(text))
_MAC = string(lambda redactor, text: redactor.mac(text))
_ADDRESS: Mapping[str, object] = {"local": address, "prefixlen": number, "scope": one_of(SCOPES)}
_LINK: Mapping[str, object] = {
    **dict.fromkeys(("ifname", "master", "link"), _INTERFACE),
    **dict.fromkeys(("ifindex", "link_index", "link_netnsid", "mtu"), number),
    "address": _MAC,
    "flags": one_of(LINK_FLAGS),
    "operstate": one_of(LINK_STATES),
    "link_type": one_of(frozenset(LINK_TYPES)),
    "linkinfo": {"info_kind": one_of(LINK_KINDS)},
    "addr_info": _ADDRESS,
}
_HOP: Mapping[str, object] = {"dev": _INTERFACE, "gateway": address, "via": {"host": address}, "weight": number}
_ROUTE: Mapping[str, object] = {
    **_HOP,
    "dst": _destination,
    "prefsrc": address,
    "table": _table,
    "metric": _metric,
    "scope": one_of(SCOPES),
    **dict.fromkeys(("type", "flags", "pref"), one_of(ROUTE_WORDS)),
    "nexthops": _HOP,
}


_RULE: Mapping[str, object] = {
    **dict.fromkeys(("priority", "suppress_prefixlen", "goto", "uid_start", "uid_end"), number),
    **dict.fromkeys(("sport", "dport", "sport_start", "sport_end", "dport_start", "dport_end"), number),
    **dict.fromkeys(_PRESENT, number),
    **dict.fromkeys(("fwmark", "fwmask", "tos"), _mark),
    **dict.fromkeys(("iif", "oif"), _INTERFACE),
    **dict.fromkeys(("src", "dst"), _selected),
    "table": _table,
    "action": one_of(frozenset({"unreachable", "prohibit", "blackhole"})),
    "ipproto": one_of(frozenset(PROTOCOLS)),
    "suppress_ifgroup": string(lambda redactor, text: text if text == "default" else redactor.name("group", text)),
}


def redact_policy(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `ip -j rule`: what it prints as null says something by being there."""
    if not data.strip():
        return b""
    listed = decode_json(data, list[dict[str, Value]], source=source, expected="JSON of ip")
    told = [{key: True if one is None else one for key, one in _joined(rule).items()} for rule in listed]
    return msgspec.json.encode(redact_value(told, redactor, _RULE))


def _joined(rule: Mapping[str, Value]) -> dict[str, Value]:
    """Put the length of a network behind its address."""
    kept = {key: one for key, one in rule.items() if key not in ("srclen", "dstlen")}
    lengths = {key: rule[f"{key}len"] for key in ("src", "dst") if f"{key}len" in rule and key in kept}
    return kept | {key: f"{kept[key]}/{length}" for key, length in lengths.items()}


def redact_resolver(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact resolv.conf: of each line that names a server, its address."""
    words = [line.split() for line in data.decode(errors="replace").splitlines()]
    found = [redactor.address(one[1].partition("%")[0]) for one in words if len(one) > 1 and one[0] == "nameserver"]
    return "".join(f"nameserver {one}\n" for one in found if one).encode()


def redact_groups(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact the control groups of processes: the ids of containers are replaced as everywhere, names by others."""
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
    found = [one for one in map(_GROUP.fullmatch, lines) if one]
    redactor.count(Kind.LINE, len(lines) - len(found))
    return "".join(f"{one[1]} {one[2]}::{_path(one[3], redactor)}\n" for one in found).encode()


def _path(path: str, redactor: Redactor) -> str:
    return "/".join(_group(name, redactor) for name in path.split("/"))


def _group(name: str, redactor: Redactor) -> str:
    found = _GROUP_OF_CONTAINER.fullmatch(name)
    if found:
        return f"{found[1]}{redactor.names.id(found[2])}{found[3]}"
    return redactor.name("group", name) if name else ""


def redact_interfaces(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `ip -j -d addr`."""
    return _redact(data, redactor, source, _LINK)


def redact_routes(data: bytes, redactor: Redactor, source: Source) -> bytes:
    """Redact `ip -j route`."""
    return _redact(data, redactor, source, _ROUTE)


def _redact(data: bytes, redactor: Redactor, source: Source, fields: Mapping[str, object]) -> bytes:
    if not data.strip():
        return b""
    return msgspec.json.encode(
        redact_value(decode_json(data, object, source=source, expected="JSON of ip"), redactor, fields)
    )


def redact_sockets(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact the lines of ss: protocol, state, addresses and programs; a line of another form is removed."""
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
    hidden = [one for one in (_socket(line, redactor) for line in lines) if one is not None]
    redactor.count(Kind.LINE, len(lines) - len(hidden))
    return "".join(f"{line}\n" for line in hidden).encode()


def _socket(line: str, redactor: Redactor) -> str | None:
    words = line.split(None, 6)
    if len(words) < 6 or words[0] not in SOCKET_PROTOCOLS or words[1] not in SOCKET_STATES:
        return None
    ends = [_end(word, redactor) for word in words[4:6]]
    if ends[0] is None or not all(_VALUE.fullmatch(word) for word in words[2:4]):
        return None
    users = ",".join(_users(words[6] if len(words) > 6 else "", redactor))
    hidden = [*words[:4], ends[0], ends[1] or "*:*", *([f"users:({users})"] if users else [])]
    return " ".join(hidden)


def _end(text: str, redactor: Redactor) -> str | None:
    """Redact `192.0.2.1%eth0:80`, `[fe80::1]%eth0:80`, `*:80`."""
    host, _, port = text.rpartition(":")
    place, percent, interface = host.partition("%")
    bare = place.strip("[]")
    hidden = bare if bare == "*" else redactor.address(bare)
    if hidden is None or not _PORT.fullmatch(port):
        return None
    bound = percent + redactor.interface(interface.rstrip("]")) if percent else ""
    return f"[{hidden}]{bound}:{port}" if place.startswith("[") else f"{hidden}{bound}:{port}"


def _users(text: str, redactor: Redactor) -> Iterator[str]:
    for name, pid in _PROGRAM.findall(text):
        yield f'("{name if name in PROGRAMS else redactor.name("program", name)}",pid={pid})'


def redact_sysctls(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact the sysctls that netaudit reads; interfaces have some of their own."""
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
    hidden = [one for one in (_sysctl(line, redactor) for line in lines) if one is not None]
    redactor.count(Kind.LINE, len(lines) - len(hidden))
    return "".join(f"{line}\n" for line in hidden).encode()


def _sysctl(line: str, redactor: Redactor) -> str | None:
    name, _, value = (part.strip() for part in line.partition("="))
    if not _VALUE.fullmatch(value):
        return None
    if SYSCTLS.fullmatch(name):
        return f"{name} = {value}"
    found = SYSCTLS_OF_INTERFACES.fullmatch(name)
    return f"{found[1]}{_switched(found[2], redactor)}.{found[3]} = {value}" if found else None


def _switched(name: str, redactor: Redactor) -> str:
    """Redact the interface of a sysctl, whose name has a slash for each dot."""
    return name if name in ("all", "default") else redactor.interface(name.replace("/", ".")).replace(".", "/")
