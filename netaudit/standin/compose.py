"""A Compose project: its files, and what it would run on this machine, which is refused before it can."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from netaudit.bounded import UnfitError, decode_json
from netaudit.errors import UsageError

_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")
_HOOKS = ("post_start", "pre_stop")


def check_project(configuration: str | bytes) -> None:
    """Refuse a project, as `docker compose config --format json` prints it, that runs programs besides containers."""
    try:
        project = decode_json(configuration, dict[str, Any])
    except UnfitError:
        return  # the client refuses it itself, in its own words
    services = project.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        if not isinstance(service, dict):
            continue
        if service.get("provider"):
            raise UsageError(
                f"service {name} is not planned: its `provider` is a program that Compose runs on this machine",
                hint="plan the other services by name, or give the provider's service a profile",
            )
        for hook in _HOOKS:
            if service.get(hook):
                raise UsageError(
                    f"service {name} is not planned: its `{hook}` runs commands in the container, whose effect "
                    "nobody can know before",
                    hint="remove the hook for the plan",
                )


def project_files(leading: Sequence[str], folder: Path, environment: Mapping[str, str]) -> list[Path]:
    """Return the files of a project, as Compose finds them; `leading` are its options before the subcommand."""
    named = list(_values(leading, ("-f", "--file")))
    if not named and environment.get("COMPOSE_FILE"):
        named = environment["COMPOSE_FILE"].split(environment.get("COMPOSE_PATH_SEPARATOR") or os.pathsep)
    if named:
        return [folder / name for name in named if name != "-"]
    start = folder / next(_values(leading, ("--project-directory",)), "")
    for place in (start, *start.resolve().parents):
        if found := [place / name for name in _FILES if (place / name).is_file()][:1]:
            return found + [place / name for name in _OVERRIDES if (place / name).is_file()][:1]
    return []


def project_name(said: str, first: Path, environment: Mapping[str, str]) -> str:
    """Return what Compose calls a project: `said` is its `name:`, `first` its first file."""
    folder = _NOT_IN_NAMES.sub("", first.resolve().parent.name.lower()).lstrip("-_")
    return environment.get("COMPOSE_PROJECT_NAME") or said or folder


def _values(words: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """List the values of an option: `-f FILE`, `--file FILE`, `--file=FILE`."""
    for at, word in enumerate(words):
        name, said, value = word.partition("=")
        if word in names and at + 1 < len(words):
            yield words[at + 1]
        elif said and name in names:
            yield value
