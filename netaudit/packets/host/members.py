"""The members of networks, and which of them sends the example packets of a zone."""

from collections.abc import Mapping
from ipaddress import ip_address

from netaudit.model.docker import Inventory
from netaudit.model.exposure import ZoneKind
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges, contains, free_numbers
from netaudit.packets.host.zones import Origin

NOBODY_YET = " (no container has this sender's address yet)"


class Members:
    """The addresses of one family that running containers have on each network, by the network's name."""

    def __init__(self, inventory: Inventory, family: Family) -> None:
        self._of: dict[str, dict[int, str]] = {}  # by address: whose it is
        self.on_bridges: dict[str, list[int]] = {}  # addresses by bridge
        bridges = {network.id: network.bridge for network in inventory.networks if network.bridge}
        for container in inventory.containers:
            for end in container.endpoints if container.running else ():
                address = end.address_of(family)
                if address:
                    number = int(ip_address(address.partition("/")[0]))
                    self._of.setdefault(end.network_name, {})[number] = container.id
                    self.on_bridges.setdefault(bridges.get(end.network_id, ""), []).append(number)

    def has(self, origin: Origin, example: Mapping[str, int]) -> bool:
        """Tell whether an example packet comes from a container that is there."""
        return example[Field.SADDR] in self._of.get(origin.zone.name, ())

    def sender(self, origin: Origin, container_id: str, to: Ranges) -> int | None:
        """Return the sender of an example to a container's or the host's addresses; None where any sender is good."""
        match origin.zone.kind:
            case ZoneKind.NETWORK:
                return self._other(origin, container_id)
            case ZoneKind.HOST:  # to itself the host sends as the address that it sends to
                return next((first for first, _ in to if contains(origin.senders, first)), None)
            case _:
                return None

    def _other(self, origin: Origin, container_id: str) -> int:
        """Return the address of another member; where there is none, an address that a new member may get."""
        known = self._of.get(origin.zone.name, {})
        found = next((number for number, whose in known.items() if whose != container_id), None)
        return _free(origin, known) if found is None else found


def _free(origin: Origin, taken: Mapping[int, str]) -> int:
    return next(free_numbers(origin.senders, taken), origin.senders[0][0])
