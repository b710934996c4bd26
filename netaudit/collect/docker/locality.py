"""Is the engine one of this host? Another host's containers have no rules here: its inventory would explain nothing."""

import socket
from urllib.parse import urlsplit

from netaudit.collect.asking.options import Where
from netaudit.collect.asking.proc import namespace_of
from netaudit.collect.docker.daemon_process import listening_dockerd, network_of


def why_not_local(where: Where) -> str:
    """Say why the engine's containers have no rules in this network namespace; "" where they may have."""
    path = where.docker_socket()
    if path:
        return _other_namespace(where, path)
    try:
        name = urlsplit(where.docker_url()).hostname
    except ValueError:  # no URL at all: the questions to the engine say so
        return ""
    if name is None or _is_here(name):
        return ""
    return "this engine is on another host, whose containers have no rules here"


def _other_namespace(where: Where, path: str) -> str:
    """Say that the engine is elsewhere; the rules of a rootless one are read with `--inside`."""
    pid = listening_dockerd(path)
    if pid and where.inside and _is_rootless(pid):
        return ""
    try:
        same = not pid or network_of(str(pid)) in ("", network_of("self"))
    except PermissionError:  # not root: what the questions to the engine tell is all there is
        return ""
    return "" if same else f"this engine (process {pid}) is in another network namespace, where its rules are"


def _is_rootless(pid: int) -> bool:
    """Tell whether a process is in a user namespace other than this one."""
    try:
        return namespace_of(str(pid), "user") not in ("", namespace_of("self", "user"))
    except PermissionError:
        return False


def _is_here(name: str) -> bool:
    """Tell whether a name is of this host; one that nobody knows is left to the client, which says so."""
    try:
        addresses = {
            (family, address) for family, _, _, _, address in socket.getaddrinfo(name, 0, type=socket.SOCK_DGRAM)
        }
    except (OSError, ValueError):  # ValueError: not even a possible name
        return True
    return any(_is_own(family, str(address[0])) for family, address in addresses)


def _is_own(family: int, address: str) -> bool:
    """Tell whether an address is one of this host's: only those can be bound to. Nothing is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
