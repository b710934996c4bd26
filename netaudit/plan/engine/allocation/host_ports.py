"""Ports of the host: which are taken, and which one a binding gets."""

from collections.abc import Collection, Iterable, Iterator
from ipaddress import IPv4Address
from itertools import chain

import msgspec

from netaudit.model.address_text import with_port
from netaudit.model.host import Ip, Listener
from netaudit.model.plan import AssumptionKind, Symbol, SymbolKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.wanted import Wanted, split_port
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, decimal, is_running, items, part, text
from netaudit.plan.engine.state import EngineState

_BINDS_FIRST = Version(28)  # from here on the daemon binds the port itself, before docker-proxy does
# Before, a port of a range is the next that was not given for its very address, and one that is held fails the start.
_TRIES_NEXT = Version(27)
_NAMED = 4  # ports that one assumption names
Taken = tuple[str, Ip, int]  # protocol, address, port


class HostPorts(msgspec.Struct):
    """The ports that Docker has given on a host, and the sockets that processes of the host hold."""

    given: set[Taken]
    listeners: tuple[Listener, ...]
    recorded: frozenset[tuple[str, int]]  # given when the facts were taken: Docker's own sockets are no process's

    def is_given(self, protocol: str, address: Ip, port: int) -> bool:
        """Tell whether Docker has given a port on an address, or on one that covers it."""
        return any(one == protocol and number == port and meet(address, other) for one, other, number in self.given)

    def is_held(self, protocol: str, address: Ip, port: int) -> bool:
        """Tell whether a process of the host holds a port on an address."""
        return (protocol, port) not in self.recorded and any(
            one.protocol == protocol and one.port == port and _listens_at(one, address) for one in self.listeners
        )

    def is_free(self, protocol: str, addresses: Iterable[Ip], port: int) -> bool:
        """Tell whether a port is free on all of these addresses."""
        return not any(self.is_given(protocol, one, port) or self.is_held(protocol, one, port) for one in addresses)


def host_ports(state: EngineState) -> HostPorts:
    """Return the ports that are taken at this moment."""
    given = {one for container in state.containers.values() if is_running(container) for one in _given(container)}
    return HostPorts(given, state.host.listeners, state.recorded_ports)


def recorded_ports(state: EngineState) -> frozenset[tuple[str, int]]:
    """Return the ports that Docker had given when the facts were taken."""
    running = (one for one in state.containers.values() if is_running(one))
    return frozenset((protocol, port) for container in running for protocol, _, port in _given(container))


def choose_port(state: EngineState, ports: HostPorts, wanted: Wanted, addresses: list[Ip], container: str) -> int:
    """Return the host port of a binding on these addresses. Raises EngineRefusal where it cannot be had."""
    if len(set(addresses)) < len(addresses):
        raise EngineRefusal(500, _bound_twice(state, wanted, addresses))
    _check_sockets(state, wanted, addresses)
    if wanted.is_exact:
        state.asked_ports.add(wanted.first)
        _check_exact(state, ports, wanted, addresses)
        return wanted.first
    first, last = (wanted.first, wanted.last) if wanted.first else state.host.dynamic_ports
    by_address = wanted.first > 0 and state.host.version < _TRIES_NEXT
    start = _cursor(ports, first, last, addresses if by_address else ())
    turn = chain(range(start, last + 1), range(first, start))
    left = _not_given if by_address else _is_left
    free = (one for one in turn if left(state, ports, wanted, addresses, one))
    found = next(free, None)
    if found is None:
        raise EngineRefusal(500, _failed(state, container, "all ports are allocated"))
    for address in addresses if by_address else ():
        if not ports.is_free(wanted.protocol, [address], found):
            raise EngineRefusal(500, _failed(state, container, _held(state, wanted.protocol, found, address)))
    if by_address:
        _note_turn(state, ports, wanted, addresses, container)
    elsewhere = state.asked_ports | {port for _, _, port in ports.given}
    others = (one for one in free if ports.is_free(wanted.protocol, addresses, one))
    return _example(state, found, others, (first, last), elsewhere)


def _check_sockets(state: EngineState, wanted: Wanted, addresses: list[Ip]) -> None:
    """Refuse addresses that the host does not have; note what its kernel has to know."""
    for address in (one for one in addresses if not state.host.has_address(one)):
        elsewhere = state.host.binds_elsewhere(address.version)
        if elsewhere is None:
            state.assume(AssumptionKind.ADDRESS_ABSENT, address=str(address))
        elif not elsewhere:
            raise EngineRefusal(500, _unheld(state, wanted, address))
    if wanted.protocol == "sctp":  # docker-proxy opens the socket, and without it dockerd itself does
        state.assume(AssumptionKind.KERNEL_SCTP, port=str(wanted.port))


def _unheld(state: EngineState, wanted: Wanted, address: Ip) -> str:
    shown, why = with_port(str(address), wanted.first), "cannot assign requested address"
    if state.host.version >= _BINDS_FIRST:
        return f"failed to bind host port for {shown}/{wanted.protocol}: {why}"
    return f"Error starting userland proxy: listen {wanted.protocol}{address.version} {shown}: bind: {why}"


def _example(
    state: EngineState, found: int, others: Iterator[int], of: tuple[int, int], elsewhere: Collection[int]
) -> int:
    """Return a port that was found in a range, or another free one: a symbol's example where the engine has a choice.

    Examples differ as far as there are ports, also from ports of other containers or addresses, which are no symbols;
    else one port on other addresses goes by the symbol that it is of.
    """
    free = chain([found], others)
    apart = next((one for one in free if str(one) not in state.symbols and one not in elsewhere), None)
    if apart is None:
        return found
    # The engine goes on after the last port that it gave, which it alone knows; others of the range may have that one.
    first, last = of
    has_others = apart != found or next(others, None) is not None
    if has_others or any(str(one) in state.symbols for one in range(first, last + 1)):
        _note_dynamic(state, apart, first, last)
    return apart


def _not_given(_: EngineState, ports: HostPorts, wanted: Wanted, addresses: list[Ip], port: int) -> bool:
    return not any((wanted.protocol, address, port) in ports.given for address in addresses)


def _note_turn(state: EngineState, ports: HostPorts, wanted: Wanted, addresses: list[Ip], container: str) -> None:
    """Note the ports of a range that an older engine may choose, for it goes by one address, and cannot have."""
    taken = {port for _, _, port in ports.given} | {one.port for one in ports.listeners}
    found = [
        str(port)
        for port in sorted(one for one in taken if wanted.first <= one <= wanted.last)
        if _not_given(state, ports, wanted, addresses, port) and not ports.is_free(wanted.protocol, addresses, port)
    ]
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        named, said = f"{wanted.first}-{wanted.last}/{wanted.protocol}", ", ".join(found[:_NAMED]) + more
        state.assume(AssumptionKind.PORT_TURN, container=container, ports=named, port=said)


def _is_left(state: EngineState, ports: HostPorts, wanted: Wanted, addresses: list[Ip], port: int) -> bool:
    if not wanted.first and port in state.host.reserved_ports:
        return False
    return ports.is_free(wanted.protocol, addresses, port)


def _note_dynamic(state: EngineState, port: int, first: int, last: int) -> None:
    name = f"host port {first}-{last}"
    names = {symbol.name for symbol in state.symbols.values()}
    number = 1
    while name in names:
        number += 1
        name = f"host port {first}-{last} #{number}"
    state.symbols[str(port)] = Symbol(name, SymbolKind.HOST_PORT, f"{first}-{last}", str(port))


def _cursor(ports: HostPorts, first: int, last: int, only: Collection[Ip]) -> int:
    """Return the port after the highest that was given of a range, only on some addresses, () for all of them.

    The engine goes on where it ended.
    """
    given = (port for _, address, port in ports.given if not only or address in only)
    highest = max((port for port in given if first <= port <= last), default=first - 1)
    return highest + 1 if highest < last else first


def _check_exact(state: EngineState, ports: HostPorts, wanted: Wanted, addresses: list[Ip]) -> None:
    for address in addresses:
        if ports.is_given(wanted.protocol, address, wanted.first):
            raise EngineRefusal(500, f"Bind for {address}:{wanted.first} failed: port is already allocated")
        if ports.is_held(wanted.protocol, address, wanted.first):
            raise EngineRefusal(500, _held(state, wanted.protocol, wanted.first, address))


def _held(state: EngineState, protocol: str, port: int, address: Ip) -> str:
    shown = with_port(str(address), port)
    if state.host.version >= _BINDS_FIRST:
        return f"failed to bind host port {shown}/{protocol}: address already in use"
    kind = f"{protocol}{address.version}"
    return f"Error starting userland proxy: listen {kind} {shown}: bind: address already in use"


def _bound_twice(state: EngineState, wanted: Wanted, addresses: list[Ip]) -> str:
    """Return what the engine says where a container asks for one port twice: since 27 both at once."""
    if state.host.version >= _BINDS_FIRST:
        return f"failed to listen on {wanted.protocol.upper()} socket: address already in use"
    return f"Bind for {addresses[0]}:{wanted.first} failed: port is already allocated"


def _failed(state: EngineState, container: str, why: str) -> str:
    return why if state.host.version >= _BINDS_FIRST else f"{container}: {why}"


def _given(container: Object) -> Iterator[Taken]:
    for named, bindings in part(container, "NetworkSettings", "Ports").items():
        port, protocol = split_port(named)
        for binding in items(bindings):
            number = decimal(text(binding, "HostPort"))
            address = address_of(text(binding, "HostIp") or _ANY)
            if number is not None and port and address:
                yield protocol, address, number


def meet(one: Ip, other: Ip) -> bool:
    """Tell whether two addresses of the host have one in common."""
    if one.version != other.version:
        return False
    return one == other or one.is_unspecified or other.is_unspecified


def _listens_at(listener: Listener, address: Ip) -> bool:
    if listener.address == "*":
        return True
    held = address_of(listener.address or _ANY)
    return held is not None and meet(held, address)


_ANY = "0.0.0.0"  # noqa: S104 (what Docker means by an empty address)
ANY_IPV4: Ip = IPv4Address(_ANY)
