"""Cells of the exposure table, and how they change, as JSON."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.attribute.attribution import AttributedExposure, ExposureChange
from netaudit.model.exposure import Delivery, Destination, DestinationKind, NatTarget, Outcome, ZoneKind
from netaudit.report.json.item import (
    AttributionJson,
    BindingJson,
    ItemJson,
    RefJson,
    attribution_json,
    binding_json,
    item_json,
)
from netaudit.report.text.reasons import describe_reason

_FAMILIES = Meta(extra_json_schema={"enum": ["ip", "ip6"]})

# Two fields of every document that has an exposure table.
Computed = Annotated[bool, Meta(description="False: not known, which is not the same as none.")]
ComputedGap = Annotated[str | UnsetType, Meta(description="Why it was not computed.")]


class ZoneJson(msgspec.Struct, frozen=True, kw_only=True):
    """Where packets come from."""

    kind: ZoneKind
    name: str


class NatTargetJson(msgspec.Struct, frozen=True, kw_only=True):
    """Where a NAT rule leads a forwarded port."""

    addresses: Annotated[tuple[str, str], Meta(description="The first and the last.")]
    ports: Annotated[
        tuple[int, int] | None, Meta(description="The first and the last; null: each port stays what it is.")
    ]


class DestinationJson(msgspec.Struct, frozen=True, kw_only=True):
    """What is reached."""

    kind: DestinationKind
    family: Annotated[str, _FAMILIES]
    protocol: str
    address: Annotated[str, Meta(description="What the packets are sent to.")]
    ports: Annotated[tuple[tuple[int, int], ...], Meta(description="Inclusive ranges.")]
    container: RefJson | UnsetType = UNSET
    network: str | UnsetType = UNSET
    binding: BindingJson | UnsetType = UNSET
    programs: tuple[str, ...] | UnsetType = UNSET
    led_to: NatTargetJson | UnsetType = UNSET
    interface: Annotated[
        str | UnsetType, Meta(description="The only interface that a listener takes packets from.")
    ] = UNSET


class CellJson(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of the exposure table: who can reach what, and the rule that decides it."""

    zone: ZoneJson
    destination: DestinationJson
    outcome: Outcome
    way: Delivery
    rule: ItemJson | None
    attribution: AttributionJson | None
    reason: str | None
    witness: Annotated[str | None, Meta(description="An example packet.")]
    limited_by: Annotated[
        tuple[ItemJson, ...] | UnsetType,
        Meta(description="Rules that let only some of these packets through, by rate, count, chance or the time."),
    ] = UNSET


class CellChangeJson(msgspec.Struct, frozen=True, kw_only=True):
    """A cell whose outcome differs; null where its zone or destination was not there."""

    before: CellJson | None
    after: CellJson | None
    because: str | None


def change_json(change: ExposureChange) -> CellChangeJson:
    """Return a cell whose outcome differs, before and after."""
    return CellChangeJson(
        before=cell_json(change.before) if change.before else None,
        after=cell_json(change.after) if change.after else None,
        because=change.because or None,
    )


def cell_json(one: AttributedExposure) -> CellJson:
    """Return a cell of the exposure table."""
    exposure = one.exposure
    return CellJson(
        zone=ZoneJson(kind=exposure.zone.kind, name=exposure.zone.name),
        destination=_destination(exposure.destination),
        outcome=exposure.outcome,
        way=exposure.way,
        rule=item_json(exposure.rule) if exposure.rule else None,
        attribution=attribution_json(one.attribution) if exposure.rule else None,
        reason=describe_reason(exposure.reason) or None,
        witness=exposure.witness or None,
        limited_by=tuple(map(item_json, exposure.limited_by)) or UNSET,
    )


def _destination(to: Destination) -> DestinationJson:
    return DestinationJson(
        kind=to.kind,
        family=to.family,
        protocol=to.protocol,
        address=to.address,
        ports=to.ports,
        container=RefJson(id=to.container_id, name=to.container_name) if to.container_name else UNSET,
        network=to.network_name or UNSET,
        binding=binding_json(to.binding) if to.binding else UNSET,
        programs=to.programs or UNSET,
        led_to=_nat_target(to.led) if to.led else UNSET,
        interface=to.interface or UNSET,
    )


def _nat_target(led: NatTarget) -> NatTargetJson:
    return NatTargetJson(addresses=led.addresses, ports=led.ports)
