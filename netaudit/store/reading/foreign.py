"""Files that other programs kept, under any name: what they hold tells what they are."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from netaudit.errors import RecordingError
from netaudit.model.facts import LATER, ON_REQUEST, Gap, GapReason, Source
from netaudit.parse.nftables.spelling import is_nft_text
from netaudit.parse.paste.files import read_paste
from netaudit.store.reading.plain import guess_source

_LISTS = (
    Source.DOCKER_CONTAINERS,
    Source.DOCKER_NETWORKS,
    Source.PODMAN_CONTAINERS,
    Source.PODMAN_NETWORKS,
    Source.PODMAN_PS,
)
_RULES = (Source.IPTABLES_NFT, Source.IP6TABLES_NFT, Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY)
_PASTED = 4 << 20  # bytes: nobody pastes more
_HINT = "give each recording in a folder of its own"


class Adopted(msgspec.Struct, frozen=True):
    """Files by the names that they have in a recording, and what is not known of them.

    `names` says which file of the user's each of them is from.
    """

    files: dict[str, bytes]
    gaps: tuple[Gap, ...]
    names: dict[str, str]


def adopt(others: Mapping[str, bytes], taken: Iterable[str], path: Path, named: Sequence[Path] = ()) -> Adopted:
    """Take files of other names for what they hold, unless a file of the right name is there; the rest is passed by.

    What the user `named` is not passed by: it holds something, or is a wrong file. Raises RecordingError.
    """
    wanted = {name: one for one in reversed(named) for name in (one.name, str(one))}
    found: dict[Source, list[bytes]] = {}
    names: dict[Source, str] = {}
    pasted: list[Gap] = []
    for name in sorted(others):
        there, gaps = _parts_of(others[name], name)
        if name in wanted and not there and all(gap.reason is GapReason.PARTIAL for gap in gaps):
            guess_source(others[name], wanted[name])  # raises, and says why it is not one
        mine = {source: data for source, data in there.items() if source not in taken}
        pasted += gaps if mine else ()
        for source, data in mine.items():
            found.setdefault(source, []).append(data)
            names.setdefault(source, name)
    files = {str(source): _join(source, parts, path) for source, parts in found.items()}
    partial = (
        Gap(source, GapReason.PARTIAL, f"read from {names[source]}, which may not hold every one")
        for source in found
        if source in _LISTS
    )
    return Adopted(files, tuple(dict.fromkeys((*partial, *pasted))), {str(source): names[source] for source in found})


def unsaid(there: Collection[str], said: Collection[str], gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Yield a gap for each source that is not there, or empty where no answer is empty, and of which no gap tells."""
    told = {*said, *(gap.source for gap in gaps if gap.reason is GapReason.NOT_RECORDED)}
    for name in Source:
        if name in told or name in (ON_REQUEST if name in there else ON_REQUEST | LATER):
            continue
        yield Gap(name, GapReason.EMPTY, "the file is empty") if name in there else Gap(name, GapReason.NOT_RECORDED)


def _parts_of(data: bytes, name: str) -> tuple[dict[Source, bytes], tuple[Gap, ...]]:
    """Return what a file holds, by source: one program's answer as it is, or the parts of what people pasted."""
    source = _source_of(data, name)
    if len(data) > _PASTED or b"\0" in data or (source is not None and source not in _RULES and not is_nft_text(data)):
        return ({} if source is None else {source: data}), ()
    paste = read_paste(data.decode(errors="surrogateescape"), name)
    if source is not None and (paste.clean or not paste.files):
        return {source: data}, ()
    names = {one: _guessed(one, part, name) for one, part in paste.files.items()}
    if len({*names.values()}) < len(names):
        names = {one: Source(one) for one in names}
    gaps = tuple(Gap(names.get(gap.source, gap.source), gap.reason, gap.detail) for gap in paste.gaps)
    return {names[one]: part for one, part in paste.files.items()}, gaps


def _guessed(source: str, part: bytes, name: str) -> Source:
    """Name the backend and family of rules by what they say; a command that names `legacy` has told already."""
    told = Source(source)
    guess = _source_of(part, name) if told in (Source.IPTABLES_NFT, Source.IP6TABLES_NFT) else None
    return guess if guess in _RULES and guess is not None else told


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
    if len(parts) > 1 and source not in _RULES:
        raise RecordingError(f"{path} holds {source} more than once, in files of other names", hint=_HINT)
    return b"\n".join(parts)


def _objects(data: bytes) -> list[bytes]:
    if data.lstrip()[:1] == b"{":
        return [data.strip()]
    return [bytes(one) for one in msgspec.json.decode(data, type=list[msgspec.Raw])]
