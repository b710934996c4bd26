"""A random host, made for real: its engine runs, and everybody around it is there to try it."""

from collections.abc import Iterator
from contextlib import contextmanager

from lab.engine import Engine
from lab.host import LabHost
from lab.probing import Crowd
from lab.surroundings import Surroundings

from random_hosts.host import RandomHost


@contextmanager
def made(host: RandomHost) -> Iterator[tuple[LabHost, Crowd]]:
    """Make a host; it is there as long as this lasts. Raises LabError."""
    with LabHost(uplink=True) as machine:
        _do(machine, host.before)
        with (
            Engine(machine, host.version, host.backend, host.options) as engine,
            Surroundings(machine) as around,
            Crowd(engine, around) as crowd,
        ):
            around.lan.run(["ip", "route", "add", "203.0.113.128/25", "via", "192.0.2.10"])
            _do(machine, host.docker)
            _do(machine, host.firewall)
            yield machine, crowd


def _do(machine: LabHost, lines: tuple[str, ...]) -> None:
    machine.run(["sh", "-ec", "\n".join(lines)])
