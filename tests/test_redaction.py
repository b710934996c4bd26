"""Redacted recordings tell the same story, and tell it of nobody."""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planting import leaks, notations_of_ipv4, notations_of_ipv6, notations_of_mac
from sampling import SWEEP, thinned

from netaudit.api.rules import shipped_catalog
from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedItem, Coverage
from netaudit.attribute.signatures.signature import Catalog
from netaudit.errors import UsageError
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.parse import parse_snapshot
from netaudit.store import load, save
from netaudit.store.redaction import load_key
from netaudit.store.redaction import redact as redact_facts
from netaudit.store.redaction.addresses import Addresses
from netaudit.store.redaction.names import OWN_NAMES
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.rules.iptables import redact_rule

KEY = b"k" * 32
RECORDINGS = Path(__file__).parent / "recordings"
# Each engine's scenarios in turn, so that all kinds of networks and bindings are met by one engine or another.
ENGINES = sorted(folder for folder in RECORDINGS.iterdir() if folder.name[0].isdigit())
SCENARIOS = [
    scenario for at, engine in enumerate(ENGINES) for scenario in sorted(engine.iterdir())[at :: 1 + len(ENGINES)]
] + sorted(engine / "swarm-encrypted" for engine in ENGINES if (engine / "swarm-encrypted").is_dir())
# Every one of them, and the recordings of other makers, under `matrix`; of Podman's the inventory is left away.
EVERY = {recording.parent.parent for recording in RECORDINGS.rglob("recording.json")} - set(SCENARIOS) - {RECORDINGS}
OTHERS = sorted(scenario for scenario in EVERY if not scenario.parent.name.startswith("podman-"))
ALL = [*SCENARIOS[::4], *(pytest.param(one, marks=pytest.mark.matrix) for one in thinned(10, [*SCENARIOS, *OTHERS]))]
KEPT = ["0.0.0.0/32", "127.0.0.0/8", "224.0.0.0/23", "255.255.255.255/32", "::/127", "ff01::/111", "ff02::/111"]
RANGES = [
    *("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"),
    *("2000::/3", "fc00::/7", "fe80::/64", "ff00::/8"),
]
ADDRESSES = Addresses(KEY)
UNUSUAL = re.compile(r"br-|veth[0-9a-f]{3}|[a-z]+[0-9a-f]{6}")
MACS = re.compile(r"(?<![0-9a-fA-F:])[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?![0-9a-fA-F:])")


@cache
def _catalog() -> Catalog:
    return shipped_catalog()


def redact(facts: Facts, key: bytes) -> Facts:
    return redact_facts(facts, key, _catalog()).facts


def _steps(scenario: Path) -> Iterator[tuple[Snapshot, Snapshot]]:
    for step in sorted(path for path in scenario.iterdir() if path.is_dir()):
        facts = load(step)
        yield parse_snapshot(facts), parse_snapshot(redact(facts, KEY))


def _told(snapshot: Snapshot) -> tuple[Coverage, list[tuple[object, ...]], list[str], list[str]]:
    shown = attribute_snapshot(snapshot, _catalog())
    missing = sorted(one.attribution.signature for one in shown.missing)
    return shown.coverage, [_whose(one) for one in shown.items], missing, sorted(map(str, map(_whose, shown.defects)))


def _whose(one: AttributedItem) -> tuple[object, ...]:
    told = one.attribution
    return one.item.object, told.maker, told.signature, told.confidence, told.standing, len(told.causes)


def _changed(before: Snapshot, after: Snapshot) -> list[tuple[str, str, str, int]]:
    changes = attribute_diff(before, after, _catalog()).changes
    return sorted(
        (type(one.change).__name__, one.attribution.confidence, one.attribution.signature, len(one.attribution.causes))
        for one in changes
    )


def _name(path: Path) -> str:
    return "/".join(path.parts[-2:])


@pytest.mark.parametrize("scenario", ALL, ids=_name)
def test_every_rule_is_attributed_alike_and_changes_are_the_same(scenario: Path) -> None:
    steps = list(_steps(scenario))
    for plain, hidden in steps:
        assert _told(hidden) == _told(plain)
    for (one, hidden_one), (other, hidden_other) in pairwise(steps):
        assert _changed(hidden_one, hidden_other) == _changed(one, other)


@pytest.mark.parametrize("scenario", ALL, ids=_name)
def test_the_exposure_table_keeps_its_shape(scenario: Path) -> None:
    facts = load(_last(scenario))
    assert _exposed(redact(facts, KEY)) == _exposed(facts)


def _last(scenario: Path) -> Path:
    return max(path.parent for path in scenario.glob("*/recording.json"))


def _exposed(facts: Facts) -> Counter[tuple[object, ...]]:
    snapshot = parse_snapshot(facts)
    return Counter(
        (one.zone.kind, to.kind, to.family, to.protocol, to.ports, one.outcome, one.way, one.rule is None)
        for one in expose(snapshot, snapshot.program)
        for to in [one.destination]
    )


def test_the_same_key_hides_alike_and_another_one_differently() -> None:
    facts = load(SCENARIOS[0] / "01")
    assert redact(facts, KEY) == redact(facts, KEY)
    assert redact(facts, b"x" * 32).files != redact(facts, KEY).files


@pytest.mark.parametrize("scenario", ALL, ids=_name)
def test_nothing_that_tells_whose_it_is_is_left_in_any_notation(scenario: Path) -> None:
    facts = load(_last(scenario))
    secrets = _secrets(facts)
    assert len(secrets) > 4
    written = b"\n".join(redact(facts, KEY).files.values())
    assert [secret for secret, notations in secrets.items() if leaks(written, notations)] == []


def _secrets(facts: Facts) -> dict[str, set[str]]:
    """Map what tells whose host it is to its notations: names, ids, addresses, hardware addresses."""
    snapshot = parse_snapshot(facts)
    inventory = snapshot.inventory
    names = {facts.host, *(face.name for face in snapshot.host.interfaces if UNUSUAL.match(face.name))}
    if inventory:
        names |= {text for one in inventory.containers for text in (one.id, one.id[:12], one.name, one.image)}
        names |= {text for one in inventory.networks for text in (one.id, one.id[:12], one.name)}
        names -= OWN_NAMES | {"routed"}  # one network has the name of a gateway mode
    everything = b"\n".join(facts.files.values()).decode()
    macs = set(MACS.findall(everything)) - {"00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:80:c2:00:00:00"}
    local = {ip_address(address.local) for face in snapshot.host.interfaces for address in face.addresses}
    kept = [ip_network(one) for one in KEPT]
    addresses = {one for one in local if not any(one.version == net.version and one in net for net in kept)}
    return (
        {name: {name} for name in names if name and len(name) > 3}
        | {mac: notations_of_mac(mac) for mac in macs}
        | {str(one): notations_of_ipv4(str(one)) for one in addresses if one.version == 4}
        | {str(one): notations_of_ipv6(str(one)) for one in addresses if one.version == 6}
    )


def test_what_people_typed_is_hidden_wherever_it_stands() -> None:
    owner = "acme-corp"
    facts = Facts(
        files={
            Source.IPTABLES_NFT: f'*filter\n:INPUT DROP [0:0]\n-A INPUT -i {owner} -m comment --comment '
            f'"for {owner}" -j LOG --log-prefix "{owner}: "\nCOMMIT\n'.encode(),
            Source.NFT_RULESET: msgspec.json.encode(
                {"nftables": [{"rule": {"family": "inet", "table": "t", "chain": "c", "comment": owner, "expr": [
                    {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": owner}},
                    {"log": {"prefix": owner}}]}}]}
            ),
            Source.DOCKER_INFO: msgspec.json.encode({"Name": owner, "Labels": [owner], "ServerVersion": "28.5.2"}),
            Source.DOCKERD_ARGV: f"/opt/{owner}/dockerd\n--label\n{owner}\n--userland-proxy=false\n".encode(),
            Source.DAEMON_JSON: msgspec.json.encode({"labels": [owner], "iptables": True}),
            Source.DOCKER_NETWORKS: msgspec.json.encode(
                [{"Id": "a" * 64, "Name": owner, "Driver": "bridge", "Labels": {owner: owner},
                  "Options": {"com.docker.network.bridge.name": owner, owner: owner}}]
            ),
            Source.DOCKER_CONTAINERS: msgspec.json.encode(
                [{"Id": "b" * 64, "Name": f"/{owner}",
                  "Config": {"Env": [owner], "Image": owner, "Labels": {"x": owner}},
                  "HostConfig": {"NetworkMode": owner, "Links": [f"/{owner}:/web/{owner}"]},
                  "NetworkSettings": {"Networks": {owner: {"NetworkID": "a" * 64, "Aliases": [owner]}}}}]
            ),
            Source.IP_ADDR: msgspec.json.encode(
                [{"ifname": owner, "ifalias": owner, "addr_info": [{"label": owner}]}]
            ),
            Source.SYSCTL: f"net.ipv4.conf.{owner}.forwarding = 1\nkernel.hostname = {owner}\n".encode(),
            Source.SOCKETS: f"udp UNCONN 0 0 192.0.2.1%{owner}:68 0.0.0.0:*\n".encode(),
        },
        gaps=(Gap("x", GapReason.CRASHED, owner),),
        host=owner,
    )  # fmt: skip
    hidden = redact(facts, KEY)
    assert owner.encode() not in msgspec.json.encode({str(name): data.decode() for name, data in hidden.files.items()})
    assert owner not in repr((hidden.gaps, hidden.host))
    assert hidden.files[Source.DOCKERD_ARGV] == b"dockerd\n--userland-proxy=false\n"
    before, after = parse_snapshot(facts), parse_snapshot(hidden)
    assert after.ruleset.count() == before.ruleset.count()
    (network,) = after.inventory.networks if after.inventory else ()
    assert f"-i {network.bridge} " in after.ruleset.tables[0].chains[0].rules[0].text


def test_a_listing_is_hidden_as_what_it_says() -> None:
    listing = b"Chain INPUT (policy DROP)\ntarget prot opt source destination\n"
    listing += b"DROP tcp -- acme.example 192.0.2.1 tcp dpt:ssh\n"
    hidden = redact(Facts({str(Source.IPTABLES_NFT): listing}), KEY)
    text = hidden.files["iptables-save.txt"].decode()
    assert "acme" not in text + repr(hidden.gaps)
    assert "--dport 22 -j DROP" in text
    assert "192.0.2.1" not in text


# ---- laws ---------------------------------------------------------------------------------------------------------


def _common(one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address) -> int:
    return one.max_prefixlen - (int(one) ^ int(other)).bit_length()


V4 = st.one_of(st.ip_addresses(v=4), st.sampled_from(RANGES[:7]).flatmap(lambda net: st.ip_addresses(network=net)))
V6 = st.one_of(st.ip_addresses(v=6), st.sampled_from(RANGES[7:]).flatmap(lambda net: st.ip_addresses(network=net)))


@given(st.one_of(st.tuples(V4, V4), st.tuples(V6, V6)))
@settings(max_examples=40 * SWEEP)
def test_addresses_share_the_prefix_that_they_shared(pair: tuple[IPv4Address, IPv4Address]) -> None:
    one, other = pair
    embedded = ip_network("::ffff:0:0/96")
    if (one in embedded) == (other in embedded):
        assert _common(ADDRESSES.map(one), ADDRESSES.map(other)) == _common(one, other)


@given(st.one_of(V4, V6))
@settings(max_examples=40 * SWEEP)
def test_special_ranges_keep_what_is_theirs_and_nothing_else(address: IPv4Address | IPv6Address) -> None:
    mapped = ADDRESSES.map(address)
    for network in map(ip_network, [*KEPT, *RANGES]):
        assert (mapped in network) == (address in network)
    if any(address in ip_network(kept) for kept in KEPT):
        assert mapped == address


def test_the_ends_of_networks_stay_ends_and_no_two_addresses_become_one() -> None:
    addresses = Addresses(KEY)
    network = IPv4Network("192.0.2.0/27")
    addresses.keep_ends(network)
    hidden = addresses.network(network)
    mapped = [addresses.map(one) for one in network]
    assert (mapped[0], mapped[-1]) == (hidden.network_address, hidden.broadcast_address)
    assert set(mapped) == set(hidden)


@pytest.mark.matrix
def test_the_network_that_carries_a_port_is_the_same_whatever_its_pseudonym() -> None:
    """Engines before 28 choose by the order of names, which pseudonyms do not have."""
    found = []
    for scenario in (engine / "second-network" for engine in ENGINES if (engine / "second-network").is_dir()):
        for path in sorted(scenario.glob("*/recording.json")):
            plain = load(path.parent)
            for at in range(3):
                hidden = parse_snapshot(redact(plain, bytes([at]) * 32))
                found.append(_told(hidden) == _told(parse_snapshot(plain)))
    assert len(found) > 8
    assert all(found)


REDACTOR = Redactor(KEY, shipped_catalog())


@given(st.text(max_size=60))
def test_any_text_is_redacted(text: str) -> None:
    redact_rule(text, REDACTOR)


# ---- the key ------------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "key"
    key = load_key(path)
    assert (len(key), load_key(path), path.stat().st_mode & 0o777) == (32, key, 0o600)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("secret")
    with pytest.raises(UsageError, match="is no key: it does not hold 32 bytes"):
        load_key(tmp_path / "key")


def test_a_redacted_recording_is_a_recording(tmp_path: Path) -> None:
    saved = save(redact(load(SCENARIOS[0] / "01"), KEY), tmp_path / "hidden.tar.gz")
    assert load(tmp_path / "hidden.tar.gz") == saved


def test_rules_inside_containers_are_hidden_alike_and_stay_whose_they_are() -> None:
    facts = load(SCENARIOS[0] / "01")
    container = parse_snapshot(facts).inventory.containers[0].id  # type: ignore[union-attr]
    dns = "-A DOCKER_OUTPUT -d 127.0.0.11/32 -p tcp -m tcp --dport 53 -j DNAT --to-destination 127.0.0.11:40001"
    saved = (
        f"*nat\n:OUTPUT ACCEPT [0:0]\n:DOCKER_OUTPUT - [0:0]\n-A OUTPUT -d 198.51.100.7/32 -j ACCEPT\n{dns}\nCOMMIT\n"
    )
    printed = msgspec.json.encode({container: {"iptables-save.txt": saved}})
    whole = msgspec.structs.replace(facts, files={**facts.files, Source.INSIDE: printed})
    hidden = redact(whole, KEY)
    assert container.encode() not in hidden.files[Source.INSIDE]
    assert b"198.51.100.7" not in hidden.files[Source.INSIDE]
    assert _inside(hidden) == _inside(whole)
    assert redact(facts, KEY).files == {name: data for name, data in hidden.files.items() if name != Source.INSIDE}


def _inside(facts: Facts) -> list[tuple[int, list[str]]]:
    """Give the place of each container among all, and whose its rules are."""
    snapshot = parse_snapshot(facts)
    order = [one.id for one in snapshot.inventory.containers]  # type: ignore[union-attr]
    shown = attribute_snapshot(snapshot, _catalog()).inside
    return [(order.index(one.container.id), [item.attribution.signature for item in one.items]) for one in shown]


def test_names_that_podman_writes_into_rules_are_replaced_and_their_form_stays() -> None:
    redactor = Redactor(KEY, _catalog())
    owner = "c75e584cafdc98016cf9db990205a257cee8a3bb314c89af1f7edaefde65e2df"
    name, _, hidden = redactor.comment(f"dnat name: backend id: {owner}").removeprefix("dnat name: ").partition(" id: ")
    assert name.startswith("net-")
    assert len(hidden) == len(owner)
    assert hidden != owner
    assert redactor.comment("dnat name: backend id: mine") != "dnat name: backend id: mine"
    chain = redactor.inner("nv_2f259bab_10_88_0_0_nm16", "netavark")
    subnet = str(redactor.address("10.88.0.0/16"))
    assert chain.endswith(f"_{subnet.replace('.', '_').replace('/', '_nm')}")
    assert "2f259bab" not in chain
    six = redactor.inner("nv_2f259bab_2001-db8-90--_nm64", "netavark")
    assert six.startswith(chain[:11])
    assert six.endswith("--_nm64")
