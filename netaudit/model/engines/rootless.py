"""The names of rootless engines, under which the rules in their network namespaces are recorded."""

import re

from netaudit.model.engines.kinds import Engine

_NAME = re.compile(r"rootless-(docker|podman)-(\d{1,10})")
_RUNTIME = re.compile(r"/run/user/(\d{1,10})/")
CALLED = {Engine.DOCKER: "Docker", Engine.PODMAN: "Podman"}


def rootless_name(engine: Engine, user: int) -> str:
    """Return the name of a user's engine; ids of containers are hexadecimal, so no container has it."""
    return f"rootless-{engine}-{user}"


def describe_rootless(name: str) -> str:
    """Say whose engine has a name; "" for what is no rootless engine's, such as the id of a container."""
    found = _NAME.fullmatch(name)
    return f"rootless {CALLED[Engine(found[1])]} of user {found[2]}" if found else ""


def is_of(name: str, engine: Engine, sandbox: str) -> bool:
    """Return whether a container whose network namespace is kept at a path is of the rootless engine of a name."""
    found, path = _NAME.fullmatch(name), _RUNTIME.match(sandbox)
    return found is not None and path is not None and (found[1], found[2]) == (engine, path[1])
