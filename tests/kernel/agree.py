"""Hold `trace` against the kernel: random rulesets are loaded, random packets sent, and both ways compared.

    PYTHONPATH=.:tests python -m kernel.agree 100000 [SEED]

For iptables-nft and native nftables every rule and policy that a packet meets, in order, with its verdict; for
iptables-legacy, which the kernel does not trace so, what comes out; for all where the packet goes, and as which packet.
What arrives is answered, and the answer's way is compared too. Half of the packets are compared as sets, as the
exposure table has them. Some are sent a second time after the answer, and are later ones then.
"""

import errno
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

from kernel.answering import answers, compare_answer, is_answered
from kernel.comparing import Observed, Tally, compare
from kernel.frames import Seen, Sent, datagram, frame, seen
from kernel.kernel_trace import Event, KernelTrace
from kernel.loading import Ruleset, load, unload
from kernel.pools import Pools
from kernel.symbolic import compare_answers_in_sets, compare_sets
from kernel.world import World, world
from netaudit.packets.values.probe import PacketState

PACKETS = 50  # for each ruleset
_PORTS = 60000  # source ports before a new world is made: no two packets may be of one connection
_LATER = 60300  # tags
_SETTLE = 0.002  # seconds
BACKENDS = ("iptables-nft", "nftables", "iptables-legacy", "nftables", "iptables-nft")
_FLAGS_OF_LATER = (16, 24)  # a TCP connection that is picked up in the middle needs no handshake
Send = Callable[[list[Sent]], dict[int, Observed]]


class Packets(msgspec.Struct, frozen=True):
    """Packets to send, and whether their ruleset counts hops, and whether it marks connections."""

    sent: list[Sent]
    count_hops: bool
    mark_connections: bool


def agree(count: int, seed: int, tally: Tally) -> None:
    """Compare so many pairs of a ruleset and a packet."""
    while tally.pairs.total() < count:
        with world() as here:
            facts, kernel = here.facts(), KernelTrace(here.host.pid)
            bench = Bench(here, kernel)
            try:
                for first in range(1024, _PORTS - PACKETS, PACKETS):
                    if tally.pairs.total() < count:
                        _one_ruleset(bench, facts, (seed, first), tally)
                        seed += 1
            finally:
                kernel.close()


class Bench:
    """Sends packets and says what became of them."""

    def __init__(self, here: World, kernel: KernelTrace) -> None:
        self.here, self._kernel = here, kernel

    def send(self, packets: list[Sent]) -> dict[int, Observed]:
        """Send packets, and wait until the kernel is done with them."""
        self._forget()
        for packet in packets:
            self._send(packet)
        time.sleep(_SETTLE)
        events: dict[int, list[tuple[Seen, Event | None]]] = {packet.tag: [] for packet in packets}
        for found, event in self._kernel.read():
            if found.tag in events:
                events[found.tag].append((found, event))
        arrived = {one.tag: (name, one) for name in self.here.seen_by for one in self._arrived(name)}
        return {tag: Observed(tuple(met), arrived.get(tag)) for tag, met in events.items()}

    def _forget(self) -> None:
        list(self._kernel.read())
        for name in self.here.seen_by:
            list(self._arrived(name))

    def _send(self, packet: Sent) -> None:
        if packet.interface:
            self.here.to_host[packet.interface].send(frame(packet))
            return
        try:
            self.here.from_host[packet.version].sendto(datagram(packet), (packet.destination, 0))
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.EINVAL):  # a rule of output drops it, or routing has no way
                raise

    def _arrived(self, name: str) -> Iterator[Seen]:
        while True:
            try:
                found = seen(self.here.seen_by[name].recv(2048)[14:])
            except BlockingIOError:
                return
            if found is not None and found.ttl in (60, 61):  # what the host itself answers has another
                yield found


def _one_ruleset(bench: Bench, facts: dict[str, bytes], place: tuple[int, int], tally: Tally) -> None:
    seed, first_port = place
    pools = pools_of(seed)
    loaded = load(bench.here, BACKENDS[seed % 5], pools, facts)
    packets = [pools.packet(first_port + at, first_port + at) for at in range(PACKETS)]
    hold(loaded, Packets(packets, pools.counts_hops, pools.marks_connections), bench.send, tally)
    unload(bench.here, loaded.backend)


def pools_of(seed: int) -> Pools:
    """Return what a ruleset is made of: every fourth is of IPv6."""
    return Pools(seed, 6 if seed % 4 == 3 else 4)


def hold(loaded: Ruleset, chosen: Packets, send: Send, tally: Tally) -> None:
    """Send packets, then answers to what arrived, then more of the same connections; compare the ways of all."""
    packets = chosen.sent
    observed = send(packets)
    traces = {packet.tag: compare(loaded, packet, observed[packet.tag], tally) for packet in packets}
    answering = answers(packets, traces, observed)
    answered = send([one.sent for one in answering])
    for one in answering:
        compare_answer(loaded, one, answered[one.sent.tag], tally)
    if not chosen.count_hops:
        compare_sets(loaded, packets, observed, tally)
        compare_answers_in_sets(loaded, answering, answered, tally)
    if not chosen.mark_connections:  # else an answer may leave another mark
        _later(loaded, [one.packet for one in answering if is_answered(answered[one.sent.tag])], send, tally)


def _later(loaded: Ruleset, answered: list[Sent], send: Send, tally: Tally) -> None:
    """Send again what was answered: the kernel calls its connection established now."""
    again = [
        msgspec.structs.replace(packet, tag=_LATER + at, state=PacketState.ESTABLISHED)
        for at, packet in enumerate(answered)
        if _may_go_on(packet)
    ]
    observed = send(again)
    for packet in again:
        compare(loaded, packet, observed[packet.tag], tally)


def _may_go_on(packet: Sent) -> bool:
    return packet.protocol == "udp" or (packet.protocol == "tcp" and packet.flags in _FLAGS_OF_LATER)


def main() -> None:
    """Compare as many pairs as were asked for, or until Ctrl-C; exits with 1 where any disagree."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    tally, begun = Tally(), time.monotonic()
    with suppress(KeyboardInterrupt):
        agree(count, seed, tally)
    pairs = ", ".join(f"{number} {backend}" for backend, number in sorted(tally.pairs.items()))
    print(f"{tally.pairs.total()} pairs ({pairs}) in {time.monotonic() - begun:.0f} s, seed {seed}")
    print(f"{tally.later} of an established connection; {tally.steps} steps of the kernel's trace compared")
    print(f"{tally.in_sets} of them compared as sets of packets too")
    answer_ends = dict(sorted(tally.answer_ends.items()))
    print(f"{tally.answers} answers, {tally.answers_in_sets} of them in sets; ends: {answer_ends}")
    print(f"{tally.undecided} with something undecided; ends: {dict(sorted(tally.ends.items()))}")
    for (backend, reason), number in Counter((one.backend, one.reason) for one in tally.disagreements).items():
        print(backend, reason, number)
    shown = {(one.backend, one.reason): one for one in reversed(tally.disagreements)}
    for one in shown.values():
        print(one)
    for one in tally.disagreements:
        print(one.backend, one.packet.tag, one.first_difference)
    print(f"{len(tally.disagreements)} disagreements")
    sys.exit(bool(tally.disagreements))


if __name__ == "__main__":
    main()
