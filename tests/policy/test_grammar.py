"""Sentences of a policy."""

import pytest

from netaudit.model.netfilter.family import Family
from netaudit.policy.entry import Form, Subject, SubjectKind, Target
from netaudit.policy.grammar import LONGEST, SentenceError, parse_entry

WEB, DB = Subject(SubjectKind.NAME, "web"), Subject(SubjectKind.NAME, "db")
INTERNET = Subject(SubjectKind.INTERNET)


@pytest.mark.parametrize(
    ("text", "form", "subjects", "targets", "exceptions"),
    [
        ("internet cannot reach service:db", Form.CANNOT, [INTERNET], [Target(Subject(SubjectKind.SERVICE, "db"))], []),
        (
            "internet can reach only proxy:80/tcp, proxy:443/tcp",
            Form.CAN_ONLY,
            [INTERNET],
            [Target(Subject(SubjectKind.NAME, "proxy"), (port, port), "tcp") for port in (80, 443)],
            [],
        ),
        (
            "lan(10.0.0.0/8) can reach host:22/tcp",
            Form.CAN,
            [Subject(SubjectKind.LAN, within="10.0.0.0/8")],
            [Target(Subject(SubjectKind.HOST), (22, 22), "tcp")],
            [],
        ),
        ("web can reach db:5432/tcp", Form.CAN, [WEB], [Target(DB, (5432, 5432), "tcp")], []),
        (
            "networks front and db are isolated but web",
            Form.ISOLATED,
            [Subject(SubjectKind.NETWORK, "front"), Subject(SubjectKind.NETWORK, "db")],
            [],
            [Target(WEB)],
        ),
        (
            "nothing reaches label:tier=data but label:tier=app",
            Form.NOTHING,
            [],
            [Target(Subject(SubjectKind.LABEL, "tier=data"))],
            [Target(Subject(SubjectKind.LABEL, "tier=app"))],
        ),
        ("only web or lan:eth0 can reach db", Form.ONLY, [WEB, Subject(SubjectKind.LAN, "eth0")], [Target(DB)], []),
        (
            "fd00::/8 cannot reach anything but web:8000-8010",
            Form.CANNOT,
            [Subject(SubjectKind.CIDR, within="fd00::/8")],
            [Target(Subject(SubjectKind.ANYTHING))],
            [Target(WEB, (8000, 8010))],
        ),
        (
            "lan:br0(10.0.0.1) can reach web/udp",
            Form.CAN,
            [Subject(SubjectKind.LAN, "br0", "10.0.0.1/32")],
            [Target(WEB, None, "udp")],
            [],
        ),
        ("label:a/b=c cannot reach db", Form.CANNOT, [Subject(SubjectKind.LABEL, "a/b=c")], [Target(DB)], []),
    ],
)  # fmt: skip
def test_a_sentence_says_who_may_reach_what(
    text: str, form: Form, subjects: list[Subject], targets: list[Target], exceptions: list[Target]
) -> None:
    entry = parse_entry(text)
    assert (entry.form, entry.family) == (form, None)
    assert [*entry.subjects] == subjects
    assert [*entry.targets] == targets
    assert [*entry.exceptions] == exceptions


def test_a_family_is_said_last() -> None:
    assert parse_entry("web can reach db over ipv6").family is Family.IP6


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", 1, "ends where a name is needed"),
        ("internet can read web", 14, "`read` stands where `reach` is needed"),
        ("internet reaches web", 10, "`reaches` stands where `can reach` or `cannot reach` is needed"),
        ("internet can reach", 19, "ends where a name is needed"),
        ("internet can reach web:0", 20, "no port from 1 to 65535"),
        ("internet can reach web:90-80", 20, "ends before it begins"),
        ("internet can reach web:80/icmp", 20, "protocol that is not one of tcp, udp, sctp"),
        ("internet can reach internet", 1, "only sends"),
        ("web:80 can reach db", 1, "senders have none"),
        ("lan(ten) can reach web", 1, "no network such as 10.0.0.0/8"),
        ("internet:eth0 can reach web", 1, "only `lan` has one"),
        ("pod:x can reach web", 1, "is not a name"),
        ("service: can reach web", 1, "names no service"),
        ("networks front are isolated", 1, "name two or more"),
        ("networks internet and front are isolated", 1, "is not the name of a network"),
        ("web can reach db over tcp", 23, "neither ipv4 nor ipv6"),
        ("web can reach db now", 18, "more than the sentence takes"),
        ("nothing reaches web but", 24, "ends where a name is needed"),
        ("x" * (LONGEST + 1), LONGEST, "more than"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, column: int, said: str) -> None:
    with pytest.raises(SentenceError, match=said) as caught:
        parse_entry(text)
    assert caught.value.column == column


@pytest.mark.parametrize("target", ["web", "web:80", "web:80-90/tcp", "host:22/tcp", "label:a=b", "anything/udp"])
def test_a_target_is_written_as_it_is_read(target: str) -> None:
    assert str(parse_entry(f"internet can reach {target}").targets[0]) == target
