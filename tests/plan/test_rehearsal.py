"""Rehearsals, held against recordings of hosts whose daemon runs as it is rehearsed."""

import pytest
from plan.recorded import CATALOG, RECORDINGS, differences, snapshot
from sampling import sampled

from netaudit.errors import UsageError
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.model.plan import AssumptionKind
from netaudit.plan.rehearsal.change import EngineChange, FirewallBackend
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


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (EngineChange(daemon={"icc": "no"}), "daemon key icc: 'no' is neither true nor false"),
        (EngineChange(daemon={"ip": 7}), "daemon key ip: 7 is no text"),
        (EngineChange(engine="new"), "not an engine's version: new"),
        (EngineChange(backend=FirewallBackend.NFTABLES), r"engine 28.5.2\S* has no nftables backend"),
        (EngineChange(daemon={"firewall-backend": "pf"}), "daemon key firewall-backend: pf is no backend"),
    ],
)
def test_what_no_daemon_would_start_with_is_refused(change: EngineChange, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _rehearse("28.5.2-iptables-nft/fresh/00", change)


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("bip", AssumptionKind.OPTION_NOT_FOLLOWED),
        ("default-address-pools", AssumptionKind.OPTION_ONLY_NEW),
        ("log-driver", AssumptionKind.OPTION_UNKNOWN),
    ],
)
def test_a_key_that_is_not_followed_is_told(key: str, kind: AssumptionKind) -> None:
    planned = _rehearse("28.5.2-iptables-nft/fresh/00", EngineChange(daemon={key: "x"}))
    assert [one.args for one in planned.assumptions if one.kind is kind] == [(("option", key),)]


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
