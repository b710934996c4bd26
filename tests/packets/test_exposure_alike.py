"""Containers that are alike are asked about once for all, and the table is the same as if each had been asked about."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from counted import calls_of
from fleets.generate import vary
from random_hosts.chance import Chance
from random_hosts.rules import iptables_rules
from sampling import sampled
from synthetic.multiplied import multiplied

from netaudit.model.exposure import DestinationKind, Exposure
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure.alike.held import HeldKinds
from netaudit.packets.exposure.alike.rows import expose_by_groups, expose_groups_alone
from netaudit.packets.exposure.table import ExposureTable, expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
ALL = sorted(path.parent.relative_to(RECORDINGS).as_posix() for path in RECORDINGS.rglob("recording.json"))
SAMPLE = "28.5.2-iptables-nft/default-one-port/01"
STAY = (SAMPLE, "29.7.2-nftables/ipv6-binding-ipv4-container/01")
_SAVES = {"iptables": Source.IPTABLES_NFT, "ip6tables": Source.IP6TABLES_NFT}
_OPTION = re.compile(r"(?:! )?-\S+(?: (?!-|! )\S+)*")
_COMMAND = re.compile(r"(ip6?tables) (?:-t (\w+))? ?-([IA]) (\S+) (.*?)(?: \|\| true)?")


def _by_groups(facts: Facts) -> tuple[Exposure, ...] | None:
    snapshot = parse_snapshot(facts)
    return expose_groups_alone(snapshot, snapshot.program, ZoneChoice(), lambda _: True)


def _exactly(facts: Facts) -> tuple[Exposure, ...]:
    snapshot = parse_snapshot(facts)
    return expose(snapshot, snapshot.program)


def _many(name: str = SAMPLE, count: int = 12) -> Facts:
    facts = multiplied(load(RECORDINGS / name), count)
    assert facts
    return facts


def with_commands(facts: Facts, *commands: str) -> Facts:
    """Write rules into what the save programs printed, as the commands would."""
    for command in commands:
        found = _COMMAND.fullmatch(command)
        assert found, command
        source, table = _SAVES[found[1]], found[2] or "filter"
        text = facts.files.get(source, b"").decode()
        if f"*{table}\n" not in text or f":{found[4]} " not in text.partition(f"*{table}\n")[2].partition("COMMIT")[0]:
            continue
        head, mark, rest = text.partition(f"*{table}\n")
        own, end, rest = rest.partition("COMMIT")
        rule = f"[0:0] -A {found[4]} {_as_saved(found[5])}\n"
        first = own.find(f"] -A {found[4]} ")
        at = len(own) if found[3] == "A" or first < 0 else own.rindex("\n", 0, first) + 1
        changed = f"{head}{mark}{own[:at]}{rule}{own[at:]}{end}{rest}"
        facts = msgspec.structs.replace(facts, files={**facts.files, source: changed.encode()})
    return facts


def _as_saved(rule: str) -> str:
    """Return a rule as the save programs print it: addresses, interfaces and the protocol first, ports by a match."""
    matches, target, rest = rule.partition("-j ")
    options = _OPTION.findall(matches)
    first = [one for name in "sdiop" for one in options if re.match(rf"(?:! )?-{name} ", one)]
    ports = [one for one in options if re.match(r"(?:! )?--[ds]port ", one)]
    protocol = next((one.split()[1] for one in first if one.startswith("-p ")), "")
    others = [one for one in options if one not in (*first, *ports)]
    return " ".join([*first, *([f"-m {protocol}", *ports] if ports else []), *others, target + rest])


@pytest.mark.parametrize("name", sampled(ALL, STAY, of_matrix=40))
def test_the_table_by_groups_is_the_whole_table_on_every_recording(name: str) -> None:
    facts = multiplied(load(RECORDINGS / name), 9)
    if facts is None:
        return
    rows = _by_groups(facts)
    if name in STAY:
        assert rows is not None
    assert rows is None or rows == _exactly(facts)


@pytest.mark.parametrize("name", sampled(ALL, STAY[:1], of_matrix=40))
def test_another_host_of_the_same_kind_has_its_whole_table_though_one_container_stands_for_a_group(name: str) -> None:
    facts = multiplied(load(RECORDINGS / name), 9)
    if facts is None:
        return
    other = msgspec.structs.replace(facts, files=vary(facts.files, "other", 7))
    with HeldKinds():
        _by_groups(facts)
        rows = _by_groups(other)
    assert rows is None or rows == _exactly(other)


@pytest.mark.parametrize("seed", sampled(range(60), (3,), of_matrix=40))
def test_with_an_operators_rules_another_host_of_the_same_kind_has_its_whole_table(seed: int) -> None:
    facts = with_commands(_many(), *iptables_rules(Chance(seed), 4))
    other = msgspec.structs.replace(facts, files=vary(facts.files, "other", 7))
    with HeldKinds():
        _by_groups(facts)
        rows = _by_groups(other)
    assert rows is None or rows == _exactly(other)


def test_a_group_of_a_kind_is_held_against_others_on_the_first_host_alone() -> None:
    facts = _many()
    elsewhere = {name: data.replace(b"172.17.", b"10.9.") for name, data in facts.files.items()}
    other = msgspec.structs.replace(facts, files=elsewhere)
    with HeldKinds():
        _by_groups(facts)
        again = calls_of(lambda: _by_groups(other))
    assert again < 0.9 * calls_of(lambda: _by_groups(other)), "as much is asked as where nothing is remembered"


@pytest.mark.parametrize("seed", sampled(range(60), (1, 2), of_matrix=40))
def test_whatever_an_operator_writes_the_table_is_the_same(seed: int) -> None:
    facts = with_commands(_many(), *iptables_rules(Chance(seed), 4))
    rows = _by_groups(facts)
    assert rows is None or rows == _exactly(facts)


_CROSSING = {
    "a sender that is a container": "iptables -I DOCKER-USER -s 172.17.0.5/32 -j DROP",
    "addresses of some": "iptables -I DOCKER-USER -d 172.17.0.4/30 -j DROP",
    "a range of ports": "iptables -t raw -I PREROUTING -p tcp -m tcp --dport 20003:20006 -j DROP",
    "one port": "iptables -t raw -I PREROUTING -p tcp -m tcp --dport 20004 -j DROP",
    "a port of one, elsewhere": "iptables -I DOCKER-USER -p tcp -m tcp --dport 20004 -j ACCEPT",
    "another target": "iptables -t nat -I DOCKER -p tcp -m tcp --dport 2222 -j DNAT --to-destination 172.17.0.6:22",
    "all but one": "iptables -I DOCKER-USER ! -d 172.17.0.6/32 -j DROP",
    "a mask": "iptables -I DOCKER-USER -d 0.0.0.5/0.0.0.5 -j DROP",
    "every port": "iptables -t nat -I DOCKER -p tcp -m tcp --dport 19000:21000 -j DNAT --to-destination 172.17.0.3:80",
    "what a connection began with": "iptables -I DOCKER-USER -m conntrack --ctorigdstport 20004 -j DROP",
}


@pytest.mark.parametrize("rule", sampled(_CROSSING, ("addresses of some", "another target"), of_matrix=3))
def test_a_rule_that_crosses_addresses_or_ports_tells_containers_apart(rule: str) -> None:
    facts = with_commands(_many(), _CROSSING[rule])
    snapshot = parse_snapshot(facts)
    assert expose_by_groups(snapshot, snapshot.program) == _exactly(facts)


def test_rows_are_computed_of_three_containers_however_many_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = ExposureTable.cells, []

    def cells(self: ExposureTable, *arguments: object) -> Iterator[Exposure]:
        asked.append(arguments)
        return real(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(ExposureTable, "cells", cells)
    counts = []
    for count in (20, 40):
        asked.clear()
        rows = _by_groups(_many(count=count))
        published = {row.destination for row in rows or () if row.destination.kind is DestinationKind.PUBLISHED_PORT}
        assert len(published) > count
        counts.append(len(asked))
    assert counts[0] == counts[1]
