"""Which program a process belongs to: the engine, a maker of rules, or a person's shell."""

from collections.abc import Iterable

from netaudit.model.observation import Process

ENGINES = ("dockerd", "docker-proxy", "libnetwork")
# What a process or unit of a program that keeps rules is called, and the maker of its rules (rules/attribution/).
_PROGRAMS = {
    "firewalld": "firewalld",
    "ufw": "ufw",
    "fail2ban": "fail2ban",
    "f2b/": "fail2ban",
    "libvirt": "libvirt",
    "netavark": "podman",
    "podman": "podman",
    "kube-proxy": "kube-proxy",
    "tailscale": "tailscale",
    "NetworkManager": "networkmanager",
}


def is_engine(process: Process) -> bool:
    """Tell whether the engine itself wrote, or a program that it started."""
    return any(_names(process, (engine,)) for engine in ENGINES) or process.unit == "docker.service"


def program_of(process: Process) -> str:
    """Name the maker that a process belongs to; "" for none that is known."""
    return next((maker for name, maker in _PROGRAMS.items() if _names(process, (name,))), "")


def _names(process: Process, names: Iterable[str]) -> bool:
    said = (process.name, process.unit, *process.parent.split(" < "))
    return any(word.startswith(name) for word in said for name in names)
