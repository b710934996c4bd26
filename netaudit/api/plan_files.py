"""The files about plans: one that `plan` wrote, and what `plan` takes in place of a command."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from netaudit.bounded import PATIENCE, UnfitError, decode_json, read_any
from netaudit.errors import UsageError
from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import MadeOn
from netaudit.plan.promise import PromisedChange

_LARGEST = 64 << 20  # bytes
_LARGEST_PLAN = 256 << 20
_SCHEMA = "netaudit/plan/v1"
_HEAD = 64  # bytes that tell whether it is JSON


class SentRequest(msgspec.Struct):
    """A request as a plan's JSON has it."""

    method: str
    path: str
    query: dict[str, str] = {}
    body: object = None


class _Requests(msgspec.Struct):
    requests: list[SentRequest]


class _Host(msgspec.Struct, frozen=True):
    host: str = ""
    sha256: str = ""


class PlanFile(msgspec.Struct, frozen=True, tag_field="schema", tag=_SCHEMA):
    """What `plan --format json` wrote, as far as it is held against a host, or made once more."""

    changes: tuple[PromisedChange, ...]
    plan: str = ""
    before: _Host = _Host()
    command: tuple[str, ...] = ()
    requests: tuple[SentRequest, ...] = ()
    made_on: MadeOn = MadeOn()


def find_plan(path: Path) -> PlanFile | None:
    """Read a plan; None for a recording: no JSON, or one that does not name a plan's schema. Raises UsageError."""
    try:
        with path.open("rb") as file:
            if not file.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
                return None
        data = read_any(path, _LARGEST_PLAN, PATIENCE)
    except (OSError, UnfitError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    return _decoded(data, path) if _SCHEMA.encode() in data else None


def read_plan(path: Path) -> PlanFile:
    """Read a plan as JSON. Raises UsageError."""
    try:
        data = read_any(path, _LARGEST_PLAN, PATIENCE)
    except (OSError, UnfitError) as error:
        raise _unreadable(path, error) from error
    return _decoded(data, path)


def _decoded(data: bytes, path: Path) -> PlanFile:
    try:
        return decode_json(data, PlanFile)
    except UnfitError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> UsageError:
    hint = "give what `netaudit plan --format json -o FILE` wrote"
    return UsageError(f"cannot read the plan in {path}: {error}", hint=hint)


def read_requests(path: Path) -> tuple[EngineRequest, ...]:
    """Read the requests of a plan as JSON, or a list of such requests. Raises UsageError."""
    data = read_file(path, "the requests")
    try:
        listed = data.lstrip().startswith(b"[")
        found = decode_json(data, list[SentRequest]) if listed else decode_json(data, _Requests).requests
    except UnfitError as error:
        hint = "give what `netaudit plan --format json` printed, or its `requests`"
        raise UsageError(f"cannot read the requests in {path}: {error}", hint=hint) from error
    return sent_requests(found)


def sent_requests(found: Iterable[SentRequest]) -> tuple[EngineRequest, ...]:
    """Return the requests of a plan's JSON as an engine reads them."""
    return tuple(EngineRequest(one.method, one.path, tuple(one.query.items()), one.body) for one in found)


def read_file(path: Path, what: str) -> bytes:
    """Read a file; `what` names what is in it. Raises UsageError."""
    try:
        return read_any(path, _LARGEST, PATIENCE)
    except (OSError, UnfitError) as error:
        raise UsageError(f"cannot read {what} in {path}: {error}") from error
