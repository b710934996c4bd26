"""Load a random ruleset into the world's host, and read back what its own tools say of it."""

import re
from collections import Counter

import msgspec

from kernel import random_iptables, random_nft
from kernel.pools import Pools
from kernel.world import OBSERVER, World, attempt, run
from netaudit.model.facts import Facts
from netaudit.model.host import Host
from netaudit.model.netfilter.program import Program
from netaudit.parse import parse_snapshot

OBSERVING = "observer"
_REFUSED = re.compile(r"(?:/dev/stdin:|[Ll]ine:? )(\d+)")


class Ruleset(msgspec.Struct, frozen=True):
    """A loaded ruleset, read: what netaudit makes of it, and which position each handle is."""

    program: Program
    host: Host
    positions: dict[tuple[str, str, str, int], int]
    text: str
    backend: str
    files: dict[str, bytes] = {}


def load(here: World, backend: str, pools: Pools, base: dict[str, bytes]) -> Ruleset:
    # Frames are sent straight to the host and from it: nobody asks who has an address, as at the ends of a tunnel.
    files = {name: data.replace(b'"info_kind":"veth"', b'"info_kind":"tun"') for name, data in base.items()}
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
    return read(files, _positions(listed), text, backend)


def read(files: dict[str, bytes], positions: dict[tuple[str, str, str, int], int], text: str, backend: str) -> Ruleset:
    """Return what netaudit makes of a host's files, without the table that observes."""
    snapshot = parse_snapshot(Facts(files))
    kept = Program(tuple(table for table in snapshot.program.tables if table.name != OBSERVING))
    return Ruleset(kept, snapshot.host, positions, text, backend, files)


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


def unload(here: World, backend: str) -> None:
    if backend == "iptables-legacy":
        for tool in ("iptables-legacy", "ip6tables-legacy"):
            empty = "".join(
                f"*{table}\n" + "".join(f":{chain} ACCEPT\n" for chain in chains) + "COMMIT\n"
                for table, chains in random_iptables.CHAINS.items()
            )
            run(here.host, f"{tool}-restore", feed=empty)
        return
    run(here.host, "nft", "-f", "-", feed=f"flush ruleset\n{OBSERVER}")
