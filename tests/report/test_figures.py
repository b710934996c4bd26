"""The numbers at the head of a page count what could be counted."""

from pathlib import Path

import msgspec

import netaudit
from netaudit.attribute import attribute_snapshot
from netaudit.catalog import load_catalog
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.parse import parse_snapshot
from netaudit.report.page.first.figures import snapshot_figures

_HOST = Path(__file__).parents[1] / "recordings/28.5.2-iptables-nft/default-one-port/01"


def _words(facts: Facts) -> dict[str, int]:
    return {one.word: one.number for one in snapshot_figures(attribute_snapshot(parse_snapshot(facts), load_catalog()))}


def test_what_is_missing_is_not_counted_where_nobody_knows_what_ought_to_be_there() -> None:
    facts = netaudit.load(_HOST)
    files = {name: data for name, data in facts.files.items() if name != Source.DOCKER_CONTAINERS}
    unseen = msgspec.structs.replace(facts, files=files, gaps=(Gap(Source.DOCKER_CONTAINERS, GapReason.CRASHED),))
    assert _words(facts)["missing"] == 0
    assert "missing" not in _words(unseen)
