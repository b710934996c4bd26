"""zstd, each content with an earlier one of its kind as the dictionary: of two looks little differs."""

import sys

from netaudit.store.format.limits import LARGEST_FILE

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LARGE = 1 << 22  # bytes; what is larger is packed faster and less tightly
_THOROUGH, _FAST = 12, 3
_SMALLEST_BASE = 8  # bytes; zstd takes no smaller dictionary
_SMALLEST_WINDOW, _LARGEST_WINDOW = 10, 27


def pack(data: bytes, base: bytes = b"") -> bytes:
    """Pack bytes against the content that they are like."""
    size = len(data) + len(base)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: _FAST if size > _LARGE else _THOROUGH,
        zstd.CompressionParameter.window_log: min(max(size.bit_length(), _SMALLEST_WINDOW), _LARGEST_WINDOW),
        zstd.CompressionParameter.enable_long_distance_matching: int(size > _LARGE),
    }
    return zstd.compress(data, options=options, zstd_dict=_dictionary(base))


def unpack(packed: bytes, size: int, base: bytes = b"") -> bytes:
    """Unpack what `pack` packed; no more than `size` bytes. Raises ValueError for anything else."""
    if not 0 <= size <= LARGEST_FILE:
        raise ValueError(f"{size} bytes are more than a file of a recording can hold")
    try:
        unpacker = zstd.ZstdDecompressor(zstd_dict=_dictionary(base))
        data = unpacker.decompress(packed, max_length=size + 1)
    except (zstd.ZstdError, EOFError) as error:
        raise ValueError(f"{error}") from error
    if len(data) != size or not unpacker.eof:
        raise ValueError("it is not as long as it was")
    return data


def _dictionary(base: bytes) -> zstd.ZstdDict | None:
    """Return a content as zstd's prefix: a dictionary for one use, as `zstd --patch-from` has it."""
    if len(base) < _SMALLEST_BASE:
        return None
    return zstd.ZstdDict(base, is_raw=True).as_prefix  # type: ignore[return-value]  # its stubs know no prefix
