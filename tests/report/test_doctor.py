"""What the doctor says of each source, and what to do: once."""

import pytest
from programs import RECORDINGS

from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.parse import parse_snapshot
from netaudit.report.terminal.doctor import render_doctor
from netaudit.store import load


def test_each_source_is_told_with_what_it_said() -> None:
    facts = Facts(files={Source.IPTABLES_NFT: b"12345"}, unused=(Source.DAEMON_JSON,), host="shop.example")
    text = render_doctor(facts, root=True)
    assert text.splitlines()[0].endswith("on shop.example, root")
    assert "iptables-nft rules" in text
    assert "5 bytes" in text
    assert "not in use" in text
    assert text.endswith("everything can be read\n")


def test_rules_networks_and_containers_are_counted() -> None:
    facts = load(RECORDINGS / "tour" / "shop" / "10")
    text = render_doctor(facts, root=True, snapshot=parse_snapshot(facts))
    rows = dict(line.removeprefix("ok").strip().split("  ", 1) for line in text.splitlines() if line.startswith("ok"))
    said = {name: words.strip() for name, words in rows.items()}
    assert said["iptables-nft rules"] == "48 rules"
    assert said["networks"] == "5 networks"
    assert said["containers"] == "5 containers, 5 running"
    assert said["listening sockets"].endswith(" bytes")


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (
            Gap(Source.DOCKER_INFO, GapReason.DENIED, "unix:///s: permission denied"),
            "denied: unix:///s: permission denied; run as root",
        ),
        (
            Gap(Source.DOCKER_INFO, GapReason.ABSENT, "unix:///s: there is no such socket"),
            "absent: unix:///s: there is no such socket; start Docker here, or name its socket with --docker-host",
        ),
        (
            Gap(Source.IPTABLES_NFT, GapReason.DENIED, "x: Permission denied (you must be root)"),
            "denied: x: Permission denied (you must be root)",
        ),
        (Gap(Source.IPTABLES_NFT, GapReason.ABSENT, "x is not installed"), "absent: x is not installed; install it"),
        (Gap("other.txt", GapReason.TIMEOUT, ""), "timeout: no more is known; raise --timeout"),
    ],
)
def test_a_gap_is_told_with_one_hint(gap: Gap, words: str) -> None:
    text = render_doctor(Facts(files={}, gaps=(gap,)), root=False)
    row = text[text.index(f"{gap.reason}: ") :].partition("\n\n")[0]
    assert " ".join(line.split("  ")[-1].strip() for line in row.splitlines() if "bytes" not in line) == words
    assert text.endswith("1 gap\n")


@pytest.mark.parametrize("reason", GapReason)
@pytest.mark.parametrize("source", [Source.SOCKETS, Source.DOCKER_NETWORKS])
def test_every_reason_has_its_hint(reason: GapReason, source: Source) -> None:
    assert f"{reason}: why; " in render_doctor(Facts(files={}, gaps=(Gap(source, reason, "why"),)), root=True)


def test_folders_of_path_that_others_may_write_are_named() -> None:
    shown = render_doctor(Facts(files={}), root=True, loose=["/opt/tools", "."])
    assert "!   PATH" in shown
    assert "/opt/tools: others may put programs there" in " ".join(shown.split())
    assert "PATH" not in render_doctor(Facts(files={}), root=True)
