"""A look as it is kept: which contents its files have, and what the index of a recording says beside them."""

import msgspec

from netaudit.errors import HistoryError
from netaudit.history.contents import NOISE, Contents
from netaudit.model.facts import Facts, Gap
from netaudit.model.history.noise import join_noise, split_noise
from netaudit.store import digest

_SEPARATOR = b"\1\0\1"


class Head(msgspec.Struct, frozen=True, array_like=True):
    """What a look holds beside its contents; `noise` is the content of all counters."""

    taken_at: str
    files: dict[str, int]  # name -> content, without counters
    noise: int
    gaps: tuple[Gap, ...] = ()
    unused: tuple[str, ...] = ()
    partial: bool = False
    generation: int | None = None

    def contents(self) -> tuple[int, ...]:
        """Return the numbers of all contents that this look needs."""
        return (*self.files.values(), self.noise)

    def stable_part(self) -> object:
        """Return what differs only where somebody changed the host."""
        return self.files, self.gaps, self.unused, self.partial


def make_head(facts: Facts, contents: Contents) -> Head:
    """Keep the files of a recording, counters apart."""
    split = {name: split_noise(name, data) for name, data in sorted(facts.files.items())}
    return Head(
        taken_at=facts.taken_at,
        files={name: contents.add(name, stable) for name, (stable, _) in split.items()},
        noise=contents.add(NOISE, _SEPARATOR.join(noise for _, noise in split.values())),
        gaps=facts.gaps,
        unused=facts.unused,
        partial=facts.partial,
        generation=facts.generation,
    )


def read_head(data: bytes) -> Head:
    """Decode a head. Raises HistoryError."""
    try:
        return msgspec.msgpack.decode(data, type=Head)
    except msgspec.MsgspecError as error:
        raise HistoryError(
            f"a look of the history is damaged: {error}", hint="`netaudit history fsck` says which"
        ) from error


def encode_head(head: Head) -> bytes:
    """Encode a head."""
    return msgspec.msgpack.encode(head)


def facts_of(head: Head, host: str, contents: Contents) -> Facts:
    """Put a recording together again, byte for byte. Raises HistoryError where something of it is damaged."""
    noise = contents.get(head.noise).split(_SEPARATOR)
    try:
        files = {
            name: join_noise(contents.get(number), part)
            for (name, number), part in zip(head.files.items(), noise, strict=True)
        }
    except ValueError as error:
        raise HistoryError(
            f"a look of the history is damaged: {error}", hint="`netaudit history fsck` says which"
        ) from error
    return Facts(
        files=files,
        gaps=head.gaps,
        unused=head.unused,
        host=host,
        taken_at=head.taken_at,
        digest=digest(files),
        partial=head.partial,
        generation=head.generation,
    )
