"""What is on a host, for the next random command."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from random_hosts.chance import Chance

from netaudit.model.facts import Facts, Source


@dataclass
class There:
    """What is on a host: containers by name with whether they run, networks by name with their inspection."""

    containers: dict[str, bool] = field(default_factory=dict)
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: str = ""  # of the daemon

    @property
    def running(self) -> list[str]:
        """List the containers that run."""
        return sorted(name for name, runs in self.containers.items() if runs)

    @property
    def own_networks(self) -> list[str]:
        """List the networks that somebody made and that containers can be on."""
        own = (name for name, one in self.networks.items() if one["Driver"] not in ("host", "null"))
        return sorted(name for name in own if name != "bridge")

    def subnets(self, name: str, version: int) -> list[str]:
        """List the subnets of a network, of one family."""
        found = [one.get("Subnet", "") for one in self.networks[name]["IPAM"]["Config"] or ()]
        return [one for one in found if one and (":" in one) == (version == 6)]


def what_is_there(facts: Facts, options: Sequence[str] = ()) -> There:
    """Read what is on a host; what belongs to a Compose project is left to Compose."""
    containers = json.loads(facts.files[Source.DOCKER_CONTAINERS] or b"[]")
    networks = json.loads(facts.files[Source.DOCKER_NETWORKS] or b"[]")
    return There(
        {one["Name"][1:]: one["State"]["Running"] for one in containers if not _is_composed(one["Config"])},
        {one["Name"]: one for one in networks if not _is_composed(one)},
        " ".join(options),
    )


def _is_composed(one: dict[str, Any]) -> bool:
    return any(name.startswith("com.docker.compose") for name in one.get("Labels") or {})


def address_in(chance: Chance, there: There, network: str, version: int, share: float = 0.25) -> str:
    """Return an address in a subnet of a network; most often none."""
    subnets = there.subnets(network, version)
    if not subnets or not chance.happens(share):
        return ""
    first = subnets[0].partition("/")[0]
    number = chance.number(2, 120)
    return f"{first.rstrip(':')}::{number:x}" if version == 6 else f"{first.rsplit('.', 1)[0]}.{number}"


def free_name(chance: Chance, names: Sequence[str], taken: dict[str, Any]) -> str:
    """Return a name; now and then one that is in use."""
    free = [one for one in names if one not in taken]
    return chance.one(*free) if free and chance.happens(0.97) else chance.one(*names)
