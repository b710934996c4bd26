"""Rehearsals, held against recordings of hosts whose daemon runs as it is rehearsed."""

import pytest
from plan.client_requests import requests_of
from plan.recorded import CATALOG, RECORDINGS, differences, snapshot
from sampling import sampled

from netaudit.api.audits import load_auditor
from netaudit.api.plans import PlanContext, try_requests
from netaudit.diff import compare
from netaudit.errors import UsageError
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.model.plan import AssumptionKind
from netaudit.plan.engine.plan import StandIn
from netaudit.plan.rehearsal.change import EngineChange, FirewallBackend, OptionValue
from netaudit.plan.rehearsal.rehearsal import plan_rehearsal, restart_daemon
from netaudit.plan.rules.planned import PlannedHost
from netaudit.store import load


def _rehearse(recording: str, change: EngineChange) -> PlannedHost:
    path = RECORDINGS / recording
    return plan_rehearsal(snapshot(path), load(path), change, CATALOG)


# A host as it is, what is to be different, and a host that was made so.
_OPTIONS = [
    (f"{engine}-iptables-nft/fresh/00", key, f"{engine}-iptables-nft/{scenario}/00")
    for engine in ("20.10.24", "26.1.5", "28.5.2")
    for key, scenario in (
        ("icc", "icc-off-link"),
        ("ip-masq", "daemon-no-masquerade"),
        ("userland-proxy", "no-proxy-one-port"),
    )
]


@pytest.mark.parametrize(("before", "key", "after"), sampled(_OPTIONS, _OPTIONS[-1:]))
def test_a_daemon_that_is_restarted_with_an_option_has_the_rules_of_one_that_always_had_it(
    before: str, key: str, after: str
) -> None:
    planned = _rehearse(before, EngineChange(daemon={key: False}))
    assert planned.changes
    assert differences(planned.after.ruleset, snapshot(RECORDINGS / after).ruleset) == ()


_NO_BRIDGE, _BIP = {"bridge": "none"}, {"bip": "172.31.5.1/24", "fixed-cidr": "172.31.5.128/25"}
_POLICY = "planned as :FORWARD DROP: filter/FORWARD :FORWARD ACCEPT"
_JUMP = "planned, not there: filter/FORWARD#2 -A FORWARD -j DOCKER-ISOLATION-STAGE-1"
# An engine, keys of its daemon, a host that always had them, and what a host that had not has left of its own.
_ADDRESSES = [
    ("28.5.2-iptables-nft", _BIP, "daemon-bip", ()),
    ("28.5.2-iptables-nft", _NO_BRIDGE, "daemon-no-bridge", (_POLICY,)),
    ("26.1.5-iptables-nft", _BIP, "daemon-bip", ()),
    ("26.1.5-iptables-nft", _NO_BRIDGE, "daemon-no-bridge", (_JUMP,)),
    ("20.10.24-iptables-nft", _BIP, "daemon-bip", ()),
    ("20.10.24-iptables-nft", _NO_BRIDGE, "daemon-no-bridge", (_JUMP,)),
]


@pytest.mark.parametrize(("engine", "daemon", "scenario", "left"), sampled(_ADDRESSES, _ADDRESSES[:2]))
def test_a_default_bridge_with_other_addresses_or_none_is_that_of_a_daemon_that_always_had_it(
    engine: str, daemon: dict[str, OptionValue], scenario: str, left: tuple[str, ...]
) -> None:
    planned = _rehearse(f"{engine}/fresh/00", EngineChange(daemon=daemon))
    assert differences(planned.after.ruleset, snapshot(RECORDINGS / engine / scenario / "00").ruleset) == left
    assert AssumptionKind.OPTION_NOT_FOLLOWED not in {one.kind for one in planned.assumptions}


def test_containers_move_with_the_subnet_of_the_default_bridge_and_the_host_with_them() -> None:
    planned = _rehearse("28.5.2-iptables-nft/default-one-port/01", EngineChange(daemon={"bip": "10.77.0.1/24"}))
    texts = [one.text for one in planned.changes]
    assert "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.77.0.2:80" in texts
    (bridge,) = (one for one in planned.after.host.interfaces if one.name == "docker0")
    assert [str(one) for one in bridge.addresses if ":" not in one.local] == ["10.77.0.1/24"]
    networks = {str(route.network) for route in planned.after.host.routes}
    assert "10.77.0.0/24" in networks
    assert "172.17.0.0/16" not in networks


def test_containers_of_a_default_bridge_that_is_gone_do_not_run() -> None:
    planned = _rehearse("28.5.2-iptables-nft/default-one-port/01", EngineChange(daemon={"bridge": "none"}))
    assert planned.after.inventory
    assert [one.running for one in planned.after.inventory.containers] == [False]
    assert "8080" not in "".join(_chain(planned.after.ruleset, "nat", "DOCKER"))


def test_an_upgrade_gives_the_recorded_rules_and_leaves_what_the_engine_left() -> None:
    scenario = "26.1.5-iptables-nft/upgrade-to-28"
    planned = _rehearse(f"{scenario}/03", EngineChange(engine="28.5.2"))
    assert differences(planned.after.ruleset, snapshot(RECORDINGS / scenario / "04").ruleset) == ()
    left = _chain(planned.after.ruleset, "filter", "DOCKER-USER")
    assert left == ["-A DOCKER-USER -j RETURN"]


def test_a_downgrade_leaves_the_newer_engines_jump_and_raw_rules_behind() -> None:
    scenario = RECORDINGS / "28.5.2-iptables-nft" / "downgrade-to-26"
    before, after = snapshot(scenario / "03"), snapshot(scenario / "04")
    assert after.inventory
    written = restart_daemon(before, after.inventory, CATALOG)
    assert differences(written.ruleset, after.ruleset) == ()
    assert "-A FORWARD -j DOCKER-FORWARD" in _chain(written.ruleset, "filter", "FORWARD")


_RESTARTS = [
    f"{engine}-iptables-nft/{scenario}"
    for engine in ("20.10.24", "26.1.5", "28.5.2")
    for scenario in (
        "restart-stops-containers/04",
        "proxy-off-and-on/03",
        "proxy-off-and-on/04",
        "iptables-off-later/04",
    )
]


@pytest.mark.parametrize("recording", sampled(_RESTARTS, _RESTARTS[-1:]))
def test_a_recorded_restart_gives_the_planned_rules(recording: str) -> None:
    path = RECORDINGS / recording
    before, after = snapshot(path.parent / f"{int(path.name) - 1:02}"), snapshot(path)
    assert after.inventory
    assert differences(restart_daemon(before, after.inventory, CATALOG).ruleset, after.ruleset) == ()


def test_the_nftables_backend_writes_its_tables_and_keeps_the_operators_chain_and_the_policy() -> None:
    planned = _rehearse("29.0.0-iptables-nft/default-one-port/01", EngineChange(backend=FirewallBackend.NFTABLES))
    recorded = snapshot(RECORDINGS / "29.0.0-nftables" / "default-one-port" / "01")
    assert differences(_native(planned.after.ruleset), _native(recorded.ruleset)) == ()
    assert _chain(planned.after.ruleset, "filter", "FORWARD") == ["-A FORWARD -j DOCKER-USER"]
    docker = {chain.name for table in planned.after.ruleset.tables for chain in table.chains if table.family == "ip"}
    assert {name for name in docker if name.startswith("DOCKER")} == {"DOCKER-USER"}


def test_the_way_back_to_iptables_deletes_the_tables() -> None:
    planned = _rehearse("29.0.0-nftables/default-one-port/01", EngineChange(backend=FirewallBackend.IPTABLES))
    recorded = snapshot(RECORDINGS / "29.0.0-iptables-nft" / "default-one-port" / "01")
    assert [table for table in planned.after.ruleset.tables if table.name == "docker-bridges"] == []
    for place in (("nat", "DOCKER"), ("filter", "DOCKER"), ("filter", "DOCKER-FORWARD"), ("filter", "DOCKER-CT")):
        assert _chain(planned.after.ruleset, *place) == _chain(recorded.ruleset, *place), place


_WRONG_POOLS = (
    (5, "daemon key default-address-pools: dockerd does not start with 5 for a list of pools"),
    ({"base": "10.9.0.0/16", "size": 24}, r'with \{"base":"10.9.0.0/16","size":24\} for a list of pools'),
    (["10.9.0.0/16"], 'with "10.9.0.0/16" for pools'),
    ([{"base": "10.9.0.0/16", "size": "24"}], r'with \{"base":"10.9.0.0/16","size":"24"\} for pools'),
)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (EngineChange(daemon={"icc": "no"}), "daemon key icc: 'no' is neither true nor false"),
        (EngineChange(daemon={"ip": 7}), "daemon key ip: 7 is no text"),
        (EngineChange(daemon={"ipv6": "yes"}), "daemon key ipv6: 'yes' is neither true nor false"),
        *((EngineChange(daemon={"default-address-pools": pools}), said) for pools, said in _WRONG_POOLS),
        (EngineChange(engine="new"), "not an engine's version: new"),
        (EngineChange(backend=FirewallBackend.NFTABLES), r"engine 28.5.2\S* has no nftables backend"),
        (EngineChange(daemon={"firewall-backend": "pf"}), "daemon key firewall-backend: pf is no backend"),
    ],
)
def test_what_no_daemon_would_start_with_is_refused(change: EngineChange, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _rehearse("28.5.2-iptables-nft/fresh/00", change)


@pytest.mark.parametrize(
    ("key", "value", "kind"),
    [
        ("bridge", "x", AssumptionKind.OPTION_NOT_FOLLOWED),
        ("default-address-pools", [{"base": "10.9.0.0/16", "size": 24}], AssumptionKind.OPTION_ONLY_NEW),
        ("log-driver", "x", AssumptionKind.OPTION_UNKNOWN),
    ],
)
def test_a_key_that_is_not_followed_is_told(key: str, value: object, kind: AssumptionKind) -> None:
    planned = _rehearse("28.5.2-iptables-nft/fresh/00", EngineChange(daemon={key: value}))
    assert [one.args for one in planned.assumptions if one.kind is kind] == [(("option", key),)]


@pytest.mark.parametrize(("engine", "times"), [("99.1.0", 1), ("19.03.15", 1), ("29.7.2", 0)])
def test_an_engine_that_netaudit_was_not_tested_with_is_told(engine: str, times: int) -> None:
    planned = _rehearse("28.5.2-iptables-nft/fresh/00", EngineChange(engine=engine))
    assert [one.kind for one in planned.assumptions].count(AssumptionKind.ENGINE_UNTESTED) == times
    facts = load(RECORDINGS / "28.5.2-iptables-nft/fresh/00")
    after = StandIn(facts, lambda _: (), engine).planned()
    assert [one.kind for one in after.assumptions].count(AssumptionKind.ENGINE_UNTESTED) == times


def test_a_command_is_planned_on_the_host_after_the_restart() -> None:
    command = "docker run -d --name web -p 8080:80 busybox:local /bin/busybox sleep 100000"
    facts = load(RECORDINGS / "28.5.2-iptables-nft/default-one-port/00")
    change = EngineChange(engine="29.0.0", daemon={"firewall-backend": "nftables"})
    context = PlanContext(load_auditor(), restart=change)
    requests = tuple(requests_of(command, StandIn(facts, lambda _: (), "29.0.0").host))
    planned = try_requests(facts, requests, command, context)
    recorded = RECORDINGS / "29.0.0-nftables" / "default-one-port"
    really = compare(snapshot(recorded / "00").ruleset, snapshot(recorded / "01").ruleset)
    found = compare(planned.before.ruleset, planned.after.ruleset)
    assert [(type(one), one.item.where, one.item.text) for one in found] == [
        (type(one), one.item.where, one.item.text) for one in really
    ]
    assert planned.before.inventory
    assert planned.before.inventory.version == "29.0.0"


def test_an_option_beats_the_argument_that_the_daemon_runs_with() -> None:
    planned = _rehearse("28.5.2-iptables-nft/icc-off-link/00", EngineChange(daemon={"icc": True}))
    assert differences(planned.after.ruleset, snapshot(RECORDINGS / "28.5.2-iptables-nft/fresh/00").ruleset) == ()


@pytest.mark.parametrize(("scenario", "together"), [("live-restore/02", ["bridge, n1"]), ("user-net/02", [])])
def test_the_default_bridge_is_restored_in_no_order_where_containers_run_on(scenario: str, together: list[str]) -> None:
    planned = _rehearse(f"28.5.2-iptables-nft/{scenario}", EngineChange(daemon={"userland-proxy": False}))
    orders = [dict(one.args)["networks"] for one in planned.assumptions if one.kind is AssumptionKind.NETWORK_ORDER]
    assert orders == together


def _chain(ruleset: Ruleset, table: str, name: str) -> list[str]:
    tables = (one for one in ruleset.tables if (one.family, one.name) == ("ip", table))
    return [rule.text for one in tables for chain in one.chains if chain.name == name for rule in chain.rules]


def _native(ruleset: Ruleset) -> Ruleset:
    return Ruleset(tuple(table for table in ruleset.tables if table.backend is Backend.NFTABLES))
