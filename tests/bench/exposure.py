"""`make bench`: how long `netaudit exposure` takes, on hosts with many containers and with many rules.

Prints a table and writes it to docs/speed.md, as the page's last section.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import packing

from bench.bench import MODEL, table
from bench.installed import measure, netaudit
from bench.page import put_section
from bench.synthetic import make_facts
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure.table import expose
from netaudit.parse import parse_snapshot
from netaudit.store import save

_CONTAINERS = (100, 300, 1000, 1667, 3000, 5000)  # one port each; the fourth is 5,000 rules
_RULES = (1250, 2500, 5000, 10_000)  # of an operator, beside 20 containers
_HEADING = "## Who can reach what"
_WORDS = """{heading}

`python -m bench.exposure`, load average {load:.1f} at the end. The whole table, all 65,535 ports of each container and
answers included, on hosts of N containers with one published port each, and on one of 20 containers before which an
operator put N rules that overlap. First the table alone, in seconds of processor time, then the whole of
`netaudit exposure RECORDING --format json`, as above:

{growth}
"""


def main() -> None:
    """Measure, print, and write the section."""
    packing.unpack(packing.TREE)
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL
    hosts = [(f"{size:,} containers", make_facts(model, size)) for size in _CONTAINERS]
    hosts += [(f"{size:,} rules of an operator", operators(make_facts(model, 20), size)) for size in _RULES]
    headers = ["host", "rules", "rows", "table, CPU s", "ms per row", "command, s", "peak MB"]
    with tempfile.TemporaryDirectory() as folder:
        growth = table([_row(name, facts, Path(folder)) for name, facts in hosts], headers)
    section = _WORDS.format(heading=_HEADING, load=os.getloadavg()[0], growth=growth)
    put_section(_HEADING, section)
    print(section)


def _row(name: str, facts: Facts, folder: Path) -> Sequence[object]:
    start = time.process_time()
    snapshot = parse_snapshot(facts)
    rows = len(expose(snapshot, snapshot.program))
    used = time.process_time() - start
    save(facts, folder / name)
    _, seconds, megabytes = measure(netaudit("exposure", folder / name, "--format", "json", "-o", os.devnull))
    return name, snapshot.ruleset.count(), rows, used, used / rows * 1000, seconds, round(megabytes)


def operators(facts: Facts, size: int) -> Facts:
    """Put rules of an operator first in FORWARD: senders, receivers and ports that overlap, some admitted."""
    text = facts.files[Source.IPTABLES_NFT].decode()
    head, found, rest = text.partition("-A DOCKER-USER") if "-A DOCKER-USER" in text else text.partition("-A FORWARD")
    at = head.rindex("\n") + 1
    rules = "".join(f"[0:0] -A FORWARD {rule}\n" for rule in _rules(size))
    files = {**facts.files, Source.IPTABLES_NFT: (head[:at] + rules + head[at:] + found + rest).encode()}
    return msgspec.structs.replace(facts, files=files)


def _rules(size: int) -> Iterator[str]:
    chance = random.Random(3)  # noqa: S311 (rulesets, not secrets)
    for _ in range(size):
        octets = chance.randrange(11, 200), chance.randrange(256), chance.randrange(256)
        source = "{}.{}.{}.0/{}".format(*octets, chance.choice((16, 20, 24)))
        target, ports = f"172.17.0.{chance.randrange(2, 22)}/32", chance.randrange(1, 60000)
        match chance.randrange(4):
            case 0:
                yield f"-s {source} -j DROP"
            case 1:
                yield f"-s {source} -p tcp -m tcp --dport {ports}:{ports + 50} -j DROP"
            case 2:
                yield f"-d {target} -p tcp -m multiport --dports {ports},{ports + 7} -j DROP"
            case _:
                yield f"-s {source} -d {target} -p udp -j ACCEPT"


if __name__ == "__main__":
    main()
