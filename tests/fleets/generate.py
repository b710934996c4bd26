"""A seed -> a fleet: hosts that differ in names, addresses, ports, engines and firewalls, some of them with a fault."""

import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

import netaudit
from fleets.faults import FAULTS, Fault, Files

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"
START = datetime(2026, 11, 28, 6, 0, 0, tzinfo=UTC)
_IDS = re.compile(rb"\b[0-9a-f]{64}\b")
_SCENARIOS = ("default-one-port/01", "default-one-port/00", "user-net/02", "two-host-ports/01", "operators-rules/00")
_FAULTY = "default-one-port/01"
_FAULTY_ENGINES = ("28.5.2-iptables-nft", "28.5.2-iptables-legacy")
_ROLES = ("shop", "blog", "mail", "wiki", "files")


class Made(NamedTuple):
    """A host of the fleet: its name, the recording that it is made from, and its fault."""

    host: str
    base: str
    fault: Fault | None


@cache
def bases() -> tuple[str, ...]:
    """Name the recordings that hosts are made from: every engine and backend of the lab that has them."""
    engines = sorted(one.name for one in RECORDINGS.iterdir() if one.name[0].isdigit())
    names = (f"{engine}/{scenario}" for engine in engines for scenario in _SCENARIOS)
    return tuple(name for name in names if (RECORDINGS / name).is_dir())


def plan_fleet(hosts: int, faults: int, seed: int) -> Iterator[Made]:
    """Choose each host's recording, and which hosts have a fault."""
    chance = random.Random(seed)  # noqa: S311 (the same fleet for the same seed)
    faulty = set(chance.sample(range(hosts), faults))
    for number in range(hosts):
        name = f"{chance.choice(_ROLES)}-{number:05d}"
        if number in faulty:
            yield Made(name, f"{chance.choice(_FAULTY_ENGINES)}/{_FAULTY}", chance.choice(FAULTS))
        else:
            yield Made(name, chance.choice(bases()), None)


def make_fleet(folder: Path, hosts: int, faults: int, seed: int) -> list[Made]:
    """Write a recording of each host of a fleet, as a .tar.gz below a folder of a hundred."""
    plan = list(plan_fleet(hosts, faults, seed))
    for number, made in enumerate(plan):
        place = folder / f"{number // 100:03d}"
        place.mkdir(parents=True, exist_ok=True)
        write_host(place / f"{made.host}.tar.gz", made, number)
    return plan


def write_host(path: Path, made: Made, number: int) -> None:
    """Write the recording of one host: its base's, with its fault, under names and addresses of its own."""
    base = _base(made.base)
    files = made.fault.edit(base.files) if made.fault else base.files
    taken_at = (START + timedelta(seconds=number % 600)).isoformat().replace("+00:00", "Z")
    facts = replace(base, files=vary(files, made.host, number), host=made.host, taken_at=taken_at)
    netaudit.save(facts, path)


def vary(files: Files, host: str, number: int) -> dict[str, bytes]:
    """Give a recording other addresses, ports, identities and names, the same ones in all of its files."""
    ids = {old for data in files.values() for old in _IDS.findall(data)}
    words: dict[bytes, bytes] = {}
    for old in sorted(ids):
        new = hashlib.sha256(old + host.encode()).hexdigest().encode()
        words[old] = new
        words.setdefault(old[:12], new[:12])  # as in br-0123456789ab, and in Docker's short names
    low, high = number % 200 + 20, number // 200 % 200 + 20
    words |= {b"172.17.": b"10.%d." % low, b"172.18.": b"10.%d." % (low + 1), b"172.19.": b"10.%d." % (low + 2)}
    words |= {b"8080": b"%d" % (20000 + number), b"8081": b"%d" % (40000 + number)}
    words |= {b'"/web"': b'"/web-%d"' % high, b'"web"': b'"web-%d"' % high}
    pattern = re.compile(b"|".join(rb"(?<![0-9a-f.])" + re.escape(old) for old in sorted(words, key=len, reverse=True)))
    return {name: pattern.sub(lambda found: words[found[0]], data) for name, data in files.items()}


def expected(made: Made, clean: Mapping[str, Counter[str]]) -> Counter[str]:
    """Return the findings of a host, by what its base has and what its fault brings and takes."""
    found = Counter(clean[made.base])
    if made.fault:
        found.update(made.fault.brings)
        found.subtract(made.fault.takes)
    return +found


@cache
def _base(name: str) -> netaudit.Facts:
    return netaudit.load(RECORDINGS / name)


def clean_findings() -> dict[str, Counter[str]]:
    """Audit each base as it is, by the public API."""
    auditor = netaudit.load_auditor()
    return {name: Counter(one.check.id for one in auditor.audit(_base(name)).open) for name in bases()}
