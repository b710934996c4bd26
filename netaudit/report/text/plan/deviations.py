"""Where what happened differs from the plan, in sentences."""

from netaudit.plan.promise import Deviation, DeviationKind

_WORDS = {
    DeviationKind.NOT_PLANNED: "not planned",
    DeviationKind.DID_NOT_HAPPEN: "planned, and did not happen",
    DeviationKind.OTHER_POSITION: "at another position than planned",
}


def describe_deviation(one: Deviation) -> str:
    """Say how a change differs from the plan, and what the plan took for granted about it."""
    change = one.change
    number = f"#{change.position}" if change.position else ""
    planned = f" (planned: #{one.planned})" if one.planned else ""
    place = f"{change.family} {change.table}/{change.chain}{number}"
    reason = f"; the plan took for granted: {change.reason}" if change.reason else ""
    return f"{_WORDS[one.kind]}{planned}: {change.change} {change.object} {place}: {change.text}{reason}"
