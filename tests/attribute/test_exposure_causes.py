"""Why a cell of the exposure table changed, which cells a side could list, and when a table takes too long."""

import pytest
from msgspec.structs import replace as changed
from small_hosts import BRIDGE, OPTIONS, container, rules, snapshot

from netaudit.attribute.attribution import (
    AttributedDiff,
    AttributedExposure,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Coverage,
)
from netaudit.attribute.exposure.causes import ExposureCauses, Tense
from netaudit.attribute.exposure.compute import AFFORDABLE_CONTAINERS, why_not_affordable, why_too_large
from netaudit.attribute.exposure.sight import Sight, hiding
from netaudit.attribute.exposure.ways import AFFORDABLE_RULES
from netaudit.attribute.snapshot import attribute_head
from netaudit.model.docker import Inventory, PortBinding
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.host import Host, Interface, Listener, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Backend, Chain, Item, ObjectKind, Rule, Ruleset, Table
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot

INTERNET = Zone(ZoneKind.INTERNET)
BINDING = PortBinding("udp", "192.0.2.1", 8080, 80)
RULE = Item(ObjectKind.RULE, Backend.IPTABLES_NFT, "ip", "filter", "DOCKER", "-A DOCKER -j ACCEPT", 1)
POLICY = Item(ObjectKind.POLICY, Backend.IPTABLES_NFT, "ip", "filter", "FORWARD", ":FORWARD DROP")
FOR_DAEMON = Attribution(Confidence.PROVED, "docker", causes=(Cause(CauseKind.DAEMON),))
BY_HAND = Attribution(Confidence.LIKELY, "operator", causes=(Cause(CauseKind.OTHER, name="operator"),))
NONE = Inventory("28.5.2", OPTIONS, (BRIDGE,))


def _cell(
    outcome: Outcome = Outcome.ALLOWED,
    rule: Item | None = None,
    *,
    name: str = "web",
    way: Delivery = Delivery.DNAT,
    binding: PortBinding | None = None,
    by: Attribution = FOR_DAEMON,
) -> AttributedExposure:
    kind = DestinationKind.PUBLISHED_PORT if name else DestinationKind.HOST_LISTENER
    to = Destination(kind, Family.IP, "tcp", "0.0.0.0", ((8080, 8080),), container_name=name, binding=binding)
    return AttributedExposure(Exposure(INTERNET, to, outcome, way, rule), by)


def _host(*names: str, inventory: Inventory | None = NONE, texts: tuple[str, ...] = (), **more: object) -> Snapshot:
    known = inventory and changed(inventory, containers=tuple(container(name=name) for name in names))
    chains = (Chain("DOCKER", tuple(map(Rule, texts))), Chain("FORWARD", (), str(more.pop("policy", "ACCEPT"))))
    return Snapshot(Ruleset((Table(Backend.IPTABLES_NFT, "ip", "filter", chains),)), known, Host(**more))  # type: ignore[arg-type]


def _why(before: Snapshot, after: Snapshot, old: AttributedExposure | None, new: AttributedExposure | None) -> str:
    return ExposureCauses(before, after).describe_change(old, new)


# ---- what was done to the container -------------------------------------------------------------------------------


def _stopped(snap: Snapshot) -> Snapshot:
    assert snap.inventory
    gone = tuple(changed(one, running=False) for one in snap.inventory.containers)
    return changed(snap, inventory=changed(snap.inventory, containers=gone))


def _with(snap: Snapshot, **more: object) -> Snapshot:
    assert snap.inventory
    return changed(
        snap,
        inventory=changed(snap.inventory, containers=tuple(changed(one, **more) for one in snap.inventory.containers)),
    )


@pytest.mark.parametrize(
    ("before", "after", "said", "would"),
    [
        (_host(), _host("web"), "was started", "would be started"),
        (_host("web"), _host(), "was removed", "would be removed"),
        (_host("web"), _stopped(_host("web")), "was stopped", "would be stopped"),
        (_stopped(_host("web")), _host("web"), "was started", "would be started"),
        (_host("web"), _with(_host("web"), id="new"), "was started again", "would be started again"),
        (_host("web"), _with(_host("web"), endpoints=()), "was connected otherwise", "would be connected otherwise"),
        (
            _host("web"),
            _with(_host("web"), bindings=(BINDING,)),
            "was connected otherwise",
            "would be connected otherwise",
        ),
    ],
)
def test_what_was_done_to_the_container_is_the_reason(before: Snapshot, after: Snapshot, said: str, would: str) -> None:
    assert _why(before, after, None, _cell()) == f"`web` {said}"
    assert ExposureCauses(before, after, Tense.CONDITIONAL).describe_change(None, _cell()) == f"`web` {would}"


def test_what_a_container_publishes_is_said_where_it_came() -> None:
    assert (
        _why(_host(), _host("web"), None, _cell(binding=BINDING)) == "`web` was started with -p 192.0.2.1:8080:80/udp"
    )
    assert _why(_host("web"), _host(), _cell(binding=BINDING), None) == "`web` was removed"


def test_a_container_that_publishes_less_was_started_without_the_port() -> None:
    again = _with(_host("web"), id="new")
    said = "`web` was started again without -p 192.0.2.1:8080:80/udp"
    assert _why(_host("web"), again, _cell(binding=BINDING), None) == said
    loopback = changed(BINDING, host_ip="127.0.0.1")
    there = _with(_host("web"), id="new", bindings=(loopback,))
    assert _why(_host("web"), there, _cell(binding=BINDING), None) == f"{said} and with -p 127.0.0.1:8080:80/udp"


def _heard(*programs: str, gaps: tuple[Gap, ...] = ()) -> Snapshot:
    heard = Listener("tcp", "0.0.0.0", 8080, programs)
    return changed(_host(), host=Host(listeners=(heard,)), gaps=gaps)


def test_a_program_that_listens_now_is_the_reason_where_sockets_were_seen_on_both_sides() -> None:
    new = _cell(name="", way=Delivery.LOCAL, rule=POLICY)
    assert _why(_host(), _heard("sshd"), None, new) == "`sshd` listens there now"
    assert _why(_host(), _heard(), None, new) == "a program listens there now"
    assert _why(_heard("sshd"), _host(), new, None) == "nothing listens there now"
    unseen = changed(_host(), gaps=(Gap(Source.SOCKETS, GapReason.DENIED),))
    assert "listens" not in _why(unseen, _heard("sshd"), None, new)


def test_a_policy_of_a_chain_that_was_not_listed_before_is_not_called_new() -> None:
    listed = changed(_host(), ruleset=Ruleset(()), gaps=(Gap(Source.IPTABLES_NFT, GapReason.PARTIAL),))
    new = _cell(Outcome.BLOCKED, POLICY, name="", by=BY_HAND)
    assert _why(listed, _host(policy="DROP"), None, new) == "filter/FORWARD was not seen before"
    assert _why(_host(policy="DROP"), listed, new, None) == "filter/FORWARD was not seen after"


@pytest.mark.parametrize("inventory", [None, changed(NONE, partial=True)])
def test_where_docker_was_not_wholly_asked_nothing_is_said_of_containers(inventory: Inventory | None) -> None:
    assert _why(_host(inventory=inventory), _host("web"), None, _cell()) == ""
    assert _why(_host("web"), _host(inventory=inventory), _cell(), None) == ""


# ---- which rule decides -------------------------------------------------------------------------------------------

SAME = _host("web"), _host("web")
WITH_RULE = _host("web", texts=(RULE.text,))


@pytest.mark.parametrize(
    ("before", "after", "old", "new", "said", "would"),
    [
        (
            SAME[0],
            WITH_RULE,
            None,
            _cell(rule=RULE),
            "filter/DOCKER#1 is there now, for the Docker daemon",
            "filter/DOCKER#1 would be there, for the Docker daemon",
        ),
        (
            WITH_RULE,
            SAME[1],
            _cell(rule=RULE),
            None,
            "filter/DOCKER#1 is gone, for the Docker daemon",
            "filter/DOCKER#1 would be gone, for the Docker daemon",
        ),
        (
            SAME[0],
            WITH_RULE,
            None,
            _cell(rule=RULE, by=BY_HAND),
            "filter/DOCKER#1 is there now",
            "filter/DOCKER#1 would be there",
        ),
        (
            SAME[0],
            _host("web", policy="DROP"),
            None,
            _cell(Outcome.BLOCKED, POLICY, by=BY_HAND),
            "filter/FORWARD has this policy now",
            "filter/FORWARD would have this policy",
        ),
        (
            _host("web", policy="DROP"),
            SAME[1],
            _cell(Outcome.BLOCKED, POLICY, by=BY_HAND),
            None,
            "filter/FORWARD has another policy now",
            "filter/FORWARD would have another policy",
        ),
        (WITH_RULE, WITH_RULE, None, _cell(rule=RULE), "filter/DOCKER#1 decides now", "filter/DOCKER#1 would decide"),
        (WITH_RULE, WITH_RULE, _cell(), _cell(Outcome.BLOCKED, RULE), "", ""),
        (WITH_RULE, WITH_RULE, _cell(rule=RULE), None, "", ""),
        (*SAME, _cell(), None, "", ""),
    ],
)
def test_a_rule_or_policy_that_came_went_or_decides_is_the_reason(
    before: Snapshot,
    after: Snapshot,
    old: AttributedExposure | None,
    new: AttributedExposure | None,
    said: str,
    would: str,
) -> None:
    assert _why(before, after, old, new) == said
    assert ExposureCauses(before, after, Tense.CONDITIONAL).describe_change(old, new) == would


def test_a_policy_of_nftables_is_known_by_its_own_words() -> None:
    policy = changed(POLICY, text="policy DROP")
    dropping = _host("web", policy="DROP")
    assert _why(dropping, dropping, None, _cell(rule=policy)) == "filter/FORWARD decides now"


# ---- who listens, and what of the host ----------------------------------------------------------------------------


def _listening(*listeners: Listener) -> Snapshot:
    return _host(inventory=None, listeners=listeners)


NGINX = Listener("tcp", "0.0.0.0", 8080, ("nginx", "nginx"))


@pytest.mark.parametrize(
    ("listener", "said"),
    [
        (NGINX, "`nginx` listens there now"),
        (changed(NGINX, address="*", programs=("a", "b")), "`a`, `b` listens there now"),
        (changed(NGINX, programs=()), "a program listens there now"),
        (changed(NGINX, address="::"), ""),
        (changed(NGINX, port=8081), ""),
        (changed(NGINX, protocol="udp"), ""),
    ],
)
def test_a_listener_that_came_or_went_is_the_reason_where_docker_is_unknown(listener: Listener, said: str) -> None:
    cell, nobody, somebody = _cell(name="", way=Delivery.LOCAL), _listening(), _listening(listener)
    assert _why(nobody, somebody, None, cell) == said
    assert _why(somebody, nobody, cell, None) == ("nothing listens there now" if said else "")
    assert _why(somebody, somebody, None, cell) == ""
    assert _why(nobody, somebody, None, _cell(name="", way=Delivery.DNAT)) == ""
    conditional = ExposureCauses(nobody, somebody, Tense.CONDITIONAL).describe_change(None, cell)
    assert conditional == said.replace("listens there now", "would listen there")
    published = _cell(way=Delivery.PROXY)  # its container tells of it, where containers are known
    assert _why(_host("web"), _host("web", listeners=(listener,)), None, published) == ""


ROUTE = Route(Family.IP, "0.0.0.0/0", (NextHop("eth0"),))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (_host(sysctls=(("a", "0"), ("b", "0"))), _host(sysctls=(("b", "1"), ("a", "1"))), "a changed"),
        (_host(sysctls=(("a", "0"),)), _host(sysctls=(("b", "1"),)), ""),  # recorded on one side alone
        (_host(), _host(inventory=changed(NONE, version="29.0.0")), "the engine's version, 28.5.2 to 29.0.0, changed"),
        (_host(), _host(inventory=changed(NONE, version="")), ""),
        (_host(), _host(routes=(ROUTE,)), "the routing table changed"),
        (_host(), _host(routes=(changed(ROUTE, family=Family.IP6, destination="::/0"),)), ""),  # of an IPv4 row
        (_host(), _host(routes=(changed(ROUTE, destination="169.254.0.0/16"),)), ""),  # of one link
        (_host(), _host(), ""),
    ],
)
def test_a_switch_the_engine_or_the_routes_are_the_reason_where_nothing_nearer_is(
    before: Snapshot, after: Snapshot, said: str
) -> None:
    assert _why(before, after, _cell(name=""), None) == said
    would = ExposureCauses(before, after, Tense.CONDITIONAL).describe_change(_cell(name=""), None)
    assert would == said.replace("changed", "would change")


# ---- what a side could list ---------------------------------------------------------------------------------------

SEEN = changed(_host("web"), host=Host(interfaces=(Interface("eth0"),)))


def _gaps(*sources: Source, reason: GapReason = GapReason.DENIED) -> Snapshot:
    return changed(SEEN, gaps=tuple(Gap(source, reason) for source in sources))


def _at(kind: DestinationKind, zone: Zone = INTERNET, rule: Item | None = None, **more: object) -> AttributedExposure:
    to = Destination(kind, Family.IP, "tcp", "0.0.0.0", ((80, 80),), **more)  # type: ignore[arg-type]
    return AttributedExposure(Exposure(zone, to, Outcome.ALLOWED, Delivery.DNAT, rule))


NETWORK, LAN = Zone(ZoneKind.NETWORK, "bridge"), Zone(ZoneKind.LAN, "eth0")
OWN, PORT, LISTENER, FORWARD = (
    DestinationKind.CONTAINER_PORTS,
    DestinationKind.PUBLISHED_PORT,
    DestinationKind.HOST_LISTENER,
    DestinationKind.FORWARDED_PORT,
)
UNASKED = changed(SEEN, inventory=None)
PARTIAL = changed(SEEN, inventory=changed(NONE, partial=True))
PLACELESS = changed(SEEN, host=Host())
NFT_RULE = changed(RULE, backend=Backend.NFTABLES)


@pytest.mark.parametrize(
    ("side", "cell", "found"),
    [
        (SEEN, _at(OWN), True),
        (UNASKED, _at(OWN), False),
        (PARTIAL, _at(OWN), False),
        (SEEN, _at(LISTENER, NETWORK), True),
        (UNASKED, _at(LISTENER, NETWORK), False),
        (PLACELESS, _at(LISTENER, NETWORK), False),
        (PLACELESS, _at(LISTENER), True),
        (PLACELESS, _at(LISTENER, Zone(ZoneKind.HOST)), True),
        (PLACELESS, _at(LISTENER, LAN), False),
        (SEEN, _at(LISTENER, LAN), True),
        (SEEN, _at(LISTENER, Zone(ZoneKind.LAN, "docker0")), False),  # it is a network's here
        (SEEN, _at(LISTENER, programs=None), False),
        (_gaps(Source.SOCKETS), _at(LISTENER, programs=None), True),
        (_gaps(Source.SOCKETS), _at(LISTENER), False),
        (SEEN, _at(PORT), True),
        (UNASKED, _at(PORT), True),
        (changed(UNASKED, host=Host()), _at(PORT), False),
        (changed(_gaps(Source.SOCKETS), inventory=None), _at(PORT), False),
        (changed(_gaps(Source.IPTABLES_NFT), inventory=None), _at(PORT), False),
        (changed(_gaps(Source.IP6TABLES_NFT), inventory=None), _at(PORT), True),
        (SEEN, _at(FORWARD), True),
        (_gaps(Source.IPTABLES_LEGACY), _at(FORWARD), False),
        (_gaps(Source.IPTABLES_LEGACY), _at(FORWARD, rule=RULE), True),
        (_gaps(Source.IPTABLES_NFT), _at(FORWARD, rule=RULE), False),
        (_gaps(Source.IPTABLES_NFT, reason=GapReason.PARTIAL), _at(FORWARD, rule=RULE), True),
        (_gaps(Source.NFT_RULESET), _at(FORWARD, rule=NFT_RULE), False),
    ],
)
def test_a_side_lists_a_cell_where_it_saw_what_tells_of_it(
    side: Snapshot, cell: AttributedExposure, found: object
) -> None:
    assert Sight(side).lists(cell) is found


def test_gaps_of_the_engines_own_words_hide_no_exposure() -> None:
    told = (Source.DOCKER_VERSION, Source.DOCKER_INFO, Source.DOCKERD_ARGV, Source.DAEMON_JSON)
    hides = (Source.SOCKETS, Source.DOCKER_CONTAINERS)
    gaps = tuple(Gap(source, GapReason.ABSENT) for source in (*told, *hides))
    assert [gap.source for gap in hiding(gaps)] == [*hides]


# ---- how large --------------------------------------------------------------------------------------------------


def _large(*, texts: int = 0, containers: int = 0) -> Snapshot:
    return _host(*(f"c{at}" for at in range(containers)), texts=("-A DOCKER -j ACCEPT",) * texts)


def test_a_table_of_very_many_rules_or_containers_is_computed_when_asked_for_alone() -> None:
    assert why_too_large(_large(texts=AFFORDABLE_RULES)) == ""
    assert why_too_large(_large(texts=AFFORDABLE_RULES + 1)) == "not computed for 6001 rules without --exposure"
    assert why_too_large(_large(containers=AFFORDABLE_CONTAINERS)) == ""
    assert (
        why_too_large(_large(containers=AFFORDABLE_CONTAINERS + 1))
        == "not computed for 301 containers without --exposure"
    )
    assert why_too_large(snapshot(rules())) == ""
    assert why_too_large(Snapshot(rules())) == ""


def test_a_diff_that_touches_few_containers_of_many_is_affordable() -> None:
    many = _large(containers=AFFORDABLE_CONTAINERS + 1)
    assert many.inventory
    less = changed(many, inventory=changed(many.inventory, containers=many.inventory.containers[1:]))
    head = attribute_head(many)
    nothing = AttributedDiff(head, head, (), (), Coverage())
    assert why_not_affordable(nothing, less, many) == ""
    elsewhere = changed(
        less, host=Host(sysctls=(("net.ipv4.ip_forward", "1"),))
    )  # then every container may be concerned
    assert why_not_affordable(nothing, elsewhere, many) == "not computed for 301 containers without --exposure"
    assert why_not_affordable(nothing, many, elsewhere) == "not computed for 301 containers without --exposure"


@pytest.mark.parametrize(
    ("switch", "affordable"),
    [
        ("net.ipv4.conf.veth0a1b2c3.forwarding", True),  # comes and goes with a container
        ("net.ipv4.conf.eth0.forwarding", False),
        ("net.ipv4.conf.eth0/100.forwarding", False),  # of eth0.100, as sysctl(8) writes it
        ("net.ipv4.conf.all.forwarding", False),
        ("net.ipv6.conf.default.forwarding", False),
        ("net.ipv4.ip_forward", False),
        ("net.ipv4.neigh.veth0a1b2c3.mcast_solicit", False),
    ],
)
def test_a_switch_of_the_host_concerns_every_container_and_one_of_a_veth_pair_none(
    switch: str, affordable: object
) -> None:
    many = _large(containers=AFFORDABLE_CONTAINERS + 1)
    kept = (Interface("eth0"), Interface("eth0.100"), Interface("veth0a1b2c3", master="docker0"))
    before, after = (changed(many, host=Host(interfaces=kept, sysctls=((switch, value),))) for value in "01")
    head = attribute_head(many)
    why = why_not_affordable(AttributedDiff(head, head, (), (), Coverage()), before, after)
    assert (why == "") is affordable


def test_a_rule_that_takes_the_packets_of_a_port_is_named_before_routes() -> None:
    rule = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"
    before = _host()
    nat = Table(Backend.IPTABLES_NFT, "ip", "nat", (Chain("DOCKER", (Rule("-A DOCKER -j RETURN"), Rule(rule))),))
    after = changed(_host(routes=(ROUTE,)), ruleset=Ruleset((*before.ruleset.tables, nat)))
    away = _cell(Outcome.BLOCKED, name="", way=Delivery.NONE)
    away = changed(away, exposure=changed(away.exposure, reason=make_reason(ReasonKind.NAT_ELSEWHERE)))
    assert _why(before, after, _cell(Outcome.MAY, name="", way=Delivery.NONE), away) == (
        "nat/DOCKER#2 takes the packets now"
    )


def test_what_blocks_is_named_before_the_rule_that_is_gone() -> None:
    gone = Item(ObjectKind.RULE, Backend.IPTABLES_NFT, "ip", "filter", "DOCKER", "-A DOCKER -j ACCEPT", 1)
    before, after = _host("web", texts=(gone.text,), policy="DROP"), _host("web", policy="DROP")
    said = _why(before, after, _cell(rule=gone), _cell(Outcome.BLOCKED, POLICY))
    assert said.startswith("the policy of filter/FORWARD decides now: filter/DOCKER#1 is gone")
