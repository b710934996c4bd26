"""What facts rest on: where one of these sources was not seen, a fact that clears a subject proves nothing.

That a rule is missing, that nobody denies a port, that a network has its way out: all of it is read from rules, routes
and sockets, of which each may hide what would be found. A finding does not need this: what was seen was seen.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.model.facts import INVENTORY_SOURCES, RULE_SOURCES, Gap, Source

_RULES = frozenset(RULE_SOURCES)
_MISSING = _RULES | frozenset(INVENTORY_SOURCES)  # what rules ought to be there, and which are
_PACKETS = _RULES | {Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE, Source.SYSCTL, Source.SOCKETS}
_Rests = Mapping[str, frozenset[Source]]
_OF: Mapping[CheckedKind, _Rests] = MappingProxyType(
    {
        CheckedKind.DAEMON: {
            "missing": _MISSING,
            "rules": _RULES,
            "strange_bridges": frozenset({Source.IP_ADDR, *INVENTORY_SOURCES}),
            "strange_proxies": frozenset({Source.SOCKETS, *INVENTORY_SOURCES}),
        },
        CheckedKind.BINDING: {
            **dict.fromkeys(("missing_dnat", "missing_accept"), _MISSING),
            **dict.fromkeys(("blocker", "reachable_from"), _PACKETS),
            **dict.fromkeys(("user_rules", "denied_by", "denier", "input_policy", "translated", "missing"), _RULES),
            **dict.fromkeys(("input_allows", "forward_allows"), _RULES),
        },
        CheckedKind.NETWORK: {
            **dict.fromkeys(("outbound", "denied_listeners"), _PACKETS),
            **dict.fromkeys(("missing", "refuses_clear_text", "daemon_rules_missing"), _MISSING),
            "hides": frozenset({Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE}),
            "overlaps": frozenset({Source.IP_ADDR}),
        },
        CheckedKind.CONTAINER: dict.fromkeys(("reachable_from", "open_addresses"), _PACKETS),
        CheckedKind.FIREWALL: {
            "public_ports": _PACKETS,
            "missing": _MISSING,
            "docker": _MISSING,
            **dict.fromkeys(("user_rules", "lacks_ingress", "user_chain", "user_jump", "unasked_chains"), _RULES),
            **dict.fromkeys(("user_accepts_all", "user_drops_replies", "before_user"), _RULES),
            **dict.fromkeys(("repeated_rules", "input_never_closes", "output_stops_containers"), _RULES),
        },
        CheckedKind.RULE: {"guarded": _MISSING},
        CheckedKind.HOST: {
            "stopped_bridges": _PACKETS,
            "managers": _RULES,
            "legacy_rules": frozenset({Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY}),
            "nft_rules": frozenset({Source.IPTABLES_NFT, Source.IP6TABLES_NFT}),
        },
    }
)


@cache
def unproved(kind: CheckedKind, gaps: tuple[Gap, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the facts of a kind of subjects that rest on what was not seen, each with the gaps."""
    found = {
        name: tuple(dict.fromkeys(f"{gap.source}: {gap.reason}" for gap in gaps if gap.source in sources))
        for name, sources in _OF.get(kind, {}).items()
    }
    return {name: because for name, because in found.items() if because}
