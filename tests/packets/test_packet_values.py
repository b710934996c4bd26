"""The values of packets: which fields a question sets, when a match holds, and how far jumps are followed."""

from ipaddress import ip_address

import pytest

from netaudit.model.facts import Facts
from netaudit.model.netfilter.match import (
    AllOf,
    AnyOf,
    CtState,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
)
from netaudit.model.netfilter.program import ReadTable
from netaudit.model.netfilter.ruleset import Backend, Chain, Rule, Ruleset, Table
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.values.jump_bounds import DEEPEST, Again, Jumps, why_not_followed
from netaudit.packets.values.packet import Packet, doubts, holds
from netaudit.packets.values.probe import PacketState, Probe, parse_ip
from netaudit.parse.program import parse_program

PACKET = Packet({Field.IIF: "eth0", Field.OIF: "", Field.DPORT: 80, Field.MARK: 0x11, Field.SPORT: None})
YES, NO = InRanges(Field.DPORT, ((80, 80),)), InRanges(Field.DPORT, ((81, 90),))
SET, RATE = UnknownMatch("-m set", "no set"), Sometimes("-m limit")
UNKNOWN = InRanges(Field.SPORT, ((1, 2),))


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (YES, True),
        (NO, False),
        (InRanges(Field.DPORT, ((1, 2), (79, 81))), True),
        (UNKNOWN, None),
        (InRanges(Field.IIF, ((80, 80),)), None),  # a name is no number
        (Masked(Field.MARK, 0xF0, 0x10), True),
        (Masked(Field.MARK, 0xFF, 0x10), False),
        (Masked(Field.CT_MARK, 0xFF, 0x10), None),
        (Named(Field.IIF, ("lo", "eth*")), True),
        (Named(Field.IIF, ("lo",)), False),
        (Named(Field.OIF, ("*",)), False),
        (Named(Field.PHYSIN, ("lo",)), None),
        (Named(Field.DPORT, ("lo",)), None),
        (Not(YES), False),
        (Not(NO), True),
        (Not(RATE), None),
        (AllOf(()), True),
        (AllOf((YES, YES)), True),
        (AllOf((YES, NO)), False),
        (AllOf((SET, YES)), None),
        (AllOf((SET, NO)), False),
        (AnyOf(()), False),
        (AnyOf((NO, YES)), True),
        (AnyOf((NO, NO)), False),
        (AnyOf((SET, NO)), None),
        (AnyOf((SET, YES)), True),
        (SET, None),
    ],
    ids=str,
)
def test_a_match_holds_does_not_or_cannot_be_decided(match: Match, found: bool | None) -> None:  # noqa: FBT001 (of three)
    assert holds(match, PACKET.get) is found


@pytest.mark.parametrize(
    ("match", "found"),
    [
        (YES, []),
        (UNKNOWN, [make_reason(ReasonKind.FIELD_UNKNOWN, field=Field.SPORT)]),
        (Masked(Field.CT_MARK, 1, 1), [make_reason(ReasonKind.FIELD_UNKNOWN, field=Field.CT_MARK)]),
        (Named(Field.PHYSIN, ("lo",)), [make_reason(ReasonKind.FIELD_UNKNOWN, field=Field.PHYSIN)]),
        (SET, [make_reason(ReasonKind.UNKNOWN_MATCH, text="-m set", why="no set")]),
        (Not(RATE), [make_reason(ReasonKind.SOMETIMES, text="-m limit")]),
        (AllOf((YES, RATE, NO)), [make_reason(ReasonKind.SOMETIMES, text="-m limit")]),
        (
            AnyOf((UNKNOWN, RATE)),
            [
                make_reason(ReasonKind.FIELD_UNKNOWN, field=Field.SPORT),
                make_reason(ReasonKind.SOMETIMES, text="-m limit"),
            ],
        ),
    ],
    ids=str,
)
def test_each_undecided_part_of_a_match_says_why(match: Match, found: list[Reason]) -> None:
    assert list(doubts(match, PACKET.get)) == found


def test_a_field_of_another_kind_is_neither_a_number_nor_a_name() -> None:
    assert (PACKET.number(Field.DPORT), PACKET.number(Field.IIF), PACKET.number(Field.TTL)) == (80, None, None)
    assert (PACKET.name(Field.IIF), PACKET.name(Field.DPORT), PACKET.name(Field.TTL)) == ("eth0", "", "")


def test_a_packet_that_changes_keeps_its_other_fields() -> None:
    changed = PACKET.changed({Field.DPORT: 81})
    assert dict(changed.fields) == {**PACKET.fields, Field.DPORT: 81}
    assert hash(changed.changed({Field.DPORT: 80})) == hash(PACKET)


def test_a_question_sets_every_field_that_the_first_hook_sees() -> None:
    probe = Probe(
        *map(ip_address, ("192.0.2.1", "192.0.2.2")), "tcp", 80, 40000, "eth0", mac=5, length=60, ttl=63, dscp=46
    )
    assert dict(probe.packet().fields) == {
        Field.NFPROTO: 2,
        Field.ETHERTYPE: 0x0800,
        Field.PROTOCOL: 6,
        Field.SADDR: 0xC0000201,
        Field.DADDR: 0xC0000202,
        Field.FRAGMENT: 0,
        Field.PKTTYPE: 0,
        Field.MARK: 0,
        Field.IIF: "eth0",
        Field.OIF: "",
        Field.PHYSIN: "",
        Field.PHYSOUT: "",
        Field.CT_STATE: CtState.INVALID,
        Field.SOCKET: 0,
        Field.SMAC: 5,
        Field.LENGTH: 60,
        Field.TTL: 63,
        Field.DSCP: 46,
        Field.SPORT: 40000,
        Field.DPORT: 80,
        Field.TCP_FLAGS: 2,
    }


def test_what_this_host_sends_over_ipv6_has_a_socket() -> None:
    found = Probe(*map(ip_address, ("2001:db8::1", "2001:db8::2")), "udp", 53).packet()
    assert [found.get(field) for field in (Field.NFPROTO, Field.ETHERTYPE, Field.SOCKET)] == [10, 0x86DD, 1]
    assert Field.TCP_FLAGS not in found.fields


@pytest.mark.parametrize(
    ("state", "flags", "sent"),
    [
        (PacketState.NEW, None, 2),
        (PacketState.ESTABLISHED, None, 16),
        (PacketState.NEW, 0, 0),
        (PacketState.ESTABLISHED, 4, 4),
    ],
)
def test_tcp_has_the_flags_of_its_state_unless_others_are_given(
    state: PacketState, flags: int | None, sent: int
) -> None:
    probe = Probe(*map(ip_address, ("192.0.2.1", "192.0.2.2")), "tcp", 80, state=state, flags=flags)
    assert probe.packet().get(Field.TCP_FLAGS) == sent


@pytest.mark.parametrize(
    ("protocol", "icmp", "sent"),
    [("icmp", None, (8, 0)), ("icmpv6", None, (128, 0)), ("icmp", (3, 4), (3, 4)), ("icmpv6", (135, 0), (135, 0))],
)
def test_icmp_has_a_type_and_a_code_and_no_ports(
    protocol: str, icmp: tuple[int, int] | None, sent: tuple[int, int]
) -> None:
    found = Probe(*map(ip_address, ("192.0.2.1", "192.0.2.2")), protocol, 80, 81, icmp=icmp).packet()
    assert (found.get(Field.ICMP_TYPE), found.get(Field.ICMP_CODE)) == sent
    assert not {Field.SPORT, Field.DPORT, Field.TCP_FLAGS} & found.fields.keys()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("web", None),
        ("X192.0.2.1", None),
    ],
)
def test_an_address_is_read_with_or_without_brackets(text: str, found: str | None) -> None:
    assert parse_ip(text) == (found and ip_address(found))


def _table(chains: str, *rules: str) -> ReadTable:
    made = tuple(
        Chain(
            name, tuple(Rule(rule) for rule in rules if rule.split()[1] == name), "ACCEPT" if name == "INPUT" else None
        )
        for name in chains.split()
    )
    return parse_program(Facts({}), Ruleset((Table(Backend.IPTABLES_NFT, "ip", "filter", made),))).tables[0]


def test_the_height_of_a_chain_is_its_longest_way_of_jumps_and_loops_have_none() -> None:
    jumps = Jumps(
        _table(
            "INPUT a b c x y z",
            *("-A INPUT -j a", "-A INPUT -j c", "-A a -j b", "-A b -j c", "-A b -j gone"),
            *("-A x -j y", "-A y -j x", "-A z -j x", "-A z -j c"),
        )
    )
    assert jumps.heights == {"c": 0, "b": 1, "a": 2, "INPUT": 3}
    assert list(jumps.heights) == ["c", "b", "a", "INPUT"]  # lowest first
    assert (jumps.targets["INPUT"], jumps.targets["b"]) == ({"a", "c"}, {"c", "gone"})


def test_a_chain_is_visited_again_as_long_as_the_work_is_in_proportion_to_the_rules() -> None:
    table = _table("INPUT", *["-A INPUT -j sub"] * 3)
    again, chain = Again(table), table.chains["INPUT"]
    assert [again.affords(chain, 1 << 20), again.affords(chain, 2048 + 4 * 3 - 1), again.affords(chain, 0)] == [
        True,  # the first visit, whatever it costs
        True,  # all that is left
        False,
    ]


def test_a_jump_into_a_chain_that_it_comes_from_or_too_deep_is_not_followed() -> None:
    chain = _table("INPUT sub", "-A INPUT -j sub", "-A sub -j INPUT").chains["sub"]
    assert why_not_followed(chain, ("INPUT",)) is None
    assert why_not_followed(chain, ("sub",)) == make_reason(ReasonKind.ENDLESS_JUMPS, chain="sub")
    deep = tuple(f"c{at}" for at in range(DEEPEST))
    assert why_not_followed(chain, deep[1:]) is None
    assert why_not_followed(chain, deep) == make_reason(ReasonKind.DEEP_JUMPS, chain="sub", limit=DEEPEST)
