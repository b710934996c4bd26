"""Objects of a ruleset and their attributions, as JSON."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.attribute.attribution import AttributedItem, Attribution, Cause, CauseKind, Confidence, Ref, Standing
from netaudit.model.docker import PortBinding
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind


class RefJson(msgspec.Struct, frozen=True, kw_only=True):
    """A container or network."""

    id: str
    name: str


class BindingJson(msgspec.Struct, frozen=True, kw_only=True):
    """A port binding."""

    protocol: str
    host_ip: str
    host_port: int
    container_port: int


class CauseJson(msgspec.Struct, frozen=True, kw_only=True):
    """The inventory object that a rule exists for."""

    kind: CauseKind
    container: RefJson | UnsetType = UNSET
    network: RefJson | UnsetType = UNSET
    binding: BindingJson | UnsetType = UNSET
    name: Annotated[str | UnsetType, Meta(description="What it is, where it is not an object of Docker.")] = UNSET


class AttributionJson(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes such a rule, what for, and how sure that is."""

    maker: Annotated[str | None, Meta(description="Who writes such rules; null: not known.")]
    signature: Annotated[str | None, Meta(description="A rule with holes, in rules/attribution/.")]
    confidence: Confidence
    standing: Standing
    purpose: str | None
    reason: Annotated[str | None, Meta(description="Why the standing or the confidence is what it is.")]
    causes: tuple[CauseJson, ...]


class ItemJson(msgspec.Struct, frozen=True, kw_only=True):
    """An object of a ruleset."""

    object: ObjectKind
    backend: Backend
    family: str
    table: str
    chain: Annotated[str, Meta(description="For a set or map: its name.")]
    position: Annotated[int | None, Meta(description="From 1; only rules have one.")]
    text: Annotated[str, Meta(description="As its own tool prints it, without counters.")]
    packets: int | UnsetType = UNSET
    bytes: int | UnsetType | None = UNSET


class AttributedJson(ItemJson, frozen=True, kw_only=True):
    """An object of a ruleset with its attribution."""

    attribution: AttributionJson


def item_json(item: Item) -> ItemJson:
    """Return an object of a ruleset."""
    return ItemJson(**item_fields(item))


def attributed_json(one: AttributedItem) -> AttributedJson:
    """Return an object with its attribution."""
    return AttributedJson(**item_fields(one.item), attribution=attribution_json(one.attribution))


def item_fields(item: Item) -> dict[str, Any]:
    """Return the fields of an ItemJson, for the types that add to it."""
    fields = {
        "object": item.object,
        "backend": item.backend,
        "family": item.family,
        "table": item.table,
        "chain": item.chain,
        "position": item.position,
        "text": item.text,
    }
    return fields if item.packets is None else {**fields, "packets": item.packets, "bytes": item.octets}


def attribution_json(attribution: Attribution) -> AttributionJson:
    """Return an attribution."""
    return AttributionJson(
        maker=attribution.maker or None,
        signature=attribution.signature or None,
        confidence=attribution.confidence,
        standing=attribution.standing,
        purpose=attribution.purpose or None,
        reason=str(attribution.reason) if attribution.reason else None,
        causes=tuple([_cause(cause) for cause in attribution.causes]),
    )


def _cause(cause: Cause) -> CauseJson:
    return CauseJson(
        kind=cause.kind,
        container=ref_json(cause.container) if cause.container else UNSET,
        network=ref_json(cause.network) if cause.network else UNSET,
        binding=binding_json(cause.binding) if cause.binding else UNSET,
        name=cause.name or UNSET,
    )


def ref_json(ref: Ref) -> RefJson:
    """Return a container or network."""
    return RefJson(id=ref.id, name=ref.name)


def binding_json(binding: PortBinding) -> BindingJson:
    """Return a port binding."""
    return BindingJson(
        protocol=binding.protocol,
        host_ip=binding.host_ip,
        host_port=int(binding.host_port),
        container_port=binding.container_port,
    )
