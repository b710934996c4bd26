"""Netfilter's own objects, as nft(8) names them."""

from enum import StrEnum

import msgspec


class Backend(StrEnum):
    """The kernel interface a rule lives behind."""

    IPTABLES_LEGACY = "iptables-legacy"
    IPTABLES_NFT = "iptables-nft"
    NFTABLES = "nftables"
    IPSET = "ipset"  # of sets that rules of iptables ask; they are no rules


IPTABLES_BACKENDS = (Backend.IPTABLES_NFT, Backend.IPTABLES_LEGACY)

# The base chains that each iptables table has, whether or not a program has created them yet.
BUILTIN_CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}


class Rule(msgspec.Struct, frozen=True, gc=False):
    """One rule, word for word as its own tool prints it, without counters.

    A host may have 100,000 of these: a rule is parsed when its meaning is first asked for.
    """

    text: str
    packets: int | None = None
    octets: int | None = None
    handle: int | None = None


class Chain(msgspec.Struct, frozen=True):
    """A chain and its rules, in order.

    `policy` is None for a regular chain. `base` is the rest of the declaration of an nftables base chain
    (`type filter hook forward priority filter`); iptables' base chains are known by their names. `references` is how
    many rules lead to a chain, where a listing says it.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    policy: str | None = None
    base: str = ""
    references: int | None = None


class NamedSet(msgspec.Struct, frozen=True):
    """An nftables set or map; `declaration` is its type, flags and limits, `elements` are as nft prints them."""

    name: str
    kind: str  # set | map
    declaration: str
    elements: tuple[str, ...] = ()


class NamedObject(msgspec.Struct, frozen=True):
    """A named object of an nftables table, apart from chains and sets: a counter, limit, flowtable and so on.

    `kind` is nft's word for it; `declaration` is its configuration, without its counters.
    """

    name: str
    kind: str
    declaration: str = ""
    packets: int | None = None
    octets: int | None = None


class Table(msgspec.Struct, frozen=True):
    """A table of one backend and family; `flags` are nftables' (a dormant table does nothing)."""

    backend: Backend
    family: str  # a `family.Family`, or what a recording says in its place
    name: str
    chains: tuple[Chain, ...] = ()
    sets: tuple[NamedSet, ...] = ()
    objects: tuple[NamedObject, ...] = ()
    flags: tuple[str, ...] = ()
    partly: bool = False  # rules of it may not be here: rows are left out, or commands tell what they make of it

    @property
    def key(self) -> tuple[Backend, str, str]:
        """Return what identifies a table on a host."""
        return (self.backend, self.family, self.name)


class Ruleset(msgspec.Struct, frozen=True):
    """All tables of a host. `made` are family, name and handle of nf_tables' tables: the later made, the higher."""

    tables: tuple[Table, ...] = ()
    made: tuple[tuple[str, str, int], ...] = ()

    def count(self) -> int:
        """Return the number of rules."""
        return sum(len(chain.rules) for table in self.tables for chain in table.chains)


class ObjectKind(StrEnum):
    """The kinds of objects that a change may be about."""

    RULE = "rule"
    CHAIN = "chain"
    POLICY = "policy"
    SET = "set"
    MAP = "map"
    OBJECT = "object"  # a NamedObject
    TABLE = "table"  # its flags


class Item(msgspec.Struct, frozen=True, gc=False):
    """One object of a ruleset with its address: what is compared, attributed and reported.

    `chain` names the set, map or object where `object` is one, and nothing where it is a table. `position` counts
    from 1; only rules have one.
    """

    object: ObjectKind
    backend: Backend
    family: str
    table: str
    chain: str
    text: str
    position: int | None = None
    packets: int | None = None
    octets: int | None = None

    def inside(self, container: str) -> "Item":
        """Return the object under a name that tells it from the host's: `web:filter/INPUT#1`."""
        return msgspec.structs.replace(self, table=f"{container}:{self.table}")

    @property
    def where(self) -> str:
        """Return the place as `explain` takes it: `nat/DOCKER#2`, `ip6:filter/FORWARD`."""
        prefix = "" if self.family == "ip" and self.backend is not Backend.NFTABLES else f"{self.family}:"
        suffix = f"#{self.position}" if self.position is not None else ""
        return f"{prefix}{self.table}/{self.chain}{suffix}" if self.chain else f"{prefix}{self.table}"
