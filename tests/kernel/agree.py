"""Hold `trace` against the kernel: random rulesets are loaded, random packets sent, and both ways compared.

    PYTHONPATH=.:tests python -m kernel.agree 100000 [SEED]

For iptables-nft and native nftables every rule and policy that a packet meets, in order, with its verdict; for
iptables-legacy, which the kernel does not trace so, what comes out; for all where the packet goes, and as which packet.
"""

import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from itertools import zip_longest

import msgspec

from kernel import random_iptables, random_nft
from kernel.frames import Seen, Sent, datagram, frame, length, mac_number, seen
from kernel.kernel_trace import Event, KernelTrace
from kernel.pools import Pools
from kernel.world import OBSERVER, World, attempt, run, world
from netaudit.model.facts import Facts
from netaudit.model.host import Host
from netaudit.model.match import Field
from netaudit.model.program import Program
from netaudit.model.ruleset import Backend
from netaudit.packets.probe import Probe
from netaudit.packets.trace import trace
from netaudit.packets.way import End, EndKind, StepKind, Trace
from netaudit.parse import parse_snapshot
from netaudit.parse.program import parse_program

PACKETS = 50  # for each ruleset
_PORTS = 60000  # source ports before a new world is made: no two packets may be of one connection
_OBSERVER = "observer"
_REFUSED = re.compile(r"(?:/dev/stdin:|[Ll]ine:? )(\d+)")
_NONE = (EndKind.DROPPED, EndKind.REJECTED, EndKind.LOST)
Met = tuple[str, str, str, int | None, str]


class Disagreement(msgspec.Struct, frozen=True):
    """A packet that the kernel treats otherwise than netaudit says."""

    backend: str
    packet: Sent
    reason: str
    ours: tuple[object, ...]
    kernels: tuple[object, ...]
    rules: str

    @property
    def first_difference(self) -> str:
        """Name the first step that differs."""
        pairs = zip_longest(self.ours, self.kernels)
        at = next((at for at, (mine, its) in enumerate(pairs) if mine != its), 0)
        return f"{self.reason}: {self.ours[at : at + 1]} or {self.kernels[at : at + 1]}"

    def __str__(self) -> str:
        lines = [f"{self.backend}: {self.reason}: {self.packet}", "ours:", *(f"  {one}" for one in self.ours)]
        return "\n".join([*lines, "the kernel's:", *(f"  {one}" for one in self.kernels), self.rules])


class Tally(msgspec.Struct):
    """What was compared."""

    pairs: Counter[str] = msgspec.field(default_factory=Counter)
    steps: int = 0
    undecided: int = 0
    ends: Counter[str] = msgspec.field(default_factory=Counter)
    disagreements: list[Disagreement] = msgspec.field(default_factory=list)


class Ruleset(msgspec.Struct, frozen=True):
    """A loaded ruleset, read: what netaudit makes of it, and which position each handle is."""

    program: Program
    host: Host
    positions: dict[tuple[str, str, str, int], int]
    text: str


def agree(count: int, seed: int, tally: Tally) -> None:
    """Compare so many pairs of a ruleset and a packet."""
    done = 0
    while done < count:
        with world() as here:
            run(here.host, "nft", "-f", "-", feed=OBSERVER)
            facts = here.facts()
            kernel = KernelTrace(here.host.pid)
            try:
                ports = 1024
                while done < count and ports + PACKETS < _PORTS:
                    _one_ruleset(here, kernel, facts, (seed + done, ports), tally)
                    done, ports = done + PACKETS, ports + PACKETS
            finally:
                kernel.close()


def _one_ruleset(
    here: World, kernel: KernelTrace, facts: dict[str, bytes], place: tuple[int, int], tally: Tally
) -> None:
    seed, first_port = place
    version = 6 if seed // PACKETS % 4 == 3 else 4
    pools = Pools(seed, version)
    backend = ("iptables-nft", "nftables", "iptables-legacy", "nftables", "iptables-nft")[seed // PACKETS % 5]
    loaded = _load(here, backend, pools, facts)
    packets = [pools.packet(first_port + at, first_port + at) for at in range(PACKETS)]
    list(kernel.read())
    for packet in packets:
        _send(here, packet)
    events: dict[int, list[tuple[Seen, Event | None]]] = {packet.tag: [] for packet in packets}
    time.sleep(0.002)
    for found, event in kernel.read():
        if found.tag in events:
            events[found.tag].append((found, event))
    arrived = {one.tag: (name, one) for name in here.seen_by for one in _arrived(here, name)}
    for packet in packets:
        tally.pairs[backend] += 1
        _compare(backend, loaded, packet, events[packet.tag], arrived.get(packet.tag), tally)
    _unload(here, backend)


def _load(here: World, backend: str, pools: Pools, base: dict[str, bytes]) -> Ruleset:
    files = dict(base)
    tool = "iptables" if pools.version == 4 else "ip6tables"
    if backend == "nftables":
        text = _feed(here, ("nft", "-f", "-"), random_nft.ruleset(pools))
    else:
        text = _feed(here, (f"{tool}-{backend[9:]}-restore",), random_iptables.ruleset(pools))
        name = f"{tool}-save.txt" if backend == "iptables-nft" else f"{tool}-legacy-save.txt"
        files[name] = run(here.host, f"{tool}-{backend[9:]}-save").encode()
    listed = run(here.host, "nft", "-j", "list", "ruleset")
    if backend == "nftables":
        files["nft-ruleset.json"] = listed.encode()
    facts = Facts(files)
    snapshot = parse_snapshot(facts)
    program = parse_program(facts, snapshot.ruleset)
    kept = Program(tuple(table for table in program.tables if table.name != _OBSERVER))
    return Ruleset(kept, snapshot.host, _positions(listed), text)


def _feed(here: World, argv: tuple[str, ...], text: str) -> str:
    """Load a ruleset without the rules that the tool refuses, such as those that ask for TCP and UDP at once."""
    lines = text.splitlines()
    for _ in lines:
        done = attempt(here.host, *argv, feed="\n".join(lines) + "\n")
        if done.returncode == 0:
            return "\n".join(lines)
        refused = {int(number) for number in _REFUSED.findall(done.stderr)}
        assert refused, f"{argv}: {done.stderr}\n{text}"
        structural = [lines[number - 1] for number in refused if lines[number - 1][:1] in "*:C}"]
        assert not structural, f"{argv}: {structural}: {done.stderr}\n{text}"
        lines = [line for number, line in enumerate(lines, 1) if number not in refused]
    raise AssertionError(text)


def _positions(listed: str) -> dict[tuple[str, str, str, int], int]:
    found: dict[tuple[str, str, str, int], int] = {}
    count: Counter[tuple[str, str, str]] = Counter()
    for entry in msgspec.json.decode(listed)["nftables"]:
        if rule := entry.get("rule"):
            place = (rule["family"], rule["table"], rule["chain"])
            count[place] += 1
            found[*place, rule["handle"]] = count[place]
    return found


def _unload(here: World, backend: str) -> None:
    if backend == "iptables-legacy":
        for tool in ("iptables-legacy", "ip6tables-legacy"):
            empty = "".join(
                f"*{table}\n" + "".join(f":{chain} ACCEPT\n" for chain in chains) + "COMMIT\n"
                for table, chains in random_iptables.CHAINS.items()
            )
            run(here.host, f"{tool}-restore", feed=empty)
        return
    run(here.host, "nft", "-f", "-", feed=f"flush ruleset\n{OBSERVER}")


def _send(here: World, packet: Sent) -> None:
    if packet.interface:
        here.to_host[packet.interface].send(frame(packet))
        return
    try:
        here.from_host[packet.version].sendto(datagram(packet), (packet.destination, 0))
    except PermissionError:  # a rule of output drops it
        pass


def _arrived(here: World, name: str) -> Iterator[Seen]:
    while True:
        try:
            data = here.seen_by[name].recv(2048)
        except BlockingIOError:
            return
        found = seen(data[14:])
        if found is not None:
            yield found


def _probe(packet: Sent) -> Probe:
    ported = packet.protocol in ("tcp", "udp")
    return Probe(
        source=ip_address(packet.source),
        destination=ip_address(packet.destination),
        protocol=packet.protocol,
        dport=packet.dport if ported else None,
        sport=packet.sport if ported else None,
        interface=packet.interface,
        flags=packet.flags,
        icmp=packet.icmp,
        mac=mac_number(packet),
        length=length(packet),
        ttl=61,
        dscp=packet.dscp,
    )


def _compare(
    backend: str,
    loaded: Ruleset,
    packet: Sent,
    events: Sequence[tuple[Seen, Event | None]],
    arrived: tuple[str, Seen] | None,
    tally: Tally,
) -> None:
    found = trace(loaded.program, loaded.host, _probe(packet))
    kernels = list(_kernel_steps(loaded, events))
    ours = list(_our_steps(found))
    tally.steps += len(kernels)
    tally.undecided += bool(found.doubts)
    tally.ends.update(f"{end.kind}" for end in found.ends[:1])
    reason = _steps_differ(found, ours, kernels) if backend != "iptables-legacy" else ""
    reason = reason or _end_differs(found, packet, events, arrived)
    if reason:
        ends = [(end.kind.value, end.text, _tuple(end)) for end in found.ends]
        last = [event and (event.table, event.chain, one) for one, event in events[-2:]]
        tally.disagreements.append(
            Disagreement(
                backend, packet, reason, (*ours, *ends, *found.doubts), (*kernels, *last, arrived), loaded.text
            )
        )


def _kernel_steps(loaded: Ruleset, events: Sequence[tuple[Seen, Event | None]]) -> Iterator[Met]:
    for _, event in events:
        if event is None or event.table == _OBSERVER:
            continue
        place = (event.family, event.table, event.chain)
        position = None if event.handle is None else loaded.positions[*place, event.handle]
        yield (*place, position, event.verdict)


def _our_steps(found: Trace) -> Iterator[Met]:
    for step in found.steps:
        item = step.item
        if item is not None and item.backend is not Backend.IPTABLES_LEGACY and step.verdict != "break" and step.kind in (
            StepKind.RULE, StepKind.POLICY):  # fmt: skip
            verdict = "drop" if step.verdict == "reject" else step.verdict
            yield (item.family, item.table, item.chain, item.position, verdict)


def _steps_differ(found: Trace, ours: list[Met], kernels: list[Met]) -> str:
    """Compare step by step; where something is undecided, the kernel's steps are some of ours, in our order."""
    if not found.doubts:
        return "" if ours == kernels else "other rules"
    rest = iter(ours)
    return "" if all(step in rest for step in kernels) else "other rules than those possible"


def _end_differs(
    found: Trace, packet: Sent, events: Sequence[tuple[Seen, Event | None]], arrived: tuple[str, Seen] | None
) -> str:
    """Compare where it goes; a packet that is sent to where nobody is does not arrive, but is seen at the last hook."""
    last = [(one, event.chain) for one, event in events if event is not None and event.table == _OBSERVER]
    delivered = next((one for one, chain in reversed(last) if chain == "local"), None)
    sent = next((one for one, chain in reversed(last) if chain == "post"), None)
    for end in found.ends:
        if end.kind is EndKind.UNKNOWN:
            return ""
        if end.kind in (EndKind.NOBODY, EndKind.LOCAL) and delivered is not None and _same(end, delivered, packet):
            return ""
        if end.kind is EndKind.SENT and delivered is None and sent is not None and _same(end, sent, packet):
            if end.text not in ("lan0", "srv0") or (
                arrived is not None and arrived[0] == end.text and _same(end, arrived[1], packet)
            ):
                return ""
        looped = end.packet.get(Field.IIF) == "lo"  # on loopback what is sent comes in again
        if end.kind in _NONE and delivered is None and arrived is None and (sent is None or looped):
            return ""
    return "another end"


def _same(end: End, other: Seen, packet: Sent) -> bool:
    """Compare addresses and ports; what netaudit does not know may be anything."""
    theirs: tuple[int, ...] = (other.source, other.destination)
    if packet.protocol in ("tcp", "udp"):
        theirs = (*theirs, other.sport, other.dport)
    return all(mine is None or mine == its for mine, its in zip(_tuple(end), theirs, strict=False))


def _tuple(end: End) -> tuple[int | None, ...]:
    return tuple(end.packet.number(field) for field in (Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT))


def main() -> None:
    """Compare as many pairs as were asked for; exits with 1 where any disagree."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    tally, begun = Tally(), time.monotonic()
    agree(count, seed, tally)
    pairs = ", ".join(f"{number} {backend}" for backend, number in sorted(tally.pairs.items()))
    print(f"{tally.pairs.total()} pairs ({pairs}) in {time.monotonic() - begun:.0f} s: {tally.steps} steps compared")
    print(f"{tally.undecided} with something undecided; ends: {dict(sorted(tally.ends.items()))}")
    for reason, number in Counter((one.backend, one.reason) for one in tally.disagreements).items():
        print(*reason, number)
    for one in tally.disagreements[:3]:
        print(one)
    for one in tally.disagreements:
        print(one.backend, one.packet.tag, one.first_difference)
    print(f"{len(tally.disagreements)} disagreements")
    sys.exit(bool(tally.disagreements))


if __name__ == "__main__":
    main()
