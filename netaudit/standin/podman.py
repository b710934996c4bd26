"""Which commands of Podman's are planned, and how its client is led to the stand-in."""

from collections.abc import Sequence
from pathlib import PurePath

from netaudit.errors import UsageError
from netaudit.standin.commands import PlannedCommand

SOCKET = "podman.sock"
_PROGRAMS = ("podman", "podman-remote")
_LIFECYCLE = ("run", "create", "start", "stop", "restart", "kill", "rm")
_PLANNED = {"": _LIFECYCLE, "container": _LIFECYCLE, "network": ("create", "rm", "connect", "disconnect")}
_HARMLESS = ("--remote", "-r", "--syslog")
_WRITES_FILES = ("--cidfile", "--pidfile", "--conmon-pidfile")


def is_podman(words: Sequence[str]) -> bool:
    """Tell whether a command is one of Podman's."""
    return bool(words) and PurePath(words[0]).name in _PROGRAMS


def check_podman(words: Sequence[str]) -> PlannedCommand:
    """Return what a command of Podman's is. Raises UsageError for one that is not planned, with the reason."""
    at = 1
    while at < len(words) and words[at].startswith("-"):
        if words[at] not in _HARMLESS:
            why = "it names another engine, or changes what the client does"
            raise UsageError(f"{words[at]} is not planned: {why}", hint="leave the option away")
        at += 1
    group = words[at] if at < len(words) and words[at] in _PLANNED else ""
    at += bool(group)
    subcommand = words[at] if at < len(words) else ""
    if subcommand not in _PLANNED[group]:
        shown = " ".join(filter(None, ("podman", group, subcommand)))
        why = " (the containers of a pod: plan them as `podman run` of one container)" if subcommand == "pod" else ""
        raise UsageError(f"`{shown}` is not planned{why}", hint=_all_planned())
    for word in words[at + 1 :]:
        if word.partition("=")[0] in _WRITES_FILES:
            raise UsageError(f"{word} is not planned: it writes a file", hint="leave the option away")
    return PlannedCommand(group, subcommand, tuple(words[:at]))


def sent_to_stand_in(words: Sequence[str]) -> tuple[str, ...]:
    """Return a command of Podman's with the place of the engine, as a confined client sees it."""
    rest = [word for at, word in enumerate(words) if at and not (word in _HARMLESS and at < _first(words))]
    return (words[0], "--url", f"unix:///run/{SOCKET}", *rest)


def _first(words: Sequence[str]) -> int:
    """Return where the first word is that is no option."""
    return next((at for at, word in enumerate(words) if at and not word.startswith("-")), len(words))


def _all_planned() -> str:
    shown = (f"podman {group} {'|'.join(names)}".replace("  ", " ") for group, names in _PLANNED.items())
    return "planned are: " + ", ".join(shown)
