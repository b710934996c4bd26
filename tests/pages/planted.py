"""What reports show, with text that tries to be obeyed in every field: planted by the types, so none is missed.

The values are real, made from recordings; every text in them gets the marker around it, those that are empty too.
"""

import datetime as dt
import enum
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.attribute.attribution import AttributedDiff, AttributedInside, AttributedSnapshot, Ref
from netaudit.attribute.explain.explanation import Explained, explain
from netaudit.attribute.trace import AttributedTrace
from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Audit, Verified
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.model.observation import DockerEvent, Writer
from netaudit.model.reason import Reason
from netaudit.parse import parse_snapshot
from netaudit.store import load
from pages import hosts

START, END = "[[planted]](", "[[end]]"
COMMANDS = (
    *("::error file=x,line=1::", "::set-output name=x::", "::add-mask::", "::stop-commands::x", "::group::"),
    *("::add-path::", "::SET-ENV name=x::", "##[error]", "##[group]", "##vso[task.setvariable variable=x]"),
    *("##teamcity[buildProblem]", "section_start:1:x", "section_end:1:x", "travis_fold:start:x"),
)
STEERING = "\x00\x07\x08\t\n\r\x0b\x1b[31m\x1b]0;title\x07\x7f\x85\x9b31m\u00ad\u200b\u2028\u202e\u2066\ufeff\U000e0041"
MARKUP = (
    "<img src=x onerror=alert(1)>\"'`` ``` |[link](http://x.example) ![picture](http://x.example)<http://x.example>"
    "[a][b] [b]: http://x.example </script></title></svg>--> ]]> &amp; {{ 7*7 }} {protocol} {0} %0A %n **b** ~~s~~ \\"
)
BROKEN = "\ud800\udcff\ufffe\uffff"
MARKER = (
    START
    + "".join(f"\r\n{command}x{command}" for command in COMMANDS)
    + STEERING
    + MARKUP
    + BROKEN
    + "e"
    + "\u0301" * 20
    + END
)
FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\uff1d1")
_INSIDE = "28.5.2-iptables-nft"


def plant(value: Any, marker: str = MARKER) -> Any:
    """Put the marker before and after every text of a value, whatever structures it is in."""
    match value:
        case str() if not isinstance(value, enum.Enum):
            return f"{marker}{value}{marker}"
        case Reason(_, arguments, behind):  # the names of its arguments are the code's own
            planted = tuple((name, plant(one, marker)) for name, one in arguments)
            return msgspec.structs.replace(value, args=planted, behind=plant(behind, marker))
        case msgspec.Struct():
            fields = {name: plant(getattr(value, name), marker) for name in value.__struct_fields__}
            return msgspec.structs.replace(value, **fields)
        case tuple():
            return tuple(plant(one, marker) for one in value)
        case Mapping():
            return {plant(key, marker): plant(one, marker) for key, one in value.items()}
        case _:
            return value


def texts_of(value: Any) -> int:
    """Count the texts that are planted."""
    match value:
        case str() if not isinstance(value, enum.Enum):
            return 1
        case Reason(_, arguments, behind):
            return len(arguments) + texts_of(behind)
        case msgspec.Struct():
            return sum(texts_of(getattr(value, name)) for name in value.__struct_fields__)
        case tuple():
            return sum(map(texts_of, value))
        case Mapping():
            return sum(texts_of(key) + texts_of(one) for key, one in value.items())
        case _:
            return 0


@cache
def snapshot_and_audit() -> tuple[AttributedSnapshot, Audit]:
    """A host with a bit of everything: gaps, rules inside a container, missing rules, defects, findings, doubts."""
    shown, audit = hosts.small()
    head = msgspec.structs.replace(shown.head, gaps=(Gap("source", GapReason.CRASHED, "detail"),), partial=True)
    some = shown.items[:30]  # few: each text becomes 5,000 characters
    shown = msgspec.structs.replace(
        shown,
        head=head,
        items=some,
        exposure=(shown.exposure or ())[:16],
        missing=some[-3:],
        defects=some[-5:-3],
        inside=(AttributedInside(Ref("0" * 64, "web"), some[:5]),),
    )
    first, second, *rest = audit.findings[:6]
    waiver = Waiver(first.check.id, first.subject, "because", "me", dt.date(2030, 1, 1), "netaudit.toml:1")
    accepted = (msgspec.structs.replace(first, waiver=waiver), msgspec.structs.replace(second, known=True))
    verified = tuple(
        msgspec.structs.replace(one, verified=(Verified(closes=True, opens=("x",)),) * len(one.advice)) for one in rest
    )
    return shown, msgspec.structs.replace(audit, head=head, shown=shown, findings=(*accepted, *verified))


@cache
def diff() -> AttributedDiff:
    """A diff whose changes somebody was seen to write."""
    found = hosts.worse()
    event = DockerEvent("container", "start", "id", "name", "2026-01-02T03:04:05Z")
    changes = tuple(
        msgspec.structs.replace(one, writer=Writer("dockerd", 1), events=(event,)) for one in found.changes[:20]
    )
    return msgspec.structs.replace(found, changes=changes, exposure=(found.exposure or ())[:16])


@cache
def journey() -> AttributedTrace:
    """A packet's way to a published port."""
    return netaudit.trace(facts(), "lan", "container:u9:81/tcp")


@cache
def explained() -> tuple[Explained, ...]:
    """Explanations of a rule, a container, a network and a signature."""
    snapshot, catalog = parse_snapshot(facts()), shipped_catalog()
    subjects = ("nat/DOCKER#2", "u9", "n9", "docker-iptables/port-dnat")
    return tuple(one for subject in subjects for one in explain(subject, snapshot, catalog))


def facts() -> Facts:
    """The recording that the packet and the explanations are of."""
    return load(hosts.RECORDINGS / _INSIDE / "dual-stack" / "02")
