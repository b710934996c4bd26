"""Rules inside containers: whose they are, and what changed in there."""

from msgspec.structs import replace as changed
from small_hosts import CATALOG, container, rules, snapshot

from netaudit.attribute import Attribution, Confidence, attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.diff import Added, Altered, Moved, Removed
from netaudit.model.facts import Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import Backend, ObjectKind, Ruleset
from netaudit.model.snapshot import Inside, Snapshot
from netaudit.parse.iptables.save import parse_save

WEB = container(name="web")
NAMED = Ref(WEB.id, "web")
CHAINS = "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT {policy} [0:0]\n:DOCKER_OUTPUT - [0:0]\n"
DNS = "-A OUTPUT -d 127.0.0.11/32 -j DOCKER_OUTPUT"
OWN, OTHER = "-A OUTPUT -d 192.0.2.1/32 -j RETURN", "-A OUTPUT -d 192.0.2.2/32 -j RETURN"


def _inside(*texts: str, policy: str = "ACCEPT", name: str = WEB.id) -> Inside:
    text = CHAINS.format(policy=policy) + "".join(f"{one}\n" for one in texts) + "COMMIT\n"
    return Inside(name, Ruleset(parse_save(text, backend=Backend.IPTABLES_NFT, family="ip", source="inside")))


def _snapshot(*inside: Inside) -> Snapshot:
    return changed(snapshot(rules(), WEB), inside=inside)


def _by_text(found: tuple[object, ...]) -> dict[str, Attribution]:
    return {one.item.text: one.attribution for one in found if one.item.object is ObjectKind.RULE}


def test_what_docker_writes_inside_has_the_container_as_its_cause() -> None:
    (shown,) = attribute_snapshot(_snapshot(_inside(DNS, OWN)), CATALOG).inside
    assert shown.container == NAMED
    found = _by_text(shown.items)
    assert found[DNS].maker == "docker"
    assert found[DNS].causes == (Cause(CauseKind.OTHER, NAMED, name="the embedded DNS of container web"),)
    assert found[DNS].reason is None
    assert (found[OWN].confidence, found[OWN].causes) == (Confidence.UNATTRIBUTED, ())


def test_a_container_that_the_inventory_does_not_know_is_named_by_its_id() -> None:
    stranger = _inside(DNS, name="0123456789abcdef")
    assert [one.container for one in attribute_snapshot(_snapshot(stranger), CATALOG).inside] == [
        Ref("0123456789abcdef", "0123456789ab")
    ]
    without = Snapshot(rules(), inside=(_inside(DNS),))
    assert [one.container.name for one in attribute_snapshot(without, CATALOG).inside] == [WEB.id[:12]]


def test_every_kind_of_change_inside_is_told_with_the_containers_name_and_cause() -> None:
    before, after = _snapshot(_inside(OWN, OTHER, DNS)), _snapshot(_inside(DNS, OTHER, policy="DROP"))
    found = [one for one in attribute_diff(before, after, CATALOG).changes if one.change.item.table == "web:nat"]
    assert [type(one.change) for one in found if isinstance(one.change, Altered)] == [Altered]
    removed = [one for one in found if isinstance(one.change, Removed)]
    assert [(one.change.item.text, one.attribution.confidence) for one in removed] == [(OWN, Confidence.UNATTRIBUTED)]
    (moved,) = [one for one in found if isinstance(one.change, Moved)]
    assert moved.change.before.table == "web:nat"
    both = {moved.change.item.text: moved.attribution, moved.change.before.text: moved.before}
    assert {type(one) for one in both.values()} == {Attribution}
    (altered,) = [one for one in found if isinstance(one.change, Altered)]
    assert (altered.change.before.table, altered.change.before.text, altered.change.item.text) == (
        "web:nat",
        ":OUTPUT ACCEPT",
        ":OUTPUT DROP",
    )
    assert isinstance(altered.before, Attribution)
    (added,) = [
        one
        for one in attribute_diff(_snapshot(_inside()), _snapshot(_inside(DNS)), CATALOG).changes
        if isinstance(one.change, Added)
    ]
    assert added.change.item.table == "web:nat"
    assert added.attribution.causes == (Cause(CauseKind.OTHER, NAMED, name="the embedded DNS of container web"),)
    (gone,) = attribute_diff(_snapshot(_inside(DNS)), _snapshot(_inside()), CATALOG).changes
    assert isinstance(gone.change, Removed)
    assert gone.attribution.causes == added.attribution.causes


def test_a_container_is_compared_only_where_it_was_looked_into_both_times() -> None:
    other = _inside(OWN, name="other")
    assert attribute_diff(_snapshot(), _snapshot(_inside(DNS)), CATALOG).changes == ()
    (found,) = attribute_diff(_snapshot(_inside()), _snapshot(other, _inside(OWN)), CATALOG).changes
    assert found.change.item.where == "web:nat/OUTPUT#1"


def test_a_container_that_is_gone_from_the_inventory_keeps_its_id_as_a_name() -> None:
    before = changed(_snapshot(_inside()), inventory=None)
    after = changed(_snapshot(_inside(DNS)), inventory=None)
    (found,) = attribute_diff(before, after, CATALOG).changes
    assert found.change.item.table == f"{WEB.id[:12]}:nat"


def test_a_snapshot_is_named_by_all_that_names_it() -> None:
    gap = Gap(Source.DOCKER_INFO, GapReason.ABSENT)
    snap = changed(snapshot(rules(), WEB), taken_at="2026-01-01T00:00:00Z", gaps=(gap,), digest="00ff", partial=True)
    head = attribute_snapshot(snap, CATALOG).head
    assert (head.host, head.taken_at, head.gaps, head.sha256, head.engine, head.partial, head.podman) == (
        "example",
        "2026-01-01T00:00:00Z",
        (gap,),
        "00ff",
        "20.10.24",
        True,
        "",
    )
