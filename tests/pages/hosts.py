"""Reports of hosts small, changed, large and hostile, each made once from recordings."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import msgspec
from bench.synthetic import make_facts

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, AttributedSnapshot
from netaudit.attribute.signature import Catalog
from netaudit.catalog import load_catalog
from netaudit.model.facts import Facts
from netaudit.model.snapshot import Snapshot
from netaudit.parse import parse_snapshot
from netaudit.store import load
from pages.exposures import exposed, with_changes, with_exposure

RECORDINGS = Path(__file__).parents[1] / "recordings"
_DUAL_STACK = RECORDINGS / "29.0.0-iptables-nft" / "user-net-ipv6"
_EMPTY = RECORDINGS / "28.5.2-iptables-nft" / "default-no-port" / "00"
HOSTILE = (
    "<img src=x onerror=alert(1)>\"'`|[a](http://x.example) --> ]]> {{ 7*7 }} =1+1 \x1b[31m\u202egnp\r\n</title></svg>"
    "\u4e2d\u6587e\u0301" + "x" * 10_000
)


@cache
def catalog() -> Catalog:
    return load_catalog()


def small() -> AttributedSnapshot:
    """A network with IPv4 and IPv6 and a container that publishes one port on both."""
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


def large(containers: int) -> AttributedSnapshot:
    """As many containers as one asks for, each with one published port: three rules each."""
    return _shown(_named(make_facts(_EMPTY, containers)))


def hostile() -> AttributedSnapshot:
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


def _shown(facts: Facts) -> AttributedSnapshot:
    snapshot = parse_snapshot(facts)
    return with_exposure(snapshot, attribute_snapshot(snapshot, catalog()))


def _diff(earlier: Facts, later: Facts) -> AttributedDiff:
    before, after = parse_snapshot(earlier), parse_snapshot(later)
    diff = attribute_diff(before, after, catalog())
    return with_changes(diff, _exposed(before), _exposed(after))


def _exposed(snapshot: Snapshot) -> tuple[AttributedExposure, ...]:
    return exposed(snapshot, attribute_snapshot(snapshot, catalog()))
