"""The words for a plan that all its reports share."""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from netaudit.audit.risk import gather_mistakes
from netaudit.model.plan import Refusal, Symbol
from netaudit.plan.pitfalls import Pitfall, PitfallKind
from netaudit.plan.surroundings import HostChange
from netaudit.report.text.findings.accepted import count_accepted
from netaudit.report.text.plan.assumptions import fill
from netaudit.report.text.words import count, summarise_diff

if TYPE_CHECKING:
    from netaudit.audit.planned import JudgedPlan
    from netaudit.plan.planned import Planned

_UNNAMED = re.compile(r"unnamed_\d+")  # as the planned engines call what has no name
NOTHING_RAN = "nothing was run or changed on the host"
_PITFALLS: Mapping[PitfallKind, str] = {
    PitfallKind.PUBLISH_DROPS_KEY: "-p {option}: the client does not send {key}={value} (of the long form it keeps"
    " published, target and protocol); write -p HOST_IP:PORT:PORT",
    PitfallKind.PORTS_ON_INTERNAL: "{container} publishes {ports}, and is on internal networks alone ({networks}): the"
    " engine publishes nothing there, and nobody beyond the host would reach it; join a network that is not internal",
}


def describe_pitfall(one: Pitfall) -> str:
    """Say what the command says and does not do."""
    return fill(_PITFALLS[one.kind], one.args)


def describe_unknown(planned: "Planned") -> Iterator[str]:
    """Say what a command without --name makes, and what each symbol can be."""
    there = planned.before.inventory.containers if planned.before.inventory else ()
    known = {one.name for one in there}
    for one in planned.after.inventory.containers if planned.after.inventory else ():
        if _UNNAMED.fullmatch(one.name) and one.name not in known:
            yield f"{one.name}: the new container; without --name the engine chooses another name"
    yield from map(describe_symbol, planned.symbols)


def describe_symbol(one: Symbol) -> str:
    """Say what a symbol can be."""
    return f"{one}: {one.range}"


def describe_refusal(one: Refusal) -> str:
    """Say what the engine would refuse."""
    return f"{one.request.method} {one.request.endpoint}: {one.status} {one.message}"


def describe_host_change(one: HostChange) -> str:
    """Write what changes around the rules: `+ route …`, `~ sysctl …, was: …`."""
    if not one.before:
        return f"+ {one.part} {one.after}"
    return f"~ {one.part} {one.after}, was: {one.before}" if one.after else f"- {one.part} {one.before}"


def summarise_plan(plan: "JudgedPlan") -> str:
    """Sum up a plan in one line."""
    parts = [f"would change: {summarise_diff(plan.diff)}"]
    parts += [f"{count(len(gather_mistakes(plan.new)), 'new finding')}"] if plan.new else []
    parts += [f"{number} {words}" for words, number in count_accepted(plan.accepted).items()]
    parts += [f"{count(len(gather_mistakes(plan.gone)), 'finding')} gone"] if plan.gone else []
    return "; ".join((*parts, NOTHING_RAN))
