"""`exposure`: who can reach what."""

from typing import Annotated

from msgspec import Meta

from netaudit.fleet.tables.key import Container, Maker, Project, Row, Service


class CellRow(Row, frozen=True, kw_only=True):
    """A cell of a host's exposure table. `exposed` of `hosts` says whether there is such a table."""

    zone_kind: Annotated[str, Meta(description="Where packets come from: internet, lan, host, network, container.")]
    zone: Annotated[str, Meta(description="That place in words.")]
    outside: Annotated[bool, Meta(description="The zone is the Internet or a neighbour on a LAN.")]
    destination_kind: Annotated[str, Meta(description="published-port, container-ports, host-listener, ….")]
    family: Annotated[str, Meta(description="ip or ip6.")]
    protocol: Annotated[str, Meta(description="tcp, udp, sctp, ….")]
    address: Annotated[str, Meta(description="What the packets are sent to.")]
    ports: Annotated[str, Meta(description="Inclusive ranges: 80,443,8000-8010.")]
    first_port: Annotated[int | None, Meta(description="The lowest of them.")]
    last_port: Annotated[int | None, Meta(description="The highest of them.")]
    container: Container
    project: Project
    service: Service
    image: Annotated[str | None, Meta(description="That container's image.")]
    network: Annotated[str | None, Meta(description="The network on which it is reached.")]
    host_ip: Annotated[str | None, Meta(description="Of a port binding: the host's address.")]
    host_port: Annotated[int | None, Meta(description="Of a port binding: the host's port.")]
    container_port: Annotated[int | None, Meta(description="Of a port binding: the container's port.")]
    sensitive: Annotated[str | None, Meta(description="The service that should not face a network: PostgreSQL, ….")]
    outcome: Annotated[str, Meta(description="allowed, blocked, may.")]
    for_all: Annotated[bool, Meta(description="Allowed, and neither a limit nor a choice of senders stands before it.")]
    delivery: Annotated[str, Meta(description="How they get there: dnat, proxy, direct, local, none.")]
    reason: Annotated[str | None, Meta(description="Why it is so, where that is not plain.")]
    rule_place: Annotated[str | None, Meta(description="The deciding rule, as `netaudit explain` takes it.")]
    rule_text: Annotated[str | None, Meta(description="Its text.")]
    maker: Maker
    signature: Annotated[str | None, Meta(description="The entry of the catalog that explains the deciding rule.")]
    witness: Annotated[str | None, Meta(description="An example packet.")]
