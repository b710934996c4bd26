"""What is open to whom, in a line for each group of zones: how an audit begins for people."""

from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.model.exposure import OUTSIDE
from netaudit.report.text.destinations import OTHER_PORTS
from netaudit.report.text.reach.rows import OpenRow, open_rows
from netaudit.report.text.unseen import OUTSIDERS, describe_nothing_reachable

_WILDCARDS = {"0.0.0.0:": " (IPv4)", "[::]:": " (IPv6)"}
_MOST_ADDRESSES = 2  # addresses of one port
_NAMED = 6  # ports of one group of zones


def describe_open(shown: AttributedSnapshot) -> Iterator[str]:
    """Say what outsiders reach, a sentence for each group of zones, or that nobody computed it."""
    if shown.exposure is None:
        yield f"who can reach what was not computed: {shown.exposure_gap or 'not asked for'}"
        return
    groups: dict[str, list[OpenRow]] = {}
    narrowed = shown.head.narrowed
    everywhere = narrowed is not None and bool(narrowed.zones)  # then there are no other zones left
    for row in open_rows(one for one in shown.exposure if everywhere or one.exposure.zone.kind in OUTSIDE):
        groups.setdefault(f"{'' if row.sure else 'may be '}open to {', '.join(map(str, row.zones))}", []).append(row)
    for zones, rows in groups.items():
        more = f" and {len(rows) - _NAMED} more (netaudit exposure)" if len(rows) > _NAMED else ""
        yield f"{zones}: {', '.join(f'{row.name}{_host_port(row)}' for row in rows[:_NAMED])}{more}"
    if not groups:
        yield describe_nothing_reachable(shown.head, OUTSIDERS)


def _host_port(row: OpenRow) -> str:
    """Say by which port of the host, and over which family where it is one.

    "" where it is the same port over both, and for ports that are not known.
    """
    if row.receiver == OTHER_PORTS:
        return ""
    ports = {wildcard: set[str]() for wildcard in _WILDCARDS}
    for address in row.addresses:
        for wildcard, known in ports.items():
            known.update([address.removeprefix(wildcard)] if address.startswith(wildcard) else [])
    ipv4, ipv6 = ports.values()
    if ipv4 == ipv6 and len(row.addresses) == len(ipv4) + len(ipv6):
        return "" if ipv4 == {row.port.partition("/")[0]} else f" by port {', '.join(sorted(ipv4, key=int))}"
    shown = [
        f"{one}{next((said for start, said in _WILDCARDS.items() if one.startswith(start)), '')}"
        for one in row.addresses
    ]
    more = f" and {len(shown) - _MOST_ADDRESSES} more" if len(shown) > _MOST_ADDRESSES else ""
    return f" by {', '.join(shown[:_MOST_ADDRESSES])}{more}"
