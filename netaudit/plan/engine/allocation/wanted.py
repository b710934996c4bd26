"""The ports that a container asks to be published, in the order in which its engine allocates them."""

import msgspec

from netaudit.model.host import Ip
from netaudit.model.version import Version
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, decimal, items, part, text

_SORTS = Version(27)  # from here on exact ports come first, and bindings that differ in their address alone together
_READS_RANGES = Version(29)
_LAST_PORT = 65535
_PROTOCOLS = ("tcp", "udp", "sctp")


class Wanted(msgspec.Struct, frozen=True):
    """A port to publish. `address` is None where none is named; `first` and `last` are 0 where any port will do."""

    protocol: str
    port: int
    address: Ip | None
    first: int
    last: int

    @property
    def is_exact(self) -> bool:
        """Tell whether one host port is asked for."""
        return self.first == self.last != 0


def wanted_ports(container: Object, version: Version) -> list[list[Wanted]]:
    """Return what a container wants published; what stands together in a list gets the same host port."""
    found = [one for port in exposed_ports(container, version) for one in _bindings(container, port)]
    if version < _SORTS:
        return [[one] for one in _older_sort(found)]
    groups: dict[tuple[object, ...], list[Wanted]] = {}
    for one in sorted(found, key=_order):
        groups.setdefault((one.protocol, one.port, one.first, one.last), []).append(one)
    return list(groups.values())


def exposed_ports(container: Object, version: Version) -> list[str]:
    """Return the ports that a container exposes, as `80/tcp`; TCP may be unsaid.

    A range, which Compose passes on as it is written, counts as its single ports; before 29 it is read as port 0.
    """
    named = part(container, "Config", "ExposedPorts")
    return list(dict.fromkeys(single for one in named for single in _singles(str(one), version)))


def named_ports(container: Object, version: Version) -> tuple[str, ...]:
    """Return the ports that a container asks to be published, as they are named: `80/tcp`."""
    host_config = part(container, "HostConfig")
    exposed = exposed_ports(container, version) if host_config.get("PublishAllPorts") is True else ()
    return tuple(sorted({*part(host_config, "PortBindings"), *exposed}))


def split_port(named: str) -> tuple[int, str]:
    """Read `80/tcp`."""
    digits, _, protocol = named.partition("/")
    number = decimal(digits)
    if number is None:
        raise EngineRefusal(400, f'invalid port specification: "{named}"')
    return number, protocol.lower() or "tcp"


def _singles(named: str, version: Version) -> list[str]:
    numbers, _, protocol = named.partition("/")
    protocol = protocol.lower() or "tcp"
    first, last = map(decimal, numbers.partition("-")[::2])
    if first is None or last is None or last > _LAST_PORT:
        return [f"{numbers}/{protocol}"]
    if version < _READS_RANGES:
        return [f"0/{protocol}"]
    return [f"{number}/{protocol}" for number in range(first, last + 1)]


def _bindings(container: Object, exposed: str) -> list[Wanted]:
    port, protocol = split_port(exposed)
    host_config = part(container, "HostConfig")
    given = part(host_config, "PortBindings")
    bindings = list(items(given.get(exposed) or given.get(exposed.removesuffix("/tcp"))))
    if not bindings and host_config.get("PublishAllPorts") is True:
        return [Wanted(protocol, port, None, 0, 0)]
    return [_binding(protocol, port, one) for one in bindings]


def _binding(protocol: str, port: int, binding: Object) -> Wanted:
    named = text(binding, "HostPort")
    first, dash, last = named.partition("/")[0].partition("-")
    lowest, highest = decimal(first or "0"), decimal(last if dash else first or "0")
    if lowest is None or highest is None or max(lowest, highest) > _LAST_PORT:
        raise EngineRefusal(400, f'invalid port specification: "{named}"')
    return Wanted(protocol, port, address_of(text(binding, "HostIp")), lowest, highest)


def _older_sort(found: list[Wanted]) -> list[Wanted]:
    """Return the order of nat.SortPortMap in docker/go-connections: larger ports first.

    Its comparison says of two TCP bindings of one port that each is less, so the insertion sort of Go's package sort
    turns them round; that is why it is done here step by step.
    """
    entries: list[Wanted] = []
    for one in found:
        at = len(entries)
        while at and _is_less(one, entries[at - 1]):
            at -= 1
        entries.insert(at, one)
    ports = dict.fromkeys((one.port, one.protocol) for one in entries)
    return [one for port in ports for one in entries if (one.port, one.protocol) == port]


def _is_less(one: Wanted, other: Wanted) -> bool:
    return one.first > other.first or one.port > other.port or (one.port == other.port and one.protocol == "tcp")


def _order(one: Wanted) -> tuple[object, ...]:
    """Return the order of cmpPortBinding in moby's bridge driver."""
    protocol = _PROTOCOLS.index(one.protocol) if one.protocol in _PROTOCOLS else len(_PROTOCOLS)
    address = (one.address.version, int(one.address)) if one.address else (0, 0)
    return (not one.is_exact, one.port, protocol, one.first, one.last, address)
