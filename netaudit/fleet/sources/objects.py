"""Recordings in an object store: `s3://`, `gs://`, `az://`. obstore is imported here alone, and late.

Credentials come from where the store's own programs take them: the environment, a profile, the machine's role. None of
them is in a location, and none is printed.
"""

import io
import os
import re
from collections.abc import Iterator
from functools import cache
from typing import IO, TYPE_CHECKING

from netaudit.errors import RecordingError, UsageError
from netaudit.fleet.sources.entry import Entry
from netaudit.store.reading.archive import is_archive

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_URL = re.compile(r"(?P<scheme>s3|gs|az)://(?P<bucket>[\w.-]+)(?:/(?P<key>[^?#]*))?")
_LARGEST = 256 << 20  # bytes of a packed recording; one of 100,000 rules has 5 MB
_INSTALL = "in a checkout of netaudit: pip install '.[fleet]' (docs/install.md)"


def is_object(location: str) -> bool:
    """Tell a location in an object store from a path."""
    return location.startswith(("s3://", "gs://", "az://"))


def list_objects(source: str) -> Iterator[Entry]:
    """List the tars below a prefix. Raises RecordingError, UsageError."""
    root, prefix = _split(source)
    store = _store(root)
    try:
        for page in store.list(prefix or None):
            for one in page:
                if is_archive(one["path"]):
                    stamp = (one.get("e_tag") or f"{one['size']}-{one['last_modified'].isoformat()}").strip('"')
                    yield Entry(f"{root}/{one['path']}", stamp, _host(one["path"]))
    except _failures() as error:
        raise _refused(source, error) from None


def open_object(location: str) -> IO[bytes]:
    """Fetch an object, at most as large as a recording can be. Raises RecordingError."""
    root, key = _split(location)
    try:
        result = _store(root).get(key)
        if result.meta["size"] > _LARGEST:
            raise RecordingError(f"{location} holds more than {_LARGEST >> 20} MiB", hint="it is not a recording")
        return io.BytesIO(result.bytes())
    except _failures() as error:
        raise _refused(location, error) from None


def _split(location: str) -> tuple[str, str]:
    found = _URL.fullmatch(location)
    if found is None:
        raise UsageError("such an address names no bucket", hint="write s3://BUCKET/PREFIX, without credentials in it")
    return f"{found['scheme']}://{found['bucket']}", found["key"] or ""


@cache
def _store(root: str) -> "ObjectStore":
    try:
        from obstore.store import from_url  # noqa: PLC0415 (late: an extra)
    except ImportError as error:
        raise UsageError(f"{root}: object stores need obstore", hint=_INSTALL) from error
    try:
        if _is_plain(root):
            return from_url(root, client_options={"allow_http": True})
        return from_url(root)
    except _failures() as error:
        raise _refused(root, error) from None


def _is_plain(root: str) -> bool:
    """Tell whether the store's address has plain HTTP, as one on this machine may."""
    return root.startswith("s3://") and os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://")


def _failures() -> tuple[type[BaseException], ...]:
    from obstore.exceptions import BaseError  # noqa: PLC0415 (late, as above)

    return (BaseError, OSError, ValueError)


def _refused(location: str, error: BaseException) -> RecordingError:
    """Say what kind of failure it was: the library's own message may quote a request with what signs it."""
    kind = type(error).__name__.removesuffix("Error")
    return RecordingError(
        f"cannot read {location}: {kind}", hint="check the address, the store's credentials and its rights"
    )


def _host(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]
