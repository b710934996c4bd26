"""Where a command's snapshots come from: a recording, this host now, or the last recording kept."""

import os
import shlex
import stat
import sys
from datetime import UTC, datetime
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD
from typing import TYPE_CHECKING

from netaudit.cli.say import say
from netaudit.errors import CollectError, RecordingError, UsageError
from netaudit.model.snapshot import are_two_hosts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netaudit.attribute.exposure.compute import ComputeExposure
    from netaudit.collect.asking.options import Where
    from netaudit.model.facts import Facts

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_DIGITS = 9
_SECURE_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")  # sudoers(5)


def load_or_collect(path: Path | None, where: "Where") -> "Facts":
    """Load a recording, or read this host when none is named, or `@now`."""
    if path is not None and str(path) != "@now":
        return load_recording(path)
    return collect_host(where)


def load_all_or_collect(paths: "Sequence[Path] | None", where: "Where") -> "Facts":
    """Load a recording, or several files of one host as one; read this host where none is named."""
    if not paths and _has_input():  # said also where this host cannot be read
        say("standard input was not read: `-` in the place of a recording reads it")
    return load_files_or_collect(paths, where)


def load_files_or_collect(paths: "Sequence[Path] | None", where: "Where") -> "Facts":
    """Do the same where nobody expects that standard input is read."""
    if not paths:
        return collect_host(where)
    if len(paths) == 1:
        return load_or_collect(paths[0], where)
    from netaudit.store import load_together

    return load_together(paths)


def name_sides(
    named: "tuple[Path | None, Path | None]", files: "tuple[Sequence[Path] | None, Sequence[Path] | None]"
) -> "tuple[tuple[Path, ...], tuple[Path, ...]]":
    """Return the files of the host before and after: arguments, or options for several. Raises UsageError for both."""
    hint = "--before save.txt --before ps.txt --after save2.txt --after ps2.txt"
    if any(files) and any(named):
        raise UsageError("BEFORE and AFTER are named in two ways", hint=f"name every file by an option: {hint}")
    if files[1] and not files[0]:
        raise UsageError("--after without --before", hint=f"name both: {hint}")
    if any(files):
        return tuple(files[0] or ()), tuple(files[1] or ())
    return tuple(filter(None, named[:1])), tuple(filter(None, named[1:]))


def _has_input() -> bool:
    """Tell whether somebody pours something into standard input."""
    try:
        mode = os.fstat(0).st_mode
        if stat.S_ISREG(mode):
            return os.lseek(0, 0, os.SEEK_CUR) < os.fstat(0).st_size
        return stat.S_ISFIFO(mode) and int.from_bytes(ioctl(0, FIONREAD, bytes(4)), sys.byteorder) > 0
    except OSError:
        return False


def load_sides(before: "Sequence[Path]", after: "Sequence[Path]", where: "Where") -> "tuple[Facts, Facts]":
    """Load the host before and after: without BEFORE the last recording kept, without AFTER this host."""
    earlier = load_files_or_collect(before or (last_kept(),), where)
    return earlier, of_one_host(earlier, load_files_or_collect(after, where), named=bool(after))


def load_recording(path: Path) -> "Facts":
    """Load a recording, or a look of the history: `@yesterday`. Raises RecordingError, HistoryError, SubjectError."""
    from netaudit.history.reference import is_reference

    if is_reference(str(path)):
        from netaudit.cli.histories import load_look

        return load_look(str(path))
    from netaudit.store import load

    return load(path)


def of_one_host(before: "Facts", after: "Facts", *, named: bool) -> "Facts":
    """Return the later facts; of two hosts say so where both were named. Raises UsageError for another than this."""
    if are_two_hosts(before, after):
        from netaudit.report.text.words import describe_two_hosts

        if not named:
            said = f"these are two hosts: {before.host} before, {after.host} now"
            raise UsageError(said, hint=f"name two recordings of {before.host}")
        say(describe_two_hosts(before.host, after.host))
    return after


def make_where(docker_host: str | None, timeout: float, *, inside: bool = False) -> "Where":
    """Say which Docker to ask, how long to wait, and whether to look into containers."""
    from netaudit.collect.asking.options import Where

    return Where(docker_host=docker_host, timeout=timeout, inside=inside)


def collect_host(where: "Where") -> "Facts":
    """Read this host. Raises CollectError when no source of rules says anything."""
    from netaudit.cli.screen.progress import progress
    from netaudit.collect.collector import collect

    with progress("reading this host"):
        facts = collect(where)
    return require_rules(facts)


def require_rules(facts: "Facts") -> "Facts":
    """Refuse facts without a single source of rules: they would look like a host without rules."""
    from netaudit.model.facts import RULE_SOURCES, GapReason

    if any(source in facts.files for source in RULE_SOURCES):
        return facts
    gaps = {gap.source: gap for gap in facts.gaps}
    reasons = [gaps[source] for source in RULE_SOURCES if source in gaps]
    if any(gap.reason is GapReason.DENIED for gap in reasons):
        raise CollectError("this user may not read the host's rules", hint=f"run it as root: {_with_sudo()} …")
    said = "; ".join(f"{gap.source}: {gap.detail or gap.reason}" for gap in reasons)
    raise CollectError(f"no program could read the host's rules: {said}", hint="install iptables or nftables")


def _with_sudo() -> str:
    """Give what becomes root: sudo looks for programs in few folders, and a virtual environment is not among them."""
    program = Path(sys.argv[0]).absolute()
    if program.name != "netaudit" or str(program.parent) in _SECURE_PATH:
        return "sudo netaudit"
    return f"sudo {shlex.quote(str(program))}"


def when_computed(exposure: bool | None) -> "ComputeExposure":
    """Read --exposure/--no-exposure; without either, exposure is computed where that is quick."""
    from netaudit.attribute.exposure.compute import ComputeExposure

    return when_audited(exposure) or ComputeExposure.WHEN_QUICK


def when_reported(exposure: bool | None) -> "ComputeExposure":
    """Read --exposure/--no-exposure of a report; without either, exposure is computed at any size, as of an audit."""
    from netaudit.attribute.exposure.compute import ComputeExposure

    return when_audited(exposure) or ComputeExposure.ALWAYS


def when_audited(exposure: bool | None) -> "ComputeExposure | None":
    """Read --exposure/--no-exposure of an audit; without either, netaudit.toml says."""
    from netaudit.attribute.exposure.compute import ComputeExposure

    if exposure is None:
        return None
    return ComputeExposure.ALWAYS if exposure else ComputeExposure.NEVER


def kept_folder() -> Path:
    """Name the folder in which recordings are kept that were given no other place."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "netaudit" / "recordings"


def last_kept() -> Path:
    """Find the last recording kept, by the time that it has. Raises UsageError when there is none.

    One that lies in the future is passed by: it was made while the clock was wrong, or to be taken for the last.
    """
    folder = kept_folder()
    kept = [path for path in folder.glob("[!.]*") if not path.is_symlink()]  # .NAME is one half written
    if not kept:
        raise UsageError("no recording was kept on this host", hint="`netaudit record` keeps one; or name BEFORE")
    now = datetime.now(UTC)
    times = {path: _taken_at(path) for path in kept}
    past = {path: at for path, at in times.items() if at <= now}
    if not past:
        raise UsageError("every recording that was kept lies in the future", hint="set the clock, or name BEFORE")
    for path in sorted(times.keys() - past.keys()):
        say(f"passed by {path}: its time lies in the future")
    return max(past, key=lambda path: (past[path], _number(path)))


def _taken_at(path: Path) -> datetime:
    """Return when a recording was taken; one that does not say, or cannot be read, goes before all others."""
    from netaudit.store import taken_at

    try:
        return taken_at(path) or _LONG_AGO
    except RecordingError:
        return _LONG_AGO


def _number(path: Path) -> tuple[int, str]:
    """Order recordings of one second: NAME, NAME.2, … NAME.10."""
    number = path.suffix.removeprefix(".")
    return (int(number) if number.isdecimal() and len(number) < _DIGITS else 0, path.name)


def redact_key(path: Path | None) -> bytes:
    """Read the key of redactions, or make it: the one that is named, or this user's own."""
    from netaudit.store.redaction import load_key

    return load_key(path or kept_folder().parent / "redact.key")
