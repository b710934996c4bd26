"""Say which rootless engines a host has that were not recorded, and read the rules in their namespaces."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from netaudit.collect.asking.options import Where
from netaudit.collect.asking.proc import namespace_of
from netaudit.collect.rootless.engines import Found, Joining, RootlessEngine, Seen, find_engines, users_processes
from netaudit.model.engines.kinds import Engine
from netaudit.model.engines.rootless import CALLED
from netaudit.model.facts import Gap, GapReason, Source

_UNIT = {Engine.DOCKER: "docker", Engine.PODMAN: "podman.socket"}


def look_for_rootless() -> tuple[Found, tuple[Seen, ...]]:
    """Return the rootless engines of this host, and the processes among which they were found."""
    seen = users_processes()
    return find_engines(seen, namespace_of("self", "net")), seen


def rootless_gaps(where: Where, found: Found, read: Iterable[str]) -> Iterator[Gap]:
    """Say what was not recorded of rootless engines; `read` names those whose rules were."""
    known = set(read)
    for one in found.engines:
        listed = _is_recorded(where, one)
        if not (listed and one.name in known):
            yield Gap(Source.INSIDE, GapReason.PARTIAL, _describe(one, listed=listed, read=one.name in known))
    yield from (Gap(Source.INSIDE, GapReason.PARTIAL, _describe_other(one)) for one in found.others)


def _is_recorded(where: Where, engine: RootlessEngine) -> bool:
    """Tell whether this is the engine whose inventory is recorded."""
    path = where.docker_socket()
    try:
        return path is not None and Path(path).samefile(engine.socket)
    except (OSError, ValueError):
        return False


def _describe(engine: RootlessEngine, *, listed: bool, read: bool) -> str:
    who = f"{CALLED[engine.engine]} of user {engine.user} runs rootless ({', '.join(engine.programs)})"
    what = [*([] if listed else ["containers"]), *([] if read else ["rules"])]
    lacking = f"its {' and '.join(what)} were not recorded"
    return f"{who}: {lacking}; {_advice(engine)}"


def _describe_other(one: Joining) -> str:
    joins = f"a program of user {one.user} joins network namespaces to this host ({', '.join(one.programs)})"
    return f"{joins}, and no process shows for which engine: the rules in there were not recorded"


def _advice(engine: RootlessEngine) -> str:
    command = f"netaudit record --inside --docker-host unix://{engine.socket}"
    if Path(engine.socket).exists():
        return f"record with: {command}"
    return f"as that user: systemctl --user start {_UNIT[engine.engine]}; then: {command}"
