"""What rules of iptables mean; the kernel itself is asked in tests/kernel."""

import pytest

from netaudit.model.netfilter.match import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Field,
    InRanges,
    Masked,
    Match,
    Named,
    Not,
    Sometimes,
    UnknownMatch,
    all_of,
    equal,
)
from netaudit.model.netfilter.statement import (
    ACCEPT,
    CONTINUE,
    DROP,
    RETURN,
    CopyMark,
    Forget,
    Goto,
    Jump,
    Meaning,
    Nat,
    NatKind,
    Note,
    NoTrack,
    Queue,
    Reject,
    SetMark,
    Statement,
    UnknownStatement,
    Verdict,
)
from netaudit.parse.iptables.meaning import read_iptables_rule

NO_CONNECTION = InRanges(Field.CT_STATE, ((1, 1), (64, 64)))
NEW, ESTABLISHED = equal(Field.CT_STATE, 8), equal(Field.CT_STATE, 2)
ADDRESS = 0xC0000201  # 192.0.2.1


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("-s 192.0.2.0/24", InRanges(Field.SADDR, ((0xC0000200, 0xC00002FF),))),
        ("! -d 192.0.2.1/32", Not(InRanges(Field.DADDR, ((ADDRESS, ADDRESS),)))),
        ("-s 192.0.0.1/255.255.0.255", Masked(Field.SADDR, 0xFFFF00FF, 0xC0000001)),
        ("-i eth0", Named(Field.IIF, ("eth0",))),
        ("! -o br-+", Not(Named(Field.OIF, ("br-*",)))),
        ("-p tcp", equal(Field.PROTOCOL, 6)),
        ("! -p 132", Not(equal(Field.PROTOCOL, 132))),
        ("-f", Not(equal(Field.FRAGMENT, 0))),
        ("-m tcp --dport 80", InRanges(Field.DPORT, ((80, 80),))),
        ("-m udp ! --sport 1024:65535", Not(InRanges(Field.SPORT, ((1024, 65535),)))),
        ("-m multiport --dports 443,80,81:90", InRanges(Field.DPORT, ((80, 90), (443, 443)))),
        (
            "-m multiport --ports 53",
            AnyOf((InRanges(Field.SPORT, ((53, 53),)), InRanges(Field.DPORT, ((53, 53),)))),
        ),
        ("-m tcp --tcp-flags FIN,SYN,RST,ACK SYN", Masked(Field.TCP_FLAGS, 23, 2)),
        ("-m icmp --icmp-type 3/4", AllOf((equal(Field.ICMP_TYPE, 3), equal(Field.ICMP_CODE, 4)))),
        ("-m conntrack --ctstate NEW,ESTABLISHED", InRanges(Field.CT_STATE, ((2, 2), (8, 8)))),
        ("-m state ! --state NEW", Not(NEW)),
        (
            "-m conntrack --ctstate DNAT",
            AnyOf((InRanges(Field.CT_STATE, ()), AllOf((Not(NO_CONNECTION), Not(Masked(Field.CT_STATUS, 0x20, 0)))))),
        ),
        (
            "-m conntrack --ctorigdst 192.0.2.1/32",
            AllOf((Not(NO_CONNECTION), InRanges(Field.CT_ORIG_DADDR, ((ADDRESS, ADDRESS),)))),
        ),
        (
            "-m conntrack --ctstate NEW --ctdir REPLY",
            AllOf((NEW, AnyOf((NO_CONNECTION, equal(Field.CT_DIRECTION, 1))))),
        ),
        ("-m mark --mark 0x1/0xff", Masked(Field.MARK, 0xFF, 1)),
        ("-m addrtype --dst-type LOCAL", equal(Field.DADDR_TYPE, 2)),
        ("-m addrtype ! --src-type LOCAL --limit-iface-in", Not(equal(Field.SADDR_TYPE_IIF, 2))),
        ("-m iprange --src-range 192.0.2.1-192.0.2.9", InRanges(Field.SADDR, ((ADDRESS, ADDRESS + 8),))),
        ("-m mac --mac-source 02:00:00:00:00:01", equal(Field.SMAC, 0x020000000001)),
        ("-m physdev --physdev-is-bridged", Named(Field.PHYSOUT, ("*",))),
        ("-m owner ! --uid-owner 0", Not(AllOf((equal(Field.SOCKET, 1), equal(Field.SKUID, 0))))),
        ("-m rpfilter --invert", equal(Field.REVERSE_PATH, 0)),
        ("-m ttl --ttl-lt 5", InRanges(Field.TTL, ((0, 4),))),
    ],
)
def test_a_match_is_a_condition_over_fields(text: str, match: Match) -> None:
    assert read_iptables_rule(f"-A FORWARD {text} -j ACCEPT", "ip") == Meaning((match,), (), ACCEPT)


@pytest.mark.parametrize(
    "text",
    [
        "-m set --match-set blocked src",
        '-m string --algo bm --string "a b"',
        "-m u32 --u32 0x0=0x1",
        "-m rpfilter --loose",
        "-m tcp --tcp-option 8",
        "-m addrtype --src-type NEWTYPE",
        "--unheard-of 1",
    ],
)
def test_what_is_not_known_is_kept_word_for_word(text: str) -> None:
    (match,) = read_iptables_rule(f"-A INPUT {text} -j DROP", "ip").matches
    assert isinstance(match, UnknownMatch)
    assert match.text == text
    assert match.reason


@pytest.mark.parametrize("text", ["-m limit --limit 5/s", "-m statistic --mode nth --every 3", "-m quota --quota 1000"])
def test_what_rate_or_chance_decides_holds_sometimes(text: str) -> None:
    assert read_iptables_rule(f"-A INPUT {text} -j DROP", "ip").matches == (Sometimes(text),)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("-m rt --rt-type 0", False),
        ("-m rt ! --rt-type 0 --rt-segsleft 0", False),
        ("-m frag --fragmore", False),
        ("-m hbh", False),
        ("-m ipv6header --header prot", True),
        ("-m ipv6header --header frag", False),
        ("-m ipv6header ! --header frag --soft", True),
        ("-m ipv6header --header frag,route --soft", False),
    ],
)
def test_a_header_that_ordinary_packets_lack_is_never_matched(text: str, holds: bool) -> None:  # noqa: FBT001 (a case)
    matches = read_iptables_rule(f"-A INPUT {text} -j DROP", "ip6").matches
    assert all_of(matches) == (ALWAYS if holds else NEVER)


def test_a_comment_always_holds() -> None:
    assert read_iptables_rule('-A X -m comment --comment "-j DROP" -j RETURN', "ip") == Meaning((), (), RETURN)
    assert AllOf(()) == ALWAYS


@pytest.mark.parametrize(
    ("text", "statements", "verdict"),
    [
        ("", (), CONTINUE),
        ("-j DROP", (), DROP),
        ("-j DOCKER-USER", (), Jump("DOCKER-USER")),
        ("-g OTHER", (), Goto("OTHER")),
        ("-j REJECT --reject-with tcp-reset", (), Reject("tcp-reset")),
        ("-j NFQUEUE --queue-num 1", (), Queue()),
        ("-j DNAT --to-destination 192.0.2.1:80", (Nat(NatKind.DNAT, (ADDRESS, ADDRESS), (80, 80)),), ACCEPT),
        ("-j DNAT --to-destination :80-90", (Nat(NatKind.DNAT, None, (80, 90)),), ACCEPT),
        ("-j DNAT --to-destination [::1]:80", (Nat(NatKind.DNAT, (1, 1), (80, 80)),), ACCEPT),
        ("-j DNAT --to-destination ::1", (Nat(NatKind.DNAT, (1, 1)),), ACCEPT),
        ("-j SNAT --to-source 192.0.2.1 --random", (Nat(NatKind.SNAT, (ADDRESS, ADDRESS), spread=True),), ACCEPT),
        ("-j MASQUERADE", (Nat(NatKind.MASQUERADE),), ACCEPT),
        ("-j REDIRECT --to-ports 8080", (Nat(NatKind.REDIRECT, None, (8080, 8080)),), ACCEPT),
        ("-j MARK --set-xmark 0x1/0xff", (SetMark(Field.MARK, 0xFF, 1),), CONTINUE),
        ("-j CONNMARK --save-mark", (CopyMark(Field.CT_MARK, Field.MARK),), CONTINUE),
        ("-j CT --notrack", (NoTrack(),), CONTINUE),
        ('-j LOG --log-prefix "x y"', (Note('-j LOG --log-prefix "x y"'),), CONTINUE),
        ("-j TTL --ttl-set 1", (Forget(Field.TTL, "-j TTL --ttl-set 1"),), CONTINUE),
    ],
)
def test_a_target_is_statements_and_a_verdict(text: str, statements: tuple[Statement, ...], verdict: Verdict) -> None:
    meaning = read_iptables_rule(f"-A X {text}".rstrip(), "ip")
    assert (meaning.statements, meaning.verdict) == (statements, verdict)


def test_a_target_that_is_not_known_is_kept_word_for_word() -> None:
    (statement,) = read_iptables_rule("-A X -j NETMAP --to 192.0.2.0/24", "ip").statements
    assert isinstance(statement, UnknownStatement)
    assert statement.text == "-j NETMAP --to 192.0.2.0/24"
