"""What a Compose project would run on this machine: that is refused before it can."""

from typing import Any

from netaudit.bounded import UnfitError, decode_json
from netaudit.errors import UsageError

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
                    hint="leave the hook away for the plan",
                )
