"""The engine about itself: ping, version, info, events, disk usage; volumes and images that a client asks about."""

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import AssumptionKind
from netaudit.plan.engine.answer import Answer, Delivery, EngineRefusal
from netaudit.plan.engine.api.creation import image_id
from netaudit.plan.engine.api.filters import filters_of, has_label, select
from netaudit.plan.engine.host import api_of
from netaudit.plan.engine.objects import Object, part, text, texts
from netaudit.plan.engine.state import EngineState

_NOW = "2026-01-01T00:00:00Z"


def ping(state: EngineState, request: EngineRequest) -> Answer:
    """Answer that the engine is there; the headers, which every answer has, say which API it speaks."""
    del state, request
    return Answer(200, "OK")


def version(state: EngineState, request: EngineRequest) -> Answer:
    """Return the engine's version."""
    del request
    host = state.host
    known = {"Version": host.release, "ApiVersion": api_of(host), "MinAPIVersion": host.minimum_api}
    platform = {"Os": "linux", "Arch": "amd64", "GoVersion": "", "GitCommit": "", "BuildTime": "", "KernelVersion": ""}
    engine = {"Name": "Engine", "Version": host.release, "Details": {}}
    return Answer(200, {"Platform": {"Name": ""}, "Components": [engine], **known, **platform})


def info(state: EngineState, request: EngineRequest) -> Answer:
    """Return what the engine says about itself, as it was recorded."""
    del request
    swarm = {"NodeID": "", "LocalNodeState": "inactive", "ControlAvailable": False, "RemoteManagers": None}
    known = {
        "OSType": "linux",
        "Architecture": "x86_64",
        "Driver": "overlay2",
        "Plugins": {"Volume": ["local"], "Network": ["bridge", "host", "macvlan", "null", "overlay"]},
        "SecurityOptions": [],
        "IndexServerAddress": "https://index.docker.io/v1/",
        "Runtimes": {"runc": {"path": "runc"}},
        "DefaultRuntime": "runc",
    }
    said = {name: value for name, value in state.host.info.items() if value is not None}
    said["Swarm"] = swarm | part(said, "Swarm")
    return Answer(200, known | said | {"ServerVersion": state.host.release})


def events(state: EngineState, request: EngineRequest) -> Answer:
    """Answer with events that never come."""
    del state, request
    return Answer(200, None, Delivery.STAYS_OPEN)


def inspect_image(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Inspect an image: it is taken to be there, with the ports that are known."""
    del request
    ports = state.exposed_ports(reference)
    if ports is None:
        state.assume(AssumptionKind.IMAGE_UNKNOWN, image=reference)
    config: Object = {"ExposedPorts": {port: {} for port in ports or ()}, "Env": [], "Cmd": ["/bin/sh"], "Labels": {}}
    return Answer(
        200,
        {
            "Id": known_image_id(state, reference),
            "RepoTags": [reference],
            "RepoDigests": [],
            "Created": _NOW,
            "Os": "linux",
            "Architecture": "amd64",
            "Size": 0,
            "Config": config,
            "ContainerConfig": config,
            "RootFS": {"Type": "layers", "Layers": []},
        },
    )


def known_image_id(state: EngineState, reference: str) -> str:
    """Return an image's id: of a container that was made from it, where there is one."""
    users = (one for one in state.containers.values() if text(part(one, "Config"), "Image") == reference)
    return next((text(one, "Image") for one in users if text(one, "Image")), "") or image_id(reference)


def list_images(state: EngineState, request: EngineRequest) -> Answer:
    """List no image: clients then ask for each."""
    del state, request
    return Answer(200, [])


def inspect_remote_image(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Refuse to ask a registry: clients go on with the image as it is named."""
    del state, request
    raise EngineRefusal(404, f"no registry is asked for {reference}")


def pull(state: EngineState, request: EngineRequest) -> Answer:
    """Answer that an image was pulled."""
    name, tag = request.parameter("fromImage"), request.parameter("tag")
    if not name:
        raise EngineRefusal(400, "only pulling of images is planned")
    reference = f"{name}:{tag}" if tag else name
    if state.exposed_ports(reference) is None:
        state.assume(AssumptionKind.IMAGE_UNKNOWN, image=reference)
    return Answer(200, [{"status": f"Status: Image is up to date for {reference}"}], Delivery.LINES)


def list_volumes(state: EngineState, request: EngineRequest) -> Answer:
    """List the volumes that this plan made: recordings do not hold volumes."""
    tests = {
        "label": lambda one, wanted: has_label(texts(one.get("Labels")), wanted),
        "name": lambda one, wanted: wanted in text(one, "Name"),
        "dangling": lambda one, wanted: bool(one) == (wanted in ("0", "false")),
        "driver": lambda one, wanted: text(one, "Driver") == wanted,
    }
    return Answer(200, {"Volumes": select(state.volumes.values(), filters_of(request), tests), "Warnings": None})


def inspect_volume(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Inspect a volume."""
    del request
    if reference not in state.volumes:
        raise EngineRefusal(404, f"get {reference}: no such volume")
    return Answer(200, state.volumes[reference])


def create_volume(state: EngineState, request: EngineRequest) -> Answer:
    """Create a volume, or return the one that is there."""
    body = dict(request.fields())
    name = text(body, "Name") or state.example_id("volume", str(len(state.volumes)))
    made = {
        "Name": name,
        "Driver": text(body, "Driver") or "local",
        "Mountpoint": f"/var/lib/docker/volumes/{name}/_data",
        "Labels": texts(body.get("Labels")),
        "Options": texts(body.get("DriverOpts")),
        "Scope": "local",
        "CreatedAt": _NOW,
    }
    return Answer(201, state.volumes.setdefault(name, made))


def remove_volume(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Remove a volume."""
    inspect_volume(state, request, reference)
    del state.volumes[reference]
    return Answer(204)
