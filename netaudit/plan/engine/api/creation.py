"""Create a container: what dockerd checks then, and what it refuses."""

import re

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import AssumptionKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.wanted import wanted_ports
from netaudit.plan.engine.allocation.wishes import check_new_wishes
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.endpoints import endpoint
from netaudit.plan.engine.api.links import check_linked
from netaudit.plan.engine.objects import Object, name_of, objects, part, text
from netaudit.plan.engine.state import EngineState

_NAME = re.compile(r"/?[a-zA-Z0-9][a-zA-Z0-9_.-]+")
_SEVERAL_NETWORKS = (1, 44)  # the API from which a container may be created on several networks
_NORMAL_MODE = Version(26)  # from here on the default network has one name

# The field of the request, whether it is HostConfig's, and what dockerd says where it meets `container:`.
_WITH_CONTAINER_MODE = (
    ("Hostname", False, "hostname and the network mode"),
    ("Links", True, "container type network can't be used with links. This would result in undefined behavior"),
    ("Dns", True, "dns and the network mode"),
    ("ExtraHosts", True, "custom host-to-IP mapping and the network mode"),
    ("PortBindings", True, "port publishing and the container type network mode"),
    ("PublishAllPorts", True, "port publishing and the container type network mode"),
    ("ExposedPorts", False, "port exposing and the container type network mode"),
)


def create(state: EngineState, request: EngineRequest) -> Answer:
    """Create a container."""
    body = dict(request.fields())
    if not text(body, "Image"):
        raise EngineRefusal(400, "config cannot be empty in order to create a container")
    name = _name(state, request.parameter("name"))
    host_config = part(body, "HostConfig")
    _check_mode(body, host_config)
    check_linked(state, host_config)
    networking = part(dict(body), "NetworkingConfig").get("EndpointsConfig")
    configs = dict(objects(networking))
    _check_networks(request, configs)
    check_new_wishes(state, text(host_config, "NetworkMode") or "default", configs)
    container = _container(state, name, body)
    _expose(state, container)
    wanted_ports(container, state.host.version)  # refuses what is no port
    _add_networks(state, container, configs)
    state.containers[text(container, "Id")] = container
    return Answer(201, {"Id": text(container, "Id"), "Warnings": []})


def place_container(state: EngineState, name: str, body: Object, networks: list[str]) -> Object:
    """Make a container of a swarm's task, which will join these networks."""
    container = _container(state, name, body)
    ends = part(container, "NetworkSettings", "Networks")
    for network in networks:
        ends[network] = endpoint(state, {}) | {"NetworkID": text(state.network(network), "Id")}
    state.containers[text(container, "Id")] = container
    return container


def check_name(state: EngineState, name: str, owner: str = "") -> None:
    """Refuse what is not a name, and another container's name."""
    if not _NAME.fullmatch(name):
        why = f"Invalid container name ({name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
        raise EngineRefusal(400, why)
    plain = name.removeprefix("/")
    taken = next((one for one in state.containers.values() if name_of(one) == plain), None)
    if taken is not None and text(taken, "Id") != owner:
        raise EngineRefusal(
            409,
            f'Conflict. The container name "/{plain}" is already in use by container "{text(taken, "Id")}". '
            "You have to remove (or rename) that container to be able to reuse that name.",
        )


def _name(state: EngineState, asked: str) -> str:
    """Return the container's name; one that the engine would invent is numbered here."""
    if asked:
        check_name(state, asked)
        return asked.removeprefix("/")
    names = {name_of(one) for one in state.containers.values()}
    number = 1
    while f"unnamed_{number}" in names:
        number += 1
    return f"unnamed_{number}"


def _check_mode(body: Object, host_config: Object) -> None:
    mode = text(host_config, "NetworkMode")
    if mode == "host" and host_config.get("Links"):
        why = "host type networking can't be used with links. This would result in undefined behavior"
        raise EngineRefusal(400, f"conflicting options: {why}")
    if mode != "container" and not mode.startswith("container:"):
        return
    if mode in ("container", "container:"):
        raise EngineRefusal(400, "invalid network mode: invalid container format container:<name|id>")
    for field, is_hosts, why in _WITH_CONTAINER_MODE:
        if (host_config if is_hosts else body).get(field):
            raise EngineRefusal(400, f"conflicting options: {why}")


def _check_networks(request: EngineRequest, configs: Object) -> None:
    spoken = request.api_version
    if len(configs) > 1 and spoken is not None and spoken < _SEVERAL_NETWORKS:
        raise EngineRefusal(400, "Container cannot be connected to network endpoints: " + ", ".join(sorted(configs)))


def _container(state: EngineState, name: str, body: Object) -> Object:
    identity = state.example_id("container", name)
    config = {key: value for key, value in body.items() if key not in ("HostConfig", "NetworkingConfig")}
    config["Hostname"] = config.get("Hostname") or identity[:12]
    host_config = part(body, "HostConfig")
    mode = text(host_config, "NetworkMode") or "default"
    if mode == "default" and state.host.version >= _NORMAL_MODE:
        mode = "bridge"
    kind, _, owner = mode.partition(":")
    if kind == "container" and (found := state.find_container(owner)):
        mode = f"container:{text(found, 'Id')}"
    return {
        "Id": identity,
        "Name": f"/{name}",
        "Created": state.moment,
        "Image": image_id(text(body, "Image")),
        "State": {"Status": "created", "Running": False, "Paused": False, "Pid": 0, "ExitCode": 0},
        "Config": config,
        "HostConfig": host_config | {"NetworkMode": mode},
        "NetworkSettings": {"SandboxID": "", "SandboxKey": "", "Ports": {}, "Networks": {}},
        "Mounts": _mounts(host_config),
    }


def image_id(reference: str) -> str:
    """Return what stands for an image's id: its reference says all that is known."""
    return reference if reference.startswith("sha256:") else f"sha256:{reference.encode().hex():0<64.64}"


def _mounts(host_config: Object) -> list[Object]:
    """List the folders and files of the host that a container sees."""
    binds = [str(one).split(":") for one in host_config.get("Binds") or ()]
    found = [
        {"Type": "bind", "Source": one[0], "Destination": one[1], "RW": "ro" not in one[2:]} for one in binds if one[1:]
    ]
    named = [one for one in host_config.get("Mounts") or () if isinstance(one, dict)]
    return found + [
        {
            "Type": one.get("Type", ""),
            "Source": one.get("Source", ""),
            "Destination": one.get("Target", ""),
            "RW": not one.get("ReadOnly"),
        }
        for one in named
    ]


def _expose(state: EngineState, container: Object) -> None:
    """Add the ports that the image exposes; of an image that is not known, say so where it matters."""
    image = text(part(container, "Config"), "Image")
    ports = state.exposed_ports(image)
    if ports is None:
        if not any(text(part(one, "Config"), "Image") == image for one in state.containers.values()):
            state.assume(AssumptionKind.IMAGE_UNKNOWN, image=image)
        if part(container, "HostConfig").get("PublishAllPorts") is True:
            state.assume(AssumptionKind.EXPOSED_UNKNOWN, container=name_of(container), image=image)
        return
    exposed = part(container, "Config", "ExposedPorts")
    for port in ports:
        exposed.setdefault(port, {})


def _own_name(state: EngineState, reference: str) -> str:
    """Return the name of a network that may be named by its id, the reference itself where it is not there."""
    network = state.find_network(reference)
    return text(network, "Name") if network is not None else reference


def _add_networks(state: EngineState, container: Object, configs: Object) -> None:
    """Note the networks that a container will join; whether they are there, the engine sees when it starts."""
    mode = text(part(container, "HostConfig"), "NetworkMode")
    if mode.startswith("container:"):
        return
    own = "bridge" if mode == "default" else mode
    own = _own_name(state, own)
    names = {key: _own_name(state, key) for key in configs}
    ends = part(container, "NetworkSettings", "Networks")
    for key, config in configs.items():
        name = own if key in (mode, "default") else names[key]
        ends[name] = endpoint(state, config)
    if own not in ends:
        ends[own] = endpoint(state, {})
    for name, end in ends.items():
        known = state.find_network(name)
        end["NetworkID"] = text(known, "Id") if known is not None and name not in ("host", "none") else ""
