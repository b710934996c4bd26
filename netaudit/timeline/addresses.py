"""What of a host differs beside its rules: what a person calls a change, not what comes and goes by itself.

Interfaces of containers and their networks come and go with these: their addresses, routes and settings are left out.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.model.docker import is_docker_bridge
from netaudit.model.facts import Facts, Source

_WHOLE = (Source.DAEMON_JSON, Source.DOCKERD_ARGV, Source.DOCKER_VERSION)  # what they say is not repeated
_BRIDGE_OPTION = "com.docker.network.bridge.name"
_ROUTE = (("", "type"), ("", "dst"), ("via", "gateway"), ("dev", "dev"), ("table", "table"), ("metric", "metric"))
_RULE = (("from", "src"), ("to", "dst"), ("fwmark", "fwmark"), ("iif", "iif"), ("oif", "oif"), ("lookup", "table"))
_LENGTHS = {"src": "srclen", "dst": "dstlen"}
_BY_THEMSELVES = ("fe80", "ff00", "multicast")  # routes that come with each interface


class Moved(msgspec.Struct, frozen=True):
    """A source that differs, with what came and what went, in the words of ip(8) and sysctl(8)."""

    source: str
    came: tuple[str, ...] = ()
    went: tuple[str, ...] = ()


def moved_sources(before: Facts, after: Facts) -> tuple[Moved, ...]:
    """Return the sources that differ: addresses and routes of global scope, settings, the engine's options."""
    own = frozenset((*_of_engines(before), *_of_engines(after)))
    found = [_whole(name, before, after) for name in _WHOLE]
    found.append(_differing(Source.SYSCTL, *_settings(before, after, own)))
    found.append(_differing(Source.IP_ADDR, _addresses(before, own), _addresses(after, own)))
    found += [
        _differing(name, _routes(before, name, own), _routes(after, name, own))
        for name in (Source.IP_ROUTE, Source.IP6_ROUTE)
    ]
    found += [
        _differing(name, _policy_rules(before, name), _policy_rules(after, name))
        for name in (Source.IP_RULE, Source.IP6_RULE)
    ]
    return tuple(one for one in found if one)


def _whole(name: Source, before: Facts, after: Facts) -> Moved | None:
    one, other = before.files.get(name), after.files.get(name)
    return Moved(name) if one is not None and other is not None and one != other else None


def _differing(source: Source, before: frozenset[str] | None, after: frozenset[str] | None) -> Moved | None:
    """Compare what a source said; None where one of the two did not say it, or nothing differs."""
    if before is None or after is None or before == after:
        return None
    return Moved(source, tuple(sorted(after - before)), tuple(sorted(before - after)))


def _of_engines(facts: Facts) -> Iterator[str]:
    """Name the bridges that the networks of an engine were given names for."""
    for network in _read(facts, Source.DOCKER_NETWORKS) or ():
        options = network.get("Options")
        if isinstance(options, dict) and _BRIDGE_OPTION in options:
            yield str(options[_BRIDGE_OPTION])
    for network in _read(facts, Source.PODMAN_NETWORKS) or ():
        yield str(network.get("network_interface"))


def _comes_and_goes(interface: str, own: frozenset[str]) -> bool:
    return interface in own or is_docker_bridge(interface) or interface.startswith(("veth", "podman"))


def _read(facts: Facts, name: Source) -> list[dict[str, Any]] | None:
    try:
        return decode_json(facts.files[name], list[dict[str, Any]])
    except (KeyError, UnfitError):
        return None


def _settings(before: Facts, after: Facts, own: frozenset[str]) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Return the settings that both recordings have: an interface brings and takes its own."""
    one, other = (_sysctls(facts) for facts in (before, after))
    if one is None or other is None:
        return None, None
    both = [key for key in one.keys() & other.keys() if not any(_comes_and_goes(part, own) for part in key.split("."))]
    return frozenset(f"{key} = {one[key]}" for key in both), frozenset(f"{key} = {other[key]}" for key in both)


def _sysctls(facts: Facts) -> Mapping[str, str] | None:
    data = facts.files.get(Source.SYSCTL)
    if data is None:
        return None
    pairs = (line.partition(" = ") for line in data.decode(errors="replace").splitlines())
    return {key: value for key, found, value in pairs if found}


def _addresses(facts: Facts, own: frozenset[str]) -> frozenset[str] | None:
    links = _read(facts, Source.IP_ADDR)
    if links is None:
        return None
    return frozenset(
        f"{one.get('local')}/{one.get('prefixlen')} dev {link.get('ifname')}"
        for link in links
        if not _comes_and_goes(str(link.get("ifname")), own)
        for one in link.get("addr_info", ())
        if isinstance(one, dict) and one.get("scope") != "link"
    )


def _routes(facts: Facts, name: Source, own: frozenset[str]) -> frozenset[str] | None:
    """Return where routes lead; multicast and link-local ones come with each interface."""
    routes = _read(facts, name)
    if routes is None:
        return None
    return frozenset(
        _words(one, _ROUTE)
        for one in routes
        if not str(one.get("dst", "")).startswith(_BY_THEMSELVES) and not _comes_and_goes(str(one.get("dev", "")), own)
    )


def _policy_rules(facts: Facts, name: Source) -> frozenset[str] | None:
    rules = _read(facts, name)
    if rules is None:
        return None
    return frozenset(f"{one.get('priority', '?')}: {_words(_with_lengths(one), _RULE)}" for one in rules)


def _with_lengths(rule: Mapping[str, object]) -> Mapping[str, object]:
    """Write prefixes as one word: ip(8) prints `src` and `srclen` apart."""
    written = {
        side: f"{rule[side]}/{rule[length]}" for side, length in _LENGTHS.items() if {side, length} <= rule.keys()
    }
    return {key: value for key, value in {**rule, **written}.items() if key not in _LENGTHS.values()}


def _words(one: Mapping[str, object], parts: tuple[tuple[str, str], ...]) -> str:
    """Write an object of ip's JSON; what it has beside the parts stands behind them, so that nothing differs unseen."""
    named = {key for _, key in parts}
    more = [f"{key} {one[key]}" for key in sorted(one) if key not in named and key not in _SAID_ELSEWHERE]
    return " ".join([*(f"{word} {one[key]}".strip() for word, key in parts if key in one), *more])


_SAID_ELSEWHERE = frozenset({"flags", "priority", "protocol", "scope", "cache", "used", "error", "pref"})
