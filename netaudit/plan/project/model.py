"""A project as `docker compose config --format json` prints it: files merged, variables and defaults filled in."""

from typing import Any

import msgspec


class Port(msgspec.Struct, frozen=True):
    """A port to publish; `published` is empty for any, or a range."""

    target: int
    published: str | int = ""
    protocol: str = "tcp"
    host_ip: str = ""

    @property
    def key(self) -> str:
        """Return the port as the Engine API names it: `80/tcp`."""
        return f"{self.target}/{self.protocol}"


class Attachment(msgspec.Struct, frozen=True):
    """What a service says of one of its networks."""

    aliases: tuple[str, ...] = ()
    ipv4_address: str = ""
    ipv6_address: str = ""
    link_local_ips: tuple[str, ...] = ()
    mac_address: str = ""
    driver_opts: dict[str, str] | None = None
    priority: int = 0
    gw_priority: int = 0


class Dependency(msgspec.Struct, frozen=True):
    """How a service waits for another."""

    condition: str = "service_started"
    restart: bool = False


class Deploy(msgspec.Struct, frozen=True):
    """How many containers a service has."""

    replicas: int | None = None


class Volume(msgspec.Struct, frozen=True):
    """What a container sees of the host's files; other kinds than `bind` lead to none of them."""

    type: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = False


class Service(msgspec.Struct, frozen=True):
    """What decides over a container's rules, and over what it may do on the host."""

    image: str = ""
    container_name: str = ""
    scale: int | None = None
    deploy: Deploy | None = None
    depends_on: dict[str, Dependency] = {}
    network_mode: str = ""
    networks: dict[str, Attachment | None] = {}
    ports: tuple[Port, ...] = ()
    expose: tuple[str | int, ...] = ()
    links: tuple[str, ...] = ()
    external_links: tuple[str, ...] = ()
    mac_address: str = ""
    hostname: str = ""
    labels: dict[str, str] = {}
    privileged: bool = False
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    security_opt: tuple[str, ...] = ()
    pid: str = ""
    ipc: str = ""
    uts: str = ""
    userns_mode: str = ""
    sysctls: dict[str, str | int] = {}
    volumes: tuple[Volume, ...] = ()
    restart: str = ""

    @property
    def replicas(self) -> int:
        """Return how many containers the service has."""
        if self.scale is not None:
            return self.scale
        return 1 if self.deploy is None or self.deploy.replicas is None else self.deploy.replicas

    @property
    def by_priority(self) -> list[tuple[str, Attachment]]:
        """Return the networks with what each gets, the one of the highest priority first."""
        found = [(name, one or Attachment()) for name, one in self.networks.items()]
        return sorted(found, key=lambda named: (-named[1].priority, named[0]))


class Pool(msgspec.Struct, frozen=True):
    """A subnet of a network."""

    subnet: str = ""
    gateway: str = ""
    ip_range: str = ""
    aux_addresses: dict[str, str] = {}


class Ipam(msgspec.Struct, frozen=True):
    """Where the addresses of a network come from."""

    driver: str = ""
    config: tuple[Pool, ...] | None = None
    options: dict[str, str] = {}


class Network(msgspec.Struct, frozen=True):
    """A network of the project, or one that must be there already."""

    name: str
    external: bool = False
    driver: str = ""
    driver_opts: dict[str, Any] = {}
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    ipam: Ipam = Ipam()
    labels: dict[str, str] = {}


class Project(msgspec.Struct, frozen=True):
    """A project: its services and networks by the names that its files give them; `said` is all that was printed."""

    name: str
    services: dict[str, Service]
    networks: dict[str, Network] = {}
    said: dict[str, Any] = {}

    @property
    def in_order(self) -> list[tuple[str, Service]]:
        """Return the services, each after those that it waits for; by name where nothing says more."""
        left = dict(sorted(self.services.items()))
        found: list[tuple[str, Service]] = []
        while left:
            ready = (name for name, one in left.items() if not one.depends_on.keys() & left.keys())
            name = next(ready, next(iter(left)))
            found.append((name, left.pop(name)))
        return found
