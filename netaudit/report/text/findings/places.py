"""Where a mistake is, in few words: ports of a container together, many containers by number."""

from collections.abc import Sequence

from netaudit.audit.finding import Finding
from netaudit.audit.risk import Mistake, Reach
from netaudit.model.exposure import Outcome, ZoneKind

REACHED_FROM = {Reach.INTERNET: "internet", Reach.LAN: "lan", Reach.INSIDE: ""}
_NAMED = 3


def describe_places(mistake: Mistake) -> str:
    """Name what a mistake is about: `shop-web 80, 443/tcp`, `a 80/tcp, b 80/tcp, c 80/tcp and 233 more`."""
    by_name: dict[str, list[str]] = {}
    for place in mistake.places:
        name, port = _split(place) if mistake.first.about else (place, "")
        by_name.setdefault(name, []).append(port)
    named = [f"{name} {join_ports(ports)}".rstrip() for name, ports in by_name.items()]
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def describe_title(finding: Finding) -> str:
    """Say in a few words what is wrong: what is not certain may be so; a service that can be used there is named."""
    title = finding.title.replace(" is open", " may be open") if finding.doubts else finding.title
    named = not finding.service or finding.service.lower() in title.lower()
    return title if named else f"{finding.service}: {title[:1].lower()}{title[1:]}"


def describe_what(mistake: Mistake) -> str:
    """Say what is wrong with a mistake, and what its aspects say of all its places: `… (ufw denies it; bypassed)`."""
    asides: dict[str, set[str]] = {}
    for one in mistake.findings:
        if one.aside and one.check.id != mistake.first.check.id:
            asides.setdefault(one.aside, set()).add(one.about or one.subject)
    of_all = [said for said, places in asides.items() if places.issuperset(mistake.places)]
    return describe_title(mistake.first) + "".join(f" ({said})" for said in of_all)


def zones_of(finding: Finding) -> tuple[str, ...]:
    """Name the zones from which packets get there, or may, the farthest first."""
    cells = (one.exposure for one in finding.evidence.cells)
    zones = {one.zone for one in cells if one.outcome is not Outcome.BLOCKED}
    order = list(ZoneKind)
    return tuple(map(str, sorted(zones, key=lambda one: (order.index(one.kind), one.name))))


def _split(place: str) -> tuple[str, str]:
    name, _, port = place.rpartition(" ")
    return name, port


def join_ports(ports: Sequence[str]) -> str:
    """Join ports of one protocol: `80, 443/tcp`, in their order."""
    protocols: dict[str, list[str]] = {}
    for port in ports:
        number, slash, protocol = port.partition("/")
        protocols.setdefault(slash + protocol, []).append(number)
    joined = ("{}{}".format(", ".join(sorted(numbers, key=_number)), end) for end, numbers in protocols.items())
    return " and ".join(filter(None, joined))


def _number(port: str) -> tuple[int, str]:
    return (int(port) if port.isdecimal() else 0, port)
