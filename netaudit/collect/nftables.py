"""Ask nft for the whole ruleset: native tables, and the outlines of those that iptables-nft made."""

import msgspec

from netaudit.collect.answer import Answer, Said, Unused
from netaudit.collect.kernel_modules import is_there
from netaudit.collect.program import run_for_text
from netaudit.collect.where import Where
from netaudit.model.facts import Gap, Source

_IPTABLES_TABLES = frozenset({"raw", "mangle", "nat", "filter", "security"})
_IPTABLES_BASE_CHAINS = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


class _Chain(msgspec.Struct):
    family: str = ""
    table: str = ""
    name: str = ""


class _Rule(msgspec.Struct):
    family: str = ""
    table: str = ""
    expr: list[msgspec.Raw] = msgspec.field(default_factory=list)


class _Object(msgspec.Struct):
    chain: _Chain | None = None
    rule: _Rule | None = None


class _Ruleset(msgspec.Struct):
    nftables: list[_Object] = msgspec.field(default_factory=list)


def ask_nftables(where: Where) -> Answer:
    """Ask for the ruleset as JSON. nft always prints at least its own version, so silence is a gap."""
    if not is_there("nf_tables"):
        return Unused(Source.NFT_RULESET)
    output = run_for_text(Source.NFT_RULESET, ["nft", "-j", "list", "ruleset"], timeout=where.timeout)
    return output if isinstance(output, Gap) else Said(Source.NFT_RULESET, output)


def iptables_families(ruleset: bytes) -> frozenset[str]:
    """Name the families (ip, ip6) in which iptables-nft has written something, as far as nft shows."""
    try:
        objects = msgspec.json.decode(ruleset, type=_Ruleset).nftables
    except (msgspec.DecodeError, UnicodeDecodeError):
        return frozenset()
    parts = (part for item in objects for part in (item.chain, item.rule) if part is not None)
    return frozenset(part.family for part in parts if _is_of_iptables(part))


def _is_of_iptables(part: _Chain | _Rule) -> bool:
    if part.family not in ("ip", "ip6") or part.table not in _IPTABLES_TABLES:
        return False
    match part:
        case _Chain(name=name):
            return name in _IPTABLES_BASE_CHAINS
        case _Rule(expr=expressions):
            return any(bytes(expression).startswith(b'{"xt":') for expression in expressions)
