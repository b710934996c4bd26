"""Whose a socket of the host is, where containers are in its network: the kernel's control groups tell."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.model.docker import Container, Inventory
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.packets.host.destinations import destinations
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy
from netaudit.policy.grammar import parse_entry
from netaudit.policy.hold import Holder
from netaudit.policy.verdict import Verdict
from netaudit.store.redaction import redact

RECORDINGS = Path(__file__).parent.parent / "recordings"
STEP = "host-network-children/05"
ENGINES = ("20.10.24-iptables-nft", "26.1.5-iptables-nft", "28.5.2-iptables-nft")
_OURS, _OTHER = "a" * 64, "b" * 64
_LISTENING = 'tcp LISTEN 0 9 0.0.0.0:80 0.0.0.0:* users:(("httpd",pid=8,fd=3))\n'
_KERNELS = "udp UNCONN 0 0 0.0.0.0:4789 0.0.0.0:*\n"


def said(facts: Facts, *containers: Container) -> dict[str, list[str]]:
    """Tell the ports of each container over IPv4, with what is not known."""
    snapshot = parse_snapshot(facts)
    inventory = snapshot.inventory
    if containers:
        inventory = Inventory(containers=containers)
    found: dict[str, list[str]] = {}
    for one in destinations(snapshot.host, inventory):
        if one.family == "ip":
            ports = ", ".join(f"{first}-{last}" if first < last else str(first) for first, last in one.ports)
            whose = f"{one.protocol} {one.address}:{ports}{'?' if one.programs is None else ''}"
            found.setdefault(one.container_name, []).append(whose)
    return {name: sorted(ports) for name, ports in found.items()}


def changed(facts: Facts, *, gap: Gap | None = None, **files: str | None) -> Facts:
    names: Mapping[str, str | None] = {str(Source[name.upper()]): text for name, text in files.items()}
    kept = {name: data for name, data in facts.files.items() if names.get(name, "") is not None}
    new = {name: text.encode() for name, text in names.items() if text is not None}
    return msgspec.structs.replace(facts, files={**kept, **new}, gaps=(gap,) if gap else ())


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_container_s_child_opens_is_the_container_s(engine: str) -> None:
    assert said(netaudit.load(RECORDINGS / engine / STEP)) == {
        "shell": ["tcp 0.0.0.0:8088"],
        "init": ["tcp 0.0.0.0:8089", "tcp 0.0.0.0:8090"],
        "guest": ["tcp 0.0.0.0:8091"],
    }


def test_without_control_groups_whatever_is_nobody_s_may_be_a_container_s() -> None:
    facts = changed(netaudit.load(RECORDINGS / ENGINES[2] / STEP), cgroups=None)
    mays = ["tcp 0.0.0.0:8088-8090?"]
    found = {"": [f"tcp 0.0.0.0:{port}" for port in (8088, 8089, 8090)], "shell": mays, "init": mays, "quiet": mays}
    assert said(facts) == {**found, "guest": ["tcp 0.0.0.0:8088-8090?", "tcp 0.0.0.0:8091"]}


def test_where_sockets_were_not_recorded_nothing_is_known() -> None:
    found = said(changed(netaudit.load(RECORDINGS / ENGINES[2] / STEP), sockets=None))
    assert found.keys() == {"shell", "init", "guest", "quiet"}
    assert {tuple(ports) for ports in found.values()} == {("tcp 0.0.0.0:1-65535?", "udp 0.0.0.0:1-65535?")}


def _facts(groups: str, sockets: str = _LISTENING, gap: Gap | None = None) -> Facts:
    return changed(Facts({}), sockets=sockets, cgroups=groups, gap=gap)


@pytest.mark.parametrize(
    ("groups", "owner"),
    [
        (f"7 0::/system.slice/docker-{_OURS}.scope\n8 0::/system.slice/docker-{_OURS}.scope\n", "ours"),
        (f"7 0::/docker/{_OURS}/init.scope\n8 0::/docker/{_OURS}/system.slice/nginx.service\n", "ours"),
        (f"7 4:memory:/docker/{_OURS}\n7 0::/\n8 4:memory:/docker/{_OURS}\n8 0::/\n", "ours"),
        (f"7 0::/machine.slice/libpod-{_OURS}.scope/container\n8 0::/machine.slice/libpod-{_OURS}.scope/x\n", "ours"),
        (f"7 0::/docker/{_OURS}\n8 0::/docker/{_OTHER}\n", ""),
        (f"7 0::/docker/{_OURS}\n8 0::/user.slice/user-1000.slice/docker/{_OURS}\n", ""),  # a user's own
        (f"7 0::/docker/{_OURS}\n8 0::/docker/{_OURS}x\n", ""),
        (f"7 0::/docker/{_OURS}\n8 0::/\n", ""),
    ],
)
def test_a_group_that_the_engine_made_proves_whose_a_socket_is(groups: str, owner: str) -> None:
    ours = Container(_OURS, "ours", running=True, network_mode="host", pid=7)
    assert said(_facts(groups), ours) == {owner: ["tcp 0.0.0.0:80"]}


@pytest.mark.parametrize(
    "groups",
    [
        "",
        f"8 0::/docker/{_OURS}\n",  # the first process was not seen
        "7 0::/\n8 0::/\n",  # no group of its own
        f"7 0::/docker/{_OTHER}\n8 0::/docker/{_OTHER}\n",  # another process has its number
        f"7 0::/docker/{_OURS}\n",  # the program has ended
        f"7 0::/docker/{_OURS}\n8 0::/docker/{'x' * 5000}\n",  # no path of the kernel's
    ],
)
def test_without_that_proof_it_may_be(groups: str) -> None:
    ours = Container(_OURS, "ours", running=True, network_mode="host", pid=7)
    assert said(_facts(groups), ours) == {"": ["tcp 0.0.0.0:80"], "ours": ["tcp 0.0.0.0:80?"]}


def test_a_socket_without_a_process_is_the_kernel_s_where_all_could_be_seen() -> None:
    ours = Container(_OURS, "ours", running=True, network_mode="host", pid=7)
    groups, hidden = f"7 0::/docker/{_OURS}\n", Gap(Source.SOCKETS, GapReason.PARTIAL, "")
    assert said(_facts(groups, _KERNELS), ours) == {"": ["udp 0.0.0.0:4789"]}
    found = {"": ["udp 0.0.0.0:4789"], "ours": ["udp 0.0.0.0:4789?"]}
    assert said(_facts(groups, _KERNELS, hidden), ours) == found
    assert said(_facts("", _KERNELS), ours) == found


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        (None, (Verdict.BROKEN, Verdict.BROKEN, Verdict.HOLDS)),
        ("cgroups", (Verdict.UNDECIDED,) * 3),
        ("sockets", (Verdict.UNDECIDED,) * 3),
    ],
)
def test_no_policy_holds_of_a_container_whose_sockets_cannot_be_told(
    lost: str | None, found: tuple[Verdict, ...]
) -> None:
    facts = netaudit.load(RECORDINGS / ENGINES[2] / STEP)
    host = parse_snapshot(changed(facts, **{lost: None}) if lost else facts)
    sentences = (f"internet cannot reach {name}" for name in ("shell:8088/tcp", "init:8090/tcp", "quiet"))
    judged = Holder(shipped_catalog(), dt.date(2026, 11, 27)).hold(host, Policy(tuple(map(parse_entry, sentences))))
    assert tuple(one.verdict for one in judged.assertion.judged) == found


def test_a_redacted_recording_tells_as_much() -> None:
    facts = netaudit.load(RECORDINGS / ENGINES[2] / STEP)
    before, after = said(facts), said(redact(facts, b"k" * 32, shipped_catalog()).facts)
    assert sorted(before.values()) == sorted(after.values())
