"""`collect-errors.jsonl`: hosts that could not be recorded, in the folder of those that were."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from netaudit.bounded import UnfitError, decode_json, read_plain
from netaudit.errors import RecordingError
from netaudit.fleet.rows.audited import Named
from netaudit.store import Replace, write_atomically
from netaudit.store.format.times import parse_time

NAME = "collect-errors.jsonl"
_LARGEST = 256 << 20


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A host that was not recorded: its address, when it was tried last, and why not."""

    host: str
    address: str
    at: str  # RFC 3339, UTC
    kind: str
    message: str
    hint: str = ""
    tries: int = 1

    def named(self) -> Named:
        """Name it as recordings are: by where and when."""
        name = hashlib.sha256(f"{self.address}\0{self.at}".encode()).hexdigest()[:32]
        return Named(name, self.host, parse_time(self.at), self.address, self.at)


def write_failures(folder: Path, failures: Iterable[Failure]) -> None:
    """Write the failures of one collection, in place of the earlier ones. Raises OutputError."""
    data = b"".join(msgspec.json.encode(one) + b"\n" for one in sorted(failures, key=lambda one: one.address))
    write_atomically(folder / NAME, data, Replace.ANY)


def read_failures(folder: Path) -> Iterator[Failure]:
    """Read them; none where there is no such file. Raises RecordingError."""
    try:
        lines = read_plain(folder / NAME, _LARGEST).splitlines()
        yield from (decode_json(line, Failure) for line in lines)
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, UnfitError) as error:
        raise RecordingError(f"cannot read {folder / NAME}: {error}", hint="remove it, and collect again") from error
