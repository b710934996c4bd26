"""`netaudit record --host`: several hosts at once, and one that fails does not lose the others."""

import io
import sys
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.output import print_path
from netaudit.cli.say import say, say_error
from netaudit.cli.sources import kept_folder, require_rules
from netaudit.errors import CollectError, NetauditError, UsageError

if TYPE_CHECKING:
    from netaudit.collect.remote.ssh import Remote
    from netaudit.model.facts import Facts
    from netaudit.store import Replace

_AT_ONCE = 16


def record_hosts(urls: list[str], output: Path | None, timeout: float, replace: "Replace") -> tuple[list["Facts"], int]:
    """Record hosts and print where each recording is; give those made, and the exit code of the worst failure."""
    from netaudit.collect.remote.ssh import parse_remote
    from netaudit.store import make_folder, require_place

    remotes = [parse_remote(url) for url in urls]
    if len({str(remote) for remote in remotes}) < len(remotes):
        raise UsageError("a host is named twice", hint="name each once")
    several = len(remotes) > 1
    if output is not None and several:
        make_folder(output)
    places = {remote: output / str(remote) if output and several else output for remote in remotes}
    for place in filter(None, places.values()):
        require_place(place, replace)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        jobs = {pool.submit(_record, remote, place, timeout, replace): remote for remote, place in places.items()}
        return _gather(jobs)


def _record(remote: "Remote", place: Path | None, timeout: float, replace: "Replace") -> tuple["Facts", Path]:
    """Record one host; what came from it is checked as any recording before it is kept, and names no place."""
    from netaudit.collect.remote.ssh import record_remotely
    from netaudit.store import keep, load_stream, save

    packed = io.BytesIO(record_remotely(remote, timeout))
    try:
        facts = require_rules(load_stream(packed, Path("its recording")))
    except NetauditError as error:
        raise CollectError(f"{remote}: {error.message}", hint=error.hint) from error
    if place is None:
        return facts, keep(facts, kept_folder().with_name("hosts") / str(remote), datetime.now(UTC))
    return save(facts, place, replace), place


def _gather(jobs: dict[Future[tuple["Facts", Path]], "Remote"]) -> tuple[list["Facts"], int]:
    from netaudit.report.text.words import describe_gap
    from netaudit.store import manifest_of

    made: list[Facts] = []
    code = 0
    for done, job in enumerate(as_completed(jobs), 1):
        name = str(jobs[job])
        if sys.stderr.isatty() and len(jobs) > 1:
            say(f"{name} ended, {done} of {len(jobs)}")
        try:
            facts, place = job.result()
        except NetauditError as error:
            say_error(error)
            code = max(code, error.exit_code)
            continue
        made.append(facts)
        for gap in facts.gaps:
            say(f"{name}: could not see {describe_gap(gap)}")
        say(f"{name}: digest {manifest_of(facts).digest()}")
        print_path(place)
    return made, code
