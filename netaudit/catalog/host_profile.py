"""A host profile as TOML -> a HostProfile; errors name file, line and key. docs/plan.md describes it."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from netaudit.catalog.config import Text, convert_toml, refuse_toml
from netaudit.catalog.document import Strict
from netaudit.model.host import HostAddress, Listener
from netaudit.model.netfilter.ruleset import Backend
from netaudit.model.version import Version
from netaudit.plan.profile.profile import HostProfile, ProfileInterface, interfaces_of
from netaudit.plan.rehearsal.change import NOT_FOLLOWED, wrong_options
from netaudit.plan.rehearsal.default_bridge import OF_DEFAULT_BRIDGE, default_pools, follows

_HINT = "docs/netaudit-host-profile.schema.json describes it"


class _Interface(Strict):
    """An interface of the host."""

    addresses: Annotated[list[str], Meta(description="With the length of the prefix: 192.0.2.10/24.")] = msgspec.field(
        default_factory=list
    )
    gateways: Annotated[list[str], Meta(description="Of the default routes that lead out of it.")] = msgspec.field(
        default_factory=list
    )


class _Profile(Strict):
    """A host on which nothing but the Docker daemon runs yet."""

    engine: Annotated[Text, Meta(description="The engine's version: 28.5.2.")]
    backend: Annotated[Backend, Meta(description="What Docker writes its rules with.")] = Backend.IPTABLES_NFT
    name: Annotated[Text, Meta(description="What reports call the host.")] = "profile"
    firewall: Annotated[
        str, Meta(description="A recording, or iptables-save or nft -j output, of the host's own firewall.")
    ] = ""
    forwarding: Annotated[bool, Meta(description="The host forwards packets before Docker starts.")] = False
    br_netfilter: Annotated[bool, Meta(description="The kernel has br_netfilter before Docker starts.")] = False
    daemon: Annotated[dict[str, Any], Meta(description="daemon.json.")] = msgspec.field(default_factory=dict)
    interfaces: Annotated[dict[str, _Interface], Meta(description="By name.")] = msgspec.field(default_factory=dict)
    listens: Annotated[
        list[str] | None, Meta(description="Open sockets: tcp 0.0.0.0:22, udp [::]:53. Not known without this key.")
    ] = None


def load_host_profile(path: Path) -> HostProfile:
    """Read a host profile; a relative path of its firewall is relative to it. Raises ConfigError."""
    text, raw = convert_toml(path, _Profile, _HINT)
    for message, key in chain(_wrong_engine(raw), _wrong_host(raw), _wrong_daemon(raw)):
        refuse_toml(path, text, message, key, _HINT)
    return _profile(raw, path)


def _wrong_engine(raw: _Profile) -> Iterator[tuple[str, str]]:
    version = Version.parse(raw.engine)
    if not version:
        yield f"not an engine's version: {raw.engine}", "engine"
    elif raw.backend is Backend.NFTABLES and version < Version(29):
        yield f"engine {raw.engine} has no nftables backend: it is there since 29.0", "backend"


def _wrong_daemon(raw: _Profile) -> Iterator[tuple[str, str]]:
    interfaces = interfaces_of(_profile(raw, Path()))
    for key, said, _ in wrong_options(raw.daemon):
        yield said, f"daemon.{key}"
    for key in raw.daemon:
        if key in NOT_FOLLOWED or (key in OF_DEFAULT_BRIDGE and not follows(key, raw.daemon, interfaces)):
            yield "it gives the host other networks: record a host that has them", f"daemon.{key}"
    try:
        default_pools(raw.daemon, Version.parse(raw.engine), [])
    except ValueError as error:
        yield f"no addresses for the default bridge: {error}", "daemon"


def _wrong_host(raw: _Profile) -> Iterator[tuple[str, str]]:
    for name, interface in raw.interfaces.items():
        for address in interface.addresses:
            if not _is_interface(address):
                yield f"no address with a prefix: {address}", f"interfaces.{name}.addresses"
        for gateway in interface.gateways:
            if not _is_address(gateway):
                yield f"no address: {gateway}", f"interfaces.{name}.gateways"
    for socket in raw.listens or ():
        if _listener(socket) is None:
            yield f"no socket: {socket}; write tcp 0.0.0.0:22", "listens"


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of host profiles."""
    schema = msgspec.json.schema(_Profile)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "netaudit host profile", **schema}


def _profile(raw: _Profile, path: Path) -> HostProfile:
    return HostProfile(
        engine=raw.engine,
        backend=raw.backend,
        name=raw.name,
        firewall=str(path.parent / raw.firewall) if raw.firewall else "",
        forwarding=raw.forwarding,
        br_netfilter=raw.br_netfilter,
        daemon=raw.daemon,
        interfaces=tuple(_interface(name, one) for name, one in raw.interfaces.items()),
        listeners=None if raw.listens is None else tuple(filter(None, map(_listener, raw.listens))),
    )


def _interface(name: str, raw: _Interface) -> ProfileInterface:
    addresses = (ip_interface(one) for one in raw.addresses)
    return ProfileInterface(
        name, tuple(HostAddress(str(one.ip), one.network.prefixlen) for one in addresses), tuple(raw.gateways)
    )


def _is_interface(text: str) -> bool:
    try:
        ip_interface(text)
    except ValueError:
        return False
    return "/" in text


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _listener(text: str) -> Listener | None:
    """Read `tcp 0.0.0.0:22`."""
    protocol, _, place = text.partition(" ")
    address, _, port = place.rpartition(":")
    address = address.strip("[]")
    known = protocol in ("tcp", "udp", "sctp") and (address == "*" or _is_address(address))
    return Listener(protocol, address, int(port)) if known and port.isascii() and port.isdecimal() else None
