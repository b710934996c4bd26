"""Which commands can be tried in a replica, and why others cannot."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from netaudit.errors import PlanError

_XTABLES = tuple(
    f"{tool}{kind}{ending}"
    for tool in ("iptables", "ip6tables")
    for kind in ("", "-nft", "-legacy")
    for ending in ("", "-restore")
)
_SHELLS = frozenset({"sh", "bash", "dash"})
PROGRAMS = frozenset({*_XTABLES, "nft", "ipset", "ip", "ufw", "sysctl", *_SHELLS})
WRITABLE = {"ufw": ("/etc/ufw", "/var/lib/ufw", "/etc/default")}  # what a program writes beside rules: it gets a copy
_INSTEAD = {"ufw": "iptables -I ufw-user-input …"}
_AS_ROOT = frozenset({"sudo", "doas", "su", "pkexec"})
_NO_DAEMON = {
    "firewall-cmd": "it asks firewalld over D-Bus, and that daemon changes the rules",
    "systemctl": "it asks systemd to start a service",
    "service": "it starts a service",
}


def can_be_tried(command: Sequence[str]) -> bool:
    """Tell whether a command is of the operator's own, whatever is wrong with it."""
    name = program_of(command)
    return name in PROGRAMS or name in _AS_ROOT or name in _NO_DAEMON


def require_program(command: Sequence[str]) -> None:
    """Refuse a command that cannot be confined. Raises PlanError."""
    name = program_of(command)
    if name in _NO_DAEMON:
        hint = "plan the iptables or nft command that it would lead to"
        raise PlanError(f"{name} cannot be planned: {_NO_DAEMON[name]}, outside of this command", hint=hint)
    if name in _AS_ROOT:
        words = shlex.join(command[1:]) or "iptables …"
        why = "what is planned runs in namespaces of its own, and needs no rights on this host"
        raise PlanError(f"leave out {name}: {why}", hint=f"netaudit plan -- {words}")
    if name not in PROGRAMS:
        raise PlanError(f"{name} cannot be planned", hint=f"these can be: {', '.join(sorted(PROGRAMS))}")


def require_no_files(command: Sequence[str]) -> None:
    """Refuse, for another host than this one, a program that decides by files of the host. Raises PlanError."""
    for word in _programs(command):
        if name := next((one for one in WRITABLE if Path(word).name == one), ""):
            read = f"it reads {WRITABLE[name][0]}, and here that is of the host that plans"
            hint = f"run plan on that host, or plan the rule itself: {_INSTEAD[name]}"
            raise PlanError(f"{name} cannot be planned on a recording: {read}", hint=hint)


def _programs(command: Sequence[str]) -> Sequence[str]:
    """Return the words that may be programs: the first, and all of a script's, for nobody parses a shell's language."""
    name = program_of(command)
    return [word for text in command for word in text.split()] if name in _SHELLS else command[:1]


def program_of(command: Sequence[str]) -> str:
    """Return the name of the program that a command runs."""
    return Path(command[0]).name if command else ""
