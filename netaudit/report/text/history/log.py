"""The words of a log: a line for each change, with its time, writer, cause, rules and exposure."""

from collections import Counter

from netaudit.model.facts import Source
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange
from netaudit.model.observation import Process
from netaudit.report.text.sanitize import visible
from netaudit.report.text.words import count as counted

_CAUSES = {
    CauseOf.CONTAINER: "container {name}",
    CauseOf.NETWORK: "network {name}",
    CauseOf.ENGINE: "the engine",
    CauseOf.PROGRAM: "{name}",
    CauseOf.OPERATOR: "an operator",
    CauseOf.HOST: "the host",
    CauseOf.UNKNOWN: "cause not known",
}
_HOST: dict[str, str] = {
    Source.IP_ADDR: "addresses",
    Source.IP_ROUTE: "routes",
    Source.IP6_ROUTE: "IPv6 routes",
    Source.IP_RULE: "policy rules",
    Source.IP6_RULE: "IPv6 policy rules",
    Source.SYSCTL: "settings of the kernel",
    Source.DOCKERD_ARGV: "the options of dockerd",
    Source.DOCKER_VERSION: "the engine's version",
}
_OBJECTS = {"policy": "chain policy", "object": "named object"}
_SHOWN = 3


def describe_change(change: LoggedChange) -> str:
    """Sum up a change in one line, without its time."""
    parts = [describe_cause(change.cause), describe_writer(change), describe_rules(change), _exposure(change)]
    return ", ".join(part for part in parts if part)


def describe_time(change: LoggedChange) -> str:
    """Say when it was: by the kernel's or the engine's word, else between two looks."""
    return change.at if change.exact else f"{change.since} to {change.at}"


def describe_cause(cause: LoggedCause) -> str:
    """Name a cause, with the engine's events about it."""
    text = _CAUSES[cause.kind].format(name=visible(cause.name))
    if cause.kind is CauseOf.OPERATOR and cause.name:
        text = f"operator {visible(cause.name)}"
    if cause.kind is CauseOf.HOST and cause.name:
        text = f"the host: {', '.join(_HOST.get(one, visible(one)) for one in cause.name.split(', '))}"
    if cause.became:
        return f"{text} (was {cause.became})"
    events = ", ".join(f"{action} {count} times" if count > 1 else action for action, count in cause.events)
    return f"{text} ({events})" if events else text


def describe_reason_of(cause: LoggedCause) -> str:
    """Say in a sentence what a change was made for."""
    if cause.kind is CauseOf.OPERATOR:
        return f"made by hand: {describe_cause(cause)}"
    return describe_cause(cause) if cause.kind is CauseOf.UNKNOWN else f"because of {describe_cause(cause)}"


def describe_writer(change: LoggedChange) -> str:
    """Name the process that wrote, with what is known about it."""
    if change.writer is None:
        return f"writer not known: {visible(change.unknown)}" if change.unknown else ""
    return f"by {describe_process(change.writer)}"


def describe_process(process: Process) -> str:
    """Name a process: `iptables[812] of ssh.service, user ada, from bash < sudo`; one that nobody could ask says so."""
    name = visible(process.name) + (f"[{process.pid}]" if process.pid else "")
    unit = f" of {visible(process.unit)}" if process.unit else ""
    more = [f"user {visible(process.user)}"] if process.user else []
    more += [f"from {visible(process.parent)}"] if process.parent else []
    more += ["user not known"] if process.pid and not (unit or more) else []
    return ", ".join((name + unit, *more))


def describe_rules(change: LoggedChange) -> str:
    """Count what came and went."""
    added, removed = change.count("added"), change.count("removed")
    altered, moved = change.count("altered"), change.count("moved")
    others = Counter(one.object for one in change.rules if one.object != "rule")
    said = added or removed or (not change.rules and change.cause.kind is not CauseOf.HOST)
    parts = [f"rules +{added} −{removed}"] if said else []  # noqa: RUF001 (a minus)
    parts += [f"{number} {word}" for number, word in ((altered, "altered"), (moved, "moved")) if number]
    parts += [counted(number, _OBJECTS.get(kind, kind)) for kind, number in others.items()]
    parts += [f"{change.rewritten} written and as before"] if change.rewritten else []
    return ", ".join(parts)


def _exposure(change: LoggedChange) -> str:
    said = [f"{one.zone} → {visible(one.target)}: {one.before} → {one.after}" for one in change.exposure[:_SHOWN]]
    more = [f"and {len(change.exposure) - _SHOWN} more"] if len(change.exposure) > _SHOWN else []
    return "; ".join((*said, *more))
