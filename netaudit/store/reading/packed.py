"""What was packed with gzip, bzip2, xz or zstd, as a stream that ends before it fills the memory."""

import bz2
import gzip
import io
import lzma
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from netaudit.errors import RecordingError
from netaudit.store.format.limits import HINT, Budget, too_large

_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_XZ = b"\xfd7zXZ\x00"
_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878
_XZ_MEMORY = 128 << 20  # what xz -9 needs, twice
_CHUNK = 1 << 16


class Bounded:
    """A stream that can be looked into, and that refuses to give more than a recording can hold."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream = stream
        self._path = path
        self._ahead = b""
        self._budget = Budget(path)

    def peek(self, size: int) -> bytes:
        """Look at the first bytes."""
        while len(self._ahead) < size and (more := self._stream.read(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int) -> bytes:
        """Read up to so many bytes, none at the end. Raises RecordingError beyond the limit."""
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        data += self._stream.read(size - len(data)) if len(data) < size else b""
        self._budget.spend(len(data))
        return data

    def read_all(self, largest: int) -> bytes:
        """Read to the end. Raises RecordingError beyond the limit."""
        whole = io.BytesIO()
        while data := self.read(_CHUNK):
            whole.write(data)
            if whole.tell() > largest:
                raise too_large(self._path, largest)
        return whole.getvalue()

    def rest_is_zero(self) -> bool:
        """Read to the end, where only padding should be. Raises RecordingError beyond the limit."""
        clean = True
        while data := self.read(_CHUNK):
            clean = clean and not data.strip(b"\0")
        return clean


@contextmanager
def unpacked(file: IO[bytes], path: Path) -> Iterator[Bounded]:
    """Open what a file holds, unpacked where it is packed."""
    begins = file.read(len(_XZ))
    file.seek(0)
    if begins.startswith(_ZSTD):
        with _zstd(file, path) as stream:
            yield Bounded(stream, path)
    elif begins.startswith(_GZIP):
        yield Bounded(cast("IO[bytes]", gzip.GzipFile(fileobj=file)), path)
    elif begins.startswith(_BZIP2):
        yield Bounded(cast("IO[bytes]", bz2.BZ2File(file)), path)
    elif begins.startswith(_XZ):
        yield Bounded(cast("IO[bytes]", io.BufferedReader(_Xz(file))), path)
    else:
        yield Bounded(file, path)


class _Xz(io.RawIOBase):
    """xz with a limit to its memory: the dictionary's size is what the file says."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what BufferedReader gives
        """Unpack as much as fits."""
        while not self._unpacker.eof:
            packed = self._file.read(_CHUNK) if self._unpacker.needs_input else b""
            if self._unpacker.needs_input and not packed:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            if data := self._unpacker.decompress(packed, len(buffer)):
                buffer[: len(data)] = data
                return len(data)
        return 0


@contextmanager
def _zstd(file: IO[bytes], path: Path) -> Iterator[IO[bytes]]:
    """Unpack through zstd(1): Python has no module for it before 3.14; its memory is bounded to 128 MiB by itself."""
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # Python has read ahead of where it says it is
    try:
        process = subprocess.Popen(
            ["zstd", "-dcq"], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0
        )
    except OSError as error:
        raise RecordingError(
            f"cannot read {path}: zstd is not installed", hint="install zstd, or pack it as .tar.gz"
        ) from error
    with process:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        yield process.stdout
        ended = not process.stdout.read(1)
    if ended and process.returncode:
        raise RecordingError(f"cannot read {path}: it is damaged or was cut off", hint=HINT)
