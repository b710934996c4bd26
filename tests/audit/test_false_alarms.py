"""Alarms that were false on real hosts: each beside the host on which the same check is right."""

import json

import msgspec
import pytest
from audit.conftest import RECORDINGS, AuditOf

from netaudit.model.facts import Facts, Source
from netaudit.store import load

HOST = "28.5.2-iptables-nft/user-net/02"
UFW = "makers/docker/with-ufw"


def _with(where: str, *rules: str, behind: str = "*filter", source: str = Source.IPTABLES_NFT) -> Facts:
    """Put rules at the end of a table, or in front of the first line that begins with `behind`."""
    facts = load(RECORDINGS / where)
    text = facts.files[source].decode()
    at = text.index(behind)
    end = text.index("COMMIT", at) if behind.startswith("*") else at
    edited = text[:end] + "".join(f"[0:0] {rule}\n" for rule in rules) + text[end:]
    return msgspec.structs.replace(facts, files={**facts.files, source: edited.encode()})


def _found(audit_of: AuditOf, facts: Facts | str, check: str) -> list[str]:
    return [one.subject for one in audit_of(facts).findings if one.check.id == check]


# ---- foreign-rule-in-docker-chain -----------------------------------------------------------------------------------


def _listed(chain: str, *rows: str) -> Facts:
    heading = f"Chain {chain} (1 references)\ntarget     prot opt source               destination\n"
    return Facts({Source.IPTABLES_NFT: (heading + "".join(f"{row}\n" for row in rows)).encode()})


DNAT = "DNAT       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:8080 to:172.17.0.2:80"
OWN_ROWS = [
    ("DOCKER", DNAT),
    ("DOCKER", "ACCEPT     tcp  --  0.0.0.0/0            172.17.0.2           tcp dpt:80"),
    ("DOCKER", "DROP       all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER", "RETURN     all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-FORWARD", "DOCKER-CT  all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-FORWARD", "ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2  all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-ISOLATION", "DROP       all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-ISOLATION", "RETURN     all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-BRIDGE", "DOCKER     all  --  0.0.0.0/0            0.0.0.0/0"),
    ("DOCKER-FORWARD", "DOCKER     all  --  0.0.0.0/0            0.0.0.0/0   match-set docker-ext-bridges-v4 dst"),
]


@pytest.mark.matrix
@pytest.mark.parametrize(("chain", "row"), OWN_ROWS)
def test_dockers_own_rules_listed_without_interfaces_are_dockers(chain: str, row: str, audit_of: AuditOf) -> None:
    assert _found(audit_of, _listed(chain, row), "foreign-rule-in-docker-chain") == []


def test_a_rule_that_fits_nothing_of_dockers_is_foreign_without_interfaces_too(audit_of: AuditOf) -> None:
    rows = [DNAT, "DROP       tcp  --  203.0.113.9          0.0.0.0/0            tcp dpt:22"]
    assert _found(audit_of, _listed("DOCKER", *rows), "foreign-rule-in-docker-chain") == ["rule nat/DOCKER#2"]


OLD_ENGINE = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER-ISOLATION - [0:0]
-A FORWARD -j DOCKER-ISOLATION
-A DOCKER-ISOLATION -i br-0123456789ab -o docker0 -j DROP
-A DOCKER-ISOLATION -i docker0 -o br-0123456789ab -j DROP
-A DOCKER-ISOLATION ! -s 172.19.0.0/16 -o br-1123456789ab -j DROP
-A DOCKER-ISOLATION ! -d 172.19.0.0/16 -i br-1123456789ab -j DROP
-A DOCKER-ISOLATION -j RETURN
COMMIT
"""


def test_the_isolation_of_engine_17_is_dockers(audit_of: AuditOf) -> None:
    facts = Facts({Source.IPTABLES_NFT: OLD_ENGINE.encode()})
    assert _found(audit_of, facts, "foreign-rule-in-docker-chain") == []


@pytest.mark.parametrize("where", ["29.0.0-nftables/default-one-port/01", "29.0.0-iptables-nft/user-net-ipv6/02"])
def test_what_nft_alone_says_of_dockers_rules_makes_none_of_them_foreign(where: str, audit_of: AuditOf) -> None:
    alone = Facts({Source.NFT_RULESET: load(RECORDINGS / where).files[Source.NFT_RULESET]})
    assert _found(audit_of, alone, "foreign-rule-in-docker-chain") == []


# ---- DOCKER-USER ----------------------------------------------------------------------------------------------------


def test_where_forward_was_not_listed_whether_it_asks_docker_user_is_not_decided(audit_of: AuditOf) -> None:
    facts = _listed("DOCKER-USER", "DROP       all  --  203.0.113.9          0.0.0.0/0")
    assert _found(audit_of, facts, "docker-user-not-asked") == []
    assert "docker-user-not-asked" in {one.check.id for one in audit_of(facts).undecided}


def test_where_forward_was_listed_and_asks_nobody_it_is_found(audit_of: AuditOf) -> None:
    facts = _with(HOST)
    text = facts.files[Source.IPTABLES_NFT].decode().replace("-A FORWARD -j DOCKER-USER\n", "-A FORWARD -j ACCEPT\n")
    gone = msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: text.encode()})
    assert _found(audit_of, gone, "docker-user-not-asked") == ["IPv4 forwarding"]


HARMLESS = [
    ("-A DOCKER-USER -i br-guest -o virbr0 -j DROP",),
    ("-A DOCKER-USER ! -s 192.0.2.2/32 -i ext_if -j DROP",),
    ("-A DOCKER-USER -i lo -j DROP",),
    ("-A DOCKER-USER -i wlp+ -j DROP",),
    ("-A DOCKER-USER -o eth0 -j DROP",),
    ("-A DOCKER-USER -j RETURN", "-A DOCKER-USER -i eth0 -j DROP"),
    ("-A DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN", "-A DOCKER-USER -i eth0 -j DROP"),
]
HARMFUL = [
    ("-A DOCKER-USER -i eth0 -j DROP",),
    ("-A DOCKER-USER ! -s 192.0.2.2/32 -i eth0 -j DROP",),
    ("-A DOCKER-USER -i eth+ -o docker0 -j REJECT",),
    ("-A DOCKER-USER ! -i docker0 -j DROP",),
    ("-A DOCKER-USER -j DROP",),
]


def _users(*rules: str) -> Facts:
    facts = load(RECORDINGS / HOST)
    text = facts.files[Source.IPTABLES_NFT].decode()
    kept = "".join(line for line in text.splitlines(keepends=True) if "-A DOCKER-USER" not in line)
    at = kept.index("COMMIT", kept.index("*filter"))
    edited = kept[:at] + "".join(f"{rule}\n" for rule in rules) + kept[at:]
    return msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: edited.encode()})


@pytest.mark.matrix
@pytest.mark.parametrize("rules", HARMLESS)
def test_a_rule_that_no_answer_to_a_container_meets_drops_no_answers(rules: tuple[str, ...], audit_of: AuditOf) -> None:
    assert _found(audit_of, _users(*rules), "docker-user-drops-replies") == []


@pytest.mark.matrix
@pytest.mark.parametrize("rules", HARMFUL)
def test_a_rule_that_answers_to_containers_meet_drops_them(rules: tuple[str, ...], audit_of: AuditOf) -> None:
    assert _found(audit_of, _users(*rules), "docker-user-drops-replies") == ["IPv4 forwarding"]


# ---- the host's firewall --------------------------------------------------------------------------------------------


def _ufw(*rules: str) -> Facts:
    """Put rules in place of what ufw lets through on that host."""
    facts = _with(UFW, *rules)
    text = facts.files[Source.IPTABLES_NFT].decode()
    kept = "".join(line for line in text.splitlines(keepends=True) if "-A ufw-user-forward -i eth0" not in line)
    return msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: kept.encode()})


LET_THROUGH = (
    "-A ufw-user-forward -p tcp -m tcp --dport 80 -j ACCEPT",
    "-A ufw-user-forward -d 172.17.0.0/16 -p tcp -m tcp --dport 80 -j ACCEPT",
)
NOT_FOR_ALL = (
    "-A ufw-user-forward -d 192.0.2.9/32 -p tcp -m tcp --dport 80 -j ACCEPT",
    "-A ufw-user-forward -s 203.0.113.0/24 -p tcp -m tcp --dport 80 -j ACCEPT",
    "-A ufw-user-forward -p udp -m udp --dport 80 -j ACCEPT",
)
BYPASSED = "host-firewall-default-bypassed"


@pytest.mark.matrix
@pytest.mark.parametrize("rule", LET_THROUGH)
def test_what_ufw_lets_through_to_a_container_is_the_operators_will(rule: str, audit_of: AuditOf) -> None:
    assert _found(audit_of, _ufw(rule), BYPASSED) == []
    assert _found(audit_of, UFW, BYPASSED) == []  # as `ufw route allow in on eth0 out on docker0` wrote it


@pytest.mark.matrix
@pytest.mark.parametrize("rules", [(), *((rule,) for rule in NOT_FOR_ALL)])
def test_what_it_lets_through_for_others_is_not(rules: tuple[str, ...], audit_of: AuditOf) -> None:
    assert _found(audit_of, _ufw(*rules), BYPASSED) == ["web 0.0.0.0:18080/tcp"]


@pytest.mark.matrix
def test_the_structure_of_another_program_is_not_called_never_reached(audit_of: AuditOf) -> None:
    for where in ("makers/firewalld/1-iptables", "makers/firewalld/2-nftables", "makers/incus/xtables"):
        assert _found(audit_of, where, "rule-never-reached") == []


@pytest.mark.matrix
def test_a_rule_of_the_operators_behind_another_is(audit_of: AuditOf) -> None:
    assert _found(audit_of, "makers/operator/by-hand", "rule-never-reached") != []
    behind = "-A ufw-user-input -p tcp -m tcp --dport 4711 -j ACCEPT"
    found = _found(
        audit_of, _with(UFW, behind, behind.replace("-p tcp", "-s 192.0.2.0/24 -p tcp")), "rule-never-reached"
    )
    assert len(found) == 1


# ---- the kernel's switches ------------------------------------------------------------------------------------------


def _localnet(*interfaces: str, others: tuple[dict[str, object], ...] = ()) -> Facts:
    facts = load(RECORDINGS / HOST)
    lines = [
        line
        for line in facts.files[Source.SYSCTL].decode().splitlines()
        if "route_localnet" not in line or line.endswith("0")
    ]
    lines += [f"net.ipv4.conf.{name}.route_localnet = 1" for name in interfaces]
    known = json.loads(facts.files[Source.IP_ADDR])
    files = {
        **facts.files,
        Source.SYSCTL: ("\n".join(lines) + "\n").encode(),
        Source.IP_ADDR: json.dumps([*known, *others]).encode(),
    }
    return msgspec.structs.replace(facts, files=files)


def _interface(name: str, kind: str, **more: object) -> dict[str, object]:
    address = {"family": "inet", "local": "10.88.0.1", "prefixlen": 16, "scope": "global"}
    return {
        "ifindex": 900 + len(name),
        "ifname": name,
        "flags": ["UP"],
        "operstate": "UP",
        "linkinfo": {"info_kind": kind},
        "addr_info": [address],
        **more,
    }


@pytest.mark.matrix
def test_a_bridge_with_containers_alone_lets_no_neighbour_to_loopback(audit_of: AuditOf) -> None:
    podman = _interface("podman0", "bridge")
    port = {**_interface("veth7", "veth"), "addr_info": [], "master": "podman0"}
    assert _found(audit_of, _localnet("podman0", others=(podman, port)), "loopback-routed-from-outside") == []
    assert _found(audit_of, _localnet("eth0"), "loopback-routed-from-outside") != []


def test_a_bridge_that_a_link_of_the_host_is_on_does(audit_of: AuditOf) -> None:
    bridge, port = _interface("br0", "bridge"), {**_interface("eth7", "dummy"), "addr_info": [], "master": "br0"}
    assert _found(audit_of, _localnet("br0", others=(bridge, port)), "loopback-routed-from-outside") != []


# ---- rules whose container is gone ----------------------------------------------------------------------------------


@pytest.mark.matrix
def test_a_stale_drop_for_an_address_cuts_its_new_owner_off_and_opens_nothing(audit_of: AuditOf) -> None:
    facts = load(RECORDINGS / HOST)
    address = next(
        end["IPAddress"]
        for one in json.loads(facts.files[Source.DOCKER_CONTAINERS])
        for end in one["NetworkSettings"]["Networks"].values()
        if end["IPAddress"]
    )
    drop = f"-A PREROUTING -d {address}/32 ! -i br-0123456789ab -j DROP"
    audited = _with(HOST, drop, behind="*raw")
    assert _found(audit_of, audited, "stale-rule-address-reused") == []
    assert len(_found(audit_of, audited, "stale-rule-cuts-off")) == 1


# ---- internal networks ----------------------------------------------------------------------------------------------


INTERNAL = "28.5.2-iptables-nft/user-net-internal/02"


def test_an_internal_network_reaches_what_the_host_lets_it_reach(audit_of: AuditOf) -> None:
    check = "internal-network-reaches-host"
    bridge = next(
        f"br-{one['Id'][:12]}"
        for one in json.loads(load(RECORDINGS / INTERNAL).files[Source.DOCKER_NETWORKS])
        if one["Internal"]
    )
    listener = b'tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=9,fd=3))\n'

    def with_listener(facts: Facts) -> Facts:
        files = {**facts.files, Source.SOCKETS: facts.files.get(Source.SOCKETS, b"") + listener}
        return msgspec.structs.replace(facts, files=files)

    assert len(_found(audit_of, with_listener(load(RECORDINGS / INTERNAL)), check)) == 1
    closed = with_listener(_with(INTERNAL, f"-A INPUT -i {bridge} -j DROP"))
    assert _found(audit_of, closed, check) == []


# ---- several-firewall-managers --------------------------------------------------------------------------------------


def _chains(*names: str) -> Facts:
    declared = "".join(f":{name} - [0:0]\n" for name in names)
    jumps = "".join(f"-A FORWARD -j {name}\n-A {name} -j RETURN\n" for name in names)
    return Facts({Source.IPTABLES_NFT: f"*filter\n:FORWARD ACCEPT [0:0]\n{declared}{jumps}COMMIT\n".encode()})


@pytest.mark.parametrize("other", ["CNI-FORWARD", "KUBE-FORWARD", "NETAVARK_FORWARD"])
@pytest.mark.parametrize("manager", ["ufw-user-forward", "FORWARD_IN_ZONES"])
def test_what_writes_rules_for_containers_is_no_second_manager(audit_of: AuditOf, manager: str, other: str) -> None:
    """Podman, CNI and kube-proxy write beside a firewall, and cannot be disabled for it."""
    assert not _found(audit_of, _chains(manager, other), "several-firewall-managers")


def test_two_firewalls_of_the_whole_host_are_two_managers(audit_of: AuditOf) -> None:
    assert _found(audit_of, _chains("ufw-user-forward", "LOGDROPIN"), "several-firewall-managers") == ["host"]
