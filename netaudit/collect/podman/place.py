"""Where Podman can be asked: its socket, else its program."""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec.structs import replace

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking.answer import Answer, Answered
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.search_path import search_path
from netaudit.collect.docker.client import EngineClient
from netaudit.model.facts import Source

SOCKET = "/run/podman/podman.sock"
# Podman makes this file with its first command after the host starts: without it a command would begin by clearing up.
ALIVE = "/run/libpod/alive"
_NAME = "Podman Engine"


class PodmanPlace(msgspec.Struct, frozen=True):
    """The API to ask; where it has none, the program is run."""

    where: Where
    has_api: bool


class _Component(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")


class _Server(msgspec.Struct):
    components: list[_Component] | None = msgspec.field(name="Components", default=None)


class _Version(msgspec.Struct):
    server: _Server = msgspec.field(name="Server", default_factory=_Server)


def find_podman(where: Where, answers: Iterable[Answer]) -> PodmanPlace | None:
    """Return where Podman can be asked, None on a host without it; `answers` are what was told in Docker's place."""
    if answers_for_docker(answers):
        return PodmanPlace(where, has_api=True)
    if _is_socket(SOCKET):
        return PodmanPlace(replace(where, docker_host=f"unix://{SOCKET}"), has_api=True)
    return PodmanPlace(where, has_api=False) if _has_program() else None


def podman_beside(where: Where) -> Where | None:
    """Return how to ask Podman by its own socket, where it has one beside what is asked already."""
    place = f"unix://{SOCKET}"
    return replace(where, docker_host=place) if _is_socket(SOCKET) and where.docker_host != place else None


def answers_for_docker(answers: Iterable[Answer]) -> bool:
    """Return whether it is Podman that answered in Docker's place."""
    said = (one.data for one in answers if isinstance(one, Answered) and one.source is Source.DOCKER_VERSION)
    try:
        versions = [decode_json(data, _Version) for data in said]
    except UnfitError:
        return False
    return any(one.name == _NAME for version in versions for one in version.server.components or ())


def api_prefix(client: EngineClient) -> str:
    """Return what the paths of Podman's own API begin with. Raises UnfitError."""
    version = client.get("/version", dict[str, object]).get("Version")
    if not isinstance(version, str) or not version[:1].isdigit():
        raise UnfitError("names no version of Podman")
    return f"/v{version.partition('-')[0]}/libpod"


def _has_program() -> bool:
    """Return whether root's Podman was used since the host started, and its program is there."""
    return os.geteuid() == 0 and Path(ALIVE).exists() and shutil.which("podman", path=search_path()) is not None


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False
