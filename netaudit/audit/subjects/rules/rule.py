"""Missing rules, and rules that are not Docker's own as they should be."""

import re
from collections.abc import Iterator
from typing import Annotated

from msgspec.structs import replace

from netaudit.attribute.attribution import OPERATOR_MAKER, AttributedItem, CauseKind, Confidence, Standing
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.subjects.fact import CheckSubject, RuleEditor, SubjectFacts, fact
from netaudit.audit.subjects.rules.doubts import maker_doubts
from netaudit.audit.subjects.rules.rule_matches import family_of_rule, guarded_containers, inner_spec
from netaudit.audit.view.order import words
from netaudit.audit.view.outside import no_interfaces
from netaudit.audit.view.places import original_spec, spec_of
from netaudit.audit.view.ports import PortCondition, named_ports
from netaudit.audit.view.view import HostView
from netaudit.model.docker import owns_chain
from netaudit.model.facts import Source
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.packets.shadowing.kinds import Shadow, ShadowKind

_OF_OPERATOR = re.compile(r"^ufw6?-user-|_(?:pre|log|deny|allow|post)$")  # chains of ufw and firewalld
_MANY = 20  # ports of a range that are looked up one by one


class RuleFacts(SubjectFacts, frozen=True):
    """What is known of a rule."""

    where: Annotated[str, fact("Its place, as `explain` takes it: `nat/DOCKER#2`.")] = ""
    text: Annotated[str, fact("Its text, as its own tool prints it.")] = ""
    backend: Annotated[str, fact("`iptables-nft`, `iptables-legacy` or `nftables`.")] = ""
    family: Annotated[str, fact("`ip`, `ip6`, `inet` and so on.")] = ""
    table: Annotated[str, fact("Its table.")] = ""
    chain: Annotated[str, fact("Its chain.")] = ""
    iptables: RuleEditor = ""
    spec: Annotated[tuple[str, ...], fact("Of a rule of iptables: its words behind the chain.")] = ()
    original_spec: Annotated[
        tuple[str, ...],
        fact("The same, but asking for the port before translation; empty where several are named."),
    ] = ()
    inner_spec: Annotated[
        tuple[str, ...], fact("The same, with the one interface by which packets come in the place of one not there.")
    ] = ()
    ways_in: Annotated[tuple[str, ...], fact("The interfaces by which packets from outside come.")] = ()
    position: Annotated[int, fact("Its number in its chain, 0 of one that is missing.")] = 0
    next_position: Annotated[int, fact("The number that it has once another was inserted before it.")] = 0
    handle: Annotated[int, fact("Of a rule of native nftables: its handle, 0 where that was not recorded.")] = 0
    twins: Annotated[int, fact("How many rules of its chain before it have its text.")] = 0
    docker_chain: Annotated[bool, fact("Whether Docker owns its chain or table (DOCKER-USER is the operator's).")] = (
        False
    )
    maker: Annotated[str, fact("Who wrote it, empty where that is not known.")] = ""
    signature: Annotated[str, fact("The signature that it bears, empty for none.")] = ""
    standing: Annotated[
        str, fact("`foreign`, `stale`, `misplaced`, `duplicate`, `missing`, or `expected` of another maker.")
    ] = ""
    reason: Annotated[str, fact("Why its standing is what it is.")] = ""
    purpose: Annotated[str, fact("What it does.")] = ""
    causes: Annotated[tuple[str, ...], fact("What it was written for.")] = ()
    confidence: Annotated[str, fact("How sure its attribution is.")] = ""
    verdict: Annotated[str, fact("What it decides, in nft's words: `drop`, `accept`, `jump` and so on.")] = ""
    ports: Annotated[tuple[str, ...], fact("The destination ports that it names.")] = ()
    untranslated: Annotated[
        tuple[int, ...],
        fact("Those that are host ports of containers and no container's own: translated before the rule is met."),
    ] = ()
    address_reused_by: Annotated[
        str, fact("Of a stale rule: the container that has its address now, empty for none.")
    ] = ""
    no_interfaces: Annotated[
        tuple[str, ...] | None, fact("The interfaces that it names and this host does not have.", Source.IP_ADDR)
    ] = None
    guarded: Annotated[
        tuple[str, ...],
        fact(
            "Of a rule of the operator's that accepts what is sent to containers: the ones that do not publish the"
            " port, where all of it is dropped before by Docker's raw rules."
        ),
    ] = ()
    shade: Annotated[
        str,
        fact(
            "What is proved of its place: `unmatchable` (its own matches contradict); earlier rules of its chain"
            " take all its packets, and say the same (`repeated`), do the same (`redundant`), the opposite"
            " (`contradicted`), or one thing or another (`shadowed`); empty for nothing."
        ),
    ] = ""
    shadowed_by: Annotated[str, fact("Those earlier rules, empty for none.")] = ""
    own_order: Annotated[
        bool, fact("Whether a program that netaudit knows wrote it and all rules that hide it, as its own structure.")
    ] = False
    repeats: Annotated[str, fact("The earlier rule of its chain that says the same, empty for none.")] = ""
    witness: Annotated[str, fact("A packet that the rule and the first of these earlier rules match.")] = ""


def rules(view: HostView) -> Iterator[CheckSubject]:
    """Return the rules that are missing, then those that stand out, in their order."""
    for one in (*view.attributed.missing, *view.attributed.items):
        if one.item.object in (ObjectKind.RULE, ObjectKind.MAP) and (stands_out(one) or _is_hidden(view, one)):
            yield _subject(view, one)


def stands_out(one: AttributedItem) -> bool:
    """Return whether a rule is not one of Docker's own as it should be."""
    plain = one.attribution.standing is Standing.EXPECTED and one.attribution.confidence is Confidence.PROVED
    return not plain or one.item.chain == "DOCKER-USER"


def _is_hidden(view: HostView, one: AttributedItem) -> bool:
    """Return whether a foreign rule in a chain of Docker's takes all packets of a rule of Docker's."""
    if one.attribution.standing is Standing.MISSING or not is_dockers(one.item):
        return False
    if not view.order.has_foreign_rules(one.item):
        return False
    shadow = view.order.of(one.item)
    found = [view.order.attributed(item) for item in shadow.covering] if shadow else []
    return any(covering is not None and covering.attribution.maker != "docker" for covering in found)


def _subject(view: HostView, one: AttributedItem) -> CheckSubject:
    missing = one.attribution.standing is Standing.MISSING
    place = one.item.where
    shadow = None if missing or one.item.object is not ObjectKind.RULE else view.order.of(one.item)
    return CheckSubject(
        CheckedKind.RULE,
        f"rule {place}" if not missing else f"missing rule {place}: {one.item.text}",
        _identity(view, one),
        _facts(view, one, shadow),
        rules=() if missing else (one, *_covering(view, shadow)),
        missing=(one,) if missing else (),
        container=next((c.container.name for c in one.attribution.causes if c.container), ""),
        doubts=tuple(maker_doubts(view, one)) if is_dockers(one.item) else (),
    )


def _covering(view: HostView, shadow: Shadow | None) -> Iterator[AttributedItem]:
    """Return the rules that prove it, with who wrote them."""
    for item in shadow.covering if shadow else ():
        found = view.order.attributed(item)
        if found:
            yield found


def _facts(view: HostView, one: AttributedItem, shadow: Shadow | None) -> RuleFacts:
    facts = _alone(view, one, named_ports(one.item))
    return facts if shadow is None else _with_shadow(facts, shadow, own_order=_is_own_order(view, one, shadow))


def _alone(view: HostView, one: AttributedItem, named: PortCondition) -> RuleFacts:
    """Return what is known of a rule without the rules before it."""
    item, attribution = one.item, one.attribution
    return RuleFacts(
        where=item.where,
        text=item.text,
        backend=item.backend,
        family=item.family,
        table=item.table,
        chain=item.chain,
        iptables=view.tools.of(item.backend, item.family),
        spec=spec_of(item),
        ways_in=view.outside.interfaces(family_of_rule(item)),
        inner_spec=inner_spec(view, item),
        original_spec=original_spec(item),
        position=item.position or 0,
        next_position=(item.position or 0) + 1,
        handle=view.places.handle(item),
        twins=view.places.twins(item),
        docker_chain=is_dockers(item),
        maker=attribution.maker,
        signature=attribution.signature.rpartition("/")[2],
        standing=attribution.standing,
        reason=str(attribution.reason or ""),
        purpose=attribution.purpose,
        causes=tuple(map(str, attribution.causes)),
        confidence=attribution.confidence,
        verdict=named.verdict,
        ports=tuple(f"{first}" if first == last else f"{first}-{last}" for first, last in named.ranges),
        untranslated=() if named.original else tuple(_untranslated(view, named)),
        no_interfaces=no_interfaces(view.snapshot.host, item),
        guarded=guarded_containers(view, item, named),
        address_reused_by=_reused_by(view, one) if attribution.standing is Standing.STALE else "",
    )


def _is_own_order(view: HostView, one: AttributedItem, shadow: Shadow) -> bool:
    """Return whether the order of a rule and of those before it is one program's, and no choice of the operator's."""
    maker = one.attribution.maker
    known = view.inventory_gap is None  # of Docker's rules those that are proved are no subjects
    if maker in ("", OPERATOR_MAKER) or (maker == "docker" and known) or _OF_OPERATOR.search(one.item.chain):
        return False
    return all(covering.attribution.maker == maker for covering in _covering(view, shadow))


def _with_shadow(facts: RuleFacts, shadow: Shadow, *, own_order: bool) -> RuleFacts:
    """Add what earlier rules of the chain leave of a rule."""
    earlier = words(shadow)
    return replace(
        facts,
        shade=shadow.shade,
        shadowed_by=earlier,
        own_order=own_order,
        repeats=earlier if shadow.shade is ShadowKind.REPEATED else "",
        witness=shadow.witness,
    )


def is_dockers(item: Item) -> bool:
    """Return whether Docker owns a chain or table; DOCKER-USER is the operator's."""
    return owns_chain(item.table, item.chain)


def _untranslated(view: HostView, named: PortCondition) -> Iterator[int]:
    if sum(last - first + 1 for first, last in named.ranges) > _MANY:
        return
    only_host_ports = view.docker.host_ports - view.docker.container_ports
    for first, last in named.ranges:
        yield from (port for port in range(first, last + 1) if (named.protocol, port) in only_host_ports)


def _reused_by(view: HostView, one: AttributedItem) -> str:
    return next((name for address, name in view.docker.names.items() if _mentions(one.item.text, address)), "")


def _mentions(text: str, address: str) -> bool:
    """Find an address as a whole word: 172.17.0.2 is not in 172.17.0.22."""
    words = text.replace("/32", " ").replace("/128", " ").replace("[", " ").replace("]", " ")
    return any(word == address or word.startswith(f"{address}:") for word in words.split())


def _identity(view: HostView, one: AttributedItem) -> str:
    """Name a rule so that a recreated container, another address and a moved position do not matter."""
    item, attribution = one.item, one.attribution
    place = f"{item.backend} {item.family} {item.table}/{item.chain}"
    if attribution.signature and any(cause.kind is not CauseKind.DAEMON for cause in attribution.causes):
        return f"rule {place} {attribution.signature} {', '.join(map(str, attribution.causes))}"
    names = view.docker.names
    words = (names.get(word.removesuffix("/32").removesuffix("/128"), word) for word in item.text.split(" "))
    return f"rule {place} {' '.join(words)}"
