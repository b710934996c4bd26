"""Whose a rule is, and how sure that is: small hosts, each with one thing to see."""

import pytest
from msgspec.structs import replace
from small_hosts import (
    ACCEPT,
    BASE,
    BRIDGE,
    CATALOG,
    HAIRPIN,
    OPTIONS,
    causes,
    container,
    dnat,
    of_rule,
    rules,
    show,
    snapshot,
    without_docker,
)

from netaudit.attribute import (
    UNATTRIBUTED,
    AttributionReason,
    AttributionReasonKind,
    Confidence,
    Standing,
    attribute_diff,
)
from netaudit.diff import Added, Removed
from netaudit.model.docker import DaemonOptions
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import Backend, ObjectKind, Ruleset
from netaudit.parse.iptables.save import parse_save

PUBLISHED = rules(nat=(HAIRPIN, dnat(8080)), filter_=(ACCEPT,))
WEB = "web 0.0.0.0:8080 → 80/tcp on network bridge"


# ---- proved -------------------------------------------------------------------------------------------------------


def test_every_rule_of_a_daemon_without_containers_is_proved() -> None:
    shown = show(snapshot(rules()))
    assert (shown.coverage.rules, shown.coverage.proved, shown.missing, shown.defects) == (15, 15, (), ())


def test_the_rules_of_a_published_port_are_proved_and_name_it() -> None:
    shown = show(snapshot(PUBLISHED, container(8080)))
    assert (shown.coverage.rules, shown.coverage.proved, shown.missing) == (18, 18, ())
    assert [
        (of_rule(shown, rule).signature, causes(of_rule(shown, rule))) for rule in (dnat(8080), HAIRPIN, ACCEPT)
    ] == [
        ("docker-iptables/port-dnat", [WEB]),
        ("docker-iptables/port-hairpin", [WEB]),
        ("docker-iptables/port-accept", [WEB]),
    ]


def test_two_host_ports_on_one_container_port_share_their_rules() -> None:
    shown = show(snapshot(rules(nat=(HAIRPIN, dnat(8080), dnat(8081)), filter_=(ACCEPT,)), container(8080, 8081)))
    both = [WEB, WEB.replace("8080", "8081")]
    assert [causes(of_rule(shown, rule)) for rule in (ACCEPT, HAIRPIN, dnat(8081))] == [both, both, both[1:]]
    assert {of_rule(shown, rule).confidence for rule in (ACCEPT, HAIRPIN)} == {Confidence.PROVED}


def test_nothing_is_proved_without_dockers_inventory() -> None:
    shown = show(without_docker(PUBLISHED))
    assert (shown.coverage.proved, shown.missing, shown.coverage.undecided) == (0, (), 0)
    attribution = of_rule(shown, dnat(8080))
    assert (attribution.confidence, attribution.standing) == (Confidence.LIKELY, Standing.FOREIGN)
    assert attribution.reason == AttributionReason(AttributionReasonKind.INVENTORY_UNKNOWN)


# ---- another's, and nobody's --------------------------------------------------------------------------------------

OPERATORS = [
    "-A FORWARD -i br0 -o br0 -j ACCEPT",
    "-A FORWARD -i eth0 -o docker0 -j DROP",
    "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
]


@pytest.mark.parametrize("rule", OPERATORS)
def test_an_administrators_rule_is_nobodys(rule: str) -> None:
    assert of_rule(show(snapshot(rules(filter_=(rule,)))), rule) == UNATTRIBUTED


def test_what_stands_in_docker_user_is_the_operators() -> None:
    rule = "-A DOCKER-USER -s 192.0.2.1/32 -j DROP"
    found = of_rule(show(snapshot(rules(filter_=(rule,)))), rule)
    assert (found.maker, found.confidence, found.reason) == (
        "operator",
        Confidence.LIKELY,
        AttributionReason(AttributionReasonKind.USER_CHAIN),
    )


def test_an_interface_that_no_network_trusts_is_an_administrators() -> None:
    rule = "-A PREROUTING -d 172.17.0.2/32 -i eth1 -j ACCEPT"
    tables = parse_save(
        f"*raw\n:PREROUTING ACCEPT\n{rule}\nCOMMIT\n", backend=Backend.IPTABLES_NFT, family="ip", source="x"
    )
    snap = snapshot(Ruleset((*rules().tables, *tables)), container())
    assert of_rule(show(snap), rule) == UNATTRIBUTED
    trusting = replace(snap.inventory, networks=(replace(BRIDGE, trusted_interfaces=("eth1",)),))
    assert of_rule(show(replace(snap, inventory=trusting)), rule).maker == "docker"


def test_the_return_that_older_engines_left_may_be_the_administrators_too() -> None:
    snap = snapshot(rules())
    newer = of_rule(
        show(replace(snap, inventory=replace(snap.inventory, version="28.5.2"))), "-A DOCKER-USER -j RETURN"
    )
    assert (newer.confidence, newer.standing) == (Confidence.AMBIGUOUS, Standing.FOREIGN)
    assert causes(newer) == ["the Docker daemon", "the operator or another program"]
    assert of_rule(show(snap), "-A DOCKER-USER -j RETURN").confidence is Confidence.PROVED


def test_an_administrators_masquerade_of_a_network_of_his_own_is_not_dockers() -> None:
    own = "-A POSTROUTING -s 10.9.0.0/24 ! -d 10.9.0.0/24 -j MASQUERADE"
    assert of_rule(show(snapshot(rules(nat=(own,)))), own) == UNATTRIBUTED


VIRBR0_NAT = (
    "-A POSTROUTING -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN",
    "-A POSTROUTING -s 192.168.122.0/24 -d 255.255.255.255/32 -j RETURN",
    "-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535",
    "-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535",
    "-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE",
)
VIRBR0_FILTER = (
    "-A INPUT -i virbr0 -p udp -m udp --dport 53 -j ACCEPT",
    "-A FORWARD -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -s 192.168.122.0/24 -i virbr0 -j ACCEPT",
    "-A FORWARD -i virbr0 -o virbr0 -j ACCEPT",
    "-A FORWARD -o virbr0 -j REJECT --reject-with icmp-port-unreachable",
    "-A FORWARD -i virbr0 -j REJECT --reject-with icmp-port-unreachable",
)


def test_libvirts_rules_are_libvirts_and_never_dockers() -> None:
    shown = show(snapshot(rules(nat=VIRBR0_NAT, filter_=VIRBR0_FILTER)))
    assert {rule: of_rule(shown, rule).maker for rule in VIRBR0_NAT + VIRBR0_FILTER} == dict.fromkeys(
        VIRBR0_NAT + VIRBR0_FILTER, "libvirt"
    )
    assert {of_rule(shown, rule).standing for rule in VIRBR0_NAT + VIRBR0_FILTER} == {Standing.FOREIGN}
    assert (shown.coverage.proved, shown.defects) == (15, ())


def test_an_accepting_policy_is_the_kernels() -> None:
    policies = {
        one.item.chain: one.attribution.maker
        for one in show(snapshot(rules())).items
        if one.item.object is ObjectKind.POLICY and one.item.table == "filter"
    }
    assert policies == {"INPUT": "kernel", "FORWARD": "docker", "OUTPUT": "kernel"}


# ---- defects ------------------------------------------------------------------------------------------------------


def test_a_rule_whose_container_is_gone_is_stale() -> None:
    shown = show(snapshot(PUBLISHED))
    assert [(one.item.text, one.attribution.standing) for one in shown.defects] == [
        (HAIRPIN, Standing.STALE),
        (dnat(8080), Standing.STALE),
        (ACCEPT, Standing.STALE),
    ]
    attribution = of_rule(shown, dnat(8080))
    assert (attribution.confidence, attribution.reason) == (
        Confidence.LIKELY,
        AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, "172.17.0.2"),
    )


def test_the_earlier_snapshot_tells_whose_a_stale_rule_was() -> None:
    diff = attribute_diff(snapshot(PUBLISHED, container(8080)), snapshot(PUBLISHED), CATALOG)
    assert diff.changes == ()
    assert {causes(one.attribution)[0] for one in diff.defects} == {WEB}
    assert {one.attribution.standing for one in diff.defects} == {Standing.STALE}


def test_a_rule_whose_bridge_is_gone_is_stale() -> None:
    rule = "-A FORWARD -i br-0123456789ab -o br-0123456789ab -j ACCEPT"
    attribution = of_rule(show(snapshot(rules(filter_=(rule,)))), rule)
    reason = AttributionReason(AttributionReasonKind.NO_SUCH_BRIDGE, "br-0123456789ab")
    assert (attribution.standing, attribution.reason) == (Standing.STALE, reason)
    assert causes(attribution) == ["network br-0123456789ab"]


def test_an_address_of_a_removed_network_is_known_by_the_rules_it_left() -> None:
    hairpin = HAIRPIN.replace("172.17", "172.18")
    leaving = "-A POSTROUTING -s 172.18.0.0/16 ! -o br-0123456789ab -j MASQUERADE"
    attribution = of_rule(show(snapshot(rules(nat=(leaving, hairpin)))), hairpin)
    assert (attribution.maker, attribution.standing) == ("docker", Standing.STALE)
    assert attribution.reason == AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, "172.18.0.2")
    assert of_rule(show(snapshot(rules(nat=(hairpin,)))), hairpin) == UNATTRIBUTED


def test_a_second_copy_is_a_duplicate_and_not_surely_dockers() -> None:
    shown = show(snapshot(rules(nat=(HAIRPIN, dnat(8080)), filter_=(ACCEPT, ACCEPT)), container(8080)))
    first, second = (one.attribution for one in shown.items if one.item.text == ACCEPT)
    assert (first.confidence, first.standing) == (Confidence.PROVED, Standing.EXPECTED)
    assert (second.confidence, second.standing) == (Confidence.AMBIGUOUS, Standing.DUPLICATE)
    assert causes(second) == [WEB, "the operator or another program"]
    assert [one.item.position for one in shown.defects] == [2]


def test_an_isolation_jump_behind_an_accepting_rule_is_misplaced() -> None:
    jump = "-A FORWARD -j DOCKER-ISOLATION-STAGE-1"
    late = show(snapshot(rules(without=(jump,), filter_=(jump,))))
    attribution = of_rule(late, jump)
    assert (attribution.standing, attribution.reason) == (
        Standing.MISPLACED,
        AttributionReason(AttributionReasonKind.BEHIND, "4"),
    )


def test_a_rule_of_another_bridge_misplaces_nothing() -> None:
    jump, foreign = "-A FORWARD -j DOCKER-ISOLATION-STAGE-1", "-A FORWARD -i br0 ! -o br0 -j ACCEPT"
    text = BASE.replace(jump, f"{foreign}\n{jump}")
    tables = parse_save(text, backend=Backend.IPTABLES_NFT, family="ip", source="x")
    assert of_rule(show(snapshot(Ruleset(tables))), jump).standing is Standing.EXPECTED


def test_a_rule_above_docker_user_displaces_it() -> None:
    above = "-A FORWARD -p icmp -j ACCEPT"
    text = "-A FORWARD -j DOCKER-USER"
    shown = show(snapshot(_first_in_forward(above)))
    assert (of_rule(shown, text).standing, of_rule(shown, text).confidence) == (Standing.MISPLACED, Confidence.PROVED)
    assert of_rule(shown, above) == UNATTRIBUTED


def _first_in_forward(text: str) -> Ruleset:
    base = rules()
    rule = next(
        one for table in rules(filter_=(text,)).tables for c in table.chains for one in c.rules if one.text == text
    )
    return Ruleset(
        tuple(
            replace(
                table,
                chains=tuple(
                    replace(chain, rules=(rule, *chain.rules)) if chain.name == "FORWARD" else chain
                    for chain in table.chains
                ),
            )
            for table in base.tables
        )
    )


# ---- missing and undecided ----------------------------------------------------------------------------------------


def test_a_rule_that_was_flushed_is_missing() -> None:
    shown = show(snapshot(rules(nat=(HAIRPIN, dnat(8080))), container(8080)))
    (missing,) = shown.missing
    assert (missing.item.where, missing.item.text) == ("filter/DOCKER", ACCEPT)
    assert (missing.attribution.standing, causes(missing.attribution)) == (Standing.MISSING, [WEB])


def test_a_flushed_table_misses_all_that_the_daemon_and_the_container_need() -> None:
    nothing = Ruleset(rules().tables[:1])
    shown = show(snapshot(nothing, container(8080)))
    assert {one.item.table for one in shown.missing} == {"nat", "filter"}
    assert ACCEPT in [one.item.text for one in shown.missing]


def test_a_missing_rule_says_what_its_chain_looks_like() -> None:
    deleted = rules(nat=(HAIRPIN, dnat(8080)))
    forward = tuple(line for line in BASE.splitlines() if line.startswith("-A FORWARD"))
    no_chains = Ruleset(tuple(replace(table, chains=()) for table in rules().tables))
    reasons = [
        {one.attribution.reason for one in show(snapshot(one, *there)).missing if one.item.table == "filter"}
        for one, there in ((deleted, (container(8080),)), (rules(without=forward), ()), (no_chains, ()))
    ]
    assert reasons[0] == {AttributionReason(AttributionReasonKind.CHAIN_EMPTY, "DOCKER")}
    assert reasons[1] == {AttributionReason(AttributionReasonKind.CHAIN_EMPTY, "FORWARD")}
    assert AttributionReason(AttributionReasonKind.CHAIN_ABSENT, "FORWARD") in reasons[2]
    one_gone = show(snapshot(rules(without=forward[:1])))
    assert [one.attribution.reason for one in one_gone.missing] == [
        AttributionReason(AttributionReasonKind.CHAIN_INCOMPLETE, "FORWARD")
    ]


def test_a_stopped_container_has_no_missing_rules() -> None:
    assert show(snapshot(rules(), container(8080, running=False))).missing == ()


def test_what_could_not_be_looked_for_is_undecided_and_not_missing() -> None:
    gap = Gap(Source.IPTABLES_NFT, GapReason.CRASHED, "iptables-nft-save ended by signal 11")
    shown = show(replace(snapshot(Ruleset(), container(8080)), gaps=(gap,)))
    assert shown.missing == ()
    assert shown.coverage.undecided > 10


def test_a_source_seen_in_part_is_looked_at() -> None:
    gap = Gap(Source.SOCKETS, GapReason.PARTIAL, "run as root")
    assert len(show(replace(snapshot(rules(nat=(HAIRPIN, dnat(8080))), container(8080)), gaps=(gap,))).missing) == 1


@pytest.mark.parametrize("source", [Source.IPTABLES_NFT, Source.DOCKER_CONTAINERS])
def test_where_rules_or_inventory_changed_while_they_were_read_nothing_is_missing_or_stale(source: Source) -> None:
    gap = Gap(source, GapReason.INCONSISTENT, "it changed while the host was read")
    moved = replace(snapshot(rules(nat=(dnat(8081),)), container(8080)), gaps=(gap,))
    shown = show(moved)
    assert (shown.missing, shown.defects, shown.coverage.undecided) == ((), (), 3)
    stale = of_rule(shown, dnat(8081))
    assert (stale.standing, stale.reason) == (
        Standing.FOREIGN,
        AttributionReason(AttributionReasonKind.CHANGED_WHILE_RECORDED),
    )


def test_an_address_that_changed_meanwhile_decides_nothing_about_rules() -> None:
    gap = Gap(Source.IP_ADDR, GapReason.INCONSISTENT, "it changed while the host was read")
    shown = show(replace(snapshot(rules(), container(8080)), gaps=(gap,)))
    assert (len(shown.missing), shown.coverage.undecided) == (3, 0)


# ---- options ------------------------------------------------------------------------------------------------------

UNTOLD = DaemonOptions()
NO_PROXY = (
    "-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER",
    "-A POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE",
    dnat(8080).replace(" ! -i docker0", ""),
    HAIRPIN,
)


def test_rules_tell_that_the_userland_proxy_is_on() -> None:
    shown = show(snapshot(PUBLISHED, container(8080), options=UNTOLD))
    assert (shown.coverage.proved, shown.missing) == (18, ())


def test_rules_tell_that_the_userland_proxy_is_off() -> None:
    ruleset = rules(
        nat=NO_PROXY,
        filter_=(ACCEPT,),
        without=(
            "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
            "-A DOCKER -i docker0 -j RETURN",
        ),
    )
    shown = show(snapshot(ruleset, container(8080), options=UNTOLD))
    assert (shown.coverage.rules, shown.coverage.proved, shown.missing) == (18, 18, ())


def test_an_option_that_was_set_wins_over_what_rules_show() -> None:
    off = replace(OPTIONS, userland_proxy=False)
    missing = {one.item.text for one in show(snapshot(PUBLISHED, container(8080), options=off)).missing}
    assert {"-A OUTPUT -m addrtype --dst-type LOCAL -j DOCKER"} <= missing


def test_a_daemon_without_iptables_is_expected_to_write_nothing() -> None:
    off = replace(OPTIONS, iptables=False)
    shown = show(snapshot(Ruleset(), container(8080), options=off))
    assert (shown.missing, shown.coverage.undecided) == ((), 0)


# ---- changes ------------------------------------------------------------------------------------------------------


def test_what_came_is_attributed_by_the_later_snapshot_and_what_went_by_the_earlier_one() -> None:
    empty, full = snapshot(rules()), snapshot(PUBLISHED, container(8080))
    came, went = attribute_diff(empty, full, CATALOG), attribute_diff(full, empty, CATALOG)
    assert [type(one.change) for one in came.changes] == [Added] * 3
    assert [type(one.change) for one in went.changes] == [Removed] * 3
    for diff in (came, went):
        assert {(one.attribution.confidence, causes(one.attribution)[0]) for one in diff.changes} == {
            (Confidence.PROVED, WEB)
        }


def test_another_container_on_the_same_address_is_the_cause_afterwards() -> None:
    before, after = snapshot(PUBLISHED, container(8080)), snapshot(PUBLISHED, container(8080, name="api"))
    diff = attribute_diff(before, after, CATALOG)
    assert (diff.changes, diff.missing, diff.defects, diff.coverage.proved) == ((), (), (), 18)


def test_the_bridge_of_a_network_is_known_by_its_name_alone() -> None:
    own = replace(BRIDGE, id="c" * 64, name="lab", bridge="lab0", subnet="10.5.0.0/16", default=False)
    rule = "-A FORWARD -i lab0 -o lab0 -j ACCEPT"
    snap = snapshot(rules(filter_=(rule,)))
    assert of_rule(show(snap), rule) == UNATTRIBUTED
    assert snap.inventory
    known = replace(snap, inventory=replace(snap.inventory, networks=(BRIDGE, own)))
    assert causes(of_rule(show(known), rule)) == ["network lab"]


def test_every_kind_of_reason_has_its_sentence() -> None:
    sentences = [str(AttributionReason(kind, "{docker0}")) for kind in AttributionReasonKind]
    assert len(set(sentences)) == len(AttributionReasonKind)
    assert "no network has the bridge {docker0}" in sentences
