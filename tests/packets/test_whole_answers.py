"""All that exposure and trace say of some hosts, word for word: each cell and each step with all of its parts.

`make goldens` writes tests/goldens/answers; what changes there is a change of what netaudit says, and is read as one.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from netaudit.model.exposure import Exposure
from netaudit.model.netfilter.match import ADDRESSES, Field
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.ranges import Ranges
from netaudit.packets.exposure.table import expose
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query
from netaudit.packets.values.packet import Value
from netaudit.packets.values.probe import PacketState
from netaudit.packets.values.steps import End, Hop, Step, Trace
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
QUESTIONS = {  # host -> who sends where
    "28.5.2-iptables-nft/connect-internal/03": (
        *("internet > container:web:80/tcp", "lan > container:web:80/tcp", "host > container:web:80/tcp"),
        *("network:inner > container:web:80/tcp", "container:web > 192.0.2.77:53/udp"),
        *("network:inner > 192.0.2.10:22/tcp", "internet > 192.0.2.10:8080/tcp"),
        *("container:web > container:web:80/tcp", "container:web > 127.0.0.1:80/tcp"),
    ),
    "28.5.2-iptables-nft/other-network-modes/03": (
        *("internet > container:base:80/tcp", "container:guest > container:base:80/tcp", "lan > 192.0.2.10:4444/tcp"),
        *("container:guest > 192.0.2.10:22/tcp", "container:hosted > container:base/icmp", "host > 127.0.0.1:80/tcp"),
    ),
    "28.5.2-iptables-nft/operators-rules/05": (
        *("internet > 192.0.2.10:8080/tcp", "lan > 192.0.2.10:22/tcp", "container:web > 192.0.2.77/icmp"),
        *("lan established > 192.0.2.10:8080/tcp", "host > 192.0.2.77:443/tcp"),
    ),
    "28.5.2-iptables-nft/dual-stack/02": (
        *("internet > [2001:db8::10]:8209/tcp", "lan > container:u9/icmpv6", "host > [::1]:8210/tcp"),
        *("container:u9 > [2001:db8::77]:443/tcp", "network:n9 > [fd00:9::2]:80/tcp", "lan > [fd00:9::2]:80/udp"),
    ),
    "29.0.0-nftables/default-one-port/01": (
        *("internet > container:web:80/tcp", "lan > container:web:80/tcp", "network:bridge > container:web:80/tcp"),
        *("host > 127.0.0.1:8080/tcp", "internet > 192.0.2.10:8080/tcp"),
    ),
    "podman-5.4.2-nftables/one-port/01": ("internet > 192.0.2.10:8080/tcp", "host > container:web:80/tcp"),
    "bad/ufw-deny-bypassed/before": ("internet > 192.0.2.10:8080/tcp", "lan > 192.0.2.10:22/tcp"),
    "tour/shop/10": (
        *(
            "internet > 192.0.2.10:443/tcp",
            "lan > 192.0.2.10:8080/tcp",
            "container:grafana > container:shop-db:5432/tcp",
        ),
        *("container:shop-web > container:shop-api:8080/tcp", "network:shop_back > 192.0.2.10:443/tcp"),
        *("container:shop-api > 198.51.100.7:443/tcp", "container:grafana > 192.0.2.10:3000/tcp"),
    ),
    "bad/odd-networks/before": ("lan > [2001:db8:7::2]:80/tcp", "container:media > container:web:80/tcp"),
}


@pytest.mark.parametrize("host", QUESTIONS)
def test_the_whole_exposure_of_a_host(host: str, golden: Callable[[str, str], None]) -> None:
    snapshot = parse_snapshot(load(RECORDINGS / host))
    golden(f"answers/{_file(host)}.exposure.txt", "".join(map(_cell, expose(snapshot, snapshot.program))))


@pytest.mark.parametrize("host", QUESTIONS)
def test_whole_traces_on_a_host(host: str, golden: Callable[[str, str], None]) -> None:
    snapshot = parse_snapshot(load(RECORDINGS / host))
    answers = [answer_query(_question(asked), snapshot, snapshot.program) for asked in QUESTIONS[host]]
    golden(f"answers/{_file(host)}.traces.txt", "\n".join(map(_answer, answers)))


def _file(host: str) -> str:
    return host.rpartition("/")[0].replace("/", "-")


def _question(text: str) -> TraceQuery:
    who, _, target = text.partition(" > ")
    source, _, state = who.partition(" ")
    return TraceQuery(source, target, state=PacketState(state or "new"))


def _cell(one: Exposure) -> str:
    to = one.destination
    whose = f"{to.container_name or '-'} on {to.network_name or '-'} {to.binding or '-'} {to.programs} {to.led or '-'}"
    decided = f"{one.rule.where if one.rule else '-'} ({describe_reason(one.reason)})"
    at = f"{to.address} {_ports(to.ports)}{f' by {to.interface}' if to.interface else ''}"
    return (
        f"{one.zone} → {to.kind} {to.family} {to.protocol} {at}, {whose}\n"
        f"    {one.outcome} {one.way} by {decided}{_limited(one.limited_by)}; {one.witness or 'no packet'}\n"
    )


def _limited(rules: tuple[Item, ...]) -> str:
    return "".join(f" limited by {rule.where}" for rule in rules)


def _ports(ports: Ranges) -> str:
    return ",".join(f"{first}-{last}" if first < last else str(first) for first, last in ports)


def _answer(one: TraceAnswer) -> str:
    asked = f"{one.question.source} > {one.question.target}"
    return "\n".join([f"{asked}: {one.source} > {one.target}", *map(_hop, one.hops), *_trace(one.trace), ""])


def _hop(one: Hop) -> str:
    return f"  {one.kind}: {one.name} {one.address or '-'} {one.mac or '-'} {describe_reason(one.detail)}".rstrip()


def _trace(one: Trace, name: str = "packet") -> Iterator[str]:
    yield f"  {name}: {one.outcome}{_limited(one.limited_by)}"
    yield f"    {_fields(dict(one.packet.fields))}"
    yield from map(_step, one.steps)
    yield from map(_end, one.ends)
    for said, reasons in (("doubt", one.doubts), ("note", one.notes)):
        yield from (f"    {said}: {describe_reason(reason)}" for reason in reasons)
    for said, others in (("answer", one.answers), ("later", one.later)):
        for other in others:
            yield from _trace(other, said)


def _step(one: Step) -> str:
    changes = "".join(f" {it.field}={_value(it.field, it.before)}→{_value(it.field, it.after)}" for it in one.changes)
    sure = "" if one.sure else f" ? {describe_reason(one.reason)}"
    where = f" at {one.item.where}" if one.item else ""
    return (
        f"    {one.kind} {one.hook or '-'}: {one.verdict}{where}{changes} {describe_reason(one.detail)}{sure}".rstrip()
    )


def _end(one: End) -> str:
    where = f" at {one.item.where}" if one.item else ""
    fields = _fields(dict(one.packet.fields))
    return f"    {one.kind}{'' if one.sure else '?'}{where} {describe_reason(one.reason)}: {fields}"


def _fields(fields: dict[Field, Value]) -> str:
    return " ".join(f"{field}={_value(field, fields[field])}" for field in Field if fields.get(field) not in {None, ""})


def _value(field: Field, value: Value) -> str:
    return f"{value:x}" if field in ADDRESSES and isinstance(value, int) else str(value)
