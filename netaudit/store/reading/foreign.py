"""Files that other programs kept, under any name: what they hold tells what they are."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from netaudit.errors import RecordingError
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.parse.forms import find_form
from netaudit.store.reading.plain import guess_source

_LISTS = (Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS)
_RULES = (Source.IPTABLES_NFT, Source.IP6TABLES_NFT, Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY)
_HINT = "give each recording in a folder of its own"


class Adopted(msgspec.Struct, frozen=True):
    """Files by the names that they have in a recording, and what is not known of them."""

    files: dict[str, bytes]
    gaps: tuple[Gap, ...]


def adopt(others: Mapping[str, bytes], taken: Iterable[str], path: Path) -> Adopted:
    """Take files of other names for what they hold, unless a file of the right name is there; the rest is passed by."""
    found: dict[Source, list[bytes]] = {}
    names: dict[Source, str] = {}
    for name in sorted(others):
        source = _source_of(others[name], name)
        if source is not None and source not in taken:
            found.setdefault(source, []).append(others[name])
            names.setdefault(source, name)
    files = {str(source): _join(source, parts, path) for source, parts in found.items()}
    gaps = (
        Gap(source, GapReason.PARTIAL, f"read from {names[source]}, which may not hold every one")
        for source in found
        if source in _LISTS
    )
    return Adopted(files, tuple(gaps))


def _source_of(data: bytes, name: str) -> Source | None:
    try:
        return guess_source(data, Path(name))
    except RecordingError:
        return None


def _join(source: Source, parts: list[bytes], path: Path) -> bytes:
    """Put what is of one source into one file. Raises RecordingError where that makes no sense."""
    if source in _LISTS:
        objects = (one for part in parts for one in _objects(part))
        return b"[" + b",\n".join(objects) + b"]" if len(parts) > 1 or parts[0].lstrip()[:1] == b"{" else parts[0]
    if len(parts) > 1 and (source not in _RULES or len({find_form(_text(part)) for part in parts}) > 1):
        raise RecordingError(f"{path} holds {source} more than once, in files of other names", hint=_HINT)
    return b"\n".join(parts)


def _objects(data: bytes) -> list[bytes]:
    if data.lstrip()[:1] == b"{":
        return [data.strip()]
    return [bytes(one) for one in msgspec.json.decode(data, type=list[msgspec.Raw])]


def _text(data: bytes) -> str:
    return data.decode(errors="replace")
