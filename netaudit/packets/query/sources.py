"""Senders as they are typed: which of them are the host itself, and containers by their bare name."""

from netaudit.model.exposure import ZoneKind
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.locations import ZONES
from netaudit.packets.values.probe import parse_ip


def is_host(text: str, snapshot: Snapshot) -> bool:
    """Tell whether a sender is the host itself: by its zone, an address of its, or a container in its network."""
    kind, _, name = text.partition(":")
    known = snapshot.inventory.containers if snapshot.inventory else ()
    if kind == ZoneKind.CONTAINER:
        return any(one.name == name and one.network_mode == "host" for one in known)
    own = {held.ip for one in snapshot.host.interfaces for held in one.addresses}
    return text == ZoneKind.HOST or parse_ip(text) in own


def named_source(text: str, snapshot: Snapshot) -> str:
    """Return a sender as a zone or an address: a container's bare name, as other commands print it, is one too."""
    names = {one.name for one in snapshot.inventory.containers} if snapshot.inventory else set()
    is_container = text in names and text not in ZONES and parse_ip(text) is None
    return f"{ZoneKind.CONTAINER}:{text}" if is_container else text
