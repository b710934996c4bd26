"""rules/attribution/ -> signatures; anything invalid is refused, with file and key."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from netaudit.attribute.signatures.placement import Occasion, Placement
from netaudit.attribute.signatures.signature import (
    Alternative,
    Catalog,
    Maker,
    Owned,
    Signature,
    SubjectKind,
    Telltale,
    VersionRange,
    make_alternative,
)
from netaudit.attribute.signatures.template import NETWORK_HOLES, Template
from netaudit.catalog.document import Strict, find_wrong, load_yaml, rules_folder
from netaudit.catalog.placement import RawClearing, RawPlace, read_clearing, read_placements
from netaudit.catalog.services import load_services
from netaudit.errors import CatalogError, NetauditError
from netaudit.model.netfilter.ruleset import Backend, ObjectKind

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Family = Literal["ip", "ip6", "inet"]
When = dict[str, bool | str | list[str]]


class _Signature(Strict):
    subject: SubjectKind
    table: str
    purpose: str
    rule: str = ""
    policy: str = ""
    chain: str = ""
    map: str = ""
    set: str = ""
    element: str = ""
    family: list[Family] = msgspec.field(default_factory=lambda: ["ip"])
    when: When | list[When] = msgspec.field(default_factory=dict)
    without: str = ""
    first: bool = False
    before: str = ""
    shared: bool = False
    open: bool = False
    distinctive: bool = False
    declaration: str = ""
    beside: str = ""
    reference: str = ""
    place: RawPlace = None
    kept: bool = False
    cleared: RawClearing | None = None


class _Telltale(Strict):
    value: bool
    table: str
    rule: str
    family: list[Family] = msgspec.field(default_factory=lambda: ["ip"])
    chain: str = ""


class _Owned(Strict):
    purpose: str
    chain: str = ""
    table: str = ""
    text: str = ""


class _File(Strict):
    maker: str
    title: str
    backends: list[Backend]
    also: list[str] = msgspec.field(default_factory=list)
    sources: list[str] = msgspec.field(default_factory=list)
    holes: dict[str, str] = msgspec.field(default_factory=dict)
    options: dict[str, list[_Telltale]] = msgspec.field(default_factory=dict)
    owns: dict[str, _Owned] = msgspec.field(default_factory=dict)
    signatures: dict[str, _Signature] = msgspec.field(default_factory=dict)


def load_catalog() -> Catalog:
    """Load the signatures that netaudit ships."""
    return msgspec.structs.replace(load_catalog_from(rules_folder() / "attribution"), services=load_services())


def load_catalog_from(folder: "Traversable") -> Catalog:
    """Load every YAML file of a folder, in the order of their names.

    Raises CatalogError, with file and key, for the first thing that is invalid.
    """
    files = (file for file in folder.iterdir() if file.name.endswith(".yaml"))
    catalogs = [_load(file) for file in sorted(files, key=lambda file: file.name.removesuffix(".yaml"))]
    return Catalog(
        signatures=tuple(signature for catalog in catalogs for signature in catalog.signatures),
        telltales=tuple(telltale for catalog in catalogs for telltale in catalog.telltales),
        owned=tuple(owned for catalog in catalogs for owned in catalog.owned),
        makers=tuple(maker for catalog in catalogs for maker in catalog.makers),
    )


def _load(file: "Traversable") -> Catalog:
    content = _read(file)
    stem = file.name.removesuffix(".yaml")
    return Catalog(
        signatures=tuple(_signature(file.name, stem, content, *pair) for pair in content.signatures.items()),
        telltales=tuple(_telltales(file.name, content)),
        owned=tuple(_owned(file.name, stem, content)),
        makers=(Maker(content.maker, content.title, tuple(content.also)),),
    )


def _read(file: "Traversable") -> _File:
    raw = load_yaml(file)
    try:
        content = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        message, key = find_wrong(raw, error, _SECTIONS)
        raise CatalogError(message, file=file.name, key=key) from error
    if twice := sorted(content.owns.keys() & content.signatures.keys()):
        raise CatalogError("the same id stands under signatures", file=file.name, key=f"owns.{twice[0]}")
    return content


_SECTIONS: Mapping[str, Any] = {"signatures": _Signature, "owns": _Owned, "options": list[_Telltale]}


class _Templates(msgspec.Struct, frozen=True):
    chain: Template
    text: Template
    before: Template | None
    beside: Template | None
    alternatives: tuple[Alternative, ...]
    placements: tuple[tuple[VersionRange, Placement], ...]
    cleared: tuple[VersionRange, Occasion] | None


def _signature(file: str, stem: str, content: _File, name: str, raw: _Signature) -> Signature:
    kind, chain, text = _object(file, name, raw, content.backends)
    templates = _templates(file, name, raw, chain, text)
    return Signature(
        id=f"{stem}/{name}",
        maker=content.maker,
        backends=frozenset(content.backends),
        subject=raw.subject,
        object=kind,
        table=raw.table.removeprefix("inet "),
        table_family="inet" if raw.table.startswith("inet ") else "",
        families=tuple(raw.family),
        chain=templates.chain,
        text=templates.text,
        alternatives=templates.alternatives,
        purpose=raw.purpose.strip(),
        without=raw.without.strip(),
        first=raw.first,
        before=templates.before,
        shared=raw.shared,
        open=raw.open,
        distinctive=raw.distinctive,
        beside=templates.beside,
        narrow=tuple(content.holes.items()),
        placements=templates.placements,
        kept=raw.kept,
        cleared=templates.cleared,
    )


def _templates(file: str, name: str, raw: _Signature, chain: str, text: str) -> _Templates:
    """Compile the texts of a signature. Raises CatalogError for an unknown hole or condition."""
    try:
        whens = raw.when if isinstance(raw.when, list) else [raw.when]
        alternatives = tuple(_alternative(when) for when in whens)
        before, beside = (Template(text) if text else None for text in (raw.before, raw.beside))
        own, placements = _chain_template(chain, raw), read_placements(raw.place)
        return _Templates(own, Template(text), before, beside, alternatives, placements, read_clearing(raw.cleared))
    except NetauditError as error:
        raise CatalogError(error.message, file=file, key=f"signatures.{name}") from error


def _chain_template(chain: str, raw: _Signature) -> Template:
    """Check that a chain which is expected is named after nothing smaller than a network."""
    template = Template(chain)
    disallowed = template.holes.difference(NETWORK_HOLES)
    if disallowed and not (raw.open or raw.subject is SubjectKind.OTHER):
        raise NetauditError(f"a chain cannot be expected by {{{min(disallowed)}}}: only by {', '.join(NETWORK_HOLES)}")
    return template


def _alternative(when: Mapping[str, Any]) -> Alternative:
    conditions = dict(when)
    return make_alternative(str(conditions.pop("engine", "")), conditions)


def _object(file: str, name: str, raw: _Signature, backends: list[Backend]) -> tuple[ObjectKind, str, str]:
    """Return which object a signature describes: a rule, a policy, a map's element or a chain; its chain and text."""
    iptables = Backend.NFTABLES not in backends
    if raw.rule:
        chain = raw.rule.split(" ")[1] if iptables and raw.rule.startswith("-A ") else raw.chain
        if not chain:
            raise CatalogError("the rule's chain is not said", file=file, key=f"signatures.{name}.chain")
        return ObjectKind.RULE, chain, raw.rule
    if raw.policy:
        policy = f":{raw.chain} {raw.policy}" if iptables else f"policy {raw.policy}"
        return ObjectKind.POLICY, raw.chain, policy
    declaration = f" {{ {raw.declaration} }}" if raw.declaration else ""
    if named := raw.map or raw.set:
        word = ObjectKind.MAP if raw.map else ObjectKind.SET
        return word, named, raw.element or f"{word} {named}{declaration}"
    if raw.chain:
        return ObjectKind.CHAIN, raw.chain, f":{raw.chain} -" if iptables else f"chain {raw.chain}{declaration}"
    raise CatalogError("needs one of rule, policy, map, set and chain", file=file, key=f"signatures.{name}")


def _telltales(file: str, content: _File) -> Iterator[Telltale]:
    for option, telltales in content.options.items():
        for raw in telltales:
            chain = raw.chain or raw.rule.split(" ")[1]
            try:
                template = Template(raw.rule)
            except NetauditError as error:
                raise CatalogError(error.message, file=file, key=f"options.{option}") from error
            yield Telltale(
                option, raw.value, raw.table, tuple(raw.family), frozenset(content.backends), chain, template
            )


def _owned(file: str, stem: str, content: _File) -> Iterator[Owned]:
    for name, raw in content.owns.items():
        try:
            patterns = [re.compile(text) if text else None for text in (raw.chain, raw.table, raw.text)]
        except re.error as error:
            raise CatalogError(f"not a regular expression: {error}", file=file, key=f"owns.{name}") from error
        if not any(patterns):
            raise CatalogError("needs one of chain, table and text", file=file, key=f"owns.{name}")
        yield Owned(f"{stem}/{name}", content.maker, raw.purpose.strip(), frozenset(content.backends), *patterns)
