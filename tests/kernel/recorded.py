"""What the kernel did with some packets, written down: where no kernel may be asked, ways are held against that.

    PYTHONPATH=.:tests python -m kernel.recorded      records anew, as root, what tests/kernel/recorded holds

Rulesets, packets and the comparison are those of `kernel.agree`. Of each ruleset there is a file of JSON: a line with
what the host's programs said, one with the packets, and one for each time that packets were sent.
"""

from pathlib import Path

import msgspec

from kernel.agree import BACKENDS, Bench, Packets, hold, pools_of
from kernel.comparing import Observed, Tally
from kernel.frames import Seen, Sent
from kernel.kernel_trace import Event, KernelTrace
from kernel.loading import OBSERVING, Ruleset, load, read, unload
from kernel.world import world

_ASKED = {"local", "post", "replies"}  # chains of the observer
FOLDER = Path(__file__).with_name("recorded")
HOST = FOLDER / "host.json"
# Of the first 80 those of which much is let through and answered, and translated: little happens in the others.
SEEDS = (0, 9, 13, 14, 17, 18, 19, 20, 27, 33, 35, 42, 74)
PACKETS = 24  # of each


class _Met(msgspec.Struct, frozen=True, array_like=True):
    """A rule or a policy that a packet met; as which packet only where that is observed."""

    place: str  # family, table, chain
    position: int | None
    verdict: str
    seen: Seen | None = None


class _Way(msgspec.Struct, frozen=True, array_like=True):
    met: list[_Met]
    arrived: tuple[str, Seen] | None


class _Ruleset(msgspec.Struct, frozen=True):
    backend: str
    name: str  # of the file that has the rules
    text: str


_Ways = dict[int, _Way]  # by the packet's tag


def record() -> None:
    """Ask this kernel, and write down what it does."""
    FOLDER.mkdir(exist_ok=True)
    with world() as here:
        facts = here.facts()
        trace = KernelTrace(here.host.pid)
        try:
            for seed in SEEDS:
                _record(Bench(here, trace), facts, seed)
        finally:
            trace.close()


def _record(bench: Bench, facts: dict[str, bytes], seed: int) -> None:
    pools, first = pools_of(seed), 1024 + seed * PACKETS
    loaded = load(bench.here, BACKENDS[seed % len(BACKENDS)], pools, facts)
    packets = [pools.packet(first + at, first + at) for at in range(PACKETS)]
    chosen, told = Packets(packets, pools.counts_hops, pools.marks_connections), []

    def send(some: list[Sent]) -> dict[int, Observed]:
        found = bench.send(some)
        told.append({tag: _written(one, loaded) for tag, one in found.items()})
        return found

    hold(loaded, chosen, send, tally := Tally())
    assert not tally.disagreements, tally.disagreements[0]
    unload(bench.here, loaded.backend)
    files = {name: data.decode() for name, data in loaded.files.items()}
    name = next(name for name in files if name not in facts)
    rules = _Ruleset(loaded.backend, name, _without_observer(files.pop(name)))
    HOST.write_bytes(msgspec.json.encode(files))
    lines = [msgspec.json.encode(one) for one in (rules, chosen, *told)]
    (FOLDER / f"{seed:02}-{loaded.backend}.json").write_bytes(b"\n".join(lines) + b"\n")


def _without_observer(text: str) -> str:
    if not text.startswith("{"):
        return text
    listed = msgspec.json.decode(text)["nftables"]
    kept = [one for one in listed if not any(OBSERVING in (it.get("name"), it.get("table")) for it in one.values())]
    return msgspec.json.encode({"nftables": kept}).decode()


def _written(one: Observed, loaded: Ruleset) -> _Way:
    met = [
        _Met(f"{event.family} {event.table} {event.chain}", _position(event, loaded), event.verdict, _seen(seen, event))
        for seen, event in one.events
        if event is not None and (event.table != OBSERVING or event.chain in _ASKED)
    ]
    return _Way(met, one.arrived)


def _position(event: Event, loaded: Ruleset) -> int | None:
    place = (event.family, event.table, event.chain)
    return event.handle if event.handle is None else loaded.positions.get((*place, event.handle), 0)


def _seen(seen: Seen, event: Event) -> Seen | None:
    return seen if event.table == OBSERVING else None


def replay(path: Path, tally: Tally) -> None:
    """Compare with what was written down, and count it."""
    rules, chosen, *told = path.read_bytes().splitlines()
    ruleset = msgspec.json.decode(rules, type=_Ruleset)
    ways = [msgspec.json.decode(one, type=_Ways) for one in told]
    files = {name: text.encode() for name, text in msgspec.json.decode(HOST.read_bytes(), type=dict[str, str]).items()}
    places = {(*met.place.split(), met.position): met.position for of in ways for way in of.values() for met in way.met}
    positions = {place: at for place, at in places.items() if at is not None}
    loaded = read({**files, ruleset.name: ruleset.text.encode()}, positions, ruleset.text, ruleset.backend)
    sends = iter(ways)
    hold(
        loaded,
        msgspec.json.decode(chosen, type=Packets),
        lambda some: {packet.tag: _observed(packet, known) for known in [next(sends)] for packet in some},
        tally,
    )


def _observed(packet: Sent, known: _Ways) -> Observed:
    """Return what became of a packet that was sent then; a packet that was not is a KeyError."""
    way = known[packet.tag]
    nowhere = Seen(packet.tag, 0, 0)
    met = ((one.seen or nowhere, Event(*one.place.split(), one.position, one.verdict)) for one in way.met)
    return Observed(tuple(met), way.arrived)


if __name__ == "__main__":
    record()
