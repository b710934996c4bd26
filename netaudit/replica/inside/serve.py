"""Run in a process of its own: enter new namespaces, make the replica, run the command in it, say what changed.

    python -m netaudit.replica.inside.serve

It prints one byte when it has its user namespace, and reads the order when it has got its users. The answer is JSON.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import msgspec

from netaudit.bounded import UnfitError
from netaudit.collect.asking import pipes
from netaudit.collect.asking.answer import Answered as Said
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.orphans import die_with_parent
from netaudit.collect.asking.search_path import search_path
from netaudit.collect.docker.netns import ask_rules
from netaudit.collect.kernel.host import ask_addresses, ask_switches
from netaudit.model.facts import Gap, Source
from netaudit.replica.inside import namespaces
from netaudit.replica.inside.confine import PROGRAMS, choose_iptables, hide_host
from netaudit.replica.inside.ended import Ended, run_inside
from netaudit.replica.inside.load_iptables import SaveLoader
from netaudit.replica.inside.load_nft import load_table
from netaudit.replica.inside.socket_filter import refuse_sockets
from netaudit.replica.inside.surroundings import make_surroundings
from netaudit.replica.order import Answered, Lost, Order, Printed

_KEPT_VARIABLES = ("TERM", "LANG", "COLUMNS")
_SETS = ("ipset", "save", "-sorted")
_BESIDE = {Source.IP_RULE: ("ip", "rule"), Source.IP6_RULE: ("ip", "-6", "rule"), Source.IPSET: _SETS}
_NO_SOCKETS = frozenset({Source.SOCKETS})


def serve() -> None:
    """Obey one order."""
    namespaces.unshare(namespaces.NEW_USER)
    die_with_parent()
    os.write(1, b"\n")
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    os.write(1, msgspec.json.encode(_obey_alone(order)))


def _obey_alone(order: Order) -> Answered:
    """Obey in further namespaces; the first process of a new one of processes ends all others with it."""
    try:
        namespaces.unshare(
            namespaces.NEW_NET | namespaces.NEW_MOUNTS | namespaces.NEW_PIDS | namespaces.NEW_IPC | namespaces.NEW_NAMES
        )
    except OSError as error:
        return Answered(refused=str(error))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        die_with_parent()
        with os.fdopen(writing, "wb") as answer:
            answer.write(msgspec.json.encode(_obey(order)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        data = answer.read()
    os.waitpid(child, 0)
    return msgspec.json.decode(data, type=Answered) if data else Answered(refused="the process inside died")


def _obey(order: Order) -> Answered:
    try:
        hide_host(order.writable)
        choose_iptables(order.chosen)
        namespaces.drop_privileges()  # what a recording says is loaded by programs that can do no harm either
        refuse_sockets()
    except OSError as error:
        return Answered(refused=str(error))
    lost = list(_make(order))
    where = Where(timeout=order.timeout)
    before, beside = _look(where), _look_beside(order.timeout)
    ended = _run(order)
    return Answered(
        before=before,
        after=_look(where),
        beside_before=beside,
        beside_after=_look_beside(order.timeout),
        lost=tuple(lost),
        code=ended.code,
        output=ended.output,
        complaint=ended.complaint,
    )


def _make(order: Order) -> Iterator[Lost]:
    yield from make_surroundings(order)
    for text in order.sets:
        ended = run_inside(["ipset", "restore"], order.timeout, text.encode())
        if ended.code != 0:
            yield Lost(text.strip(), ended.first_complaint)
    for program, save in order.saves.items():
        loader = SaveLoader(program, save, order.timeout)
        loader.load()
        yield from loader.lost
    for table in order.nft:
        yield from load_table(table, order.timeout)


def _look(where: Where) -> Printed:
    """Read the replica as a host is read; its sockets are this process's alone."""
    files: dict[str, bytes] = {}
    gaps: list[Gap] = []
    for answer in (*ask_rules(where), *ask_addresses(where), *ask_switches(where)):
        if isinstance(answer, Said) and answer.source not in _NO_SOCKETS:
            files[answer.source] = answer.data
        elif isinstance(answer, Gap) and answer.source not in _NO_SOCKETS:
            gaps.append(answer)
    sets = run_inside(_SETS, where.timeout)
    return Printed(files | ({Source.IPSET: sets.output} if sets.code == 0 else {}), tuple(gaps))


def _look_beside(timeout: float) -> dict[str, str]:
    """Print as lines what older recordings do not hold, but a command may change."""
    printed = {source: run_inside(argv, timeout) for source, argv in _BESIDE.items()}
    return {name: ended.output.decode(errors="replace") for name, ended in printed.items() if ended.code == 0}


def _run(order: Order) -> Ended:
    """Run the operator's command, confined."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    try:
        process = subprocess.Popen(
            order.command,
            stdin=subprocess.DEVNULL if order.stdin is None else order.stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=order.folder,
            env={**kept, "HOME": "/run", "TMPDIR": "/run", "PATH": f"{PROGRAMS}:{search_path()}"},
            process_group=0,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (this process has one thread)
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Ended(127, complaint=f"{order.command[0]}: {error}".encode())
    try:
        output, complaint = pipes.exchange(process, order.timeout)
    except TimeoutError:
        return Ended(124, complaint=f"it did not end within {order.timeout:g} s".encode())
    except UnfitError as error:
        return Ended(1, complaint=f"it {error}".encode())
    return Ended(process.returncode, output, complaint)


if __name__ == "__main__":
    serve()
