"""Reports of hosts small, changed, large and hostile, each made once from recordings."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from bench.synthetic import make_facts

import netaudit
from netaudit.api.rules import shipped_catalog
from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.attribute.services import Services
from netaudit.audit.changed import ChangedFindings
from netaudit.audit.finding import Audit
from netaudit.audit.run import Plan, run
from netaudit.audit.view.view import HostView
from netaudit.catalog import load_checks, load_services
from netaudit.model.facts import Facts
from netaudit.parse import parse_snapshot
from netaudit.store import load
from pages.exposures import crudely_exposed
from pages.town import make_town

RECORDINGS = Path(__file__).parents[1] / "recordings"
_DUAL_STACK = RECORDINGS / "28.5.2-iptables-nft" / "dual-stack"
_SHOP = RECORDINGS / "tour" / "shop"
_EMPTY = RECORDINGS / "28.5.2-iptables-nft" / "default-no-port" / "00"
HOSTILE = (
    "<img src=x onerror=alert(1)>\"'`|[a](http://x.example) --> ]]> {{ 7*7 }} =1+1 \x1b[31m\u202egnp\r\n</title></svg>"
    "\u4e2d\u6587e\u0301" + "x" * 10_000
)


def small() -> tuple[AttributedSnapshot, Audit]:
    """A network with IPv4 and IPv6 and a container that publishes a port on both, and what is wrong with that."""
    return _shown(_named(load(_DUAL_STACK / "02")))


def changed() -> AttributedDiff:
    """That network and container are new."""
    return _diff(_named(load(_DUAL_STACK / "00")), _named(load(_DUAL_STACK / "02")))


def worse() -> AttributedDiff:
    """Protection is gone, and somebody wrote a rule of their own."""

    def edit(text: str) -> str:
        head, _, tail = text.partition("*filter")
        tail = "".join(line for line in tail.splitlines(keepends=True) if not line.endswith("-o docker0 -j DROP\n"))
        return head + "*filter" + tail.replace("COMMIT", "[3:180] -A DOCKER-USER -s 192.0.2.7/32 -j DROP\nCOMMIT", 1)

    after = _edited(load(_DUAL_STACK / "02"), {"iptables-save.txt": edit})
    return _diff(_named(load(_DUAL_STACK / "00")), _named(after))


def huge() -> tuple[AttributedSnapshot, Audit]:
    """A host of 10,000 rules, and what is wrong with it."""
    return _audited(_named(make_facts(_EMPTY, 3333)), large(3333))


def large(containers: int) -> AttributedSnapshot:
    """As many containers as one asks for, each with one published port and three rules; judged crudely, but at once."""
    snapshot = parse_snapshot(_named(make_facts(_EMPTY, containers)))
    return crudely_exposed(snapshot, attribute_snapshot(snapshot, shipped_catalog()))


def shop() -> tuple[AttributedSnapshot, Audit]:
    """A host of five containers, as the lab recorded it: a database is published by mistake."""
    return _shown(_named(load(_SHOP / "10")))


def mistake() -> tuple[AttributedDiff, ChangedFindings]:
    """The database of that shop is published."""
    judged = netaudit.judge_changes(_named(load(_SHOP / "08")), _named(load(_SHOP / "10")))
    return judged.diff, judged.findings


def town(containers: int) -> tuple[AttributedSnapshot, Audit]:
    """As many containers as one asks for, in projects and networks, some with mistakes; judged crudely, but at once."""
    facts = make_town(containers)
    snapshot = parse_snapshot(facts)
    return _audited(facts, crudely_exposed(snapshot, attribute_snapshot(snapshot, shipped_catalog())))


def hostile() -> tuple[AttributedSnapshot, Audit]:
    """Whatever a person can name has a name that wants to be code: container, network, image, a rule's comment."""

    def rename(text: str) -> str:
        found = json.loads(text)
        for one in found:
            one["Name"] = HOSTILE
            if "Config" in one:
                one["Config"]["Image"] = HOSTILE
                one["Config"]["Labels"] = {HOSTILE: HOSTILE}
                one["NetworkSettings"]["Networks"] = {
                    HOSTILE: dict(next(iter(one["NetworkSettings"]["Networks"].values())))
                }
        return json.dumps(found)

    def comment(text: str) -> str:
        said = HOSTILE.replace('"', "'").replace("\n", "").replace("\r", "")
        rule = f'[0:0] -A DOCKER-USER -m comment --comment "{said}" -j DROP\nCOMMIT'
        head, _, tail = text.partition("*filter")
        return head + "*filter" + tail.replace("COMMIT", rule, 1)

    edits = {"docker-containers.json": rename, "docker-networks.json": rename, "iptables-save.txt": comment}
    return _shown(_named(_edited(load(_DUAL_STACK / "02"), edits)))


def _named(facts: Facts) -> Facts:
    return msgspec.structs.replace(facts, host="shop.example", taken_at="2026-01-02T03:04:05Z")


def _edited(facts: Facts, edits: Mapping[str, Callable[[str], str]]) -> Facts:
    files = {name: edits[name](data.decode()).encode() if name in edits else data for name, data in facts.files.items()}
    return msgspec.structs.replace(facts, files=files)


def _shown(facts: Facts) -> tuple[AttributedSnapshot, Audit]:
    return _audited(facts, netaudit.expose(facts))


def _audited(facts: Facts, shown: AttributedSnapshot) -> tuple[AttributedSnapshot, Audit]:
    plan = Plan(load_checks(), dt.date(2026, 1, 2))
    snapshot = parse_snapshot(facts)
    return shown, run(HostView(snapshot, shown, Services(load_services())), plan)


def _diff(earlier: Facts, later: Facts) -> AttributedDiff:
    return netaudit.compare(earlier, later, netaudit.ComputeExposure.ALWAYS)
