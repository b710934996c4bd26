"""Engines of every version with every option: what they write is proved, for its cause, and nothing is missing."""

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sampling import every
from small_hosts import CATALOG
from synthetic.hosts import INGRESS, Ctr, End, Host, Net, Port
from synthetic.nftables_engine import listing, script
from synthetic.recording import facts, written

from netaudit.attribute import (
    UNATTRIBUTED,
    AttributedSnapshot,
    AttributionReason,
    AttributionReasonKind,
    Confidence,
    Standing,
    attribute_snapshot,
)
from netaudit.attribute.attribution import Cause
from netaudit.attribute.expected.expect import in_order
from netaudit.errors import ParseError
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.parse import parse_snapshot

DEFAULT = Net("bridge", "docker0", "172.17.0.0/16")
WEB = Port("0.0.0.0", 8080, 80)
WEB6 = Port("::", 8080, 80)
# One of each kind: between two of these, no rule's text changed.
VERSIONS = (
    "20.10.24", "23.0.6", "24.0.9", "25.0.5", "26.0.0", "27.0.3", "27.5.1",
    "28.0.0", "28.0.1", "28.0.4", "28.1.1", "28.2.2", "29.7.2",
)  # fmt: skip


def _one(net: Net, *ports: Port, ip: str = "", ip6: str = "", nets: tuple[Net, ...] = ()) -> dict[str, object]:
    end = End(net.name, ip or (net.subnet.rpartition(".")[0] + ".2" if net.subnet else ""), ip6)
    return {
        "nets": (DEFAULT, *nets, net) if net is not DEFAULT else (DEFAULT, *nets),
        "ctrs": (Ctr("web", (end,), ports),),
    }


V4 = Net("lab", "br-lab", "192.0.2.0/24")
DUAL = replace(V4, subnet6="2001:db8::/64")
V6 = replace(DUAL, subnet="")
SIX = "2001:db8::2"
OTHER = Net("other", "br-other", "198.51.100.0/24")

SCENARIOS: dict[str, dict[str, object]] = {
    "fresh": {"nets": (DEFAULT,)},
    "no-default-bridge": {"nets": ()},
    "two-nets": {"nets": (DEFAULT, V4, OTHER)},
    "published": _one(DEFAULT, WEB, WEB6),
    "no-port": _one(V4),
    "two-host-ports": _one(V4, WEB, replace(WEB, host=8081), Port("192.0.2.10", 8082, 80)),
    "tcp-and-udp": _one(V4, WEB, Port("0.0.0.0", 8080, 80, "udp"), Port("0.0.0.0", 5, 5, "sctp")),
    "loopback": _one(V4, Port("127.0.0.1", 8080, 80), Port("127.0.0.2", 8080, 80)),
    "host-address": _one(V4, Port("203.0.113.9", 8080, 80)),
    "dual": _one(DUAL, WEB, WEB6, Port("2001:db8:1::9", 81, 81), Port("::1", 82, 82), ip6=SIX),
    "v6-only": _one(V6, WEB6, ip6=SIX),
    "internal": _one(replace(DUAL, internal=True), ip6=SIX),
    "internal-no-icc": _one(replace(DUAL, internal=True, icc=False), ip6=SIX),
    "no-icc": _one(replace(DUAL, icc=False), WEB, WEB6, ip6=SIX),
    "no-masquerade": _one(replace(DUAL, masquerade=False), WEB, WEB6, ip6=SIX),
    "snat": _one(replace(DUAL, snat="203.0.113.7", snat6="2001:db8:1::7"), WEB, WEB6, ip6=SIX),
    "isolated": _one(replace(DUAL, internal=True, mode="isolated", mode6="isolated"), ip6=SIX),
    "routed": _one(replace(DUAL, mode="routed", mode6="routed"), replace(WEB, host=0), replace(WEB6, host=0), ip6=SIX),
    "routed-v6": _one(replace(DUAL, mode6="routed"), WEB, replace(WEB6, host=0), ip6=SIX),
    "routed-no-icc": _one(replace(V4, mode="routed", icc=False, masquerade=False), replace(WEB, host=0)),
    "unprotected": _one(
        replace(DUAL, mode="nat-unprotected", mode6="nat-unprotected"), WEB, WEB6, Port("127.0.0.1", 81, 81), ip6=SIX
    ),
    "trusted": _one(replace(DUAL, trusted=("wg0", "eth9", "lo")), WEB, WEB6, ip6=SIX),
    "two-nets-one-container": {
        "nets": (
            DEFAULT,
            V4,
            OTHER,
            replace(OTHER, name="closed", bridge="br-c", subnet="203.0.113.0/24", internal=True),
        ),
        "ctrs": (
            Ctr(
                "web",
                (End("other", "198.51.100.2"), End("lab", "192.0.2.2"), End("closed", "203.0.113.2")),
                (WEB, WEB6),
                ("lab", "lab"),
            ),
        ),
    },
    "priority": {
        "nets": (DEFAULT, V4, OTHER),
        "ctrs": (
            Ctr("web", (End("lab", "192.0.2.2"), End("other", "198.51.100.2", "", 7)), (WEB,), ("other", "other")),
        ),
    },
    "split-families": {
        "nets": (DEFAULT, OTHER, replace(V6, name="six", bridge="br-six")),
        "ctrs": (Ctr("web", (End("other", "198.51.100.2"), End("six", "", SIX)), (WEB, WEB6), ("other", "six")),),
    },
    "routed-beside-nat": {
        "nets": (DEFAULT, V4, replace(OTHER, mode="routed")),
        "ctrs": (Ctr("web", (End("lab", "192.0.2.2"), End("other", "198.51.100.2")), (WEB,), ("lab", "lab")),),
    },
    "routed-beside-nat-listed": {  # as 29.7 lists it: the routed network's port has no host port
        "nets": (DEFAULT, V4, replace(OTHER, mode="routed")),
        "ctrs": (
            Ctr(
                "web",
                (End("lab", "192.0.2.2"), End("other", "198.51.100.2")),
                (WEB, WEB6, replace(WEB, host=0)),
                ("lab", "lab"),
            ),
        ),
    },
    "macvlan-carries": {
        "nets": (DEFAULT, V4, Net("a", driver="macvlan", subnet="198.51.100.0/24")),
        "ctrs": (Ctr("web", (End("lab", "192.0.2.2"), End("a", "198.51.100.2")), (WEB,), ("a", "a")),),
    },
    "links": {
        "nets": (replace(DEFAULT, icc=False),),
        "ctrs": (
            Ctr("db", (End("bridge", "172.17.0.2"),), exposed=(5432, 5433)),
            Ctr("app", (End("bridge", "172.17.0.3"),), (WEB,), links=("db",)),
        ),
    },
}
# From which version on an engine has what a scenario needs.
SINCE = {
    "snat": (25,), "priority": (28,), "split-families": (28,), "routed-beside-nat": (27,),
    "v6-only": (28,), "isolated": (28,), "unprotected": (28,), "trusted": (28, 2),
    "routed-beside-nat-listed": (29,), "routed": (27,), "routed-v6": (27,), "routed-no-icc": (27,),
}  # fmt: skip


# Scenarios that --userland-proxy=false changes in more than the daemon's own rules.
NO_PROXY = frozenset({"fresh", "two-host-ports", "loopback", "host-address", "dual", "snat", "routed", "unprotected"})


def _hosts(version: str) -> Iterator[tuple[str, Host]]:
    for name, what in SCENARIOS.items():
        host = Host(version, ip6tables=True, **what)  # type: ignore[arg-type]
        if host.at >= SINCE.get(name, ()):
            yield name, host
            if name in NO_PROXY:
                yield f"{name}-no-proxy", replace(host, proxy=False)


def _more(version: str) -> Iterator[tuple[str, Host]]:
    """List hosts with options of the daemon, and with a swarm."""
    dual = Host(version, ip6tables=True, **SCENARIOS["dual"])  # type: ignore[arg-type]
    yield "no-ip6tables", replace(dual, ip6tables=False)
    yield "default-ip6tables", replace(dual, ip6tables=None)
    yield "no-iptables", replace(dual, iptables=False, ip6tables=False)
    yield "legacy", replace(dual, backend="iptables-legacy")
    if dual.at >= (27, 3):
        yield "wsl2", Host(version, wsl2=True, **_one(V4, WEB, Port("127.0.0.1", 8081, 80)))  # type: ignore[arg-type]
    if dual.at >= (28, 2):
        yield "direct-routing", replace(dual, direct_routing=True)
    if (28,) <= dual.at < (29,):
        yield "sctp-checksum", Host(version, sctp_checksum=True, **SCENARIOS["tcp-and-udp"])  # type: ignore[arg-type]
    for mark in ("0x1", "0x10/0xff") if dual.at >= (29,) else ():
        yield f"fwmark-{mark}", replace(dual, fwmark=mark)


def _swarms(version: str) -> Iterator[tuple[str, Host]]:
    members = (("ingress-sbox", "172.18.0.2"),)
    gwbridge = Net("docker_gwbridge", "docker_gwbridge", "172.18.0.0/16", icc=False, members=members)
    nets = (DEFAULT, gwbridge, Net("secret", driver="overlay", vxlan_id=4097))
    swarm = Host(version, nets=nets, swarm=True, services=(("tcp", 8080), ("udp", 53)))
    yield "swarm", swarm
    yield "swarm-no-proxy", replace(swarm, proxy=False)
    yield "swarm-u32", replace(swarm, u32=True)


def _all(version: str) -> dict[str, Host]:
    return dict([*_hosts(version), *_more(version), *_swarms(version)])


def _nft_mark(printed: str) -> str:
    """Give a mark as nft prints it."""
    mark, _, mask = printed.partition("/")
    return f"& 0x{int(mask, 16):08x} == 0x{int(mark, 16):08x}" if mask else f"0x{int(mark, 16):08x}" if mark else ""


def _nft_hosts() -> dict[str, Host]:
    hosts = [*_hosts("29.7.2"), *_more("29.7.2")]
    return {
        name: replace(host, backend="nftables", fwmark=_nft_mark(host.fwmark))
        for name, host in hosts
        if host.backend == "iptables-nft"
    }


def _words(cause: Cause) -> tuple[str, ...]:
    match str(cause.kind):
        case "daemon":
            return ("daemon",)
        case "network":
            return ("network", cause.network.name if cause.network else "")
        case "endpoint":
            return (
                "endpoint",
                cause.container.name if cause.container else "",
                cause.network.name if cause.network else "",
            )
        case "port-binding":
            return ("port", cause.container.name if cause.container else "", str(cause.binding))
        case _:
            return ("other", cause.name)


def _verify(name: str, host: Host, shown: AttributedSnapshot) -> None:
    """Hold every rule against what wrote it."""
    truth = {(family, *key): causes for family, rules in written(host).items() for key, causes in rules.causes.items()}
    found = {
        (one.item.family, one.item.table, one.item.chain, in_order(one.item.text)): one.attribution
        for one in shown.items
        if one.item.object is ObjectKind.RULE
    }
    truth = {(*key[:3], in_order(key[3])): causes for key, causes in truth.items()}
    assert (name, found.keys()) == (name, truth.keys())
    causes_of = {key: {_words(cause) for cause in one.causes} for key, one in found.items()}
    wrong = [
        key
        for key, causes in truth.items()
        if causes_of[key] != causes and not (_is_open(key, host) and causes < causes_of[key])
    ]
    doubtful = [
        key for key, one in found.items() if one.confidence is not Confidence.PROVED and not _is_open(key, host)
    ]
    others = [one.item.text for one in shown.items if one.attribution.confidence is Confidence.UNATTRIBUTED]
    assert (name, wrong, doubtful, others, shown.missing, shown.defects) == (name, [], [], [], (), ())


def _is_open(key: tuple[str, ...], host: Host) -> bool:
    """Return whether no recorded fact holds all of a rule: a swarm's ports, a shared masquerade, an unrecorded mark."""
    swarms = key[2] == "DOCKER-INGRESS" or "POSTROUTING -o docker_gwbridge" in key[3]
    return swarms or (not host.told and " mark " in key[3])


def _show(recorded: Facts, *, without: tuple[str, ...] = ()) -> AttributedSnapshot:
    files = {name: data for name, data in recorded.files.items() if name not in without}
    return attribute_snapshot(parse_snapshot(Facts(files, unused=recorded.unused)), CATALOG)


# ---- iptables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", every(4, VERSIONS))
def test_what_an_engine_writes_is_proved_for_what_it_wrote_it(version: str) -> None:
    for name, host in _all(version).items():
        _verify(name, host, _show(facts(host)))


@pytest.mark.matrix
@pytest.mark.parametrize("version", ["20.10.24", "25.0.5", "27.5.1", "28.1.1", "28.2.2", "29.7.2"])
def test_options_that_were_not_recorded_are_derived_from_the_rules(version: str) -> None:
    for name, host in _all(version).items():
        unrecorded = replace(host, told=False)
        _verify(name, unrecorded, _show(facts(unrecorded)))


@pytest.mark.matrix
@pytest.mark.parametrize("version", ["24.0.9", "28.0.0", "28.2.2", "29.7.2"])
def test_without_the_engines_version_nothing_is_missing_or_another_ones(version: str) -> None:
    for name, host in _all(version).items():
        unrecorded = replace(host, told=False)
        silent = _show(facts(unrecorded), without=(Source.DOCKER_VERSION, Source.DOCKER_INFO, Source.IP_ADDR))
        _verify(name, unrecorded, silent)


def test_rules_that_could_not_be_read_are_not_missing() -> None:
    saves = (Source.IPTABLES_NFT, Source.IP6TABLES_NFT)
    for host in _all("28.2.2").values():
        if host.backend == "iptables-nft":
            assert _show(facts(replace(host, told=False)), without=saves).missing == ()


def test_a_rootless_engine_misses_nothing_on_the_host() -> None:
    recorded = facts(Host("28.5.2", **SCENARIOS["published"]))  # type: ignore[arg-type]
    info = {"ServerVersion": "28.5.2", "SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless"]}
    rules = {Source.IPTABLES_NFT: b"", Source.IP6TABLES_NFT: b""}
    files = {**recorded.files, Source.DOCKER_INFO: json.dumps(info).encode()}
    assert _show(Facts({**files, **rules}, unused=recorded.unused)).missing == ()
    within = _show(Facts(files, unused=recorded.unused))  # recorded in the namespace of its own
    assert (within.coverage.proved, within.missing) == (within.coverage.rules, ())


def test_beside_a_rootful_engine_a_rootless_one_neither_misses_its_rules_nor_makes_those_stale() -> None:
    """`record --inside --docker-host unix:///run/user/1000/docker.sock`: the rules of the host are another engine's."""
    recorded = facts(Host("28.5.2", **SCENARIOS["published"]))  # type: ignore[arg-type]
    info = {"ServerVersion": "28.5.2", "SecurityOptions": ["name=rootless"]}
    read = b'{"rootless-docker-1000": {}}'
    outside: dict[str, bytes] = {Source.DOCKER_INFO: json.dumps(info).encode(), Source.INSIDE: read}
    without = {Source.DOCKER_CONTAINERS: b"[]"}
    plain = facts(Host("28.5.2")).files
    rules = {source: plain[source] for source in (Source.IPTABLES_NFT, Source.IP6TABLES_NFT)}
    for files in (outside | without, outside | rules):
        shown = _show(Facts({**recorded.files, **files}, unused=recorded.unused))
        assert shown.missing == ()
        assert not any(one.attribution.standing is Standing.STALE for one in shown.items)
    gap = Gap(Source.INSIDE, GapReason.PARTIAL, "Docker of user 1000 runs rootless")  # also where none could be read
    unread = parse_snapshot(Facts({**recorded.files, Source.DOCKER_INFO: outside[Source.DOCKER_INFO]}, gaps=(gap,)))
    assert unread.inventory
    assert unread.inventory.options.rootless


def test_a_rule_that_a_network_and_the_swarm_would_each_write_names_both() -> None:
    host = dict(_swarms("27.5.1"))["swarm-no-proxy"]
    shown = _show(facts(host))
    rule = "-A POSTROUTING -o docker_gwbridge -m addrtype --src-type LOCAL -j MASQUERADE"
    (found,) = (one.attribution for one in shown.items if one.item.text == rule)
    assert found.confidence is Confidence.AMBIGUOUS
    assert {_words(cause) for cause in found.causes} == {("network", "docker_gwbridge"), INGRESS}


def test_what_a_swarm_left_behind_is_stale_and_says_so() -> None:
    swarm = dict(_swarms("28.2.2"))["swarm"]
    recorded = facts(swarm)
    info = {Source.DOCKER_INFO: facts(replace(swarm, swarm=False)).files[Source.DOCKER_INFO]}
    left = Facts({**recorded.files, **info}, unused=recorded.unused)
    rules = [
        one for one in _show(left).items if one.item.chain == "DOCKER-INGRESS" and one.item.object is ObjectKind.RULE
    ]
    assert {(one.attribution.standing, one.attribution.reason) for one in rules} == {
        (Standing.STALE, AttributionReason(AttributionReasonKind.NO_SWARM))
    }


@pytest.mark.parametrize(("wrote", "runs"), [("28.5.2", "26.0.0"), ("28.1.1", "29.0.0"), ("25.0.5", "29.0.0")])
def test_what_another_version_left_behind_is_stale_and_says_so(wrote: str, runs: str) -> None:
    """Lay an engine's rules over another one's: what both write is proved, nothing is unattributed."""
    host = Host(wrote, **SCENARIOS["published"])  # type: ignore[arg-type]
    now = facts(replace(host, version=runs))
    both = Facts({**now.files, Source.IPTABLES_LEGACY: facts(host).files[Source.IPTABLES_NFT]}, unused=now.unused)
    left = [one for one in _show(both).items if one.item.backend is Backend.IPTABLES_LEGACY]
    rules = [one.attribution for one in left if one.item.object is ObjectKind.RULE]
    assert {one.maker for one in rules} == {"docker"}
    assert AttributionReason(AttributionReasonKind.OTHER_ENGINE, runs) in {one.reason for one in rules}


# ---- nftables -----------------------------------------------------------------------------------------------------


def test_what_the_nftables_backend_writes_is_proved_for_what_it_wrote_it() -> None:
    for name, host in _nft_hosts().items():
        for one in (host, replace(host, told=False)):
            _verify(name, one, _show(facts(one, listing(one, written(one)))))


OVERLAY = """
add table ip docker-overlay
add set ip docker-overlay encrypted-vnis { typeof @th,96,24; elements = { 0x001001, 0x001002 }; }
add chain ip docker-overlay enc-out { type route hook output priority -150; }
add chain ip docker-overlay enc-in { type filter hook input priority -300; }
add rule ip docker-overlay enc-out udp dport 4444 @th,96,24 @encrypted-vnis counter meta mark set 0xd0c4e3
add rule ip docker-overlay enc-in meta secpath missing udp dport 4444 @th,96,24 @encrypted-vnis counter drop
"""


@pytest.mark.kernel
def test_encrypted_overlay_networks_of_the_nftables_backend_are_proved() -> None:
    nets = tuple(Net(f"secret{vni}", driver="overlay", vxlan_id=vni) for vni in (4097, 4098))
    host = Host("29.7.2", "nftables", nets=nets, swarm=True)
    argv = ["unshare", "--net", "sh", "-c", "nft -f - && nft -j list ruleset"]
    done = subprocess.run(argv, input=OVERLAY.encode(), capture_output=True, check=True)
    recorded = facts(host, done.stdout)
    swarm = {"LocalNodeState": "active", "Cluster": {"DataPathPort": 4444}}
    info = {"FirewallBackend": {"Driver": "nftables"}, "Swarm": swarm}
    shown = _show(Facts({**recorded.files, Source.DOCKER_INFO: json.dumps(info).encode()}, unused=recorded.unused))
    own = [one for one in shown.items if one.item.table == "docker-overlay"]
    causes = {one.item.text: {_words(cause) for cause in one.attribution.causes} for one in own}
    both = {("network", "secret4097"), ("network", "secret4098")}
    assert [found for text, found in causes.items() if "encrypted-vnis counter" in text] == [both, both]
    numbers = {int(text, 0): found for text, found in causes.items() if text[0].isdigit()}
    assert numbers == {4097: {("network", "secret4097")}, 4098: {("network", "secret4098")}}
    kinds = {one.attribution.confidence for one in own if one.item.object in (ObjectKind.RULE, ObjectKind.CHAIN)}
    assert kinds == {Confidence.PROVED}
    assert UNATTRIBUTED not in {one.attribution for one in own}


@pytest.mark.kernel
def test_so_it_is_when_a_kernel_has_printed_it() -> None:
    argv = ["unshare", "--net", "sh", "-c", "nft -f - && nft -j list ruleset"]
    for name, host in _nft_hosts().items():
        done = subprocess.run(argv, input=script(host, written(host)).encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        _verify(name, host, _show(facts(host, done.stdout)))


# ---- what Docker might print ----------------------------------------------------------------------------------------

ODD = ("a:b", "999.1.2.3", "::/0/0", "%s{x}", "fe80::1%eth0", "\u00b2", "-1", "\x1b[31m", "br-\n")
ODDLY = ("HostIp", "HostPort", "IPAddress", "GlobalIPv6Address", "Subnet", "Name", "NetworkID", "ServerVersion")
INSPECTED = (Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS, Source.DOCKER_INFO)


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield (*path, key)
        yield from _leaves(part, (*path, key))


def _with(data: bytes, path: tuple[Any, ...], value: object) -> bytes:
    whole = json.loads(data)
    inner = whole
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(whole).encode()


@pytest.mark.matrix
@pytest.mark.parametrize("source", INSPECTED)
def test_whatever_is_null_is_taken_for_absent(source: Source) -> None:
    recorded = facts(Host("28.2.2", ip6tables=True, **SCENARIOS["dual"]))  # type: ignore[arg-type]
    for path in _leaves(json.loads(recorded.files[source])):
        if path[-1] != "Id":
            changed = {**recorded.files, source: _with(recorded.files[source], path, None)}
            assert parse_snapshot(Facts(changed, unused=recorded.unused)).inventory


@pytest.mark.matrix
@pytest.mark.parametrize("source", INSPECTED)
def test_odd_text_is_attributed_to_nobody_and_breaks_nothing(source: Source) -> None:
    recorded = facts(Host("28.2.2", ip6tables=True, **SCENARIOS["dual"]))  # type: ignore[arg-type]
    odd = itertools.cycle(ODD)
    leaves = [path for path in _leaves(json.loads(recorded.files[source])) if path[-1] in ODDLY]
    assert leaves or source is Source.DOCKER_INFO
    for path, text in ((path, next(odd)) for path in leaves for _ in range(3)):
        changed = {**recorded.files, source: _with(recorded.files[source], path, text)}
        try:
            shown = _show(Facts(changed, unused=recorded.unused))
        except ParseError as error:
            refused = str(error)  # where an address or a subnet belongs, odd text is refused
        else:
            refused = "" if shown.coverage.rules > 0 else "no rules"
        assert refused == "" or refused.startswith(f"{source}: not a")
