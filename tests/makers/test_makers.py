"""Every rule of a recorded maker is that maker's, none of it is Docker's, and Docker's own stay proved beside them."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest

from netaudit.api.rules import shipped_catalog
from netaudit.attribute import AttributedItem, AttributedSnapshot, Confidence, attribute_snapshot
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings" / "makers"
NOBODY = ""

# How many rules of each maker a recording holds. A rule that firewalld was given as it is (a "direct" one) goes bare
# into INPUT where its backend is nftables; lxc-net's masquerade could be anybody's: both are nobody's.
MAKERS = {
    "cni/iptables": {"cni": 36},
    "docker/flushed-by-firewalld": {"firewalld": 200, NOBODY: 1},
    "docker/with-firewalld-and-fail2ban": {"docker": 32, "fail2ban": 21, "firewalld": 200, NOBODY: 1},
    "docker/with-libvirt": {"docker": 32, "libvirt": 90},
    "docker/with-operator": {"docker": 32, NOBODY: 21, "operator": 1},
    "docker/with-podman": {"docker": 32, "podman": 43},
    "docker/with-ufw": {"docker": 32, "ufw": 180},
    "fail2ban/iptables": {"fail2ban": 21},
    "fail2ban/nftables": {"fail2ban": 6},
    "firewalld/1-iptables": {"firewalld": 490},
    "firewalld/1-nftables": {"firewalld": 200, NOBODY: 1},
    "firewalld/2-nftables": {"firewalld": 302, NOBODY: 1},
    "incus/nftables": {"incus": 39},
    "incus/xtables": {"incus": 93},
    "libvirt/11-iptables": {"libvirt": 90},
    "libvirt/11-nftables": {"libvirt": 43},
    "libvirt/9-iptables": {"libvirt": 90},
    "lxc/iptables": {"lxc": 7, NOBODY: 2},
    "lxc/nftables": {"lxc": 6},
    "operator/by-hand": {NOBODY: 21, "operator": 1},
    "podman/4-cni": {"cni": 45},
    "podman/4-netavark-iptables": {"podman": 43},
    "podman/5-netavark-iptables": {"podman": 58},
    "podman/5-netavark-nftables": {"podman": 42},
    "sshguard/iptables": {"sshguard": 5},
    "sshguard/nftables": {"sshguard": 2},
    "ufw/enabled": {"ufw": 180},
    "wg-quick/iptables": {"wg-quick": 7},
    "wg-quick/nftables": {"wg-quick": 7},
}
# Written by hand after the makers' sources, for want of a program that runs here; Arno's, FireHOL's and Shorewall's
# they wrote themselves. What is nobody's of these is bare: helpers of connections in raw, what stands in the kernel's
# own chains, in Shorewall's `reject`, and in FireHOL's chains, which have names that anybody may choose.
DOCUMENTED = {
    "arno": {"arno": 102, NOBODY: 10},
    "crowdsec": {"crowdsec": 6},
    "crowdsec-nft": {"crowdsec": 3, NOBODY: 1},
    "csf": {"csf": 13, NOBODY: 1},
    "firehol": {"firehol": 66, NOBODY: 181},
    "firewalld-old": {"firewalld": 10, NOBODY: 1},
    "incus": {"incus": 5},
    "kubernetes": {"kubernetes": 24},
    "kubernetes-nft": {"kubernetes": 10},
    "libvirt": {"libvirt": 16},
    "multipass": {"multipass": 9},
    "netbird": {"netbird": 5},
    "netbird-nft": {"netbird": 4, NOBODY: 1},
    "networkmanager": {"networkmanager": 11},
    "openwrt": {"openwrt": 10},
    "openwrt-fw4": {"openwrt": 3, NOBODY: 1},
    "proxmox": {"proxmox": 8},
    "qnap": {"qnap": 3},
    "shorewall": {"shorewall": 84, NOBODY: 48},
    "synology": {"synology": 9},
    "tailscale": {"tailscale": 12},
}
WITH_DOCKER = sorted(name for name, makers in MAKERS.items() if "docker" in makers)
WITHOUT_DOCKER = sorted(name for name in MAKERS if not name.startswith("docker/"))
CHAINS = {
    "filter": ("INPUT", "FORWARD", "OUTPUT", "DOCKER-USER", "IN_office", "ts-office"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
}
LEGACY = {"iptables-save.txt": "iptables-legacy-save.txt", "ip6tables-save.txt": "ip6tables-legacy-save.txt"}


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return shipped_catalog()


def attribute(facts: Facts, catalog: Catalog) -> AttributedSnapshot:
    return attribute_snapshot(parse_snapshot(facts), catalog)


def rules(attributed: AttributedSnapshot) -> list[AttributedItem]:
    return [one for one in attributed.items if one.item.object is ObjectKind.RULE]


def makers(attributed: AttributedSnapshot) -> dict[str, int]:
    return dict(Counter(one.attribution.maker for one in rules(attributed)))


def test_every_recording_is_tested() -> None:
    there = {str(path.parent.relative_to(RECORDINGS)) for path in RECORDINGS.rglob("recording.json")}
    assert there == set(MAKERS)
    assert {path.stem for path in (RECORDINGS / "documented").iterdir()} == set(DOCUMENTED)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_every_rule_of_a_recording_is_its_makers(name: str, catalog: Catalog) -> None:
    assert makers(attribute(load(RECORDINGS / name), catalog)) == MAKERS[name]


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_every_rule_that_a_makers_source_shows_is_its_makers(name: str, catalog: Catalog) -> None:
    assert makers(attribute(load(RECORDINGS / "documented" / f"{name}.txt"), catalog)) == DOCUMENTED[name]


@pytest.mark.parametrize(
    ("table", "maker"),
    [
        ("cni_hostport", "cni"), ("flannel-ipv4", "kubernetes"), ("kube-proxy", "kubernetes"), ("lxd", "incus"),
        ("nm-shared-eth0.10", "networkmanager"), ("io.systemd.nat", "systemd"), ("crowdsec", "crowdsec"),
        ("fw4", "openwrt"), ("proxmox-firewall", "proxmox"), ("netbird", "netbird"),
        ("nixos-fw", "nixos"), ("vyos_filter", "vyos"), ("calico", "kubernetes"),
        ("mine", NOBODY),
    ],
)  # fmt: skip
def test_a_native_table_is_its_makers_by_its_name(table: str, maker: str, catalog: Catalog) -> None:
    of = {"family": "ip", "table": table}
    said = [{"table": {"family": "ip", "name": table}}, {"chain": {**of, "name": "c"}}]
    said.append({"rule": {**of, "chain": "c", "expr": [{"accept": None}]}})
    facts = Facts({Source.NFT_RULESET: msgspec.json.encode({"nftables": said})})
    assert makers(attribute(facts, catalog)) == {maker: 1}


@pytest.mark.parametrize(
    ("rule", "maker"),
    [
        ("INPUT -j nixos-fw", "nixos"), ("nixos-fw -p tcp -m tcp --dport 22 -j nixos-fw-accept", "nixos"),
        ("FORWARD -j UBIOS_FORWARD_JUMP", "unifi"), ("INPUT -j AS0_IN_PRE", "openvpn-as"),
        ("INPUT -m comment --comment mailcow -j MAILCOW", "mailcow"),
        ("FORWARD -i eth0 ! -o eth0 -j MINIUPNPD", "miniupnpd"),
        ('FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m mark --mark 0x10000/0x10000 -j ACCEPT', "kubernetes"),
        ("POSTROUTING -m comment --comment AWS -j AWS-SNAT-CHAIN-0", "kubernetes"),
        ("INPUT -m set --match-set crowdsec-blacklists src -j DROP", "crowdsec"),
        ("INPUT -j CROWDSEC_CHAIN", "crowdsec"),
        ("FORWARD -j ACCEPT_LATER", NOBODY), ("INPUT -j in_web", NOBODY), ("out_world -j ACCEPT", NOBODY),
    ],
)  # fmt: skip
def test_a_rule_of_iptables_is_its_makers_by_its_chains_names(rule: str, maker: str, catalog: Catalog) -> None:
    text = f"*filter\n:{rule.split(maxsplit=1)[0]} - [0:0]\n-A {rule}\nCOMMIT\n"
    facts = Facts({Source.IPTABLES_NFT: text.encode()})
    assert makers(attribute(facts, catalog)) == {maker: 1}


@pytest.mark.parametrize("name", WITHOUT_DOCKER)
def test_the_legacy_backend_names_the_same_makers(name: str, catalog: Catalog) -> None:
    facts = load(RECORDINGS / name)
    kept = {file: data for file, data in facts.files.items() if file in LEGACY}
    nft = makers(attribute(msgspec.structs.replace(facts, files=kept, gaps=()), catalog))
    renamed = {LEGACY[file]: data for file, data in kept.items()}
    assert makers(attribute(msgspec.structs.replace(facts, files=renamed, gaps=()), catalog)) == nft


@pytest.mark.parametrize("name", WITH_DOCKER)
def test_dockers_own_rules_stay_proved_and_none_is_missing(name: str, catalog: Catalog) -> None:
    attributed = attribute(load(RECORDINGS / name), catalog)
    dockers = Counter(one.attribution.confidence for one in rules(attributed) if one.attribution.maker == "docker")
    assert dict(dockers) == {Confidence.PROVED: MAKERS[name]["docker"]}
    assert attributed.missing == ()


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_a_rule_of_another_maker_is_likely_and_names_its_maker_as_the_cause(name: str, catalog: Catalog) -> None:
    for one in rules(attribute(load(RECORDINGS / name), catalog)):
        found = one.attribution
        if found.maker not in ("docker", NOBODY):
            assert (found.confidence, [str(cause) for cause in found.causes]) == (Confidence.LIKELY, [found.maker])
            assert found.purpose.endswith(".")


def test_rules_that_firewalld_flushed_away_are_missing(catalog: Catalog) -> None:
    attributed = attribute(load(RECORDINGS / "docker" / "flushed-by-firewalld"), catalog)
    assert len(attributed.missing) == MAKERS["docker/with-ufw"]["docker"]
    assert {one.attribution.maker for one in attributed.missing} == {"docker"}


LOOK_ALIKES = (
    ("filter", "-A FORWARD -i br0 -o br0 -j ACCEPT"),
    ("filter", "-A FORWARD -i br0 ! -o br0 -j ACCEPT"),
    ("filter", "-A FORWARD -o br0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"),
    ("filter", "-A FORWARD -i lxcbr0-foo -j ACCEPT"),
    ("filter", "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT"),
    ("filter", "-A FORWARD -j REJECT --reject-with icmp-host-prohibited"),
    ("filter", "-A INPUT -i virbr0-foo -p udp -m udp --dport 53 -j ACCEPT"),
    ("filter", "-A INPUT -i virbr0 -p tcp -m tcp --dport 22 -j ACCEPT"),
    ("filter", "-A INPUT -i lo -j ACCEPT"),
    ("filter", "-A IN_office -j REJECT --reject-with icmp-port-unreachable"),
    ("filter", "-A INPUT -j ts-office"),
    ("filter", '-A INPUT -m comment --comment "beside what is generated for Incus" -j ACCEPT'),
    ("nat", "-A POSTROUTING -s 10.9.0.0/24 ! -o eth0 -j MASQUERADE"),
    ("nat", "-A POSTROUTING -s 10.0.3.0/24 ! -d 10.0.3.0/24 -j MASQUERADE"),
    ("nat", "-A POSTROUTING -s 192.0.2.80/32 -d 192.0.2.80/32 -p tcp -m tcp --dport 80 -j MASQUERADE"),
    ("nat", "-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.0.2.80:80"),
    ("nat", "-A PREROUTING ! -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80"),
)


@pytest.mark.parametrize(("table", "rule"), LOOK_ALIKES)
def test_a_rule_that_anybody_could_write_is_nobodys(table: str, rule: str, catalog: Catalog, tmp_path: Path) -> None:
    declared = "\n".join(f":{chain} - [0:0]" for chain in CHAINS[table])
    saved = tmp_path / "saved.txt"
    saved.write_text(f"*{table}\n{declared}\n{rule}\nCOMMIT\n")
    assert makers(attribute(load(saved), catalog)) == {NOBODY: 1}
