"""Explanations -> text: what it does, who caused it, on what evidence, what would break without it."""

from collections import Counter
from collections.abc import Iterator, Sequence

from netaudit.attribute.attribution import AttributedItem, Confidence, Standing
from netaudit.attribute.explain.explanation import (
    ContainerExplained,
    Explained,
    MakerExplained,
    NetworkExplained,
    RuleExplained,
    SignatureExplained,
)
from netaudit.attribute.signatures.signature import Owned, Signature
from netaudit.report.terminal.explain.next_steps import next_steps
from netaudit.report.terminal.wrapping import wrap_whole
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.networking import describe_network, describe_networking
from netaudit.report.text.no_rules import NO_NETWORK_RULES, describe_no_rule
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import count

_MARKS = 6  # names that tell a maker's rules, of which a text shows so many
_CHAINS = 12


def render_explanations(explained: Sequence[Explained], width: int) -> str:
    """Print explanations one after another, wrapped to a width."""
    return "\n".join("\n".join(wrap(_render(one), width)) + "\n" for one in explained)


def wrap(lines: Iterator[str], width: int) -> Iterator[str]:
    """Wrap lines, what follows a line's beginning further in."""
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 4)
        yield from wrap_whole(terminal_text(line), width, rest=indent) or [""]


def _render(one: Explained) -> Iterator[str]:
    match one:
        case RuleExplained():
            yield from _rule(one)
        case ContainerExplained():
            yield from _container(one)
        case NetworkExplained():
            yield from _network(one)
        case SignatureExplained():
            yield from _signature(one)
        case MakerExplained():
            yield from _maker(one)


def _rule(explained: RuleExplained) -> Iterator[str]:
    item, attribution = explained.one.item, explained.one.attribution
    yield f"{item.where} ({item.backend}, {item.family})"
    yield f"  {item.text}"
    if attribution.purpose:
        yield f"  does: {attribution.purpose}"
    yield f"  caused by: {describe_causes(attribution.causes) or 'nobody that netaudit knows'}"
    yield f"  evidence: {_evidence(explained)}"
    if explained.without:
        yield f"  without it: {explained.without}"
    if item.packets is not None:
        yield f"  counted: {item.packets} packets, {item.octets} bytes"
    yield from (f"  {step}" for step in next_steps(explained))


def _evidence(explained: RuleExplained) -> str:
    attribution = explained.one.attribution
    reason = f"; {attribution.reason}" if attribution.reason else ""
    match attribution.confidence:
        case Confidence.PROVED:
            return (
                f"proved: Docker {explained.engine} with this inventory writes this very text"
                f" ({attribution.signature}){reason}"
            )
        case Confidence.LIKELY:
            if not attribution.signature:
                return f"likely{reason}"
            standing = f", {attribution.standing}" if attribution.standing is Standing.STALE else ""
            return f"likely{standing}: the text has the form of {attribution.signature}{reason}"
        case Confidence.AMBIGUOUS:
            return f"ambiguous ({attribution.signature}){reason}"
        case Confidence.UNATTRIBUTED:
            return "unattributed: no signature in the catalog writes this text for anything in the inventory"


def _container(explained: ContainerExplained) -> Iterator[str]:
    container = explained.container
    yield f"container {container.name} ({container.id[:12]})"
    yield from (f"  {sentence}" for sentence in describe_networking(explained.networking))
    yield from _rules_caused(explained.rules, explained.missing)
    if explained.inside:
        yield "  rules in its own network namespace:"
        yield from listed_rules(explained.inside, "")
    yield from (f"  {describe_no_rule(reason)}" for reason in explained.no_rules)


def _network(explained: NetworkExplained) -> Iterator[str]:
    network = explained.network
    yield f"network {network.name} ({network.id[:12]})"
    yield f"  {describe_network(network)}"
    yield from _rules_caused(explained.rules, explained.missing)
    if not explained.rules:
        yield f"  {NO_NETWORK_RULES}"


def _rules_caused(rules: Sequence[AttributedItem], missing: Sequence[AttributedItem]) -> Iterator[str]:
    if rules:
        yield "  rules that exist because of it:"
        yield from listed_rules(rules, "")
    if missing:
        yield "  rules that ought to exist because of it, and do not:"
        yield from listed_rules(missing, "! ")


def listed_rules(rules: Sequence[AttributedItem], mark: str) -> Iterator[str]:
    """Print rules with their purpose, each behind a mark."""
    for one in rules:
        yield f"    {mark}{one.item.where}  {one.item.text}"
        if one.attribution.purpose:
            yield f"        # {one.attribution.purpose}"


def _signature(explained: SignatureExplained) -> Iterator[str]:
    signature = explained.signature
    yield f"signature {signature.id} of {signature.maker}"
    match signature:
        case Signature():
            yield f"  {signature.table}: {signature.text.text}"
            yield f"  written for: {signature.subject}"
        case Owned():
            yield f"  {_mark(signature)}"
    yield f"  does: {signature.purpose}"
    if isinstance(signature, Signature) and signature.without:
        yield f"  without it: {signature.without}"
    yield f"  rules here that bear it: {len(explained.rules)}"
    yield from listed_rules(explained.rules, "")


def _maker(explained: MakerExplained) -> Iterator[str]:
    maker, rules = explained.maker, explained.rules
    yield f"{maker.name}"
    yield f"  A writer of rules: {maker.title.partition(',')[0]}."
    forms = [f"{count(explained.signatures, 'form')} of its rules"] if explained.signatures else []
    marks = count(len(explained.owned), "mark")
    forms += [f"{marks} that a chain, table or rule of its own bears"] if explained.owned else []
    yield f"  The catalog has {' and '.join(forms)}."
    yield from (f"    {_mark(one)}: {one.purpose}" for one in explained.owned[:_MARKS])
    if len(explained.owned) > _MARKS:
        yield f"    and {len(explained.owned) - _MARKS} more (rules/attribution/)"
    if rules is not None:
        yield f"  rules here that it wrote: {len(rules)}"
        chains = Counter(one.item.where.partition("#")[0] for one in rules)
        yield from (f"    {where}: {count(number, 'rule')}" for where, number in chains.most_common(_CHAINS))
        if len(chains) > _CHAINS:
            yield f"    and {count(len(chains) - _CHAINS, 'more chain')}"
        yield from ["  `netaudit show --by maker` lists each."] if rules else []


def _mark(owned: Owned) -> str:
    """Say by what name a maker's own is known."""
    marks = (("chain", owned.chain), ("table", owned.table), ("rule", owned.text))
    return ", or ".join(f"every {word} that matches {pattern.pattern}" for word, pattern in marks if pattern)
