"""Address translation, once per connection: what a rule's NAT makes of a packet, and what later packets get.

What the kernel chooses by more than the rules (one of several addresses, a port that is taken) is not known.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from netaudit.model.host import Interface
from netaudit.model.netfilter.match import CT_DNAT, CT_SNAT, Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.statement import Nat, NatKind
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.masquerade import global_addresses, masquerading
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.values.packet import Packet, Value

Changes = dict[Field, Value]
# That a connection's address is settled, translated or not: IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE.
SOURCE_DONE, DESTINATION_DONE = 0x80, 0x100
_DESTINATION = (NatKind.DNAT, NatKind.REDIRECT)
_LOOPBACK = {"ip": 0x7F000001, "ip6": 1}
_WITH_PORTS = frozenset({6, 17, 33, 132, 136})


def translate(nat: Nat, packet: Packet, hook: Hook, routing: Routing) -> Changes | None:
    """Return what of a first packet changes; None where there is no address to translate to, and it is dropped."""
    destination = nat.kind in _DESTINATION
    address_field, port_field = (Field.DADDR, Field.DPORT) if destination else (Field.SADDR, Field.SPORT)
    if nat.kind in (NatKind.REDIRECT, NatKind.MASQUERADE):
        candidates = _own_addresses(nat.kind, packet, hook, routing)
        if not candidates:
            return None
        address: Value = candidates[0] if len(candidates) == 1 else None
    else:
        address = _chosen(nat.addresses, packet.get(address_field))
    port = _port(nat, packet, port_field)
    now: Changes = {address_field: address} | ({port_field: port} if port_field in packet.fields else {})
    changed = {field: value for field, value in now.items() if value is None or value != packet.get(field)}
    done = DESTINATION_DONE if destination else SOURCE_DONE
    status = (packet.number(Field.CT_STATUS) or 0) | done
    return changed | _remembered(now, status, destination=destination) if changed else {Field.CT_STATUS: status}


def _chosen(span: tuple[int, int] | None, present: Value) -> Value:
    if span is None:
        return present
    return span[0] if span[0] == span[1] else None


def _port(nat: Nat, packet: Packet, field: Field) -> Value:
    """Choose the port: the present one stays where it may (nf_nat_core.c, get_unique_tuple)."""
    present = packet.number(field)
    if packet.get(Field.PROTOCOL) not in _WITH_PORTS:
        return present
    if nat.ports is None:
        return None if nat.spread and nat.kind in (NatKind.SNAT, NatKind.MASQUERADE) else present
    low, high = nat.ports
    if low == high:
        return low
    return present if present is not None and low <= present <= high and not nat.spread else None


def _remembered(now: Changes, status: int, *, destination: bool) -> Changes:
    """Return what connection tracking remembers: packets in return come from, or go to, the new address."""
    address, port = (Field.DADDR, Field.DPORT) if destination else (Field.SADDR, Field.SPORT)
    expected = (Field.CT_REPL_SADDR, Field.CT_REPL_SPORT) if destination else (Field.CT_REPL_DADDR, Field.CT_REPL_DPORT)
    changes: Changes = {expected[0]: now[address], Field.CT_STATUS: status | (CT_DNAT if destination else CT_SNAT)}
    return changes | ({expected[1]: now[port]} if port in now else {})


def _own_addresses(kind: NatKind, packet: Packet, hook: Hook, routing: Routing) -> list[int]:
    """Find the address of this host that `redirect` or `masquerade` takes; several where that is not known."""
    if kind is NatKind.REDIRECT and hook is Hook.OUTPUT:
        return [_LOOPBACK[routing.family]]
    interface = routing.interfaces.get(packet.name(Field.IIF if kind is NatKind.REDIRECT else Field.OIF))
    if interface is None:
        return []
    if kind is NatKind.MASQUERADE:
        return _towards(packet, interface, routing)
    return [int(address) for address in routing.addresses(interface)][:1]


def _towards(packet: Packet, interface: Interface, routing: Routing) -> list[int]:
    """Take the address in the subnet of the next hop, else the interface's first, else another interface's.

    Only addresses of global scope are taken. Source: inet_select_addr() in the kernel's net/ipv4/devinet.c.
    """
    target = as_address(packet, Field.DADDR)
    route = routing.route(target) if target else None
    gateway = next((hop.gateway for hop in route.hops if hop.gateway), "") if route else ""
    nearest = ip_address(gateway) if gateway else target
    own = global_addresses(interface, routing)
    if (
        target
        and target.version == 6
        and any(one.ip == target for any_ in routing.interfaces.values() for one in any_.addresses)
    ):
        return [int(target)]  # RFC 6724, rule 1
    near = [int(one.ip) for one in own if nearest is not None and nearest in one.subnet]
    return near[:1] if near else masquerading(interface, routing)[: 1 if own else None]


_SOURCES = {  # (at a hook for destinations, in return): where connection tracking has the address and port
    (True, False): (Field.CT_REPL_SADDR, Field.CT_REPL_SPORT),
    (False, False): (Field.CT_REPL_DADDR, Field.CT_REPL_DPORT),
    (True, True): (Field.CT_ORIG_SADDR, Field.CT_ORIG_SPORT),
    (False, True): (Field.CT_ORIG_DADDR, Field.CT_ORIG_DPORT),
}


def again(packet: Packet, hook: Hook) -> Iterator[tuple[Field, Value]]:
    """Translate a later packet of a connection as its first one was, or in return, back."""
    status, reply = packet.number(Field.CT_STATUS) or 0, packet.get(Field.CT_DIRECTION) == 1
    destination = hook in (Hook.PREROUTING, Hook.OUTPUT)
    bit = CT_DNAT if destination is not reply else CT_SNAT
    if not status & bit:
        return
    source = _SOURCES[destination, reply]
    for field, known in zip(
        (Field.DADDR, Field.DPORT) if destination else (Field.SADDR, Field.SPORT), source, strict=True
    ):
        if field in packet.fields and packet.get(field) != packet.get(known):
            yield field, packet.get(known)
