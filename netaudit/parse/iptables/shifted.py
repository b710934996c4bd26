"""Port ranges that are shifted as a whole: `--dport 8080:8083 -j DNAT --to-destination 192.0.2.1:80-83/8080`.

The kernel gives the port `first + (port - base) mod count`: where a rule asks for a few ports only, each has its own.
Source: NF_NAT_RANGE_PROTO_OFFSET in net/netfilter/nf_nat_core.c.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from netaudit.model.netfilter.match import Field, InRanges, in_ranges
from netaudit.model.netfilter.statement import ACCEPT, CONTINUE, Meaning, Nat, NatKind

_MOST = 1024  # ports of a rule that are told apart


def with_shifted_ports(meaning: Meaning, destination: str) -> Meaning:
    """Return what a rule means, each port by itself; unchanged where there is no base port or no few ports."""
    base = destination.rpartition("/")[2] if "/" in destination else ""
    ports = _few_ports(meaning) if base.isascii() and base.isdigit() else range(0)
    match meaning.statements:
        case (Nat(kind=NatKind.DNAT, ports=(int() as first, int() as last)) as nat,) if ports and first <= last:
            count = last - first + 1
            then = tuple(
                Meaning(
                    (in_ranges(Field.DPORT, ((port, port),)),), (replace(nat, ports=(to, to), spread=False),), ACCEPT
                )
                for port in ports
                for to in (first + (port - int(base)) % count,)
            )
            return Meaning(meaning.matches, (), CONTINUE, then)
        case _:
            return meaning


def _few_ports(meaning: Meaning) -> Iterable[int]:
    """List the destination ports that a rule asks for, where they are few."""
    of_ports = (one for one in meaning.matches if isinstance(one, InRanges) and one.field is Field.DPORT)
    ranges = next((one.ranges for one in of_ports), ())
    count = sum(last - first + 1 for first, last in ranges)
    return [port for first, last in ranges for port in range(first, last + 1)] if count <= _MOST else []
