"""How one address family forwards: the chains that Docker's packets pass, by any maker."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from netaudit.attribute.attribution import AttributedItem
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import OF_IPTABLES, CheckSubject, SubjectFacts, fact
from netaudit.audit.subjects.listed.chains import ListedChains
from netaudit.audit.subjects.listed.incoming import bridges_kept_out
from netaudit.audit.subjects.rules.doubts import reply_doubts
from netaudit.audit.view.reach import drops_replies
from netaudit.audit.view.view import HostView
from netaudit.model.docker import BRIDGES_TABLE
from netaudit.model.facts import GapReason, Source
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, ObjectKind

_OF_IPV6 = (Source.IP6TABLES_NFT, Source.IP6TABLES_LEGACY)
_RETURN = "-A DOCKER-USER -j RETURN"


class FirewallFacts(SubjectFacts, frozen=True):
    """What is known of a family's FORWARD and DOCKER-USER."""

    family: Annotated[str, fact("`ip` or `ip6`.")] = ""
    iptables: Annotated[
        str,
        fact("The program that edits rules of the family: `ip6tables`, `iptables-nft`."),
    ] = ""
    ways_in: Annotated[tuple[str, ...], fact("The interfaces by which packets from outside come.")] = ()
    docker: Annotated[bool, fact("Whether Docker writes iptables rules for this family here.")] = False
    nftables: Annotated[bool, fact("Whether Docker writes nftables rules for this family here.")] = False
    forwarding: Annotated[bool | None, fact("Whether the host forwards packets of this family.", Source.SYSCTL)] = None
    forward_policy: Annotated[str | None, fact("FORWARD's policy: `ACCEPT` or `DROP`.", *OF_IPTABLES)] = None
    user_chain: Annotated[bool, fact("Whether there is a chain DOCKER-USER.")] = False
    user_jump: Annotated[
        int | None, fact("The position in FORWARD of the jump to DOCKER-USER, 0 for none.", Source.IPTABLES_NFT)
    ] = None
    next_user_jump: Annotated[int, fact("The position of that jump once another rule was inserted before it.")] = 0
    user_rules: Annotated[int | None, fact("How many rules DOCKER-USER has beside Docker's RETURN.")] = 0
    user_accepts_all: Annotated[bool, fact("Whether a rule of DOCKER-USER accepts everything.")] = False
    user_drops_replies: Annotated[
        bool, fact("Whether DOCKER-USER drops or rejects before anything there accepts replies.")
    ] = False
    before_user: Annotated[
        tuple[str, ...], fact("Rules of FORWARD that accept packets before they reach DOCKER-USER.")
    ] = ()
    public_ports: Annotated[
        tuple[str, ...] | None, fact("Ports of this family published on every address.", Source.DOCKER_CONTAINERS)
    ] = None
    unasked_chains: Annotated[
        tuple[str, ...], fact("Docker's own chains that have rules, and that no rule leads to.")
    ] = ()
    repeated_rules: Annotated[
        tuple[str, ...], fact("Rules that say word for word what an earlier one of their chain says.")
    ] = ()
    input_never_closes: Annotated[
        bool, fact("Whether INPUT accepts named ports, and its policy accepts all others too.")
    ] = False
    output_stops_containers: Annotated[
        bool, fact("Whether OUTPUT drops what the host itself sends to containers with published ports.")
    ] = False
    published_bridges: Annotated[
        tuple[str, ...], fact("The bridges behind which containers have published ports, as the rules name them.")
    ] = ()
    bridges_kept_out: Annotated[
        tuple[str, ...] | None,
        fact(
            "Docker's bridges whose containers INPUT lets in to single ports of the host alone; nobody asked Docker.",
            Source.DOCKER_CONTAINERS,
        ),
    ] = None
    lacks_ingress: Annotated[
        bool | None,
        fact(
            "Whether rules name docker_gwbridge, there is no chain DOCKER-INGRESS, and nobody asked Docker.",
            Source.DOCKER_CONTAINERS,
        ),
    ] = None


def firewalls(view: HostView) -> Iterator[CheckSubject]:
    """Give IPv4's, and IPv6's where rules of it were seen, or could not be."""
    for family in ("ip", "ip6"):
        rules = [one for one in view.attributed.items if one.item.family == family and one.item.table == "filter"]
        if family == "ip" or rules or _is_hidden(view):
            words = {"ip": "IPv4 forwarding", "ip6": "IPv6 forwarding"}[family]
            shown = (*view.forwarding.policies(family), *(one for one in rules if _is_shown(one)))
            facts = _facts(view, family, rules)
            doubts = tuple(reply_doubts(view)) if facts.user_drops_replies else ()
            yield CheckSubject(CheckedKind.FIREWALL, words, words, facts, rules=shown, doubts=doubts)


def _is_hidden(view: HostView) -> bool:
    """Tell whether rules of IPv6 could not be read; of a listing that somebody pasted nobody expects them."""
    known = view.inventory is not None and not view.inventory.partial
    gaps = [gap for gap in view.snapshot.gaps if gap.source in _OF_IPV6]
    return any(known or gap.reason is not GapReason.NOT_RECORDED for gap in gaps)


def _facts(view: HostView, family: str, rules: Sequence[AttributedItem]) -> FirewallFacts:
    iptables = [one for one in rules if one.item.backend in IPTABLES_BACKENDS]
    forward = [one for one in iptables if one.item.object is ObjectKind.RULE and one.item.chain == "FORWARD"]
    user = [one for one in iptables if one.item.object is ObjectKind.RULE and one.item.chain == "DOCKER-USER"]
    jump = next((one.item.position or 0 for one in forward if one.item.text.endswith("-j DOCKER-USER")), 0)
    own = [one for one in user if one.item.text != _RETURN]
    listed = ListedChains(view.snapshot, family)
    return FirewallFacts(
        family=family,
        iptables=view.tools.iptables(family),
        ways_in=view.outside.interfaces(family),
        docker=any(one.attribution.maker == "docker" for one in iptables),
        nftables=any((one.family, one.name) == (family, BRIDGES_TABLE) for one in view.snapshot.ruleset.tables),
        forwarding=view.forwarding.is_on(family),
        forward_policy=view.forwarding.policy(family),
        user_chain=any(one.item.chain == "DOCKER-USER" for one in iptables),
        user_jump=jump if _is_listed(view, family) else 0 if listed.is_unasked("DOCKER-USER") else None,
        next_user_jump=jump + 1,
        user_rules=len(own) if listed.tells_of("DOCKER-USER") else None,
        user_accepts_all=any(one.item.text == "-A DOCKER-USER -j ACCEPT" for one in own),
        user_drops_replies=drops_replies(user, view.snapshot.host, view.networks.values()),
        before_user=tuple(f"{one.item.where}: {one.item.text}" for one in forward if _accepts_before(one, jump)),
        public_ports=tuple(_public_ports(view, family)) if view.inventory is not None else None,
        unasked_chains=tuple(listed.unasked()),
        repeated_rules=tuple(listed.repeated()),
        input_never_closes=listed.input_never_closes(),
        output_stops_containers=listed.output_stops_containers(),
        published_bridges=listed.published_bridges(),
        bridges_kept_out=_kept_out(view, family),
        lacks_ingress=listed.lacks_ingress() and _is_unasked(view),
    )


def _is_unasked(view: HostView) -> bool | None:
    """Return whether nobody asked Docker, so that rules alone tell; None where it was asked in vain."""
    if view.inventory is not None:
        return False
    said = {gap.source: gap.reason for gap in view.snapshot.gaps}
    return True if said.get(Source.DOCKER_CONTAINERS, GapReason.NOT_RECORDED) is GapReason.NOT_RECORDED else None


def _kept_out(view: HostView, family: str) -> tuple[str, ...] | None:
    found = bridges_kept_out(view.snapshot, family)
    unasked = _is_unasked(view) if found else False
    return None if unasked is None else found if unasked else ()


def _is_listed(view: HostView, family: str) -> bool:
    """Return whether FORWARD was read, with its policy, of the table that holds DOCKER-USER.

    A listing may be of one chain, and rules without the head of their chain may be some of it.
    """
    tables = (one for one in view.snapshot.ruleset.tables if (one.family, one.name) == (family, "filter"))
    own = (one for one in tables if one.backend in IPTABLES_BACKENDS)
    named = [{} if one.partly else {chain.name: chain.policy for chain in one.chains} for one in own]
    return all(chains.get("FORWARD") is not None for chains in named if not chains or "DOCKER-USER" in chains)


def _accepts_before(one: AttributedItem, jump: int) -> bool:
    return 0 < (one.item.position or 0) < jump and one.item.text.endswith("-j ACCEPT")


def _public_ports(view: HostView, family: str) -> Iterator[str]:
    for container in view.containers:
        for binding in container.bindings:
            if binding.host_ip == {"ip": "0.0.0.0", "ip6": "::"}[family]:  # noqa: S104 (Docker's word)
                yield f"{container.name} {binding.host_port}/{binding.protocol}"


def _is_shown(one: AttributedItem) -> bool:
    """Choose what proves something: FORWARD's own rules and the administrator's."""
    return one.item.object is ObjectKind.RULE and one.item.chain in ("FORWARD", "DOCKER-USER")
