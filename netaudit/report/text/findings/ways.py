"""What to do about a mistake: each way to close it with all its lines, for every port and family that needs one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import msgspec

from netaudit.audit.checks.check import Check
from netaudit.audit.checks.remedy import Remedy
from netaudit.audit.finding import Finding
from netaudit.report.text.findings.audit import Step, steps

_MOST = 8  # findings of one mistake whose lines are shown
_COPYABLE = re.compile(r"(.*?): (-\w .*|\{.*\})", re.DOTALL)  # options of `docker run`, or JSON for daemon.json
_HOLE = re.compile(r"\{([a-z_0-9]+)(?:\.\.\.)?\}")
_EITHER = "iptables (ip6tables for IPv6)"
_UNTIL_REBOOT = re.compile(r"\b(?:ip6?tables(?:-nft|-legacy)?|nft|sysctl) ")


class ToDo(msgspec.Struct, frozen=True):
    """One way: what to do, what to write for it, and the lines to run, of which each but the first says what for."""

    do: str
    options: str = ""
    lines: tuple[Step, ...] = ()
    then: str = ""


def ways(alike: Sequence[Finding]) -> tuple[ToDo, ...]:
    """Return the ways to close findings of one check, the first choice first."""
    first = list(_placed(alike[0]))
    found = [[(alike[0], step)] for _, step in first]
    for finding in alike[1:_MOST] if first else ():
        for at, (place, step) in enumerate(_placed(finding)):
            found[_place_among(place, step, first, at)].append((finding, step))
    return tuple(map(_gather, found))


def _placed(finding: Finding) -> Iterator[tuple[int, Step]]:
    """List what can be done, each with the place of its remedy in the check."""
    return zip((one.place for one in finding.advice), steps(finding), strict=True)


def _place_among(place: int, step: Step, first: Sequence[tuple[int, Step]], choice: int) -> int:
    """Tell which way a step is part of: that of the same remedy, of the same words, or else of the same choice."""
    same = (at for at, (own, _) in enumerate(first) if own == place)
    alike = (at for at, (_, own) in enumerate(first) if _head(own) == _head(step))
    return next(chain(same, alike), min(choice, len(first) - 1))


def _head(step: Step) -> str:
    """Return what the same remedy of two findings has in common."""
    return re.split("[,:(]", step.do, maxsplit=1)[0].strip().lower()


def _gather(members: Sequence[tuple[Finding, Step]]) -> ToDo:
    step = members[0][1]
    if not step.line:
        texts = [_copyable(one.do) for _, one in members]
        options = dict.fromkeys(filter(None, (options for _, options in texts)))
        further = {one.line: _further(step, finding, one) for finding, one in members if one.line}
        return ToDo(texts[0][0], " ".join(options), tuple(further.values()), step.then)
    lines = {one.line: (finding, one) for finding, one in reversed(members) if one.line}
    others = (pair for line, pair in reversed(lines.items()) if line != step.line)
    return ToDo(step.do, lines=(Step("", step.line, step.then), *(_further(step, *pair) for pair in others)))


def _further(first: Step, finding: Finding, step: Step) -> Step:
    do = "" if step.do == first.do else f" {step.do[:1].lower()}{step.do[1:]}"
    return Step(f"for {finding.subject}:{do}", step.line, step.then)


def _copyable(text: str) -> tuple[str, str]:
    """Tell apart a sentence and what is to be written: `Publish it on loopback:`, `-p 127.0.0.1:80:80/tcp`."""
    found = _COPYABLE.fullmatch(text)
    return (f"{found[1]}:", found[2]) if found else (text, "")


def further_steps(alike: Sequence[Finding]) -> Iterator[Step]:
    """List the commands that the others of one mistake need and the first does not: for another port, or IPv6."""
    known = {step.line for step in steps(alike[0])}
    for finding in alike[1:_MOST]:
        for step in steps(finding):
            if step.line and step.line not in known:
                known.add(step.line)
                yield Step(f"for {finding.subject}: {step.do[:1].lower()}{step.do[1:]}", step.line, step.then)


def describe_keeping(lines: Iterable[str]) -> str:
    """Say that lines last until the host starts again, and how they are kept; "" where there are none of that kind."""
    if not any(_UNTIL_REBOOT.match(line) for line in lines):
        return ""
    return (
        "Lines of iptables, nft and sysctl last until the next boot: keep them with netfilter-persistent save, "
        "in /etc/nftables.conf, or in a file below /etc/sysctl.d."
    )


def describe_remedies(check: Check) -> Iterator[str]:
    """Say what to do about any finding of a check; what depends on the host stands as `<CONTAINER>`."""
    shown: set[str] = set()
    for one in check.remedies:
        if one.do.text in shown or (shown and _is_podmans(one)):
            continue
        shown.add(one.do.text)
        text = ": ".join(filter(None, [one.do.text, " && ".join(command.text for command in one.run)]))
        yield _HOLE.sub(lambda found: f"<{found[1].upper()}>", text).replace("<IPTABLES>", _EITHER)


def _is_podmans(remedy: Remedy) -> bool:
    return remedy.when is not None and bool(re.search(r"(?<!!)\bpodman\b", remedy.when.text))
