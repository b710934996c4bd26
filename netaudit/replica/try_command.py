"""Facts and a command -> the facts as they would be after it."""

import os
import select
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking import pipes
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.orphans import die_with_parent
from netaudit.collect.asking.search_path import search_path
from netaudit.errors import NoReplicaError, PlanError
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.replica.beside import changed_beside
from netaudit.replica.inside.namespaces import map_users
from netaudit.replica.loadable import (
    docker_backend,
    empty_tables,
    links_of,
    nft_tables,
    routes_of,
    saves_of,
    sets_of,
    switches_of,
)
from netaudit.replica.loadable_policy import policy_of
from netaudit.replica.order import Answered, Lost, Order
from netaudit.replica.programs import WRITABLE, program_of, require_no_files, require_program
from netaudit.replica.restored import restore
from netaudit.replica.restored_nft import handles_differ

REPLICA = "replica"  # the source of the gaps of what could not be made here
_HINT = "user namespaces are needed: see user.max_user_namespaces, and whether this is a container that may make none"


class Tried(msgspec.Struct, frozen=True):
    """The host before a command and after it; both have a gap for what could not be tried."""

    before: Facts
    after: Facts
    output: str = ""


def try_command(facts: Facts, command: Sequence[str], *, timeout: float = 60.0, elsewhere: bool = False) -> Tried:
    """Run a command on a replica of a host. Raises PlanError where it cannot be run, or fails.

    NoReplicaError: this machine can make none.

    `elsewhere`: the facts are of another host than this one, or of another time.
    """
    require_program(command)
    if elsewhere:
        require_no_files(command)
    snapshot = parse_snapshot(facts)
    with _Stdin() as stdin:
        order = _order(facts, snapshot, command, timeout, elsewhere=elsewhere, stdin=stdin)
        answered = _ask(order, stdin)
    if answered.refused:
        raise NoReplicaError(f"no replica of the host can be made: {answered.refused}", hint=_HINT)
    if answered.code != 0:
        raise PlanError(f"{program_of(command)} fails: {_complaint(answered)}", hint="nothing was run on the host")
    return _tried(facts, snapshot, command, answered)


def _order(
    facts: Facts,
    snapshot: Snapshot,
    command: Sequence[str],
    timeout: float,
    *,
    elsewhere: bool,
    stdin: int | None,
) -> Order:
    ruleset, host = snapshot.ruleset, snapshot.host
    return Order(
        links=tuple(links_of(host)),
        routes=tuple(routes_of(host)),
        switches=switches_of(host),
        saves=saves_of(ruleset),
        nft=(*nft_tables(facts, ruleset), *empty_tables(facts, ruleset)),
        sets=sets_of(facts, ruleset),
        policy=tuple(policy_of(facts, Source.IP_RULE)),
        policy6=tuple(policy_of(facts, Source.IP6_RULE)),
        command=tuple(command),
        folder=os.getcwd(),  # noqa: PTH109 (a path that the process inside opens)
        chosen=docker_backend(ruleset) if elsewhere else "",
        writable=WRITABLE.get(program_of(command), ()),
        timeout=timeout,
        stdin=stdin,
    )


class _Stdin:
    """Our standard input for the command, where it is a file or a pipe: nobody types rules into a plan."""

    def __init__(self) -> None:
        self._copy: int | None = None

    def __enter__(self) -> int | None:
        try:
            mode = os.fstat(0).st_mode
        except OSError:
            return None
        if stat.S_ISREG(mode) or stat.S_ISFIFO(mode):
            self._copy = os.dup(0)
        return self._copy

    def __exit__(self, *_: object) -> None:
        if self._copy is not None:
            os.close(self._copy)


def _ask(order: Order, stdin: int | None) -> Answered:
    announce("run", "in namespaces of its own: " + " ".join(order.command))
    try:
        process = _start(stdin)
    except OSError as error:
        return Answered(refused=f"{error}")
    try:
        if _is_ready(process, order.timeout):
            map_users(process.pid)
        output, complaint = pipes.exchange(process, 10 * order.timeout, feed=msgspec.json.encode(order))
        return decode_json(output, Answered) if output else Answered(refused=_last_line(complaint))
    except OSError as error:
        return Answered(refused=f"{error}")
    except UnfitError as error:
        return Answered(refused=f"the process inside {error}")
    finally:
        pipes.end_group(process)


def _start(stdin: int | None) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "netaudit.replica.inside.serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # HOME: without it Python asks who this user is, and that is asked over a socket.
        env={"LC_ALL": "C", "HOME": "/", "PATH": search_path(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        process_group=0,
        preexec_fn=die_with_parent,  # noqa: PLW1509 (it takes no lock)
        pass_fds=() if stdin is None else (stdin,),
    )


def _is_ready(process: "subprocess.Popen[bytes]", timeout: float) -> bool:
    """Wait for the byte that says that it has its user namespace; False where it ended without one."""
    assert process.stdout  # noqa: S101 (it is a pipe)
    waiting = select.poll()
    waiting.register(process.stdout, select.POLLIN)
    return bool(waiting.poll(timeout * 1000)) and os.read(process.stdout.fileno(), 1) == b"\n"


def _last_line(complaint: bytes) -> str:
    lines = complaint.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "the process inside ended without a word"


def _complaint(answered: Answered) -> str:
    said = (answered.complaint.strip() or answered.output.strip()).decode(errors="replace").splitlines()
    return " ".join(line.strip() for line in said[:3])[:500] or f"it ends with code {answered.code}"


def _tried(facts: Facts, snapshot: Snapshot, command: Sequence[str], answered: Answered) -> Tried:
    differing = handles_differ(facts, snapshot.ruleset, answered.before)
    if "handle" in " ".join(command).split():
        _require_handles(snapshot, command, differing)
    lost = [*answered.lost, *_not_read(facts, answered), *changed_beside(facts, answered)]
    gaps = tuple(Gap(REPLICA, GapReason.PARTIAL, f"{one.what}: {one.detail}") for one in lost)
    before = msgspec.structs.replace(facts, gaps=(*facts.gaps, *gaps))
    after = restore(before, snapshot.ruleset, answered.before, answered.after)
    return Tried(before, after, answered.output.decode(errors="replace"))


def _require_handles(snapshot: Snapshot, command: Sequence[str], differing: Sequence[str]) -> None:
    """Refuse a command that names a rule by a handle which is another's here. Raises PlanError."""
    words = " ".join(command)
    saved = (f"{table.family} {table.name}" for table in snapshot.ruleset.tables if table.backend != "nftables")
    for table in (*differing, *saved):
        if f"{table} " in words:
            raise PlanError(
                f"the handles of table {table} cannot be had in a replica: the command would change another rule",
                hint="name the rule by its text, for example with iptables -D",
            )


def _not_read(facts: Facts, answered: Answered) -> Iterator[Lost]:
    """Return what could be read on the host, and not in the replica."""
    known = {gap.source for gap in facts.gaps}
    for gap in answered.before.gaps:
        if gap.source in facts.files and gap.source not in known:
            yield Lost(gap.source, f"kept as it is, for it cannot be read here: {gap.detail}")
