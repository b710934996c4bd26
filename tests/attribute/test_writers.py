"""Who wrote a change: by the rule's handle where that is known, else by its chain, never by a guess."""

import pytest
from msgspec.structs import replace
from small_hosts import CATALOG, container, dnat, rules, snapshot

from netaudit.attribute import AttributedDiff, attribute_diff
from netaudit.attribute.observed.writers import tell_writers
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.observation import Action, Commit, DockerEvent, ObjectEvent, Observation, Replaced, Writer

PLACE = ("ip", "nat", "DOCKER")
BEFORE = snapshot(rules())
AFTER = snapshot(rules(nat=(dnat(8080),)), container(8080))
WEB = container(8080)
START = DockerEvent("container", "start", WEB.id, "web", "2026-01-01T00:00:00Z")


def _commit(pid: int, name: str, deed: Action = Action.MADE, handle: int = 7) -> Commit:
    return Commit(pid, pid, name, (ObjectEvent(deed, ObjectKind.RULE, PLACE, handle),))


def _diff() -> AttributedDiff:
    return attribute_diff(BEFORE, AFTER, CATALOG)


def _writers(witness: Observation) -> list[Writer | None]:
    return [one.writer for one in tell_writers(_diff(), witness).changes]


@pytest.mark.parametrize(
    ("witness", "writer"),
    [
        (
            Observation((_commit(4, "nft"), _commit(5, "iptables", handle=8)), after={PLACE: (3, 8)}),
            Writer("iptables", 5),
        ),
        (Observation((_commit(4, "nft"), _commit(5, "iptables", handle=8)), after={PLACE: (3, 7)}), Writer("nft", 4)),
        (Observation((_commit(4, "iptables"), _commit(5, "iptables"))), Writer("iptables")),
        (Observation((_commit(4, "nft"), _commit(5, "iptables"))), Writer(reason="one of iptables, nft")),
        (Observation((_commit(4, "nft", Action.DELETED),)), Writer(reason="the kernel did not report such a change")),
        (Observation(blind="it may not"), Writer(reason="it may not")),
    ],
)
def test_the_writer_is_named_as_far_as_the_kernel_told(witness: Observation, writer: Writer) -> None:
    assert _writers(witness) == [writer]


def test_a_removed_rule_was_removed_by_who_deleted_its_handle() -> None:
    witness = Observation(
        (_commit(4, "nft", Action.DELETED, 3), _commit(5, "iptables", Action.DELETED)), before={PLACE: (1, 7)}
    )
    diff = tell_writers(attribute_diff(AFTER, BEFORE, CATALOG), witness)
    assert [one.writer for one in diff.changes] == [Writer("iptables", 5)]


def test_without_a_witness_nothing_is_said() -> None:
    assert [(one.writer, one.events) for one in _diff().changes] == [(None, ())]


@pytest.mark.parametrize(
    ("event", "is_told"),
    [
        (START, True),
        (replace(START, id="another"), False),
        (replace(START, action="die"), False),
        (replace(START, type="network", action="connect", id="another", container=WEB.id), False),
    ],
)
def test_docker_s_events_stand_at_the_changes_that_their_container_caused(event: DockerEvent, *, is_told: bool) -> None:
    (change,) = tell_writers(_diff(), Observation(events=(event,))).changes
    assert change.events == ((event,) if is_told else ())


@pytest.mark.parametrize(
    ("replaced", "writer"),
    [
        ((("ip", "nat", 4, "iptables"),), Writer("iptables", 4, at="t4")),
        ((("ip", "nat", 4, "iptables"), ("ip", "nat", 5, "iptables")), Writer("iptables", at="t4")),
        ((("ip", "nat", 4, "iptables"), ("ip", "nat", 5, "dockerd")), Writer(reason="one of dockerd, iptables")),
        (
            (("ip", "filter", 3, "ufw"), ("ip6", "nat", 3, "ufw"), ("ip", "nat", 4, "iptables")),
            Writer("iptables", 4, at="t4"),
        ),
    ],
)
def test_the_writer_of_a_legacy_rule_is_who_replaced_its_table(
    replaced: tuple[tuple[str, str, int, str], ...], writer: Writer
) -> None:
    diff = _diff()
    (change,) = diff.changes
    item = replace(change.change.item, backend=Backend.IPTABLES_LEGACY)
    legacy = replace(diff, changes=(replace(change, change=replace(change.change, item=item)),))
    witness = Observation(replaced=tuple(Replaced(*one, f"t{one[2]}") for one in replaced))
    assert [one.writer for one in tell_writers(legacy, witness).changes] == [writer]
