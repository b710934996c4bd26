"""What a running audit has done so far: one file that only grows, so that a kill costs the recording at its end.

a line of JSON: the orders of the audit
records: length of the name and of the data (4 bytes each), CRC-32 of both, name, data
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.errors import RecordingError
from netaudit.fleet.job import Orders
from netaudit.fleet.rows.audited import Named
from netaudit.store.writing.temporary import PRIVATE_FILE

_HEAD = struct.Struct("<III")
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LONGEST_LINE = 1 << 20


class Beginning(msgspec.Struct, frozen=True):
    """What a spool begins with: the orders, and a digest of all that results depend on."""

    orders: Orders
    depends_on: str


class Spooled(msgspec.Struct, frozen=True):
    """A recording whose rows lie in the spool."""

    named: Named
    offset: int
    size: int


class Spool:
    """The file, open; `done` are the recordings in it, by name. The lock of its folder is held by the caller."""

    def __init__(self, path: Path, beginning: Beginning) -> None:
        self._path = path
        self._file = os.fdopen(os.open(path, _FLAGS, PRIVATE_FILE), "r+b")
        self.done: dict[str, Spooled] = {}
        found = self._read_beginning()
        self.is_resumed = found is not None
        self.beginning = found or beginning
        if found is None:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(msgspec.json.encode(beginning) + b"\n")
            self._file.flush()
        self._read_records()

    def add(self, named: Named, data: bytes) -> None:
        """Keep the rows of a recording."""
        self._file.seek(0, os.SEEK_END)
        name = _encode(named)
        self._file.write(_HEAD.pack(len(name), len(data), zlib.crc32(name + data)) + name)
        offset = self._file.tell()
        self._file.write(data)
        self._file.flush()
        self.done[named.recording] = Spooled(named, offset, len(data))

    def read(self, spooled: Spooled) -> bytes:
        """Return the rows of a recording."""
        self._file.seek(spooled.offset)
        return self._file.read(spooled.size)

    def close(self) -> None:
        """Close the file; what is in it stays."""
        self._file.close()

    def remove(self) -> None:
        """Close and remove the file."""
        self.close()
        self._path.unlink(missing_ok=True)

    def _read_beginning(self) -> Beginning | None:
        self._file.seek(0)
        line = self._file.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            return None  # new, or killed before there was anything
        try:
            return decode_json(line, Beginning)
        except UnfitError as error:
            raise RecordingError(f"{self._path} {error}", hint="remove it: the audit begins again") from error

    def _read_records(self) -> None:
        end = self._file.tell()
        for named, offset, size in self._records():
            self.done[named.recording] = Spooled(named, offset, size)
            end = offset + size
        self._file.seek(end)
        self._file.truncate()  # the record that a kill cut off

    def _records(self) -> Iterator[tuple[Named, int, int]]:
        while len(head := self._file.read(_HEAD.size)) == _HEAD.size:
            name_size, size, crc = _HEAD.unpack(head)
            name = self._file.read(name_size)
            offset = self._file.tell()
            if zlib.crc32(name + self._file.read(size)) != crc:
                return
            yield msgspec.msgpack.decode(name, type=Named), offset, size


def _encode(named: Named) -> bytes:
    """Encode a name; of a place that is no UTF-8 as its codes."""
    try:
        return msgspec.msgpack.encode(named)
    except UnicodeEncodeError:
        place = named.location.encode(errors="backslashreplace").decode()
        return msgspec.msgpack.encode(msgspec.structs.replace(named, location=place))
