"""Change one rule at a time on recorded hosts, and hold policies against them: `python -m flips.run FLIPS [SEED]`.

A line of JSON for each flip goes to FILE, with which an interrupted run goes on: `--out FILE`.
"""

import argparse
import json
import random
import sys
from dataclasses import asdict
from pathlib import Path

from flips.judged import Found, flips_of, try_flip

_SCENARIOS = ("default-one-port/01", "user-net/02", "operators-rules/05", "two-nets/04")
HOSTS = (
    *(f"20.10.24-iptables-legacy/{one}" for one in _SCENARIOS[:3]),
    *(f"20.10.24-iptables-nft/{one}" for one in _SCENARIOS),
    *(f"26.1.5-iptables-nft/{one}" for one in _SCENARIOS),
    *(f"28.5.2-iptables-legacy/{one}" for one in _SCENARIOS[:3]),
    *(f"28.5.2-iptables-nft/{one}" for one in _SCENARIOS),
    "29.7.2-nftables/routed-second-network/04",
    "29.7.2-nftables/ipv6-only-network/05",
)


def chosen(number: int, seed: int) -> list[tuple[str, int]]:
    """Choose flips: as many of each host, and of each kind at random."""
    chance = random.Random(seed)  # noqa: S311 (a test's choice)
    picked: list[tuple[str, int]] = []
    for at, name in enumerate(HOSTS):
        own = number // len(HOSTS) + (at < number % len(HOSTS))
        places = range(len(flips_of(name)))
        picked += [(name, place) for place in sorted(chance.sample(places, min(own, len(places))))]
    return picked


def main() -> int:
    """Try flips, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flips", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--out", type=Path, default=Path("flips.jsonl"))
    options = parser.parse_args()
    lines = options.out.read_text().splitlines() if options.out.exists() else []
    done = {tuple(one["flip"]): one for one in map(json.loads, lines)}
    with options.out.open("a") as file:
        for name, place in chosen(options.flips, options.seed):
            if (name, place) not in done:
                found = try_flip(name, flips_of(name)[place], options.seed + place)
                done[name, place] = {"flip": [name, place], **asdict(found)}
                print(json.dumps(done[name, place]), file=file, flush=True)
    return _sum([done[one] for one in chosen(options.flips, options.seed)])


def _sum(found: list[dict[str, object]]) -> int:
    tried = [Found(**{name: value for name, value in one.items() if name != "flip"}) for one in found]  # type: ignore[arg-type]
    for one in tried:
        for wrong in one.wrong:
            print(f"WRONG {one.recording}, {one.what}\n  {wrong}")
    wrong = sum(bool(one.wrong) for one in tried)
    entries, changed = sum(one.entries for one in tried), sum(one.changed for one in tried)
    said = f"{len({one.recording for one in tried})} hosts, {len(tried)} flips, {entries} entries"
    said += f", {changed} changed their verdict by {sum(bool(one.changed) for one in tried)} flips"
    print(f"{said}; {sum(one.traced for one in tried)} packets traced: {wrong} wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
