"""Quadlet's files (`web.container`, `shop.network`) -> the commands of Podman's that systemd would run for them.

Podman's own generator reads them, all that are in the file's folder, and prints the units: podman-systemd.unit(5).
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from netaudit.errors import PlanError, UsageError
from netaudit.standin.generator import ASK_ITSELF, run_generator

_GENERATORS = ("/usr/libexec/podman/quadlet", "/usr/lib/podman/quadlet")
_UNITS = {".container": "{stem}.service", ".network": "{stem}-network.service"}
_HINT = "install podman 4.4 or later, or give the command itself: netaudit plan -- podman run …"
# What systemd needs of a container that it watches: no rule depends on it.
_FOR_SYSTEMD = ("--cidfile", "--cgroups", "--sdnotify", "--rm", "--replace")


def is_quadlet(words: Sequence[str]) -> bool:
    """Tell whether a command is a file of Quadlet's."""
    return len(words) == 1 and Path(words[0]).suffix in _UNITS


def quadlet_commands(path: Path, generators: Sequence[str] = _GENERATORS) -> list[tuple[str, ...]]:
    """Return the commands that start a unit: of the networks that it needs, then its own. Raises PlanError."""
    generated = run_generator(_find(path, generators), path.resolve().parent)
    units = dict(_units(generated.printed))
    name = _UNITS[path.suffix].format(stem=path.stem)
    if name not in units and generated.code != 0:
        raise PlanError(f"Podman's generator refuses {path}: {generated.said}", hint="nothing was run on the host")
    if name not in units:
        raise PlanError(f"Podman's generator makes no unit of {path}", hint=ASK_ITSELF)
    return [command for one in (*_needed(name, units), name) for command in _commands(one, units[one])]


def _find(path: Path, generators: Sequence[str]) -> str:
    """Return the generator. Raises UsageError where it, or the file, is not there."""
    generator = next((one for one in generators if Path(one).is_file()), "")
    if not generator:
        raise UsageError("Podman's generator for Quadlet is not installed", hint=_HINT)
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file")
    if path.resolve().is_relative_to("/run"):
        raise UsageError(f"{path} is in /run, which the generator does not see here", hint="plan a copy elsewhere")
    return generator


def _units(printed: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """List the units of a dry run: `---NAME---`, then its lines, by the word before `=`."""
    name, found = "", dict[str, list[str]]()
    for line in printed.splitlines():
        if line.startswith("---") and line.endswith("---"):
            yield name, found
            name, found = line.strip("-"), {}
        elif "=" in line:
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    yield name, found


def _needed(name: str, units: Mapping[str, Mapping[str, list[str]]]) -> Iterator[str]:
    """List the networks' units that a unit requires."""
    for required in units[name].get("Requires", ()):
        yield from (one for one in required.split() if one in units and one.endswith("-network.service"))


def _commands(name: str, unit: Mapping[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Return what starts a unit, without what systemd alone needs."""
    for line in unit.get("ExecStart", ()):
        words = [_specified(word, name) for word in _split(line, name)]
        kept = [word for word in words[1:] if word.partition("=")[0] not in _FOR_SYSTEMD]
        named = {**dict(pairwise(kept)), **dict(word.split("=", 1) for word in kept if "=" in word)}.get("--name")
        if "--replace" in words and named:
            yield ("podman", "rm", "-f", "-i", named)
        if kept:
            yield ("podman", *kept)


def _split(line: str, name: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise PlanError(f"the unit {name} has a command that cannot be read: {error}", hint=ASK_ITSELF) from error


def _specified(word: str, unit: str) -> str:
    """Fill in systemd's specifiers for the unit's name: systemd.unit(5)."""
    return word.replace("%N", unit.removesuffix(".service")).replace("%n", unit).replace("%%", "%")
