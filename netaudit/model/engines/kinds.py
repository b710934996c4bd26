"""The programs that run containers and write rules for them."""

from enum import StrEnum

import msgspec


class Engine(StrEnum):
    """Docker, or Podman with netavark."""

    DOCKER = "docker"
    PODMAN = "podman"


class Isolation(StrEnum):
    """How a network of Podman's is kept apart from the others: the option `isolate`."""

    NONE = "none"
    NORMAL = "normal"  # "true": from other isolated networks
    STRICT = "strict"  # from all networks


class PortMapping(msgspec.Struct, frozen=True, gc=False):
    """A range of host ports that leads to a range of container ports, as Podman hands it to netavark.

    `host_ip` is "" for every address of either family.
    """

    protocol: str
    host_ip: str
    host_port: int
    container_port: int
    count: int = 1


class Podman(msgspec.Struct, frozen=True):
    """Podman as it describes itself: netavark, with its own version, writes the rules.

    `driver` is "" where the recording does not tell which one netavark uses; `partial` as in an inventory.
    """

    version: str = ""
    netavark: str = ""
    driver: str = ""
    rootless: bool = False
    partial: bool = False
