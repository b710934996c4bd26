"""Rules about which there is something to say: missing ones, and those that are not Docker's own as they should be."""

from collections.abc import Iterator
from typing import Annotated

from netaudit.attribute.attribution import AttributedItem, CauseKind, Confidence, Standing
from netaudit.audit.ports import Named, named_ports
from netaudit.audit.subjects.fact import Facts, Subject, fact
from netaudit.audit.subjects.kind import SubjectKind
from netaudit.audit.view import View
from netaudit.model.ruleset import Item, ObjectKind

_MANY = 20  # ports of a range that are looked up one by one


class RuleFacts(Facts, frozen=True):
    """What is known of a rule."""

    where: Annotated[str, fact("Its place, as `explain` takes it: `nat/DOCKER#2`.")] = ""
    text: Annotated[str, fact("Its text, as its own tool prints it.")] = ""
    backend: Annotated[str, fact("`iptables-nft`, `iptables-legacy` or `nftables`.")] = ""
    family: Annotated[str, fact("`ip`, `ip6`, `inet` and so on.")] = ""
    table: Annotated[str, fact("Its table.")] = ""
    chain: Annotated[str, fact("Its chain.")] = ""
    docker_chain: Annotated[bool, fact("Whether Docker owns its chain or table (DOCKER-USER is the operator's).")] = (
        False
    )
    maker: Annotated[str, fact("Who wrote it, empty for nobody that is known.")] = ""
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
    shadowed_by: Annotated[str, fact("The earlier rule of its chain behind which no packet comes, empty for none.")] = (
        ""
    )
    repeats: Annotated[str, fact("The earlier rule of its chain that has the same text, empty for none.")] = ""


def rules(view: View) -> Iterator[Subject]:
    """Give the rules that are missing, then those that stand out, in their order."""
    for one in (*view.attributed.missing, *view.attributed.items):
        if one.item.object in (ObjectKind.RULE, ObjectKind.MAP) and _stands_out(one):
            yield _subject(view, one)


def _stands_out(one: AttributedItem) -> bool:
    plain = one.attribution.standing is Standing.EXPECTED and one.attribution.confidence is Confidence.PROVED
    return not plain or one.item.chain == "DOCKER-USER"


def _subject(view: View, one: AttributedItem) -> Subject:
    missing = one.attribution.standing is Standing.MISSING
    place = one.item.where
    return Subject(
        SubjectKind.RULE,
        f"rule {place}" if not missing else f"missing rule {place}: {one.item.text}",
        _identity(view, one),
        _facts(view, one, named_ports(one.item)),
        rules=() if missing else (one,),
        missing=(one,) if missing else (),
        container=next((c.container.name for c in one.attribution.causes if c.container), ""),
    )


def _facts(view: View, one: AttributedItem, named: Named) -> RuleFacts:
    item, attribution = one.item, one.attribution
    return RuleFacts(
        where=item.where,
        text=item.text,
        backend=item.backend,
        family=item.family,
        table=item.table,
        chain=item.chain,
        docker_chain=is_dockers(item),
        maker=attribution.maker,
        signature=attribution.signature.rpartition("/")[2],
        standing=attribution.standing,
        reason=attribution.reason,
        purpose=attribution.purpose,
        causes=tuple(map(str, attribution.causes)),
        confidence=attribution.confidence,
        verdict=named.verdict,
        ports=tuple(f"{first}" if first == last else f"{first}-{last}" for first, last in named.ranges),
        untranslated=() if named.original else tuple(_untranslated(view, named)),
        address_reused_by=_reused_by(view, one) if attribution.standing is Standing.STALE else "",
        shadowed_by=_named(view.order.shadowed_by(item)),
        repeats=_named(view.order.repeats(item)),
    )


def _named(item: Item | None) -> str:
    return f"{item.where}: {item.text}" if item else ""


def is_dockers(item: Item) -> bool:
    """Tell whether Docker owns a chain or table; DOCKER-USER is the operator's."""
    return (item.chain.startswith("DOCKER") and item.chain != "DOCKER-USER") or item.table == "docker-bridges"


def _untranslated(view: View, named: Named) -> Iterator[int]:
    if sum(last - first + 1 for first, last in named.ranges) > _MANY:
        return
    for first, last in named.ranges:
        for port in range(first, last + 1):
            if (named.protocol, port) in view.host_ports and (named.protocol, port) not in view.container_ports:
                yield port


def _reused_by(view: View, one: AttributedItem) -> str:
    return next((name for address, name in view.addresses.items() if _mentions(one.item.text, address)), "")


def _mentions(text: str, address: str) -> bool:
    """Find an address as a whole word: 172.17.0.2 is not in 172.17.0.22."""
    words = text.replace("/32", " ").replace("/128", " ").replace("[", " ").replace("]", " ")
    return any(word == address or word.startswith(f"{address}:") for word in words.split())


def _identity(view: View, one: AttributedItem) -> str:
    """Name a rule so that a recreated container, another address and a moved position do not matter."""
    item, attribution = one.item, one.attribution
    place = f"{item.backend} {item.family} {item.table}/{item.chain}"
    if attribution.signature and any(cause.kind is not CauseKind.DAEMON for cause in attribution.causes):
        return f"rule {place} {attribution.signature} {', '.join(map(str, attribution.causes))}"
    words = (view.addresses.get(word.removesuffix("/32").removesuffix("/128"), word) for word in item.text.split(" "))
    return f"rule {place} {' '.join(words)}"
