"""Run a program inside, and feed it."""

import subprocess
from collections.abc import Sequence

import msgspec

from netaudit.bounded import UnfitError
from netaudit.collect.asking import pipes
from netaudit.collect.asking.orphans import die_with_parent
from netaudit.collect.asking.search_path import search_path

_NOT_FOUND = 127


class Ended(msgspec.Struct, frozen=True):
    """How a program ended, and what it printed."""

    code: int
    output: bytes = b""
    complaint: bytes = b""

    @property
    def first_complaint(self) -> str:
        """Return the first line of its complaint."""
        lines = self.complaint.decode(errors="replace").strip().splitlines()
        return lines[0].strip()[:300] if lines else f"ended with code {self.code}"


def run_inside(argv: Sequence[str], timeout: float, feed: bytes = b"") -> Ended:
    """Run a program to its end; one that is not there ends with 127, as in a shell."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"LC_ALL": "C", "PATH": search_path()},
            process_group=0,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (it takes no lock)
        )
    except OSError as error:
        return Ended(_NOT_FOUND, complaint=f"{argv[0]}: {error.strerror}".encode())
    try:
        output, complaint = pipes.exchange(process, timeout, feed=feed)
    except TimeoutError:
        return Ended(124, complaint=f"{argv[0]} did not end within {timeout:g} s".encode())
    except UnfitError as error:
        return Ended(1, complaint=f"{argv[0]} {error}".encode())
    return Ended(process.returncode, output, complaint)
