"""What NAT and other statements make of one packet, and what its connection remembers for those that follow."""

import pytest

from netaudit.model.host import Host, HostAddress, Interface, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import CT_DNAT, CT_SNAT, CtState, Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.statement import CopyMark, Forget, Nat, NatKind, Note, NoTrack, SetMark, Statement
from netaudit.packets.host.fib import Routing
from netaudit.packets.trace.conntrack import answering, begin, belong, connection_of
from netaudit.packets.trace.nat import DESTINATION_DONE, SOURCE_DONE, again, translate
from netaudit.packets.trace.statements import NoAddressError, effect
from netaudit.packets.values.packet import Packet, Value

CLIENT, SERVER, OWN, SECOND, GATE = 0xC0000207, 0xC6336407, 0xC0000201, 0xC0000202, 0xCB007101
HOST = Host(
    interfaces=(
        Interface("lo", addresses=(HostAddress("127.0.0.1", 8, "host"), HostAddress("::1", 128, "host"))),
        Interface(
            "eth0",
            addresses=(
                HostAddress("169.254.0.1", 16, "link"),
                HostAddress("192.0.2.1", 24),
                HostAddress("203.0.113.1", 24),
                HostAddress("2001:db8::1", 64),
            ),
        ),
        Interface("tun0"),
    ),
    routes=(
        Route(Family.IP, "192.0.2.0/24", (NextHop("eth0"),)),
        Route(Family.IP, "0.0.0.0/0", (NextHop("eth0", "203.0.113.9"),)),
        Route(Family.IP6, "::/0", (NextHop("eth0", "2001:db8::9"),)),
    ),
)
ROUTING, ROUTING6 = Routing(HOST, Family.IP), Routing(HOST, Family.IP6)


def _packet(**fields: Value) -> Packet:
    known = {
        Field.NFPROTO: 2,
        Field.PROTOCOL: 6,
        Field.SADDR: CLIENT,
        Field.DADDR: SERVER,
        Field.SPORT: 40000,
        Field.DPORT: 80,
        Field.IIF: "eth0",
        Field.OIF: "eth0",
    }
    return begin(Packet(known)).changed({Field[name]: value for name, value in fields.items()})


DNAT, SNAT = Nat(NatKind.DNAT, (GATE, GATE), (8080, 8080)), Nat(NatKind.SNAT, (GATE, GATE))


def test_a_translated_destination_is_what_answers_come_from() -> None:
    assert translate(DNAT, _packet(), Hook.PREROUTING, ROUTING) == {
        Field.DADDR: GATE,
        Field.DPORT: 8080,
        Field.CT_REPL_SADDR: GATE,
        Field.CT_REPL_SPORT: 8080,
        Field.CT_STATUS: DESTINATION_DONE | CT_DNAT,
    }


def test_a_translated_source_is_what_answers_go_to_and_keeps_its_port() -> None:
    assert translate(SNAT, _packet(CT_STATUS=DESTINATION_DONE | CT_DNAT), Hook.POSTROUTING, ROUTING) == {
        Field.SADDR: GATE,
        Field.CT_REPL_DADDR: GATE,
        Field.CT_REPL_DPORT: 40000,
        Field.CT_STATUS: DESTINATION_DONE | CT_DNAT | SOURCE_DONE | CT_SNAT,
    }


def test_a_translation_to_what_is_there_already_settles_the_address_and_changes_nothing() -> None:
    nothing = Nat(NatKind.DNAT, (SERVER, SERVER), (80, 80))
    assert translate(nothing, _packet(), Hook.PREROUTING, ROUTING) == {Field.CT_STATUS: DESTINATION_DONE}
    assert translate(Nat(NatKind.SNAT), _packet(CT_STATUS=DESTINATION_DONE), Hook.INPUT, ROUTING) == {
        Field.CT_STATUS: DESTINATION_DONE | SOURCE_DONE
    }


@pytest.mark.parametrize(
    ("nat", "fields", "address", "port"),
    [
        (Nat(NatKind.DNAT, (GATE, GATE)), {}, GATE, 80),
        (Nat(NatKind.DNAT, (GATE, GATE + 1)), {}, None, 80),  # one of several: the kernel chooses
        (Nat(NatKind.DNAT, None, (81, 81)), {}, SERVER, 81),
        (Nat(NatKind.DNAT, (GATE, GATE), (70, 90)), {}, GATE, 80),  # the present port is one of them
        (Nat(NatKind.DNAT, (GATE, GATE), (80, 90)), {}, GATE, 80),
        (Nat(NatKind.DNAT, (GATE, GATE), (70, 80)), {}, GATE, 80),
        (Nat(NatKind.DNAT, (GATE, GATE), (81, 90)), {}, GATE, None),
        (Nat(NatKind.DNAT, (GATE, GATE), (70, 90), spread=True), {}, GATE, None),
        (Nat(NatKind.DNAT, (GATE, GATE), (70, 90)), {"DPORT": None}, GATE, None),
        (Nat(NatKind.DNAT, (GATE, GATE), spread=True), {}, GATE, 80),  # a destination's port is not drawn
        (Nat(NatKind.DNAT, (GATE, GATE), (81, 81)), {"PROTOCOL": 47}, GATE, 80),  # no ports in this protocol
        (Nat(NatKind.DNAT, (GATE, GATE), (81, 81)), {"PROTOCOL": 132}, GATE, 81),
        (Nat(NatKind.REDIRECT, None, (81, 81)), {}, OWN, 81),
    ],
)
def test_a_destination_is_chosen_where_the_rule_leaves_one(
    nat: Nat, fields: dict[str, Value], address: Value, port: Value
) -> None:
    before = _packet(**fields)
    found = before.changed(translate(nat, before, Hook.PREROUTING, ROUTING) or {})
    assert (found.get(Field.DADDR), found.get(Field.DPORT)) == (address, port)


def test_a_packet_without_ports_is_given_none() -> None:
    echo = Packet({Field.NFPROTO: 2, Field.PROTOCOL: 1, Field.SADDR: CLIENT, Field.DADDR: SERVER})
    assert translate(DNAT, echo, Hook.PREROUTING, ROUTING) == {
        Field.DADDR: GATE,
        Field.CT_REPL_SADDR: GATE,
        Field.CT_STATUS: DESTINATION_DONE | CT_DNAT,
    }


MASQUERADE = Nat(NatKind.MASQUERADE)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"DADDR": 0xC0000209}, OWN),  # in the subnet of the neighbour
        ({"DADDR": SERVER}, 0xCB007101),  # in the subnet of the gateway
        ({"OIF": "tun0", "DADDR": SERVER}, None),  # no address of its own: one of several
        ({"OIF": ""}, SERVER),  # dropped
        ({"OIF": "gone"}, SERVER),
    ],
)
def test_masquerade_takes_the_address_that_is_nearest_to_the_next_hop(fields: dict[str, Value], found: Value) -> None:
    changes = translate(MASQUERADE, _packet(**fields), Hook.POSTROUTING, ROUTING)
    assert (changes or {Field.SADDR: SERVER})[Field.SADDR] == found
    assert (changes is None) == (found == SERVER)


def test_masquerade_draws_another_port_only_where_it_is_asked_to() -> None:
    drawn = translate(Nat(NatKind.MASQUERADE, spread=True), _packet(), Hook.POSTROUTING, ROUTING)
    assert drawn
    assert (drawn[Field.SPORT], drawn[Field.CT_REPL_DPORT]) == (None, None)
    snat = translate(Nat(NatKind.SNAT, (GATE, GATE), spread=True), _packet(), Hook.POSTROUTING, ROUTING)
    assert snat
    assert snat[Field.SPORT] is None


def test_over_ipv6_what_goes_to_the_host_itself_is_masqueraded_as_that_address() -> None:
    own, elsewhere = 0x20010DB8 << 96 | 1, 0x20010DB9 << 96 | 7
    for target, found in ((own, own), (elsewhere, own)):
        packet = _packet(NFPROTO=10, SADDR=(0xFD00 << 112) + 5, DADDR=target)
        changes = translate(MASQUERADE, packet, Hook.POSTROUTING, ROUTING6)
        assert changes
        assert changes[Field.SADDR] == found


def test_redirect_leads_to_the_interface_that_the_packet_came_by_and_to_loopback_on_the_way_out() -> None:
    redirect = Nat(NatKind.REDIRECT)
    found = [
        (translate(redirect, _packet(IIF=name), hook, ROUTING) or {}).get(Field.DADDR)
        for hook, name in (
            (Hook.PREROUTING, "eth0"),
            (Hook.OUTPUT, ""),
            (Hook.PREROUTING, "tun0"),
            (Hook.PREROUTING, "x"),
        )
    ]
    assert found == [OWN, 0x7F000001, None, None]
    out = translate(redirect, _packet(NFPROTO=10), Hook.OUTPUT, ROUTING6)
    assert out
    assert out[Field.DADDR] == 1


# ---- connections --------------------------------------------------------------------------------------------------


def test_a_first_packet_begins_a_connection_that_answers_fit() -> None:
    packet = Packet({Field.PROTOCOL: 6, Field.SADDR: 1, Field.DADDR: 2, Field.SPORT: 3, Field.DPORT: 4, Field.MARK: 9})
    assert dict(begin(packet).fields) == {
        **packet.fields,
        Field.CT_STATE: CtState.NEW,
        Field.CT_STATUS: 0,
        Field.CT_DIRECTION: 0,
        Field.CT_MARK: 0,
        Field.CT_PROTOCOL: 6,
        Field.CT_ORIG_SADDR: 1,
        Field.CT_ORIG_DADDR: 2,
        Field.CT_ORIG_SPORT: 3,
        Field.CT_ORIG_DPORT: 4,
        Field.CT_REPL_SADDR: 2,
        Field.CT_REPL_DADDR: 1,
        Field.CT_REPL_SPORT: 4,
        Field.CT_REPL_DPORT: 3,
    }
    assert Field.CT_ORIG_SPORT not in begin(Packet({Field.SADDR: 1, Field.DADDR: 2})).fields


def test_a_connection_leaves_its_translation_and_mark_to_the_packets_that_follow() -> None:
    first = _packet(CT_MARK=7, CT_STATUS=0x180 | CT_DNAT, CT_REPL_SADDR=GATE, CT_REPL_SPORT=8080)
    left = connection_of(first)
    assert left == {
        Field.CT_STATUS: 0x180 | CT_DNAT,
        Field.CT_MARK: 7,
        Field.CT_REPL_SADDR: GATE,
        Field.CT_REPL_DADDR: CLIENT,
        Field.CT_REPL_SPORT: 8080,
        Field.CT_REPL_DPORT: 40000,
    }
    later = belong(_packet(), left)
    assert (later.get(Field.CT_STATE), later.get(Field.CT_DIRECTION)) == (CtState.ESTABLISHED, 0)
    assert dict(again(later, Hook.PREROUTING)) == {Field.DADDR: GATE, Field.DPORT: 8080}
    assert dict(again(later, Hook.OUTPUT)) == {Field.DADDR: GATE, Field.DPORT: 8080}
    assert dict(again(later, Hook.POSTROUTING)) == {}
    for state in (CtState.UNTRACKED, CtState.INVALID, CtState.ESTABLISHED):
        assert connection_of(first.changed({Field.CT_STATE: state})) is None


def test_an_answer_is_translated_back_at_the_hooks_of_the_other_side() -> None:
    first = _packet(CT_STATUS=CT_DNAT, CT_REPL_SADDR=GATE, CT_REPL_SPORT=8080)
    back = Packet({Field.SADDR: GATE, Field.DADDR: CLIENT, Field.SPORT: 8080, Field.DPORT: 40000})
    answer = belong(back, answering(first))
    assert answer.get(Field.CT_DIRECTION) == 1
    assert dict(again(answer, Hook.POSTROUTING)) == {Field.SADDR: SERVER, Field.SPORT: 80}
    assert dict(again(answer, Hook.PREROUTING)) == {}
    masked = _packet(CT_STATUS=CT_SNAT, CT_REPL_DADDR=OWN, CT_REPL_DPORT=50000)
    home = belong(back.changed({Field.DADDR: OWN, Field.DPORT: 50000}), answering(masked))
    assert dict(again(home, Hook.PREROUTING)) == {Field.DADDR: CLIENT, Field.DPORT: 40000}
    assert dict(again(home, Hook.INPUT)) == {}
    assert dict(again(belong(_packet(), connection_of(masked) or {}), Hook.INPUT)) == {
        Field.SADDR: OWN,
        Field.SPORT: 50000,
    }


# ---- statements ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "fields", "found"),
    [
        (SetMark(Field.MARK, 0xFFFFFFFF, 5), {"MARK": 3}, {Field.MARK: 5}),
        (SetMark(Field.MARK, 0xF0, 0x11), {"MARK": 0x1F3}, {Field.MARK: 0x112}),  # xor, as --set-xmark does
        (SetMark(Field.MARK, 0xFFFFFFFF, 5), {"MARK": None}, {Field.MARK: 5}),
        (SetMark(Field.MARK, 0xF0, 0x10), {"MARK": None}, {Field.MARK: None}),
        (SetMark(Field.CT_MARK, 0xFF, 1), {"CT_MARK": 0x102}, {Field.CT_MARK: 0x101}),
        (SetMark(Field.CT_MARK, 0xFF, 1), {"CT_STATE": CtState.UNTRACKED}, {}),
        (SetMark(Field.MARK, 0xFF, 1), {"MARK": 0, "CT_STATE": CtState.UNTRACKED}, {Field.MARK: 1}),
        (CopyMark(Field.MARK, Field.CT_MARK), {"MARK": 1, "CT_MARK": 6}, {Field.MARK: 6}),
        (CopyMark(Field.MARK, Field.CT_MARK, 0xF, 0xF1), {"MARK": 0x25, "CT_MARK": 0xF3}, {Field.MARK: 0xD1}),
        (CopyMark(Field.MARK, Field.CT_MARK), {"MARK": None, "CT_MARK": 6}, {Field.MARK: 6}),
        (CopyMark(Field.MARK, Field.CT_MARK, 0xF), {"MARK": None, "CT_MARK": 6}, {Field.MARK: None}),
        (CopyMark(Field.MARK, Field.CT_MARK), {"MARK": 1, "CT_MARK": None}, {Field.MARK: None}),
        (CopyMark(Field.MARK, Field.CT_MARK), {"MARK": 1, "CT_STATE": CtState.INVALID}, {}),
        (NoTrack(), {"CT_STATE": CtState.INVALID}, {Field.CT_STATE: CtState.UNTRACKED}),
        (NoTrack(), {"CT_STATE": CtState.ESTABLISHED}, {}),
        (NoTrack(), {"CT_STATE": CtState.RELATED}, {}),
        (Forget(Field.TTL, "ttl set 3"), {}, {Field.TTL: None}),
        (Note("log"), {}, {}),
        (DNAT, {"DADDR": GATE, "DPORT": 8080}, {Field.CT_STATUS: DESTINATION_DONE}),
    ],
)
def test_a_statement_sets_its_fields(statement: Statement, fields: dict[str, Value], found: dict[Field, Value]) -> None:
    assert effect(statement, _packet(**fields), Hook.PREROUTING, ROUTING) == found


def test_where_no_address_is_left_to_translate_to_the_packet_is_dropped() -> None:
    with pytest.raises(NoAddressError):
        effect(MASQUERADE, _packet(OIF="gone"), Hook.POSTROUTING, ROUTING)
