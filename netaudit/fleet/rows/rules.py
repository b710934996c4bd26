"""The rows of `rules` and `attributions`."""

from collections.abc import Iterator

from netaudit.attribute.attribution import AttributedItem, Cause
from netaudit.fleet.rows.audited import Audited
from netaudit.fleet.tables.rule import AttributionRow, RuleRow


def rule_rows(audited: Audited) -> Iterator[RuleRow]:
    """List every object of the ruleset, also those inside containers."""
    for number, one in enumerate(_all_items(audited), 1):
        item = one.item
        yield RuleRow(
            **audited.key,
            rule=number,
            object=str(item.object),
            backend=str(item.backend),
            family=item.family,
            table=item.table,
            chain=item.chain,
            position=item.position,
            text=item.text,
        )


def attribution_rows(audited: Audited) -> Iterator[AttributionRow]:
    """List who wrote each object, a row for each cause, and then what is missing."""
    for number, one in enumerate(_all_items(audited), 1):
        yield from _attributions(audited, number, one)
    for one in audited.shown.missing:
        yield from _attributions(audited, None, one)


def _all_items(audited: Audited) -> Iterator[AttributedItem]:
    yield from audited.shown.items
    for inside in audited.shown.inside:
        yield from inside.items


def _attributions(audited: Audited, number: int | None, one: AttributedItem) -> Iterator[AttributionRow]:
    attribution = one.attribution
    causes: tuple[Cause | None, ...] = attribution.causes or (None,)
    for cause in causes:
        yield AttributionRow(
            **audited.key,
            rule=number,
            maker=attribution.maker or None,
            signature=attribution.signature or None,
            confidence=str(attribution.confidence),
            standing=str(attribution.standing),
            purpose=attribution.purpose or None,
            place=one.item.where,
            text=one.item.text,
            cause=str(cause.kind) if cause else None,
            cause_text=str(cause) if cause else None,
            network=cause.network.name if cause and cause.network else None,
            **audited.of_container(cause.container.name if cause and cause.container else ""),
        )
