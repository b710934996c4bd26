"""What Compose asks the engine for: the body of each request that makes a network or a container."""

from netaudit.model.engine_request import Json
from netaudit.plan.project.hashes import HASH, network_hash, service_hash
from netaudit.plan.project.model import Attachment, Network, Pool, Project, Service, Volume

LABEL = "com.docker.compose."
Body = dict[str, Json]


def network_body(project: Project, name: str, network: Network) -> Body:
    """Return the body that makes a network."""
    ipam = network.ipam
    hashed = network_hash(project, name)
    labels = {**network.labels, HASH: hashed, f"{LABEL}network": name, f"{LABEL}project": project.name}
    body: Body = {
        "Name": network.name,
        "Driver": network.driver,
        "Options": driver_options(network),
        "IPAM": {"Driver": ipam.driver, "Options": ipam.options, "Config": [_pool(one) for one in ipam.config or ()]},
        "Internal": network.internal,
        "Attachable": network.attachable,
        "Labels": labels,
    }
    body |= {} if network.enable_ipv4 is None else {"EnableIPv4": network.enable_ipv4}
    return body | ({} if network.enable_ipv6 is None else {"EnableIPv6": network.enable_ipv6})


def driver_options(network: Network) -> dict[str, str]:
    """Return the options of a network's driver, all of them texts."""
    return {key: _text(value) for key, value in network.driver_opts.items()}


def container_body(project: Project, name: str, number: int, mode: str, links: list[str]) -> Body:
    """Return the body that makes a container, without its networks; `mode` is the engine's word for where it is."""
    service = project.services[name]
    bindings: dict[str, list[Body]] = {}
    for port in sorted(service.ports, key=lambda one: one.key):  # stable: each port keeps the order of its bindings
        bindings.setdefault(port.key, []).append({"HostIp": port.host_ip, "HostPort": str(port.published)})
    return {
        "Image": image_of(project, name),
        "Hostname": service.hostname,
        "ExposedPorts": {one: {} for one in sorted({*map(str, service.expose), *bindings})},
        "Labels": _labels(project, name, number, mode),
        "HostConfig": {
            "NetworkMode": mode,
            "PortBindings": bindings,
            "Links": links,
            "RestartPolicy": {"Name": service.restart.partition(":")[0]},
            "Binds": [_bind(one) for one in service.volumes if one.type == "bind"],
            "Privileged": service.privileged,
            "CapAdd": list(service.cap_add),
            "CapDrop": list(service.cap_drop),
            "SecurityOpt": list(service.security_opt),
            "PidMode": service.pid,
            "IpcMode": service.ipc,
            "UTSMode": service.uts,
            "UsernsMode": service.userns_mode,
            "Sysctls": {key: str(value) for key, value in service.sysctls.items()},
        },
    }


def endpoint_body(service: Service, attachment: Attachment, names: list[str], links: list[str]) -> Body:
    """Return what a container says of one of its networks; `names` are those that it has there."""
    addresses = {
        "IPv4Address": attachment.ipv4_address,
        "IPv6Address": attachment.ipv6_address,
        "LinkLocalIPs": list(attachment.link_local_ips),
    }
    given = {key: value for key, value in addresses.items() if value}
    first = service.by_priority[0][1] if service.networks else attachment
    mac = attachment.mac_address or (service.mac_address if attachment == first else "")
    return {
        "IPAMConfig": given or None,
        "IPAddress": attachment.ipv4_address,
        "IPv6Gateway": attachment.ipv6_address,
        "Links": links,
        "Aliases": [*names, *attachment.aliases],
        "MacAddress": mac,
        "DriverOpts": attachment.driver_opts,
        "GwPriority": attachment.gw_priority,
    }


def image_of(project: Project, name: str) -> str:
    """Return a service's image; one that is built without a name is named after the project."""
    return project.services[name].image or f"{project.name}-{name}"


def _labels(project: Project, name: str, number: int, mode: str) -> dict[str, str]:
    service = project.services[name]
    waits = (f"{key}:{one.condition}:{str(one.restart).lower()}" for key, one in sorted(service.depends_on.items()))
    return {
        **service.labels,
        HASH: service_hash(project, name, mode),
        f"{LABEL}project": project.name,
        f"{LABEL}service": name,
        f"{LABEL}container-number": str(number),
        f"{LABEL}oneoff": "False",
        f"{LABEL}depends_on": ",".join(waits),
    }


def _pool(pool: Pool) -> Body:
    found = {"Subnet": pool.subnet, "Gateway": pool.gateway, "IPRange": pool.ip_range}
    body: Body = {key: value for key, value in found.items() if value}
    return body | ({"AuxiliaryAddresses": pool.aux_addresses} if pool.aux_addresses else {})


def _bind(volume: Volume) -> str:
    return f"{volume.source}:{volume.target}:{'ro' if volume.read_only else 'rw'}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
