"""Those who knock: one process for each place that connections are attempted from."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from itertools import zip_longest
from typing import NamedTuple

from lab.host import LabHost

KNOCK = "tests/lab/knock.py"
AS_NOBODY = (
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--ambient-caps=+dac_read_search",
    "--inh-caps=+dac_read_search",
)


class Try(NamedTuple):
    """One connection that somebody attempts; `source` is the address and port that it comes from, if that matters."""

    who: str  # a place: "internet", "lan", "host", a container's id, a stand-in's name
    protocol: str
    address: str
    port: int
    source: tuple[str, int] | None = None

    def __str__(self) -> str:
        source = " {} {}".format(*self.source) if self.source else ""
        return f"{self.protocol} {self.address} {self.port}{source}"


Place = Callable[[str], tuple[LabHost, list[str]]]  # the host that somebody is on, and how to get where they are


def answers(tries: Iterable[Try], place: Place, seconds: float) -> dict[Try, str]:
    """Let everybody try at once; gives the name that answered each, or `-`."""
    by_place: dict[str, list[Try]] = {}
    for one in tries:
        by_place.setdefault(one.who, []).append(one)
    with ExitStack() as stack:
        running = {who: stack.enter_context(_knock(*place(who), seconds)) for who in by_place}
        for who, process in running.items():
            assert process.stdin is not None
            with suppress(BrokenPipeError):  # whose container ended before they could knock
                process.stdin.write("".join(f"{one}\n" for one in by_place[who]).encode())
                process.stdin.close()
        return {
            one: answer
            for who, process in running.items()
            for one, answer in zip_longest(by_place[who], _lines(process), fillvalue="-")
        }


def _knock(host: LabHost, inside: list[str], seconds: float) -> subprocess.Popen[bytes]:
    command = [*inside, sys.executable, KNOCK, "knock", str(seconds)]
    return host.popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _lines(process: subprocess.Popen[bytes]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.read().decode().splitlines()
