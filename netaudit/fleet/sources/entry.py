"""One recording of a source, before it is read."""

import datetime as dt
import hashlib

import msgspec

from netaudit.fleet.rows.audited import Named
from netaudit.store.format.times import parse_time
from netaudit.store.head import Head


class Entry(msgspec.Struct, frozen=True, order=True):
    """Where a recording lies, and a stamp that changes when it does; `host` names one that does not say its host."""

    location: str
    stamp: str
    host: str = ""


def name_recording(entry: Entry, head: Head) -> Named:
    """Give a recording its name in the fleet: the same for a copy of it that lies elsewhere."""
    host = head.host or entry.host
    words = f"{host}\0{head.taken_at}\0{head.digest}"
    name = hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:32]
    return Named(name, host, parse_time(head.taken_at), entry.location, entry.stamp)


def name_unread(entry: Entry) -> Named:
    """Name what could not be read, by where it lies."""
    name = hashlib.sha256(f"{entry.location}\0{entry.stamp}".encode(errors="surrogateescape")).hexdigest()[:32]
    return Named(name, entry.host, None, entry.location, entry.stamp)


def in_order(named: Named) -> tuple[str, dt.datetime, str]:
    """Return what recordings are sorted by: their host, then their time; those without a time come first."""
    return (named.host, named.taken_at or dt.datetime.min.replace(tzinfo=dt.UTC), named.recording)
