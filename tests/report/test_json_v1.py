import json
from collections.abc import Callable

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot
from netaudit.report.json.diff import render_diff
from netaudit.report.json.show import render_snapshot

Edits = dict[str, Callable[[str], str]]
MakeDiff = Callable[..., AttributedDiff]
MakeSnapshot = Callable[..., AttributedSnapshot]
BRIDGE = {"id": "d8618343e8de0d0083aed9d934b106604f297296ba197665b535bbba5ce1f917", "name": "bridge"}
WEB = {"id": "c02862b753983987f61445e3a9e55da4d346f7f60a79581321e20e0d2cb28a27", "name": "web"}


def test_a_change_has_the_shape_of_the_contract(make_diff: MakeDiff) -> None:
    document = json.loads(render_diff(make_diff()))
    (change,) = (one for one in document["changes"] if one["table"] == "nat")
    purpose = change["attribution"].pop("purpose")
    assert purpose.endswith(".")
    assert change == {
        "change": "added",
        "object": "rule",
        "backend": "iptables-nft",
        "family": "ip",
        "table": "nat",
        "chain": "DOCKER",
        "position": 1,
        "text": "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
        "packets": 0,
        "bytes": 0,
        "attribution": {
            "maker": "docker",
            "signature": "docker-iptables/port-dnat",
            "confidence": "proved",
            "standing": "expected",
            "reason": None,
            "causes": [
                {
                    "kind": "port-binding",
                    "container": WEB,
                    "network": BRIDGE,
                    "binding": {"protocol": "tcp", "host_ip": "0.0.0.0", "host_port": 8080, "container_port": 80},
                }
            ],
        },
    }


def test_a_cause_carries_the_fields_of_its_kind(make_diff: MakeDiff, make_snapshot: MakeSnapshot) -> None:
    documents = [json.loads(render_snapshot(make_snapshot())), json.loads(render_diff(make_diff()))]
    found = {}
    for one in [*documents[0]["rules"], *documents[1]["changes"]]:
        for cause in one["attribution"]["causes"]:
            found[cause["kind"]] = set(cause) - {"kind"}
    assert found == {
        "daemon": set(),
        "network": {"network"},
        "endpoint": {"container", "network"},
        "port-binding": {"container", "network", "binding"},
        "other": {"name"},
    }


def test_a_diff_names_both_snapshots_and_what_it_did_not_compute(make_diff: MakeDiff) -> None:
    document = json.loads(render_diff(make_diff()))
    assert set(document) == {
        *("schema", "before", "after", "changes", "missing", "defects", "exposure", "exposure_computed", "coverage"),
    }
    assert document["schema"] == "netaudit/diff/v1"
    assert document["before"]["taken_at"] == "2026-01-02T03:04:00Z"
    assert document["after"]["host"] == "shop.example"
    assert len(document["after"]["sha256"]) == 64
    assert (document["exposure"], document["exposure_computed"]) == ([], False)
    assert document["coverage"]["rules"] == document["coverage"]["proved"] == 22


def test_a_snapshot_has_rules_in_place_of_changes(make_snapshot: MakeSnapshot) -> None:
    document = json.loads(render_snapshot(make_snapshot()))
    assert document["schema"] == "netaudit/show/v1"
    assert sum(one["object"] == "rule" for one in document["rules"]) == document["coverage"]["rules"]
    assert "changes" not in document


def test_a_missing_rule_is_listed_with_its_cause(make_diff: MakeDiff, without_drop: Edits) -> None:
    (missing,) = json.loads(render_diff(make_diff(edits=without_drop)))["missing"]
    assert missing["text"] == "-A DOCKER ! -i docker0 -o docker0 -j DROP"
    assert missing["position"] is None
    assert missing["attribution"]["standing"] == "missing"
    assert missing["attribution"]["causes"] == [{"kind": "network", "network": BRIDGE}]


def test_hostile_names_come_back_as_they_were(make_diff: MakeDiff, hostile: Edits, hostile_name: str) -> None:
    printed = render_diff(make_diff(edits=hostile))
    causes = [cause for one in json.loads(printed)["changes"] for cause in one["attribution"]["causes"]]
    assert hostile_name in {cause["container"]["name"] for cause in causes}
    assert b"\x1b" not in printed


def test_a_byte_that_is_no_utf_8_is_shown_as_its_code(make_diff: MakeDiff) -> None:
    edits = {"iptables-save.txt": lambda text: text.replace("-d 172.17.0.2/32 !", "-m comment --comment \udcff !")}
    texts = [one["text"] for one in json.loads(render_diff(make_diff(edits=edits)))["changes"]]
    assert any("\\xff" in text for text in texts)


def test_matches_its_golden(make_diff: MakeDiff, golden: Callable[[str, str], None]) -> None:
    golden("diff.json", render_diff(make_diff()).decode())
