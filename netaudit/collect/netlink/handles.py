"""Ask nf_tables for the handles of all rules: the names that the kernel has for them."""

import socket
from time import monotonic

from netaudit.collect.asking.audit_log import announce
from netaudit.collect.netlink import protocol
from netaudit.collect.netlink.commits import family_name
from netaudit.collect.netlink.generation import ask_generation
from netaudit.model.observation import Handles, Place

_TABLE, _CHAIN, _HANDLE = 1, 2, 3
_PATIENCE = 30.0  # seconds without a word
_LONGEST = 120.0  # seconds for all; 100,000 rules take less than one
_MOST = 2_000_000  # handles


def ask_handles(generation: int | None) -> Handles | None:
    """Return each chain's handles in the order of its rules.

    None where they cannot be had, or the ruleset is no longer of that generation.
    """
    if generation is None:
        return None
    announce("ask", "netlink NFT_MSG_GETRULE")
    try:
        with protocol.connect() as connection:
            connection.settimeout(_PATIENCE)
            protocol.ask(connection, protocol.NFT_GETRULE)
            handles = _collect(connection)
    except OSError:
        return None
    return {place: tuple(found) for place, found in handles.items()} if ask_generation() == generation else None


def _collect(connection: socket.socket) -> dict[Place, list[int]]:
    """Collect an answer to its end. Raises TimeoutError where none comes."""
    handles: dict[Place, list[int]] = {}
    end, left = monotonic() + _LONGEST, _MOST
    while left > 0 and monotonic() < end:
        for message in protocol.receive(connection):
            if message.kind in (protocol.DONE, protocol.ERROR):
                return handles
            place = (family_name(message.family), message.text(_TABLE), message.text(_CHAIN))
            handles.setdefault(place, []).append(message.number(_HANDLE))
            left -= 1
    raise TimeoutError
