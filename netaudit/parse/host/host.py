"""`ip -j addr`, `ip -j route`, `ss -lntupH` and sysctl lines -> the host around the rules."""

import re
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_address

from netaudit.model.facts import Facts, GapReason, Source
from netaudit.model.host import ControlGroups, Host, Listener
from netaudit.parse.host.interfaces import parse_interfaces
from netaudit.parse.host.policy import parse_policy
from netaudit.parse.host.routes import parse_routes

_LAST_PORT = 65535
_GROUP = re.compile(r"(\d{1,18}) \d{1,9}:[^:]*:(/.{0,4095})", re.ASCII)  # a path of the kernel's is no longer
_PROGRAM = re.compile(r'\("((?:[^"\\]|\\.)*)",pid=(\d+)')


def parse_host(facts: Facts) -> Host:
    """Read what is there; an absent file leaves its part empty, and a gap says so."""
    return Host(
        interfaces=parse_interfaces(facts.files.get(Source.IP_ADDR, b"")),
        listeners=tuple(_listeners(facts)),
        sysctls=tuple(_sysctls(facts.files.get(Source.SYSCTL, b""))),
        routes=tuple(parse_routes(facts)),
        policy=parse_policy(facts),
        nameservers=tuple(_nameservers(facts.files.get(Source.RESOLV_CONF, b""))),
        heard=Source.SOCKETS in facts.files,
        groups=tuple(_groups(facts.files.get(Source.CGROUPS, b""))),
    )


def _listeners(facts: Facts) -> Iterator[Listener]:
    """Read lines like `tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:(("docker-proxy",pid=1,fd=7))`."""
    hidden = any(gap.source == Source.SOCKETS and gap.reason is GapReason.PARTIAL for gap in facts.gaps)
    for line in facts.files.get(Source.SOCKETS, b"").decode(errors="replace").split("\n"):
        words = line.split(None, 6)
        if len(words) < 6:
            continue
        address, _, port = words[4].rpartition(":")
        place, _, interface = address.partition("%")
        if _is_port(port) and _is_place(place.strip("[]")):
            holders = _PROGRAM.findall(words[6] if len(words) > 6 else "")
            yield Listener(
                protocol=words[0],
                address=place.strip("[]"),
                port=int(port),
                programs=tuple(name for name, _ in holders),
                interface=interface.rstrip("]"),
                pids=None if hidden and not holders else tuple(int(pid[:18]) for _, pid in holders),
            )


def _groups(data: bytes) -> Iterator[ControlGroups]:
    """Read lines like `57 0::/system.slice/docker-ID.scope`: of each process, as /proc/57/cgroup has them."""
    paths: dict[int, dict[str, None]] = {}
    for line in data.decode(errors="replace").split("\n"):
        found = _GROUP.fullmatch(line)
        if found:
            paths.setdefault(int(found[1]), {})[found[2]] = None
    for pid, known in paths.items():
        yield ControlGroups(pid, tuple(path for path in known if path != "/"))


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= _LAST_PORT


@lru_cache(maxsize=1024)
def _is_place(text: str) -> bool:
    """Tell whether it is an address, or what `ss` prints for every one of both families."""
    try:
        ip_address(text)
    except ValueError:
        return text == "*"
    return True


def _nameservers(data: bytes) -> Iterator[str]:
    """Read `nameserver ADDRESS`, as resolv.conf(5) has it."""
    for line in data.decode(errors="replace").split("\n"):
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver" and _is_place(words[1].partition("%")[0]):
            yield words[1]


def _sysctls(data: bytes) -> Iterator[tuple[str, str]]:
    for line in data.decode(errors="replace").split("\n"):
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()
