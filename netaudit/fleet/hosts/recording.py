"""Record hosts, so many at once, each within its time; one that fails is tried again, and costs no other."""

import io
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from netaudit.collect.remote.ssh import UNATTENDED, Remote, record_remotely
from netaudit.errors import CollectError, NetauditError
from netaudit.fleet.hosts.inventory import read_inventory
from netaudit.fleet.job import Tell
from netaudit.fleet.sources.failures import Failure, write_failures
from netaudit.model.facts import RULE_SOURCES, Facts
from netaudit.report.text.sanitize import visible
from netaudit.store import keep, load_stream, make_folder

_PAUSE = 2.0  # seconds before a host is tried again; twice as long each time


class Effort(msgspec.Struct, frozen=True):
    """How many hosts at once, seconds for one program and for a whole host, and how often a host is tried again."""

    at_once: int = 32
    timeout: float = 60.0
    whole: float = 300.0
    retries: int = 1


class Collected(msgspec.Struct, frozen=True):
    """What became of a host: where its recording is, or why not."""

    remote: Remote
    place: Path | None = None
    failure: Failure | None = None


Record = Callable[[Remote, Effort], bytes]


def collect_inventory(inventory: Path, folder: Path, effort: Effort, tell: Tell) -> tuple[int, list[Failure]]:
    """Record the hosts of a file into a folder, with collect-errors.jsonl beside; return how many, and what failed.

    Raises ConfigError, OutputError.
    """
    remotes = read_inventory(inventory)
    make_folder(folder)
    failures: list[Failure] = []
    for number, one in enumerate(collect_fleet(remotes, folder, effort), 1):
        failures += [one.failure] if one.failure else []
        tell(number, len(remotes))
    write_failures(folder, failures)
    return len(remotes), failures


def collect_fleet(
    remotes: Iterable[Remote], folder: Path, effort: Effort, record: Record | None = None
) -> Iterator[Collected]:
    """Record each host into a folder of its own below `folder`; give each as it ends."""
    with ThreadPoolExecutor(effort.at_once) as pool:
        try:
            jobs = [pool.submit(_collect, remote, folder, effort, record or _record) for remote in remotes]
            for job in as_completed(jobs):
                yield job.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # an interrupt does not begin with further hosts


def _collect(remote: Remote, folder: Path, effort: Effort, record: Record) -> Collected:
    """Record one host, again where it fails."""
    for tries in range(1, effort.retries + 2):
        try:
            facts = _checked(remote, record(remote, effort))
            return Collected(remote, keep(facts, folder / str(remote), datetime.now(UTC)))
        except NetauditError as error:
            if tries > effort.retries or _is_final(error):
                return Collected(remote, failure=_failure(remote, error, tries))
            time.sleep(_PAUSE * 2 ** (tries - 1))
    raise AssertionError


def _record(remote: Remote, effort: Effort) -> bytes:
    return record_remotely(remote, effort.timeout, effort.whole, UNATTENDED)


def _failure(remote: Remote, error: NetauditError, tries: int) -> Failure:
    user = f"{remote.user}@" if remote.user else ""
    return Failure(
        host=str(remote),
        address=f"ssh://{user}{remote.host}" + (f":{remote.port}" if remote.port else ""),
        at=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        kind=type(error).__name__,
        message=visible(error.message),
        hint=visible(error.hint),
        tries=tries,
    )


def _checked(remote: Remote, packed: bytes) -> Facts:
    """Read what came from a host as any recording: it may be cut off, or lie."""
    facts = load_stream(io.BytesIO(packed), Path(f"the recording of {remote}"))
    if not any(name in facts.files for name in RULE_SOURCES):
        raise CollectError(f"{remote}: no rules could be read there", hint="record as root, or with sudo")
    return facts


def _is_final(error: NetauditError) -> bool:
    """Tell a refusal, which another try would only repeat: a host key that is not known, a key that is not let in."""
    return any(words in error.message for words in ("Host key verification failed", "Permission denied"))
