"""Signatures: when a rule is written, where it is put, and what the holes of its text hold."""

import re

import pytest

from netaudit.attribute.signatures.network_facts import network_facts
from netaudit.attribute.signatures.placement import Occasion, Placement, Put
from netaudit.attribute.signatures.signature import (
    Alternative,
    Applies,
    Signature,
    SubjectKind,
    Value,
    VersionRange,
    make_alternative,
)
from netaudit.attribute.signatures.template import Template
from netaudit.errors import NetauditError
from netaudit.model.docker import GatewayMode, Network
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.version import Version

V27, V28, UNKNOWN = Version(27), Version(28), Version()
USUAL: dict[str, Value] = {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False}


def _signature(*alternatives: Alternative, **more: object) -> Signature:
    return Signature(
        *("one", "docker", frozenset({Backend.NFTABLES}), SubjectKind.NETWORK, ObjectKind.RULE, "filter", ("ip",)),
        *(Template("DOCKER"), Template("-j {any}"), alternatives, "Says nothing."),
        **more,
    )


ICC, NO_ICC = (make_alternative(">=28", {"icc": icc}) for icc in (True, False))


@pytest.mark.parametrize(
    ("version", "icc", "found"),
    [
        (V28, True, Applies.YES),
        (V28, False, Applies.NO),
        (V28, None, Applies.UNKNOWN),
        (V27, None, Applies.NO),  # whatever the unknown fact is
        (UNKNOWN, True, Applies.UNKNOWN),
        (UNKNOWN, False, Applies.NO),
    ],
)
def test_one_condition_that_fails_decides_and_an_unknown_one_leaves_it_open(
    version: Version, icc: Value, found: Applies
) -> None:
    assert ICC.applies(version, USUAL | {"icc": icc}) is found


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"icc": True}, Applies.YES),
        ({"icc": False, "internal": True}, Applies.YES),
        ({"icc": False, "internal": False}, Applies.NO),
        ({"icc": False}, Applies.UNKNOWN),
        ({"icc": None, "internal": True}, Applies.YES),
        ({"icc": None, "internal": False}, Applies.UNKNOWN),
    ],
)
def test_a_rule_is_written_where_any_of_its_circumstances_holds(facts: dict[str, Value], found: Applies) -> None:
    signature = _signature(ICC, make_alternative("", {"internal": True}))
    assert signature.applies(V28, USUAL | facts) is found
    assert signature.condition_names() == {"icc", "internal", *USUAL}


@pytest.mark.parametrize(
    ("facts", "found"),
    [({"icc": False}, True), ({"icc": True}, False), ({"icc": None}, False), ({}, False), ({"enabled": False}, True)],
)
def test_circumstances_are_ruled_out_by_what_is_known_whatever_the_engine(
    facts: dict[str, Value], found: object
) -> None:
    assert ICC.excludes(facts) is found


def test_conditions_that_allow_every_value_are_left_out() -> None:
    made = make_alternative("", {"icc": [True, False], "enabled": "any", "gateway-mode": ["nat", "routed"]})
    assert dict(made.conditions) == {
        "gateway-mode": {"nat", "routed"},
        "proxy-only": {False},
        "gateway": {True},
        "trusted": {False},
    }
    assert dict(make_alternative("", {"host-address": "any"}).conditions)["host-address"] == {"any"}


@pytest.mark.parametrize(
    ("conditions", "message", "hint"),
    [
        ({"colour": "red"}, "unknown condition colour", "conditions are engine, userland-proxy, direct-routing, "),
        ({"icc": "no"}, "condition icc cannot be no", "it is one of false, true"),
        ({"protocol": ["tcp", "gre"]}, "condition protocol cannot be ['tcp', 'gre']", "it is one of sctp, tcp, udp"),
    ],
)
def test_an_unknown_condition_or_value_is_refused_with_the_known_ones(
    conditions: dict[str, object], message: str, hint: str
) -> None:
    with pytest.raises(NetauditError) as caught:
        make_alternative("", conditions)
    assert str(caught.value).startswith(f"{message}\n  hint: {hint}")


@pytest.mark.parametrize("text", ["28", "=28", ">=v28", ">=28,<29", "x>=28", ">=28x"])
def test_what_is_no_version_range_is_refused(text: str) -> None:
    with pytest.raises(NetauditError, match=re.escape(f"not a bound of a version range: {text}")) as caught:
        VersionRange(text)
    assert caught.value.hint == 'write for example ">=20.10 <28"'


@pytest.mark.parametrize(
    ("text", "holding"),
    [
        (">=27.1 <28", [False, True, False]),
        ("<28", [True, True, False]),
        (">27", [False, True, True]),
        ("", [True] * 3),
    ],
)
def test_all_bounds_of_a_version_range_hold(text: str, holding: list[bool]) -> None:
    assert [VersionRange(text).holds(one) for one in (V27, Version(27, 1), V28)] == holding
    assert VersionRange(text).holds(UNKNOWN) is (None if text else True)


def test_a_rule_goes_where_the_first_range_of_the_engine_says() -> None:
    top, later = Placement(Put.TOP), Placement(Put.MOVED_TO_TOP, also_with=Occasion.NETWORK)
    signature = _signature(placements=((VersionRange(">=28"), top), (VersionRange(">=27"), later)))
    assert [signature.placement(one) for one in (V28, V27, Version(26))] == [top, later, Placement()]


def test_a_rule_is_cleared_by_engines_of_its_range_on_its_occasion_alone() -> None:
    signature = _signature(cleared=(VersionRange(">=28"), Occasion.START))
    assert signature.is_cleared(V28, Occasion.START) is True
    assert signature.is_cleared(V28, Occasion.BRIDGE) is False
    assert signature.is_cleared(V27, Occasion.START) is False
    assert signature.is_cleared(UNKNOWN, Occasion.START) is False
    assert _signature().is_cleared(V28, Occasion.START) is False


def test_one_table_may_be_for_rules_of_several_families() -> None:
    assert [_signature().is_of(family) for family in ("ip", "ip6", "inet")] == [True, False, False]
    assert [_signature(table_family="inet").is_of(family) for family in ("ip", "inet")] == [False, True]


def test_a_network_decides_for_each_family_by_its_own_options() -> None:
    network = Network(
        *("n" * 64, "web", "bridge", "br-web", "172.30.0.0/24"),
        internal=True,
        masquerade=False,
        host_ipv4="192.0.2.1",
        mode4=GatewayMode.ROUTED,
        mode6=GatewayMode.NAT_UNPROTECTED,
        trusted_interfaces=("eth1",),
    )
    same = {"internal": True, "icc": True, "masquerade": False, "has-trusted": True, "default-bridge": False}
    assert network_facts(network, "ip") == {**same, "enabled": True, "snat": True, "gateway-mode": "routed"}
    assert network_facts(network, "ip6") == {
        **same,
        "enabled": False,
        "snat": False,
        "gateway-mode": "nat-unprotected",
    }


def test_a_template_reads_back_what_was_filled_in_and_nothing_else() -> None:
    template = Template("-A X -i {bridge} -p {protocol} -m {protocol} 100% (tcp) -j ACCEPT")
    text = "-A X -i docker0 -p udp -m udp 100% (tcp) -j ACCEPT"
    values = {"bridge": "docker0", "protocol": "udp"}
    assert (template.text, template.holes) == (
        "-A X -i {bridge} -p {protocol} -m {protocol} 100% (tcp) -j ACCEPT",
        {*values},
    )
    assert template.fill(values) == text
    assert template.unify(text) == values
    assert [template.unify(one) for one in (f"{text} ", f" {text}", text.replace("(tcp)", "tcp"))] == [None] * 3
    assert template.unify(text.replace("-m udp", "-m tcp")) is None
    assert Template("-j {any}").unify("-j LOG\n--log-prefix") == {"any": "LOG\n--log-prefix"}


def test_holes_that_are_not_filled_yet_wait_and_a_percent_sign_is_one() -> None:
    form = Template("{name} 5% {bridge}").format_with({"name": "a%b"})
    assert form == "a%%b 5%% %(bridge)s"
    with pytest.raises(KeyError):
        Template("{name}").fill({})


def test_an_unknown_hole_is_refused_with_the_known_ones() -> None:
    with pytest.raises(NetauditError, match=re.escape("unknown hole {colour}")) as caught:
        Template("{colour} {bridge} {shade}")
    assert caught.value.hint.startswith("holes are address, any, bridge, ")
