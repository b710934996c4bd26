"""What a pasted text does not show, or shows in a form that had to be undone -> gaps."""

from collections.abc import Iterator, Mapping, Sequence

from netaudit.model.facts import Gap, GapReason, Source
from netaudit.parse.paste.split import Parts, SkippedLine
from netaudit.parse.paste.topics import Topic


def gaps_of_skipped(parts: Parts, name: str, sources: Mapping[tuple[str, bool], Source]) -> Iterator[Gap]:
    """Say which lines are no source's, and where rows are left out: among rules, these are rules that nobody sees."""
    rows = [one for one in parts.skipped if one.row]
    if rows and rows[0].rules_of:
        said = f"line {rows[0].line}, a rule of a chain whose head is not there: {_first_of(rows)}"
        yield Gap(sources[rows[0].rules_of], GapReason.NOT_RECORDED, said)
    for one in (one for one in parts.skipped if one.elided):
        of = sources[one.rules_of] if one.rules_of in parts.rules and one.rules_of else None
        reason = GapReason.PARTIAL if of is None else GapReason.NOT_RECORDED
        yield Gap(of or name, reason, f"line {one.line}: rows are left out: {one.text[:60]}")
    for key, source in sources.items():
        if typed := [one for one in parts.skipped if one.typed and one.rules_of == key]:
            said = f"line {typed[0].line}, a command that the list beside it may not show: {_first_of(typed)}"
            yield Gap(source, GapReason.NOT_RECORDED, said)
        if some := [one for one in parts.skipped if one.sometimes and one.rules_of == key]:
            said = f"line {some[0].line}, a command that may not run, in a condition or a function: {_first_of(some)}"
            yield Gap(source, GapReason.NOT_RECORDED, said)
    yield from _undone_gaps(parts, name, sources)
    told = ("elided", "row", "typed", "sometimes", "joined", "left_out")
    if prose := [one for one in parts.skipped if not any(getattr(one, kind) for kind in told)]:
        more = f" and {len(prose) - 1} more" if prose[1:] else ""
        yield Gap(name, GapReason.PARTIAL, f"line {prose[0].line}, passed by: {prose[0].text[:60]!r}{more}")


def _first_of(skipped: Sequence[SkippedLine]) -> str:
    return skipped[0].text[:60] + (f" and {len(skipped) - 1} more" if skipped[1:] else "")


def _undone_gaps(parts: Parts, name: str, sources: Mapping[tuple[str, bool], Source]) -> Iterator[Gap]:
    """Say which lines became one, and which a comparison leaves out: any rules may be on these."""
    for one in parts.skipped:
        if one.joined:
            yield Gap(name, GapReason.PARTIAL, f"line {one.line} was joined with the one before: a terminal broke them")
    rulesets: list[str] = [sources[key] for key, lines in parts.rules.items() if lines]
    rulesets += [Source.NFT_RULESET] if Topic.NFT in parts.others else []
    for one in (one for one in parts.skipped if one.left_out):
        said = f"line {one.line}, lines are left out before it: {one.text}"
        for source in rulesets:
            yield Gap(source, GapReason.NOT_RECORDED, said)
        if not rulesets:
            yield Gap(name, GapReason.PARTIAL, said)
