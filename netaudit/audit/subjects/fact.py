"""Facts: what expressions may read, with type, meaning and sources."""

import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

import msgspec

from netaudit.attribute.attribution import AttributedExposure, AttributedItem
from netaudit.audit.checks.answer import Doubt
from netaudit.audit.checks.condition import FactType, FactTypes
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Written
from netaudit.audit.view.view import HostView
from netaudit.model.engines.kinds import Engine
from netaudit.model.facts import IPTABLES_SOURCES

EXPOSURE = "the exposure table"
OF_IPTABLES = tuple(IPTABLES_SOURCES.values())
_LISTS: Mapping[Any, FactType] = {int: list[int], str: list[str]}


def fact(meaning: str, *sources: str) -> msgspec.Meta:
    """Describe a fact; one that may be unknown names its sources."""
    return msgspec.Meta(description=meaning, extra={"sources": tuple(map(str, sources))})


# Facts that several kinds of subjects have.
IsPodmans = Annotated[bool, fact("Whether it is Podman's, not Docker's.")]
DockerBackend = Annotated[str, fact("What Docker writes rules with, `iptables` or `nftables`; empty for not known.")]
IPv4Editor = Annotated[str, fact("The program that edits IPv4 rules: `ip6tables`, `iptables-nft`.")]
FamilyEditor = Annotated[str, fact("The program that edits rules of its family: `ip6tables`, `iptables-nft`.")]
RuleEditor = Annotated[str, fact("The program that edits it: `ip6tables`, `iptables-nft`, `nft`.")]


class SubjectFacts(msgspec.Struct, frozen=True):
    """The facts of one kind of subject: each field is one; None is not known."""

    def known(self) -> dict[str, Any]:
        """Return what is known, lists as expressions want them."""
        values = msgspec.structs.asdict(self)
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in values.items()
            if value is not None
        }


class Declared(msgspec.Struct, frozen=True):
    """A fact as it is documented."""

    name: str
    type: FactType
    meaning: str
    sources: tuple[str, ...]


class CheckSubject(msgspec.Struct, frozen=True):
    """What checks are evaluated for, with what proves or explains a finding about it.

    `name` is what reports and waivers call it; `identity` survives a recreated container and a changed address.
    `doubts` are facts of which only two bounds are known. What subjects have `about` in common is one mistake: a
    binding over IPv4 and the same over IPv6. `service` is the sensitive service that can be used there.
    `written`: where the operator wrote it down.
    """

    kind: CheckedKind
    name: str
    identity: str
    facts: SubjectFacts
    rules: tuple[AttributedItem, ...] = ()
    missing: tuple[AttributedItem, ...] = ()
    cells: tuple[AttributedExposure, ...] = ()
    container: str = ""
    doubts: tuple[Doubt, ...] = ()
    written: Written | None = None
    about: str = ""
    service: str = ""


@cache
def declared(facts: type[SubjectFacts]) -> tuple[Declared, ...]:
    """List the facts of a kind, in the order of their declaration."""
    return tuple(_declared(facts))


@cache
def fact_types(facts: type[SubjectFacts]) -> FactTypes:
    """Give names and types, as conditions are compiled with."""
    return tuple((one.name, one.type) for one in declared(facts))


def _declared(facts: type[SubjectFacts]) -> Iterator[Declared]:
    hints = typing.get_type_hints(facts, include_extras=True)
    for name in facts.__struct_fields__:
        inner, meta = typing.get_args(hints[name])
        extra = meta.extra or {}
        yield Declared(name, _type(inner), meta.description or "", extra.get("sources", ()))


def _type(hint: Any) -> FactType:  # noqa: ANN401 (a type hint)
    if isinstance(hint, types.UnionType):
        return _type(next(one for one in typing.get_args(hint) if one is not types.NoneType))
    if typing.get_origin(hint) is tuple:
        return _LISTS[typing.get_args(hint)[0]]
    return typing.cast("FactType", hint)


def engine_facts(view: HostView, engine: Engine) -> dict[str, Any]:
    """Return the facts of a container that its engine decides; Docker's version says nothing of Podman's."""
    podman = engine is Engine.PODMAN
    return {"engine": None if podman else view.engine, "podman": podman, "backend": backend_of(view, engine)}


def backend_of(view: HostView, engine: Engine) -> str:
    """Return what an engine writes rules with, "" for not known.

    There is no DOCKER-USER beside Podman: with either driver of netavark's, rules of the operator's own go into a table
    of nftables, as beside Docker's nftables backend.
    """
    return "nftables" if engine is Engine.PODMAN else view.backend or ""
