"""The file system that a process inside sees: the host's, read only, without its devices and what it runs."""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from netaudit.replica.inside.namespaces import (
    NO_DEVICES,
    NO_SUID,
    READ_ONLY,
    bind,
    change_mount,
    make_private,
    mount_new,
)

_EMPTY = "/run"  # sockets, locks and the state of what runs; nothing else inside can be written
_DEVICES = ("null", "zero", "full", "random", "urandom")
_DEVICE_FOLDER = Path("/run/dev")
PROGRAMS = Path("/run/netaudit")
_XTABLES = ("iptables", "ip6tables")
_ENDINGS = ("", "-save", "-restore")


def hide_host(writable: Iterable[str]) -> None:
    """Make everything read only but an empty /run, the copies of `writable`, and this namespace's switches."""
    make_private()
    mount_new("tmpfs", _EMPTY)
    kept = _keep_devices()
    copies = [copied for folder in writable if (copied := _copy(folder))]
    change_mount("/", add=READ_ONLY | NO_DEVICES | NO_SUID, all_below=True)
    for place in kept:
        change_mount(place, clear=NO_DEVICES | READ_ONLY)
    for place in (_EMPTY, *copies):
        change_mount(place, clear=READ_ONLY)
    _own_processes()
    if _DEVICE_FOLDER.is_dir():
        bind(str(_DEVICE_FOLDER), "/dev")
        for place in kept:
            bind(place, f"/dev/{Path(place).name}")


def _keep_devices() -> list[str]:
    _DEVICE_FOLDER.mkdir()
    kept = []
    for name in _DEVICES:
        if Path("/dev", name).exists():
            place = _DEVICE_FOLDER / name
            place.touch()
            bind(f"/dev/{name}", str(place))
            kept.append(str(place))
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        (_DEVICE_FOLDER / name).symlink_to(target)
    return kept


def _copy(folder: str) -> str:
    """Put a copy of a folder in its place; "" where it is not there."""
    if not Path(folder).is_dir():
        return ""
    aside = Path("/run/copies", folder.strip("/").replace("/", "-"))
    shutil.copytree(folder, aside, symlinks=True)
    mount_new("tmpfs", folder)
    shutil.copytree(aside, folder, symlinks=True, dirs_exist_ok=True)
    return folder


def _own_processes() -> None:
    """Show the processes and the network of these namespaces; of all switches only the network's can be changed."""
    with suppress(OSError):  # where parts of /proc are hidden, as in a container: then it shows the host's, read only
        mount_new("proc", "/proc")
    bind("/proc/sys/net", "/proc/sys/net")
    change_mount("/proc", add=READ_ONLY)
    change_mount("/proc/sys/net", clear=READ_ONLY)


def choose_iptables(chosen: str) -> None:
    """Let `iptables` be what it is on the host that is planned for: nft or legacy."""
    if chosen:
        for name in _XTABLES:
            for ending in _ENDINGS:
                found = shutil.which(f"{name}-{chosen}{ending}")
                if found:
                    PROGRAMS.mkdir(exist_ok=True)
                    (PROGRAMS / f"{name}{ending}").symlink_to(os.path.realpath(found))
