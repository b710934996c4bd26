"""Everything that can fail.

    NetauditError            anything netaudit reports in one line; exit code 3
    ├── UsageError           the command line asks for something impossible; exit code 2
    ├── CommandError         the command of `run` could not be started; exit code 126 or 127
    ├── ConfinementError     a client cannot be kept away from the real engine
    ├── PlanError            a command is refused or fails, so that nobody can say what it would change
    │   └── NoReplicaError   no replica of the host's rules can be made here
    ├── CollectError         this host cannot be read at all
    ├── RecordingError       a recording cannot be used
    │   └── NewerFormatError it was made by a newer netaudit
    ├── HistoryError         a history cannot be used: it is damaged, another user's, or full
    ├── ParseError           a file does not hold what its name says
    ├── CatalogError         rules/ holds something invalid
    ├── ConfigError          netaudit.toml, a waiver file or a baseline is invalid; exit code 2
    ├── SubjectError         a rule, container or network that was asked for is not there; exit code 2
    ├── OwnTemplateError     a template of the user's own cannot be used
    └── OutputError          a result could not be written
        └── TakenError       something is there already

What a source could not say is not an error but a `Gap` (netaudit.model.facts). A bug is a traceback.
"""

from collections.abc import Iterable


class NetauditError(Exception):
    """Say what happened and where, and what to do next."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message


class UsageError(NetauditError):
    """The command line asks for something impossible."""

    exit_code = 2


class CommandError(NetauditError):
    """The command of `netaudit run` could not be started; codes as env(1) and timeout(1) give them."""

    def __init__(self, message: str, *, hint: str = "", found: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.exit_code = 126 if found else 127


class ConfinementError(NetauditError):
    """A client cannot be kept away from the real engine, so it is not run."""


class PlanError(NetauditError):
    """A command is refused, or fails: nobody can say what it would change."""


class NoReplicaError(PlanError):
    """No replica of the host's rules can be made on this machine."""


class CollectError(NetauditError):
    """This host cannot be read at all."""


class RecordingError(NetauditError):
    """A recording cannot be used."""


class NewerFormatError(RecordingError):
    """A recording was made by a newer netaudit."""


class HistoryError(NetauditError):
    """A history cannot be used."""

    def __init__(self, message: str, *, hint: str = "`netaudit history fsck` says what is lost") -> None:
        super().__init__(message, hint=hint)


class ParseError(NetauditError):
    """A file does not hold what its name says."""

    def __init__(self, message: str, *, source: str = "", line: int = 0, hint: str = "") -> None:
        where = f"{source}:{line}: " if line else f"{source}: " if source else ""
        super().__init__(where + message, hint=hint)


class CatalogError(NetauditError):
    """A file below rules/ holds something invalid."""

    def __init__(
        self,
        message: str,
        *,
        file: str,
        key: str = "",
        hint: str = "CONTRIBUTING.md shows what a signature file may hold",
    ) -> None:
        super().__init__(f"{file}: {key}: {message}" if key else f"{file}: {message}", hint=hint)


class ConfigError(NetauditError):
    """A configuration, a waiver file or a baseline is invalid."""

    exit_code = 2

    def __init__(self, message: str, *, file: str, line: int = 0, key: str = "", hint: str = "") -> None:
        where = f"{file}:{line}: " if line else f"{file}: "
        super().__init__(where + (f"{key}: " if key else "") + message, hint=hint)


class SubjectError(NetauditError):
    """A rule, container or network that was asked for is not in the snapshot."""

    exit_code = 2


class OwnTemplateError(NetauditError):
    """A template of the user's own cannot be read, is refused or fails."""


class OutputError(NetauditError):
    """A result could not be written."""


class TakenError(OutputError):
    """The place that a result was meant for holds something already."""


def suggest(word: str, known: Iterable[str], otherwise: str) -> str:
    """Return a hint for a word that is not there: the nearest of those that are, else, or then, what else helps."""
    from difflib import get_close_matches  # noqa: PLC0415 (for a typing error alone)

    near = get_close_matches(word, sorted(set(known)), n=1)
    return f"did you mean {near[0]}? {otherwise}".rstrip() if near else otherwise
