"""Links (`--link`): only containers of the default network have rules for them; elsewhere they are names alone."""

from collections.abc import Iterator

from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, endpoints_of, is_running, mode_of, name_of, part, text
from netaudit.plan.engine.state import EngineState


def check_linked(state: EngineState, host_config: Object) -> None:
    """Refuse the creation of a container whose links lead to none, or to one of the host network."""
    if _mode(host_config) != "bridge":
        return
    for name, _ in links_of(host_config):
        found = state.find_container(name)
        if found is None:
            raise EngineRefusal(400, f"could not get container for {name}: No such container: {name}")
        if mode_of(found) == "host":
            why = "host type networking can't be used with links. This would result in undefined behavior"
            raise EngineRefusal(400, f"conflicting options: {why}")


def check_links(state: EngineState, container: Object) -> None:
    """Refuse the start of a container whose links lead to one of another network, or to one that does not run."""
    if "bridge" not in endpoints_of(container):
        return
    for name, alias in links_of(part(container, "HostConfig")):
        found = state.find_container(name)
        if found is not None and "bridge" not in endpoints_of(found):
            why = f"Cannot link to /{name_of(found)}, as it does not belong to the default network"
            raise EngineRefusal(500, why)
        if found is None or not is_running(found):  # one that was removed is linked to until dockerd restarts
            raise EngineRefusal(500, f"Cannot link to a non running container: /{name} AS {alias}")


def links_of(host_config: Object) -> Iterator[tuple[str, str]]:
    """List what a container links to, and by which name: `db:database`, as inspection shows it `/db:/web/database`."""
    links = host_config.get("Links")
    for link in links if isinstance(links, list) else ():
        name, _, alias = str(link).partition(":")
        yield name.removeprefix("/"), alias or name


def _mode(host_config: Object) -> str:
    mode = text(host_config, "NetworkMode")
    return "bridge" if mode in ("", "default") else mode
