"""The engine that the docker command of this user talks to (`docker context use`)."""

import hashlib
import os
from pathlib import Path
from typing import TypeVar

import msgspec

from netaudit.bounded import SMALL, UnfitError, decode_json, read_plain

T = TypeVar("T", bound=msgspec.Struct)


class _Config(msgspec.Struct):
    current: str = msgspec.field(name="currentContext", default="")


class _Endpoint(msgspec.Struct):
    host: str = msgspec.field(name="Host", default="")


class _Meta(msgspec.Struct):
    endpoints: dict[str, _Endpoint] = msgspec.field(name="Endpoints", default_factory=dict)


def context_url() -> str:
    """Return the URL of the current context's engine, "" for the default context and for one that cannot be read.

    Source: a context's folder is named after the SHA-256 of its name (docker/cli, cli/context/store).
    """
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path(os.environ.get("HOME", "/")) / ".docker")
    name = os.environ.get("DOCKER_CONTEXT") or _read(folder / "config.json", _Config()).current
    if name in ("", "default"):
        return ""
    meta = folder / "contexts" / "meta" / hashlib.sha256(os.fsencode(name)).hexdigest() / "meta.json"
    return _read(meta, _Meta()).endpoints.get("docker", _Endpoint()).host


def _read(path: Path, otherwise: T) -> T:
    try:
        return decode_json(read_plain(path, SMALL), type(otherwise))
    except (OSError, UnfitError):
        return otherwise
