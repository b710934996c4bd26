"""Make the interfaces, addresses, routes and switches of the host."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from netaudit.replica.inside.ended import run_inside
from netaudit.replica.order import Lost, Order

_SWITCHES = Path("/proc/sys")


def make_surroundings(order: Order) -> Iterator[Lost]:
    """Make what is asked for, and return what the kernel refused; a switch that is not here decides nothing here."""
    timeout = order.timeout
    yield from _batch("interfaces", order.links, timeout)
    for name, value in order.switches.items():
        with suppress(OSError):
            Path(_SWITCHES, name).write_text(value, encoding="ascii")
    yield from _batch("routes", order.routes, timeout)
    yield from _batch("policy rules", order.policy, timeout)
    yield from _batch("policy rules", order.policy6, timeout, "-6")


def _batch(what: str, lines: Iterable[str], timeout: float, *options: str) -> Iterator[Lost]:
    commands = list(lines)
    if not commands:
        return
    ended = run_inside(["ip", *options, "-force", "-batch", "-"], timeout, "\n".join(commands).encode() + b"\n")
    for number in _failed(ended.complaint):
        if 0 < number <= len(commands) and not commands[number - 1].startswith("?"):
            yield Lost(f"ip {commands[number - 1]}", f"the kernel here refused one of the {what}")


def _failed(complaint: bytes) -> Iterator[int]:
    """Return the numbers of the lines that failed: `Command failed -:3`."""
    for line in complaint.decode(errors="replace").splitlines():
        before, _, number = line.rpartition(":")
        if before.startswith("Command failed") and number.strip().isdecimal():
            yield int(number)
