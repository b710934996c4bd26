"""Cells of the exposure table."""

from collections.abc import Iterable, Iterator
from functools import cache, partial
from typing import Annotated

import msgspec

from netaudit.attribute.attribution import AttributedExposure
from netaudit.audit.checks.answer import Doubt
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.daemon import strange_bridges, strange_proxies
from netaudit.audit.subjects.fact import CheckSubject, FamilyEditor, SubjectFacts, fact
from netaudit.audit.subjects.listed.accepting import Acceptance, accepted_at_input
from netaudit.audit.view.view import HostView
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Source
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import kinds_of
from netaudit.packets.host.destinations import PROXY
from netaudit.packets.values.packet import Packet
from netaudit.packets.values.probe import PROTOCOLS

_KIND = CheckedKind.EXPOSURE
_NOBODY, _NOBODY_RECORDED = "no container", "no container that was recorded"


class ExposureFacts(SubjectFacts, frozen=True):
    """What is known of a cell: packets from a zone to a destination."""

    zone: Annotated[str, fact("Where packets come from: `internet`, `lan`, `host`, `network` or `container`.")] = ""
    zone_name: Annotated[str, fact("The interface, network or container that the zone is, empty for none.")] = ""
    outcome: Annotated[str, fact("`allowed`, `blocked`, or `may` where that could not be decided.")] = ""
    way: Annotated[str, fact("How packets get there: `dnat`, `proxy`, `direct`, `local` or `none`.")] = ""
    destination: Annotated[str, fact("`published-port`, `forwarded-port`, `container-ports` or `host-listener`.")] = ""
    family: Annotated[str, fact("`ip` or `ip6`.")] = ""
    iptables: FamilyEditor = ""
    ways_in: Annotated[tuple[str, ...], fact("The interfaces by which packets come.")] = ()
    protocol: Annotated[str, fact("The protocol.")] = ""
    address: Annotated[str, fact("The address that packets are sent to.")] = ""
    ports: Annotated[tuple[str, ...], fact("The ports, or ranges of them.")] = ()
    container: Annotated[str, fact("The container that is reached, empty for the host.")] = ""
    network: Annotated[str, fact("The network on which it is reached.")] = ""
    led_to: Annotated[str, fact("Where a NAT rule leads a forwarded port, empty for other destinations.")] = ""
    publisher: Annotated[
        str,
        fact("Of a forwarded port: `no container`, or `no container that was recorded` where others may be there."),
    ] = ""
    programs: Annotated[tuple[str, ...] | None, fact("The host's programs that listen.", Source.SOCKETS)] = None
    input_policy: Annotated[
        str,
        fact("What the host's own firewall does with packets to the host that no rule decides: `accept` or `drop`."),
    ] = ""
    input_allows: Annotated[bool, fact("Whether a rule for packets to the host accepts these ports.")] = False
    service: Annotated[str, fact("The sensitive service (rules/services.yaml) on the port, empty for none.")] = ""
    decided_by: Annotated[str, fact("The maker of the rule that decides, empty where none does.")] = ""
    reason: Annotated[str, fact("Why the outcome is what it is, in one word such as `not-forwarded`.")] = ""
    reasons: Annotated[
        tuple[str, ...], fact("That word, and the words of what is behind it, as behind `answer-stopped`.")
    ] = ()
    for_all: Annotated[bool, fact("Whether all of the packets arrive: no rate limits them, no sender is refused.")] = (
        False
    )


def cells(view: HostView) -> Iterator[CheckSubject]:
    """Return every cell, where the table was computed."""
    return map(_Cells(view).subject, view.attributed.exposure or ())


class _There(msgspec.Struct, frozen=True):
    """What is the same of all cells of a destination."""

    name: str
    about: str
    ports: tuple[str, ...]
    led_to: str
    publisher: str
    service: str
    input_policy: str
    iptables: str
    accepted: tuple[Acceptance, ...]  # packets of other zones than the Internet


class _Cells:
    """Makes subjects of cells; what cells of one destination have in common is found once."""

    def __init__(self, view: HostView) -> None:
        self._view = view
        self._there, self._accepted = cache(self._find_there), cache(partial(_accepted, view))

    def _find_there(self, there: Destination) -> _There:
        view, ports = self._view, port_words(there)
        reached = there.container_name or ", ".join(there.programs or ()) or str(there.led or "host")
        protocol_and_ports = f"{', '.join(ports)}/{there.protocol}"
        return _There(
            name=f"{reached} {there.kind} {protocol_and_ports} ({there.family})",
            about=f"{reached} {protocol_and_ports}",
            ports=ports,
            led_to=str(there.led or ""),
            publisher=_publisher(view, there),
            service=service_of(view, there),
            input_policy=view.host_firewall.policy(there.family),
            iptables=view.tools.iptables(there.family),
            accepted=_accepted(view, there, None),
        )

    def subject(self, cell: AttributedExposure) -> CheckSubject:
        """Make the subject of a cell."""
        one, there = cell.exposure, cell.exposure.destination
        known = self._there(there)
        name = f"{one.zone.identity} → {known.name}"
        ways_in = self._view.outside.ways_in(there.family, [cell])
        led = there.kind is DestinationKind.FORWARDED_PORT and one.zone.kind is ZoneKind.INTERNET
        accepted = self._accepted(there, ways_in) if led else known.accepted
        facts = _facts(cell, known, ways_in, input_allows=all(one.sure for one in accepted))
        return CheckSubject(
            _KIND,
            name,
            name,
            facts,
            cells=(cell,),
            container=there.container_name,
            doubts=(*_outcome_doubts(one), *_owner_doubts(self._view, one), *_input_doubts(facts, accepted)),
            about=known.about,
            service=facts.service,
        )


def _facts(cell: AttributedExposure, known: _There, ways_in: tuple[str, ...], *, input_allows: bool) -> ExposureFacts:
    one, there = cell.exposure, cell.exposure.destination
    reasons = tuple(map(str, kinds_of(one.reason)))
    return ExposureFacts(
        zone=one.zone.kind,
        zone_name=one.zone.name,
        outcome=one.outcome,
        way=one.way,
        destination=there.kind,
        family=there.family,
        iptables=known.iptables,
        ways_in=ways_in,
        protocol=there.protocol,
        address=there.address,
        ports=known.ports,
        container=there.container_name,
        network=there.network_name,
        led_to=known.led_to,
        publisher=known.publisher,
        programs=there.programs,
        input_policy=known.input_policy,
        input_allows=input_allows,
        service=known.service,
        decided_by=cell.attribution.maker,
        reason=reasons[0] if reasons else "",
        reasons=reasons,
        for_all=one.for_all,
    )


def _accepted(view: HostView, there: Destination, outside: tuple[str, ...] | None) -> tuple[Acceptance, ...]:
    """Tell of the first and the last port of each range whether a rule for packets to the host accepts it.

    `outside` are the interfaces by which packets come from the Internet, None for another zone's packets.
    """
    ports = tuple(dict.fromkeys(port for ends in there.ports for port in ends))
    named = tuple(Acceptance(view.host_firewall.allows(there.family, there.protocol, port)) for port in ports)
    if (
        there.kind is not DestinationKind.FORWARDED_PORT
        or outside is None
        or view.host_firewall.policy(there.family) != "drop"
    ):
        return named
    ways: tuple[str | None, ...] = outside or (None,)
    known = {Field.PROTOCOL: PROTOCOLS.get(there.protocol)}
    return tuple(
        one
        if one.sure
        else accepted_at_input(
            view.program, there.family, [Packet({**known, Field.DPORT: port, Field.IIF: way}) for way in ways]
        )
        for port, one in zip(ports, named, strict=True)
    )


def _publisher(view: HostView, there: Destination) -> str:
    if there.kind is not DestinationKind.FORWARDED_PORT:
        return ""
    host, inventory = view.snapshot.host, view.inventory
    strange = inventory is not None and (strange_bridges(host, inventory) or strange_proxies(host, inventory))
    return _NOBODY_RECORDED if view.inventory_gap or strange else _NOBODY


_WAYS = {
    DestinationKind.PUBLISHED_PORT: Delivery.DNAT,
    DestinationKind.FORWARDED_PORT: Delivery.DNAT,
    DestinationKind.CONTAINER_PORTS: Delivery.DIRECT,
    DestinationKind.HOST_LISTENER: Delivery.LOCAL,
}


def _outcome_doubts(one: Exposure) -> Iterator[Doubt]:
    """Return the bounds of what becomes of the packets, where that could not be decided."""
    if one.outcome is not Outcome.MAY:
        return
    reasons = (one.reason,) if one.reason else ()
    yield Doubt("outcome", str(Outcome.ALLOWED), str(Outcome.BLOCKED), reasons)
    if one.way is Delivery.NONE:
        yield Doubt("way", str(_WAYS[one.destination.kind]), str(Delivery.NONE), reasons)


def _input_doubts(facts: ExposureFacts, accepted: Iterable[Acceptance]) -> Iterator[Doubt]:
    """Return the bounds of whether the ports are accepted, where a rule may do so for those that none accepts."""
    left = [one for one in accepted if not one.sure]
    if not facts.input_allows and all(one.doubts for one in left):
        reasons = tuple(dict.fromkeys(why for one in left for why in one.doubts))
        yield Doubt("input_allows", opened=True, closed=False, reasons=reasons)


def _owner_doubts(view: HostView, one: Exposure) -> Iterator[Doubt]:
    """Return the bounds of whose a port is that a rule leads on: without an inventory it may be a container's."""
    there = one.destination
    dockers = there.kind is DestinationKind.FORWARDED_PORT or PROXY in (there.programs or ())
    if dockers and view.inventory_gap:
        yield Doubt("destination", str(there.kind), str(DestinationKind.PUBLISHED_PORT), (view.inventory_gap,))


def port_words(there: Destination) -> tuple[str, ...]:
    """Return the ports of a destination, or ranges of them, as facts have them."""
    return tuple(f"{first}" if first == last else f"{first}-{last}" for first, last in there.ports)


def service_of(view: HostView, there: Destination) -> str:
    """Name the service on a single TCP port, or on the one that it is led to; of ranges nothing is known."""
    first, last = (there.led.ports if there.led else None) or (there.port, there.port)
    if first is None or first != last or there.protocol != "tcp":
        return ""
    return view.services.sensitive(first, "")
