"""What a maker writes: signatures, and the conditions under which it writes them."""

import operator
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import cast

import msgspec

from netaudit.attribute.services import Service
from netaudit.attribute.signatures.placement import Occasion, Placement
from netaudit.attribute.signatures.template import Template
from netaudit.errors import NetauditError
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.version import Version


class SubjectKind(StrEnum):
    """The inventory object that a signature is written for."""

    DAEMON = "daemon"
    NETWORK = "network"
    ENDPOINT = "endpoint"
    PORT_BINDING = "port-binding"
    PORT_RANGE = "port-range"  # host ports that Podman publishes as one
    LINK = "link"
    INGRESS = "ingress"  # swarm's routing mesh on this host
    SERVICE_PORT = "service-port"  # a port of it: no recorded fact names its service
    OVERLAY = "overlay"  # an encrypted overlay network
    OTHER = "other"  # another maker's: there is no inventory


# A condition's value: a fact about the subject; None when it is not known.
Value = bool | str | None

# Every condition that `when` may name, with the values it can have; "engine" is a version range beside these.
_SWITCH = frozenset({True, False})
CONDITIONS: Mapping[str, frozenset[bool | str]] = {
    "userland-proxy": _SWITCH,
    "direct-routing": _SWITCH,  # --allow-direct-routing
    "raw-rules": _SWITCH,  # not DOCKER_INSECURE_NO_IPTABLES_RAW=1
    "fwmark": _SWITCH,  # --bridge-accept-fwmark is set
    "wsl2": _SWITCH,  # WSL2 in mirrored mode
    "bridge-networks": _SWITCH,  # there is a bridge network of this family that is not internal
    "any-networks": _SWITCH,  # the same, internal ones too
    "enabled": _SWITCH,  # the network has this address family (assumed, unless stated)
    "internal": _SWITCH,
    "icc": _SWITCH,
    "masquerade": _SWITCH,
    "snat": _SWITCH,  # a fixed source address is set for this family
    "gateway-mode": frozenset({"nat", "nat-unprotected", "routed", "isolated"}),
    "trusted": _SWITCH,  # this is one of the interfaces that the network trusts
    "has-trusted": _SWITCH,  # the network trusts any
    "host-address": frozenset({"any", "specific"}),
    "loopback": _SWITCH,  # the host address is a loopback address
    "protocol": frozenset({"tcp", "udp", "sctp"}),
    "proxy-only": _SWITCH,  # an IPv6 host address of an IPv4-only container (never, unless stated)
    "gateway": _SWITCH,  # the endpoint that carries the container's published ports (assumed, unless stated)
    "twin-moved": _SWITCH,  # the IPv6 binding of the same port went to another network of the container
    "sctp-checksum": _SWITCH,
    "default-bridge": _SWITCH,
    "isolation": frozenset({"none", "normal", "strict"}),  # of Podman's networks from each other
    "range": _SWITCH,  # more than one host port
}
# What holds by default.
ASSUMED_FACTS: Mapping[str, bool] = {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False}


class Applies(StrEnum):
    """Whether a signature is written for a subject."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"  # it depends on something that is not known


class VersionRange:
    """`>=20.10 <28`: all of its bounds hold."""

    _OPERATORS: Mapping[str, Callable[[Version, Version], bool]] = {
        ">=": cast("Callable[[Version, Version], bool]", operator.ge),
        "<=": cast("Callable[[Version, Version], bool]", operator.le),
        "<": cast("Callable[[Version, Version], bool]", operator.lt),
        ">": cast("Callable[[Version, Version], bool]", operator.gt),
    }

    def __init__(self, text: str) -> None:
        self.text = text
        self._bounds = [self._bound(word) for word in text.split()]

    def _bound(self, word: str) -> tuple[Callable[[Version, Version], bool], Version]:
        found = re.fullmatch(r"(>=|<=|<|>)(\d[\d.]*)", word)
        if not found:
            raise NetauditError(f"not a bound of a version range: {word}", hint='write for example ">=20.10 <28"')
        return self._OPERATORS[found[1]], Version.parse(found[2])

    def holds(self, version: Version) -> bool | None:
        """Return whether a version is in the range; None for the unknown version, unless the range is everything."""
        if not version and self._bounds:
            return None
        return all(compare(version, bound) for compare, bound in self._bounds)


class Alternative(msgspec.Struct, frozen=True):
    """One set of circumstances under which the rule is written: all of its conditions hold."""

    engine: VersionRange
    conditions: tuple[tuple[str, frozenset[bool | str]], ...]

    def applies(self, version: Version, facts: Mapping[str, Value]) -> Applies:
        """Decide with what is known."""
        known = [self.engine.holds(version)]
        for name, allowed in self.conditions:
            value = facts.get(name)
            known.append(None if value is None else value in allowed)
        if False in known:
            return Applies.NO
        return Applies.UNKNOWN if None in known else Applies.YES

    def excludes(self, facts: Mapping[str, Value]) -> bool:
        """Return whether facts rule these circumstances out, whatever the engine and all that is not among them."""
        stated = ((facts.get(name), allowed) for name, allowed in self.conditions)
        return any(value is not None and value not in allowed for value, allowed in stated)


class Signature(msgspec.Struct, frozen=True):
    """A rule with holes that a maker writes, for what, when and why."""

    id: str
    maker: str
    backends: frozenset[Backend]
    subject: SubjectKind
    object: ObjectKind
    table: str
    families: tuple[str, ...]
    chain: Template
    text: Template
    alternatives: tuple[Alternative, ...]
    purpose: str
    without: str = ""
    first: bool = False  # works only as the first rule of its chain
    before: Template | None = None  # works only before this rule, where that stands in the same chain
    shared: bool = False  # one rule serves all subjects with the same text
    open: bool = False  # the inventory cannot always prove it: then it is recognised, and never reported missing
    distinctive: bool = False  # no other maker writes such a text: no further evidence is needed
    beside: Template | None = None  # counts only where this rule stands in the same chain too
    narrow: tuple[tuple[str, str], ...] = ()  # what a hole may hold when read backwards, as regular expressions
    placements: tuple[tuple[VersionRange, Placement], ...] = ()
    kept: bool = False  # its maker leaves it behind when its subject goes
    cleared: tuple[VersionRange, Occasion] | None = None  # when its maker deletes it where it does not want it
    table_family: str = ""  # of the table, where one table is for rules of several families

    def is_of(self, family: str) -> bool:
        """Return whether a table of a family may hold it."""
        return family == self.table_family if self.table_family else family in self.families

    def applies(self, version: Version, facts: Mapping[str, Value]) -> Applies:
        """Decide whether the rule is written for a subject, given what is known of it."""
        answers = {alternative.applies(version, facts) for alternative in self.alternatives}
        if Applies.YES in answers:
            return Applies.YES
        return Applies.UNKNOWN if Applies.UNKNOWN in answers else Applies.NO

    def placement(self, version: Version) -> Placement:
        """Return where an engine of a version puts the rule."""
        for engine, placement in self.placements:
            if engine.holds(version):
                return placement
        return Placement()

    def is_cleared(self, version: Version, occasion: Occasion) -> bool:
        """Return whether an engine of a version deletes the rule on an occasion, where it does not want it."""
        return self.cleared is not None and self.cleared[1] is occasion and bool(self.cleared[0].holds(version))

    def condition_names(self) -> frozenset[str]:
        """Name the conditions that decide over this signature."""
        return frozenset(name for alternative in self.alternatives for name, _ in alternative.conditions)


class Telltale(msgspec.Struct, frozen=True):
    """A rule whose presence shows a daemon option that no API shows."""

    option: str
    value: bool
    table: str
    families: tuple[str, ...]
    backends: frozenset[Backend]
    chain: str
    text: Template


class Owned(msgspec.Struct, frozen=True):
    """What is a maker's by its name: a chain with its rules and the jumps to it, a table, a text in a rule."""

    id: str
    maker: str
    purpose: str
    backends: frozenset[Backend]
    chain: re.Pattern[str] | None = None
    table: re.Pattern[str] | None = None
    text: re.Pattern[str] | None = None


class Maker(msgspec.Struct, frozen=True):
    """Who writes rules: a program, its title for people, and other names that it is known by."""

    name: str
    title: str
    also: tuple[str, ...] = ()


class Catalog(msgspec.Struct, frozen=True):
    """All of rules/attribution/, and rules/services.yaml."""

    signatures: tuple[Signature, ...]
    telltales: tuple[Telltale, ...] = ()
    owned: tuple[Owned, ...] = ()
    services: tuple[Service, ...] = ()  # that should not face a network, by port and image
    makers: tuple[Maker, ...] = ()  # one for each file: a maker that writes through two backends has two

    def find_maker(self, name: str) -> Maker | None:
        """Return the maker that is called so, in whatever letters, None for none."""
        wanted = name.lower()
        return next((one for one in self.makers if wanted == one.name or wanted in one.also), None)


def make_alternative(engine: str, conditions: Mapping[str, object]) -> Alternative:
    """Check one `when`: every name and value is known; what is assumed of every rule is filled in.

    Raises NetauditError, naming what is wrong.
    """
    allowed = {name: _allowed(name, value) for name, value in conditions.items()}
    for name, value in ASSUMED_FACTS.items():
        allowed.setdefault(name, frozenset({value}))
    stated = ((name, values) for name, values in allowed.items() if values != CONDITIONS[name])
    return Alternative(VersionRange(engine), tuple(stated))


def _allowed(name: str, value: object) -> frozenset[bool | str]:
    if name not in CONDITIONS:
        raise NetauditError(f"unknown condition {name}", hint=f"conditions are engine, {', '.join(CONDITIONS)}")
    if value == "any" and name != "host-address":
        return CONDITIONS[name]
    values = frozenset(value if isinstance(value, list) else [value])
    if not values <= CONDITIONS[name]:
        known = ", ".join(sorted(str(known).lower() for known in CONDITIONS[name]))
        raise NetauditError(f"condition {name} cannot be {value}", hint=f"it is one of {known}")
    return cast("frozenset[bool | str]", values)
