"""`make bench`: how long the whole exposure table takes, on hosts with many containers and with many rules."""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from tabulate import tabulate

from bench.synthetic import make_facts
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure import expose
from netaudit.parse import parse_snapshot
from netaudit.parse.program import parse_program

_MODEL = Path(__file__).parents[1] / "recordings" / "28.5.2-iptables-nft" / "default-no-port" / "00"
_CONTAINERS = (100, 300, 1000, 1667)  # one port each; the last is 5,000 rules
_RULES = (1250, 2500, 5000)  # of an operator, beside 20 containers


def main() -> None:
    """Measure and print."""
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else _MODEL
    hosts = [(f"{size} containers", make_facts(model, size)) for size in _CONTAINERS]
    hosts += [(f"{size} rules of an operator", _operators(make_facts(model, 20), size)) for size in _RULES]
    rows = [_row(name, facts) for name, facts in hosts]
    print(tabulate(rows, headers=["host", "rules", "rows", "s", "CPU s", "ms per row"], floatfmt=".2f"))


def _row(name: str, facts: Facts) -> Sequence[object]:
    start, used = time.perf_counter(), time.process_time()
    snapshot = parse_snapshot(facts)
    table = expose(snapshot, parse_program(facts, snapshot.ruleset))
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    return name, snapshot.ruleset.count(), len(table), seconds, cpu, seconds / len(table) * 1000


def _operators(facts: Facts, size: int) -> Facts:
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
