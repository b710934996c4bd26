"""Record another host: the shell script goes there over ssh, and its tar comes back."""

import os
import re
import shlex
import subprocess

import msgspec

from netaudit.bounded import UnfitError
from netaudit.collect.asking import pipes
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.orphans import die_with_parent
from netaudit.collect.asking.search_path import search_path
from netaudit.collect.asking.url import shown_url
from netaudit.collect.remote.script import recording_script
from netaudit.errors import CollectError, UsageError

_URL = re.compile(r"ssh://(?:(?P<user>[\w.+][\w.+-]*)@)?(?P<host>\w[\w.-]*|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d+))?/?")
UNATTENDED = ("-o", "BatchMode=yes")  # for record_remotely: nobody is asked for a password, or about a host's key
_GZIP = b"\x1f\x8b\x08"  # what a login script printed before it is not part of the tar
_MOST = 96 << 20  # bytes; a recording of 100,000 rules is 5 MB, packed
_QUESTIONS = 20  # how often the script may wait for its time limit


class Remote(msgspec.Struct, frozen=True):
    """A host that ssh reaches; what is not said here, ssh's own configuration decides."""

    host: str
    user: str = ""
    port: str = ""

    def __str__(self) -> str:
        return self.host + (f"-{self.port}" if self.port else "")

    def command(self, options: tuple[str, ...] = ()) -> list[str]:
        """Return the command that runs a script from standard input there; `options` are ssh's."""
        port = ["-p", self.port] if self.port else []
        target = f"{self.user}@{self.host}" if self.user else self.host
        return ["ssh", "-T", *options, *port, "--", target, "sh -s -- -"]


def parse_remote(url: str) -> Remote:
    """Read `ssh://[user@]host[:port]`. Raises UsageError."""
    found = _URL.fullmatch(url)
    if found is None:
        raise UsageError(f"{shown_url(url)} names no host", hint="write ssh://user@host or ssh://user@host:port")
    return Remote(found["host"].strip("[]"), found["user"] or "", found["port"] or "")


def record_remotely(remote: Remote, timeout: float, whole: float | None = None, options: tuple[str, ...] = ()) -> bytes:
    """Return the recording of a host as a .tar.gz. Raises CollectError with ssh's own message where it fails.

    `timeout` is in seconds, for each program there; `whole` for the host, None: for as many programs as it has.
    """
    announce("run", shlex.join(remote.command(options)))
    try:
        process = subprocess.Popen(
            remote.command(options),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PATH": search_path()},
            process_group=0,
            preexec_fn=die_with_parent,  # noqa: PLW1509 (it takes no lock)
        )
    except OSError as error:
        raise CollectError(f"ssh could not be started: {error.strerror}", hint="install openssh-client") from error
    return _tar(remote, process, timeout, _QUESTIONS * timeout if whole is None else whole)


def _tar(remote: Remote, process: subprocess.Popen[bytes], timeout: float, limit: float) -> bytes:
    try:
        output, complaint = pipes.exchange(process, limit, most=_MOST, feed=recording_script(timeout).encode())
    except TimeoutError:
        raise CollectError(f"{remote} did not answer within {limit:g} s", hint="raise --timeout") from None
    except UnfitError as error:
        raise CollectError(
            f"{remote} {error}: that is not a recording", hint="record there, and copy the tar"
        ) from None
    begin = output.find(_GZIP)
    if process.returncode == 0 and begin >= 0:
        return output[begin:]
    lines = complaint.decode(errors="replace").strip().splitlines() or [f"ended with code {process.returncode}"]
    raise CollectError(
        f"{remote} could not be recorded: {lines[-1][:500]}", hint=f"try: {' '.join(remote.command()[:-1])}"
    )
