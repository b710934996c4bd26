"""Which commands are planned: their subcommand, and the options that would lead past the stand-in."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath

import msgspec

from netaudit.errors import UsageError
from netaudit.standin.refused import refused_command

_LIFECYCLE = ("run", "create", "start", "stop", "restart", "kill", "rm", "rename", "update", "pause", "unpause")
_PLANNED = {
    "": _LIFECYCLE,
    "container": (*_LIFECYCLE, "remove"),
    "network": ("create", "rm", "remove", "connect", "disconnect", "prune"),
    "service": ("create", "update", "rm", "remove", "scale"),
    "stack": ("deploy", "up", "rm", "remove", "down"),
    "compose": ("up", "create", "down", "restart", "start", "stop", "kill", "rm", "scale", "pause", "unpause"),
}
_PAST_THE_STAND_IN = {
    "-H": "it names another engine",
    "--host": "it names another engine",
    "-c": "it names another engine",
    "--context": "it names another engine",
    "--config": "it names a configuration, which may lead to another engine and run programs",
    "--tls": "it is for an engine over the network",
    "--tlsverify": "it is for an engine over the network",
    "--tlscacert": "it is for an engine over the network",
    "--tlscert": "it is for an engine over the network",
    "--tlskey": "it is for an engine over the network",
    "--cidfile": "it writes a file",
    "--dry-run": "the client would ask for no change",
    "--build": "it builds images, which have no rules",
    "--help": "the client would ask for no change",
}
_NO_COMPOSE_OPTIONS = ("--dry-run", "--build", "--help")
_DOCKER_VALUES = ("-l", "--log-level")
_COMPOSE_VALUES = (
    *("-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory"),
    *("--ansi", "--progress", "--parallel", "--workdir"),
)
_RUN_SWITCHES = frozenset(
    (
        *("-d", "--detach", "-i", "--interactive", "-t", "--tty", "--rm", "--init", "--privileged"),
        *("-P", "--publish-all", "--read-only", "--no-healthcheck", "--oom-kill-disable", "--sig-proxy"),
        *("--disable-content-trust", "-q", "--quiet", "--use-api-socket", "--help"),
    )
)
_SHORT_SWITCHES = frozenset("ditPq")


_PROGRAMS = (
    "planned are docker, docker-compose and podman, and of the operator's own programs iptables, nft, ipset, ip, ufw, "
    "sysctl and sh"
)


class PlannedCommand(msgspec.Struct, frozen=True):
    """A command that is planned: what it is of (`compose`, `network`…, "" for containers), and its subcommand."""

    group: str
    subcommand: str
    leading: tuple[str, ...]  # the client with its options, up to the subcommand

    @property
    def interpolates(self) -> bool:
        """Tell whether the client reads files in which it puts variables of the environment."""
        return self.group in ("compose", "stack")

    @property
    def wants_terminal(self) -> bool:
        """Tell whether it may ask for a terminal: `-t` is refused without one."""
        return self.group in ("", "container") and self.subcommand in ("run", "create", "start")


def check_command(words: Sequence[str]) -> PlannedCommand:
    """Return what a command is. Raises UsageError for one that is not planned, with the reason."""
    if not words:
        raise UsageError("no command to plan", hint="netaudit plan -- docker run -d -p 8080:80 nginx")
    program = PurePath(words[0]).name
    if program not in ("docker", "docker-compose"):
        raise UsageError(f"{program} is no client of the Docker engine", hint=_PROGRAMS)
    groups = ["compose"] if program == "docker-compose" else []
    at = 1
    while True:
        at = _skip_options(words, at, _COMPOSE_VALUES if groups == ["compose"] else _DOCKER_VALUES)
        word = words[at] if at < len(words) else ""
        if groups or word not in _PLANNED or not word:
            break
        groups.append(word)
        at += 1
    group = groups[0] if groups else ""
    if word not in _PLANNED[group]:
        raise refused_command(group, word, _PLANNED[group])
    _check_options(group, word, words[at + 1 :])
    return PlannedCommand(group, word, tuple(words[:at]))


def _skip_options(words: Sequence[str], at: int, with_value: Sequence[str]) -> int:
    """Return where the options end that stand before a subcommand."""
    while at < len(words) and words[at].startswith("-"):
        _check_option(words[at])
        at += 2 if words[at] in with_value else 1
    return at


def _check_options(group: str, subcommand: str, words: Sequence[str]) -> None:
    """Refuse options of the subcommand; what follows the image of `run` is the container's own."""
    if group in ("", "container") and subcommand in ("run", "create"):
        for word in _options_of_run(words):
            if word.startswith("--"):
                _check_option(word)
    elif group == "compose":
        for word in words:
            if word.partition("=")[0] in _NO_COMPOSE_OPTIONS:
                _check_option(word)


def _options_of_run(words: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(words) and words[at].startswith("-") and words[at] != "--":
        word = words[at]
        yield word
        at += 1 if _stands_alone(word) else 2


def _stands_alone(word: str) -> bool:
    """Tell whether an option of `run` takes no word after it."""
    if word.startswith("--"):
        return "=" in word or word in _RUN_SWITCHES
    letters = word[1:]
    switches = next((at for at, letter in enumerate(letters) if letter not in _SHORT_SWITCHES), len(letters))
    return switches < len(letters) - 1 or switches == len(letters)


def _check_option(word: str) -> None:
    name = word.partition("=")[0]
    short = word[:2] if word[:2] in ("-H", "-c") and not word.startswith("--") else name
    for one in (name, short):
        if one in _PAST_THE_STAND_IN:
            raise UsageError(f"{one} is not planned: {_PAST_THE_STAND_IN[one]}", hint="leave the option away")
