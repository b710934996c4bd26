"""What could not be seen, in one line: names of what sources hold, not of their files."""

from collections.abc import Collection

from netaudit.model.facts import HOST_SOURCES, INVENTORY_SOURCES, RULE_SOURCES, Gap, GapReason, Source

_FEW = 4  # sources that lines of their own may name
_ADDRESSES = frozenset({Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE})
_OBJECTS = frozenset({Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS})
_NAMES: tuple[tuple[str, frozenset[Source]], ...] = (
    ("IPv4 rules of iptables-nft", frozenset({Source.IPTABLES_NFT})),
    ("IPv6 rules of iptables-nft", frozenset({Source.IP6TABLES_NFT})),
    ("rules of iptables-legacy", frozenset({Source.IPTABLES_LEGACY, Source.IP6TABLES_LEGACY})),
    ("native nftables tables", frozenset({Source.NFT_RULESET})),
    ("Docker's containers", frozenset({Source.DOCKER_CONTAINERS})),
    ("Docker's networks", frozenset({Source.DOCKER_NETWORKS})),
    (
        "the engine and its options",
        frozenset({*INVENTORY_SOURCES}) - {Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS},
    ),
    ("interfaces and routes", _ADDRESSES),
    ("listening sockets", frozenset({Source.SOCKETS})),
    ("sysctls", frozenset({Source.SYSCTL})),
    ("other facts of the host", frozenset({*HOST_SOURCES}) - _ADDRESSES - {Source.SOCKETS, Source.SYSCTL}),
)


_HIDES: tuple[tuple[str, frozenset[Source]], ...] = (
    ("what rules let through", frozenset({*RULE_SOURCES})),
    ("whose rules are", frozenset({Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS})),
    ("where packets come from", _ADDRESSES),
    ("which programs answer", frozenset({Source.SOCKETS})),
    ("what the kernel forwards", frozenset({Source.SYSCTL})),
)


def describe_not_seen(gaps: Collection[Gap]) -> str:
    """Name what was not seen, or not all of it, and say what that hides; "" for no gap."""
    sources = {gap.source for gap in gaps}
    named = [name for name, members in _NAMES if sources & members]
    named += sorted(sources - {str(one) for _, members in _NAMES for one in members})
    hidden = [words for words, members in _HIDES if sources & members]
    return ", ".join(named) + (f"; so not known: {', '.join(hidden)}" if hidden else "")


def never_recorded(gaps: Collection[Gap]) -> tuple[Gap, ...]:
    """Return the gaps that say no more than that a source was not recorded; none where they are few."""
    found = tuple(gap for gap in gaps if gap.reason is GapReason.NOT_RECORDED and not gap.detail)
    return found if len(found) > _FEW else ()


def describe_never_recorded(gaps: Collection[Gap]) -> str:
    """Say what was not recorded, what nobody can tell therefore, and what records it."""
    sources = {gap.source for gap in gaps}
    named = [name for name, members in _NAMES if sources & members]
    lost = ["whose each rule is"] if Source.DOCKER_CONTAINERS in sources else []
    lost += ["who can reach what"] if sources & {Source.IP_ADDR, Source.IP_ROUTE} else []
    told = "which rules are there, and what they do to a packet" if not sources >= {*RULE_SOURCES} else "no rule"
    cannot = f" It does not tell for sure {' and '.join(lost)}." if lost else ""
    return f"This tells {told}.{cannot} Not recorded: {', '.join(named)} (`netaudit record` on the host has all)."
