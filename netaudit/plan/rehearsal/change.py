"""What a rehearsal makes different: the engine's version, its backend, keys of daemon.json."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

import msgspec

from netaudit.errors import UsageError
from netaudit.model.host import Interface
from netaudit.model.version import Version
from netaudit.plan.engine.pools import read_pools
from netaudit.plan.rehearsal.default_bridge import Object, Options, default_pools

OptionValue = bool | int | str | list[str] | dict[str, object] | None
_NFTABLES_SINCE = Version(29)


class FirewallBackend(StrEnum):
    """What --firewall-backend takes."""

    IPTABLES = "iptables"
    NFTABLES = "nftables"


class EngineChange(msgspec.Struct, frozen=True):
    """The engine, backend and options of a rehearsal; "" and no keys: as the host has them."""

    engine: str = ""
    backend: FirewallBackend | None = None
    daemon: Mapping[str, OptionValue] = {}


POOLS = "default-address-pools"
_POOLS_EXAMPLE = f'{POOLS}=[{{"base": "10.200.0.0/16", "size": 24}}]'
# Keys of daemon.json that decide over rules, and are followed. All of them are switches but for the strings.
SWITCHES = frozenset(
    {
        "allow-direct-routing",
        "icc",
        "ip-forward",
        "ip-forward-no-drop",
        "ip-masq",
        "ip6tables",
        "iptables",
        "live-restore",
        "userland-proxy",
    }
)
STRINGS = frozenset({"bridge-accept-fwmark", "firewall-backend", "ip"})
# Keys that give the daemon other networks: what then happens is not followed.
NOT_FOLLOWED = frozenset({"data-root", "exec-root", "features", "userns-remap"})
# Keys that decide over networks and containers that are made later.
ONLY_NEW = frozenset({POOLS, "default-network-opts"})


def wrong_options(daemon: Options) -> Iterator[tuple[str, str, str]]:
    """List the keys of daemon.json with whose values no daemon would start, each with the reason and what to write."""
    for key, value in daemon.items():
        if key in SWITCHES | {"ipv6"} and not isinstance(value, bool):
            yield key, f"{value!r} is neither true nor false", f"{key}=false"
        elif key in STRINGS and not isinstance(value, str):
            yield key, f"{value!r} is no text", f"{key}=TEXT"
        elif key == POOLS and (wrong := read_pools(value)[1]):
            what = "pools" if isinstance(value, list) else "a list of pools"
            yield key, f"dockerd does not start with {', '.join(wrong[:3])} for {what}", _POOLS_EXAMPLE


def bridge_pools(
    options: Options, version: Version, there: list[Object], interfaces: Iterable[Interface] = ()
) -> list[Object]:
    """Return the pools of the default bridge. Raises UsageError where no daemon would start with the options."""
    try:
        return default_pools(options, version, there, interfaces)
    except ValueError as error:
        raise UsageError(f"no addresses for the default bridge: {error}", hint="for example bip=10.0.0.1/24") from error


def check_change(change: EngineChange, current: str) -> None:
    """Refuse what no daemon would start with; `current` is the engine's version now. Raises UsageError."""
    for key, said, example in wrong_options(change.daemon):
        raise UsageError(f"daemon key {key}: {said}", hint=f"write {example}")
    bridge_pools(change.daemon, Version.parse(change.engine), [])
    version = Version.parse(change.engine or current)
    if change.engine and not version:
        raise UsageError(f"not an engine's version: {change.engine}", hint="write for example 29.0.0")
    if backend_of(change) is FirewallBackend.NFTABLES and version and version < _NFTABLES_SINCE:
        raise UsageError(
            f"engine {change.engine or current} has no nftables backend", hint="it is there since 29.0: --engine 29"
        )


def backend_of(change: EngineChange) -> FirewallBackend | None:
    """Return the backend that is asked for, None where the host's stays. Raises UsageError."""
    if change.backend is not None:
        return change.backend
    value = change.daemon.get("firewall-backend")
    if value is None:
        return None
    try:
        return FirewallBackend(str(value))
    except ValueError as error:
        raise UsageError(
            f"daemon key firewall-backend: {value} is no backend", hint="it is iptables or nftables"
        ) from error
