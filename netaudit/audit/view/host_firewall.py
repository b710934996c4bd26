"""What the host's own firewall (ufw, firewalld, the operator) does with packets to the host itself."""

import re
from collections.abc import Collection, Iterable, Sequence
from ipaddress import ip_address, ip_network

import msgspec

from netaudit.attribute.attribution import OPERATOR_MAKER, AttributedExposure, AttributedItem
from netaudit.audit.view.ports import PortCondition, named_ports
from netaudit.model.docker import Container
from netaudit.model.exposure import Destination, Outcome
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.program import Hook, Program
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind
from netaudit.parse.iptables.rule import parse_rule

Place = tuple[str, str, str, str]
_NOT_FILTERING = ("nat", "raw", "mangle")
_ENGINE = frozenset({"docker-proxy", "dockerd"})
_JUMPS = re.compile(r"\b(?:jump|goto) ([\w-]+)")
_NFT_DENY = re.compile(r"(counter )?(drop|reject( with .+)?)")
_INCOMING = ("input", "filter_in_")  # in the names of chains that see packets to the host
_FORWARDED = ("forward", "filter_fwd_", "fwd_", "docker-user")  # in the names of chains that see forwarded packets
_DENY = frozenset({"drop", "reject"})
_DESTINATION = re.compile(r"(?:-d|\bip6? daddr) (\S+)")
_SOURCE = re.compile(r"(?: -s|\bip6? saddr) ")
_FAMILIES = {"ip": ("ip",), "ip6": ("ip6",), "inet": ("ip", "ip6")}


class _PortRule(msgspec.Struct, frozen=True):
    one: AttributedItem
    named: PortCondition


class HostFirewall:
    """Looks up the rules for packets to the host for a port; Docker's own rules are not among them."""

    def __init__(self, items: Iterable[AttributedItem], program: Program) -> None:
        self._rules: dict[str, list[_PortRule]] = {"ip": [], "ip6": []}
        self._forward: dict[str, list[_PortRule]] = {"ip": [], "ip6": []}
        self._policies: dict[str, str] = {"ip": "accept", "ip6": "accept"}
        own = [one for one in items if one.attribution.maker != "docker" and one.item.table not in _NOT_FILTERING]
        bases = _bases(program)
        incoming = _incoming_chains(own, bases)
        for one in own:
            self._add(one, _place(one.item) in bases, _place(one.item) in incoming)

    def _add(self, one: AttributedItem, base: bool, incoming: bool) -> None:  # noqa: FBT001 (of one chain)
        item = one.item
        for family in _FAMILIES.get(item.family, ()):
            if base and _denies_all(item):
                self._policies[family] = "drop"
            elif item.object is ObjectKind.RULE and (incoming or _is_incoming(one) or _is_forwarded(one)):
                named = named_ports(item)
                rules = self._rules if incoming or _is_incoming(one) else self._forward
                if named.ranges:
                    rules[family].append(_PortRule(one, named))

    def policy(self, family: str) -> str:
        """Return what happens to incoming packets that no rule decides: `accept` or `drop`."""
        return self._policies[family]

    def denials(self, family: str, protocol: str, port: int) -> tuple[AttributedItem, ...]:
        """List the rules that deny this very port."""
        matching = (one for one in self._rules[family] if one.named.covers(protocol, port))
        return tuple(one.one for one in matching if one.named.verdict in _DENY)

    def allows(self, family: str, protocol: str, port: int) -> bool:
        """Return whether a rule allows this very port."""
        return any(one.named.covers(protocol, port) and one.named.verdict == "accept" for one in self._rules[family])

    def lets_through(self, family: str, protocol: str, port: int, container: Container) -> bool:
        """Return whether a rule of the operator's lets forwarded packets to this port of a container pass."""
        addresses = [end.address_of(family) for end in container.endpoints]
        return any(
            one.named.covers(protocol, port) and one.named.verdict == "accept" and _is_for(one.one, addresses)
            for one in self._forward[family]
        )


def writer_of(denials: Sequence[AttributedItem]) -> str:
    """Name who wrote the first of these rules; "" for none."""
    makers = [one.attribution.maker for one in denials]
    return ("the host's firewall" if makers[0] in ("", OPERATOR_MAKER) else makers[0]) if makers else ""


def _is_for(one: AttributedItem, addresses: Collection[str]) -> bool:
    """Return whether a rule is for anybody's packets to one of these addresses, or to any."""
    if _SOURCE.search(one.item.text):
        return False
    found = _DESTINATION.search(one.item.text)
    if found is None:
        return True
    try:
        subnet = ip_network(found[1], strict=False)
    except ValueError:
        return False
    return any(ip_address(address) in subnet for address in addresses if address)


def _is_forwarded(one: AttributedItem) -> bool:
    chain = one.item.chain.lower()
    return any(word in chain for word in _FORWARDED)


def _is_incoming(one: AttributedItem) -> bool:
    """Return whether a chain's name says that it sees packets to the host, as ufw's and firewalld's do."""
    if one.item.backend is Backend.NFTABLES and one.attribution.maker != "firewalld":
        return False
    return any(word in one.item.chain.lower() for word in _INCOMING)


def _bases(program: Program) -> set[Place]:
    """Return the base chains at the input hook, whatever their names."""
    chains = ((table, chain) for family in IP_FAMILIES for table, chain in program.base_chains(Hook.INPUT, family))
    return {(table.backend, table.family, table.name, chain.name) for table, chain in chains}


def _incoming_chains(items: Iterable[AttributedItem], bases: set[Place]) -> set[Place]:
    """Return the native chains at the input hook, and those that they lead to."""
    leads: dict[Place, set[Place]] = {}
    for one in items:
        item = one.item
        if item.object is ObjectKind.RULE and item.backend is Backend.NFTABLES:
            targets = ((item.backend, item.family, item.table, name) for name in _JUMPS.findall(item.text))
            leads.setdefault(_place(item), set()).update(targets)
    found = {place for place in bases if place[0] is Backend.NFTABLES}
    left = list(found)
    while left:
        new = leads.get(left.pop(), set()) - found
        found |= new
        left += new
    return found


def _denies_all(item: Item) -> bool:
    """Return whether packets that nothing else decides are refused: by a policy, or by a rule without a match."""
    if item.object is ObjectKind.POLICY:
        return "DROP" in item.text.upper()
    if item.object is not ObjectKind.RULE:
        return False
    if item.backend is Backend.NFTABLES:
        return _NFT_DENY.fullmatch(item.text) is not None
    rule = parse_rule(item.text)
    return not rule.matches and rule.target in ("DROP", "REJECT")


def _place(item: Item) -> Place:
    return item.backend, item.family, item.table, item.chain


class Denied(msgspec.Struct, frozen=True):
    """Programs of the host, their ports as iptables writes them, and what denies them; `place` is in nft's words."""

    programs: tuple[str, ...]
    tcp: tuple[str, ...]
    udp: tuple[str, ...]
    by: tuple[str, ...]
    place: tuple[str, ...]


def denied_programs(cells: Iterable[AttributedExposure]) -> Denied:
    """Return the programs of the host that rules keep from some packets; not Docker's own."""
    found = [one.exposure for one in cells if _is_denied(one)]
    rules = [one.rule for one in found if one.rule]
    native = (one for one in rules if one.backend is Backend.NFTABLES)
    return Denied(
        programs=tuple(dict.fromkeys(_listener(one.destination) for one in found)),
        tcp=_ports(one.destination for one in found if one.destination.protocol == "tcp"),
        udp=_ports(one.destination for one in found if one.destination.protocol == "udp"),
        by=tuple(dict.fromkeys(f"{item.where} ({item.text})" for item in rules)),
        place=next(((one.family, one.table, one.chain) for one in native), ()),
    )


def _is_denied(cell: AttributedExposure) -> bool:
    one = cell.exposure
    programs = set(one.destination.programs or ())
    return one.outcome is Outcome.BLOCKED and one.rule is not None and bool(programs) and not programs & _ENGINE


def _ports(theres: Iterable[Destination]) -> tuple[str, ...]:
    """Return ports, each once."""
    ranges = dict.fromkeys(pair for there in theres for pair in there.ports)
    return tuple(f"{first}" if first == last else f"{first}:{last}" for first, last in ranges)


def _listener(there: Destination) -> str:
    ports = ", ".join(_ports([there]))
    return f"{', '.join(there.programs or ())} on {ports}/{there.protocol}"
