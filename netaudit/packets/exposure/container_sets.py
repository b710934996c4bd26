"""What is sent to containers and by them, as sets of packets: by their addresses, ports and bridges."""

from functools import cached_property, lru_cache
from ipaddress import ip_address

from netaudit.model.docker import Inventory, Network
from netaudit.model.exposure import Destination, DestinationKind
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges, single
from netaudit.packets.host.endpoints import proxied_address
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoding.host_sets import NEW_DADDR, NEW_DPORT, HostSets, Translated


class ContainerSets:
    """The packets of a host's containers, in one family; what was asked once is remembered."""

    def __init__(self, world: HostSets, inventory: Inventory) -> None:
        self._world, self._space = world, world.space
        self._networks = {one.name: one for one in inventory.networks}
        self._containers = {one.id: one for one in inventory.containers}
        self._inventory = inventory
        remembered = lru_cache(maxsize=None)
        self.at_port, self.leaving_to = remembered(self._at_port), remembered(self._leaving_to)
        self.sent_by = remembered(self._sent_by)

    def network(self, to: Destination) -> Network | None:
        """Find the network of a container's own address; None for another destination."""
        if to.kind is not DestinationKind.CONTAINER_PORTS:
            return None
        return self._networks.get(to.network_name)

    @cached_property
    def answering(self) -> PacketSet:
        """Return the packets that are on their way to containers, or led by NAT: only their answers are followed."""
        found = {number for known in self._containers for number, _ in self._own(known)}
        return self._world.destined(single(sorted(found))) | self._world.led

    def proxied_address(self, container_id: str) -> str:
        """Return the address that docker-proxy goes on to from a port of this family; "" where there is none."""
        container = self._containers.get(container_id)
        return proxied_address(self._inventory, container, self._world.family) if container else ""

    def _own(self, container_id: str) -> Ranges:
        """List a container's addresses of this family."""
        container = self._containers.get(container_id)
        found = [end.address_of(self._world.family) for end in container.endpoints] if container else []
        return single(sorted(int(ip_address(one.partition("/")[0])) for one in found if one))

    def _sent_by(self, container_id: str) -> PacketSet:
        """Return the packets that a container sends."""
        return self._space.in_ranges(Field.SADDR, self._own(container_id))

    def _at_port(self, container_id: str, port: int) -> PacketSet:
        """Return the packets whose new destination is a port of a container."""
        inside = self._space.in_ranges(NEW_DADDR, self._own(container_id))
        return inside & self._space.equal(NEW_DPORT, port) & self._world.translated(Translated.DESTINATION)

    def _leaving_to(self, container_id: str) -> PacketSet:
        """Return the packets that leave by the bridges of a container's networks: by others they come to others."""
        container = self._containers.get(container_id)
        networks = [self._networks.get(end.network_name) for end in container.endpoints] if container else []
        bridges = {one.bridge for one in networks if one and one.bridge} & self._world.number.keys()
        return self._world.named(Field.OIF, bridges) if bridges else self._space.everything
