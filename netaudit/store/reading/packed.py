"""What was packed with gzip, bzip2, xz or zstd, as a stream that ends before it fills the memory."""

import bz2
import gzip
import io
import lzma
import sys
import zlib
from pathlib import Path
from typing import IO, cast

from netaudit.store.format.limits import Budget, too_large

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

DAMAGED = (EOFError, zlib.error, lzma.LZMAError, zstd.ZstdError)  # what a packed stream raises where it is damaged

_GZIP, _BZIP2 = b"\x1f\x8b", b"BZh"
_XZ = b"\xfd7zXZ\x00"
_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878
_XZ_MEMORY = 128 << 20  # what xz -9 needs, twice
_ZSTD_LIMITS = {int(zstd.DecompressionParameter.window_log_max): 27}  # 128 MiB, what zstd(1) allows
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


def unpack(file: IO[bytes], path: Path) -> Bounded:
    """Return what a file holds as a stream, unpacked where it is packed."""
    begins = file.read(len(_XZ))
    file.seek(0)
    return Bounded(cast("IO[bytes]", _unpacker(file, begins)), path)


def _unpacker(file: IO[bytes], begins: bytes) -> object:
    if begins.startswith(_ZSTD):
        return zstd.ZstdFile(file, options=_ZSTD_LIMITS)
    if begins.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file)
    if begins.startswith(_BZIP2):
        return bz2.BZ2File(file)
    if begins.startswith(_XZ):
        return io.BufferedReader(_Xz(file))
    return file


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
