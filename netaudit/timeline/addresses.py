"""What of a host differs beside its rules: what a person calls a change, not what comes and goes by itself."""

from collections.abc import Iterator
from typing import Any

from netaudit.bounded import UnfitError, decode_json
from netaudit.model.facts import Facts, Source

_WHOLE = (
    Source.IP_RULE,
    Source.IP6_RULE,
    Source.SYSCTL,
    Source.DAEMON_JSON,
    Source.DOCKERD_ARGV,
    Source.DOCKER_VERSION,
)


def moved_sources(before: Facts, after: Facts) -> tuple[str, ...]:
    """Name the sources that differ: addresses and routes of global scope, settings, the engine's options."""
    found = [name for name in _WHOLE if _both_differ(before.files.get(name), after.files.get(name))]
    addresses = Source.IP_ADDR
    if _both_differ(_addresses(before), _addresses(after)):
        found.append(addresses)
    routes = (Source.IP_ROUTE, Source.IP6_ROUTE)
    found += [name for name in routes if _both_differ(_routes(before, name), _routes(after, name))]
    return tuple(found)


def _both_differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _read(facts: Facts, name: Source) -> list[dict[str, Any]] | None:
    try:
        return decode_json(facts.files[name], list[dict[str, Any]])
    except (KeyError, UnfitError):
        return None


def _addresses(facts: Facts) -> frozenset[tuple[str, ...]] | None:
    links = _read(facts, Source.IP_ADDR)
    return None if links is None else frozenset(one for link in links for one in _of_link(link))


def _of_link(link: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for one in link.get("addr_info", ()):
        if isinstance(one, dict) and one.get("scope") != "link":
            yield str(link.get("ifname")), str(one.get("local")), str(one.get("prefixlen"))


def _routes(facts: Facts, name: Source) -> frozenset[tuple[str, ...]] | None:
    """Return where routes lead; multicast and link-local ones come with each interface."""
    routes = _read(facts, name)
    if routes is None:
        return None
    parts = ("type", "dst", "gateway", "dev", "table", "metric", "prefsrc")
    named = (tuple(str(one.get(part, "")) for part in parts) for one in routes)
    return frozenset(one for one in named if not one[1].startswith(("fe80", "ff00", "multicast")))
