"""docs/rule-references.md, from docs/rule-references.tsv: `make goldens` writes it again."""

import csv
from collections.abc import Iterator
from pathlib import Path

_ROOT = Path(__file__).parents[2]
PATH = _ROOT / "docs" / "rule-references.md"
TABLE = _ROOT / "docs" / "rule-references.tsv"
_GROUPS = {
    "D": "The daemon",
    "N": "Networks",
    "E": "Endpoints",
    "P": "Port bindings",
    "L": "Legacy links",
    "S": "Swarm: ingress and published services",
    "O": "Encrypted overlay networks",
    "X": "The nftables backend",
    "C": "Inside a container's network namespace",
    "V": "Podman: netavark's nftables driver",
    "W": "Podman: netavark's iptables driver",
}
_HEAD = """# Rule references: what Docker Engine and Podman write

A `reference:` in `rules/attribution/` names a section of this page: the rule as an engine writes it, on which engines,
where it stands, when it is there, and how that is known. The page is made from
[rule-references.tsv](rule-references.tsv); `make goldens` writes it again. Rule templates are Docker's, all else is
netaudit's own research, in moby's source from v20.10.24 to docker-v29.7.2, in netavark's from v1.14.0 to v1.17.2, and
on running engines.

## Evidence

| Mark | Means |
|---|---|
| `[verified 20.10]`, `[verified 26.1]`, `[verified 28.5]` | seen on that engine: the difference of two iptables-save |
| `[verified netavark 1.14.0]` | seen in what that netavark wrote |
| `upstream golden` | the exact line is in an expected-result file of moby's own tests, at that version |
| `upstream rule listing` | the line is in the generated documentation of moby's integration tests, at that version |
| `[from source only]`, `source` | read in moby's source, not run |

## Placeholders

| Placeholder | Stands for |
|---|---|
| `{bridge}`, `{subnet}` | the interface of a bridge network; the network address of that bridge, with its mask |
| `{ip}`, `{cport}` | a container's address and port |
| `{hip}`, `{hport}` | an address and a port of the host |
| `{proto}` | `tcp`, `udp` or `sctp` |
| `{snat}` | the source address that the network's label `host_ipv4` or `host_ipv6` gives |
| `{parent}`, `{child}` | the two containers of a legacy link |
| `{mark}`, `{trusted}` | the value of `--bridge-accept-fwmark`; an interface of the label `trusted_host_interfaces` |
| `{vxlan}`, `{vni8}`, `{vni8hex}` | the UDP port of VXLAN; an overlay network's VNI, as digits or bytes of the match |
| `{network_id}`, `{network_hash}` | of a Podman network: 8 digits of its id, 13 of the SHA-512 of its name |
| `{subnet_name}`, `{owner}` | a subnet as part of a chain's name; a container's id |
| `{ports}`, `{target_ports}` | host ports and container ports that Podman publishes, one or a range |
| `{tcpport}`, `{udpport}` | the ports on which the embedded DNS of a container listens |
"""


def rows() -> list[dict[str, str]]:
    """Read the table; every column is text."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def render() -> str:
    """Print the page: one section for each reference, so that `#p8` leads to P8."""
    gathered: dict[str, list[dict[str, str]]] = {}
    for row in rows():
        gathered.setdefault(row["id"], []).append(row)
    return _HEAD + "\n".join(line for letter in _GROUPS for line in _group(letter, gathered)) + "\n"


def _group(letter: str, gathered: dict[str, list[dict[str, str]]]) -> Iterator[str]:
    yield from ("", f"## {_GROUPS[letter]}")
    yield from (line for name, same in gathered.items() if name[0] == letter for line in _section(name, same))


def _section(name: str, versions: list[dict[str, str]]) -> Iterator[str]:
    yield from ("", f"### {name}")
    for (table, ip, template), same in _gathered(versions, "table", "ip", "template"):
        purposes = dict.fromkeys(row["purpose"] for row in same)
        yield from (
            "",
            f"Table {table}, IP version {ip}, for the {same[0]['owner']}. {' '.join(purposes)}",
            "",
            f"    {template}",
            "",
        )
        yield from ("| Engines | Where in the chain | When | Evidence |", "|---|---|---|---|")
        for (position, condition), engines in _gathered(same, "position", "condition"):
            known = dict.fromkeys(row["evidence"] for row in engines)
            families = dict.fromkeys(row["family"] for row in engines)
            cells = (", ".join(families), position, condition, "; ".join(known))
            yield f"| {' | '.join(map(_escaped, cells))} |"


def _gathered(versions: list[dict[str, str]], *columns: str) -> Iterator[tuple[tuple[str, ...], list[dict[str, str]]]]:
    gathered: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for row in versions:
        gathered.setdefault(tuple(row[column] for column in columns), []).append(row)
    yield from gathered.items()


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


def main() -> None:
    """Write the page."""
    PATH.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
