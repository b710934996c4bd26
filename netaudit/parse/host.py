"""`ip -j addr`, `ss -lntupH` and sysctl lines -> the host around the rules."""

import re
from collections.abc import Iterator

import msgspec

from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host, Interface, Listener
from netaudit.parse.decode import decode_json

_PROGRAM = re.compile(r'\("((?:[^"\\]|\\.)*)",pid=(\d+)')


class _Address(msgspec.Struct):
    local: str = ""
    prefixlen: int = 0


class _LinkInfo(msgspec.Struct):
    info_kind: str = ""


class _Interface(msgspec.Struct):
    ifname: str = ""
    linkinfo: _LinkInfo = msgspec.field(default_factory=_LinkInfo)
    addr_info: list[_Address] = msgspec.field(default_factory=list)


def parse_host(facts: Facts) -> Host:
    """Read what is there; an absent file leaves its part empty, and a gap says so."""
    return Host(
        interfaces=tuple(_interfaces(facts.files.get(Source.IP_ADDR, b""))),
        listeners=tuple(_listeners(facts.files.get(Source.SOCKETS, b""))),
        sysctls=tuple(_sysctls(facts.files.get(Source.SYSCTL, b""))),
    )


def _interfaces(data: bytes) -> Iterator[Interface]:
    if not data.strip():
        return
    for raw in decode_json(data, list[_Interface], source=Source.IP_ADDR, expected="what `ip -j addr` prints"):
        if raw.ifname:
            addresses = tuple(f"{address.local}/{address.prefixlen}" for address in raw.addr_info if address.local)
            yield Interface(raw.ifname, raw.linkinfo.info_kind, addresses)


def _listeners(data: bytes) -> Iterator[Listener]:
    """Read lines like `tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:(("docker-proxy",pid=1,fd=7))`."""
    for line in data.decode(errors="replace").splitlines():
        words = line.split(None, 6)
        if len(words) < 6:
            continue
        address, _, port = words[4].rpartition(":")
        if port.isascii() and port.isdigit() and len(port) < 10:
            programs = tuple(name for name, _ in _PROGRAM.findall(words[6] if len(words) > 6 else ""))
            yield Listener(words[0], address.partition("%")[0].strip("[]"), int(port), programs)


def _sysctls(data: bytes) -> Iterator[tuple[str, str]]:
    for line in data.decode(errors="replace").splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()
