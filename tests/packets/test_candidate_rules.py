"""Long chains: a packet's way is the same where rules of other addresses and ports are not read."""

import msgspec
import pytest
from bench.synthetic import make_facts
from programs import RECORDINGS

import netaudit
from netaudit.model.facts import Facts, Source
from netaudit.packets.values import candidate_rules
from netaudit.parse import program
from netaudit.parse.iptables import meaning

CONTAINERS = 90
PACKETS = (
    ("internet", "192.0.2.10:1030/tcp"),
    ("internet", "192.0.2.10:1030/udp"),
    ("lan", "172.17.0.9:80/tcp"),
    ("lan", "172.17.0.9:81/tcp"),
    ("host", "192.0.2.10:1099/tcp"),
    ("container:c3", "172.17.0.9:80/tcp"),
    ("container:c3", "192.0.2.10:1030/tcp"),
    ("internet", "192.0.2.10/icmp"),
)
WRITTEN = (
    "-A DOCKER -d 172.17.0.9/32 ! -p udp -j DROP",
    "-A DOCKER ! -d 172.17.0.9/32 -p tcp -m tcp --dport 80 -j LOG",
    "-A DOCKER -d 172.17.0.10/32 --dport 80 -j DROP",
    '-A DOCKER -m comment --comment "x -d 172.17.0.10/32 -j y" -j LOG',
    "-A DOCKER -p tcp -m tcp ! --dport 80 -j LOG",
    "-A DOCKER -p tcp -m tcp --sport 40000 --dport 80 -j LOG",
    "-A DOCKER -d 172.17.0.9/32 -m unheard-of --so 1 -j DROP",
)


def _host() -> Facts:
    facts = make_facts(RECORDINGS / "28.5.2-iptables-nft" / "default-no-port" / "00", CONTAINERS)
    text = facts.files[Source.IPTABLES_NFT].decode()
    rules = "".join(f"[0:0] {rule}\n" for rule in WRITTEN)
    head, found, rest = text.partition("[0:0] -A DOCKER -d")
    return msgspec.structs.replace(
        facts, files={**facts.files, Source.IPTABLES_NFT: (head + rules + found + rest).encode()}
    )


@pytest.mark.parametrize(("source", "target"), PACKETS)
def test_what_is_no_candidate_changes_nothing(source: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = netaudit.trace(_host(), source, target)
    monkeypatch.setattr(candidate_rules, "SHORT", 1 << 30)
    assert netaudit.trace(_host(), source, target) == quick


def test_of_a_thousand_rules_a_trace_reads_few(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    parse = meaning.parse_rule
    program.meaning_without_lists.cache_clear()  # other tests may have read these rules

    def counted(text: str) -> object:
        read.append(text)
        return parse(text)

    monkeypatch.setattr(meaning, "parse_rule", counted)
    netaudit.trace(_host(), "internet", "192.0.2.10:1030/tcp")
    assert 0 < len(read) < CONTAINERS
