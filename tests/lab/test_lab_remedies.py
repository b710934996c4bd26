"""Remedies, applied to real hosts as they are printed: docs/remedies.md holds all, a sample is done again here."""

import pytest

from lab import remedies
from lab.bad_hosts import HOSTS

_NOT_BY_RULES = "| `internal-network-reaches-host`"  # it does not look at rules, and its remedy says so


def test_the_page_says_what_was_seen_last() -> None:
    assert remedies.PAGE.read_text() == remedies.render()


def test_every_command_that_was_applied_closed_its_finding_as_it_was_computed() -> None:
    rows = remedies.PAGE.read_text().split("\n## Not applied")[0].splitlines()[9:]
    assert [row for row in rows if "| NO |" in row and not row.startswith(_NOT_BY_RULES)] == []
    assert sum("| yes | yes |" in row for row in rows) >= 30


@pytest.mark.engine
@pytest.mark.parametrize("name", ["docker-user-names-host-port", "ipv6-open-ipv4-closed"])
def test_a_command_closes_its_finding_on_a_real_host_as_it_was_computed(name: str) -> None:
    (bad,) = (one for one in HOSTS if one.name == name)
    applied = remedies.apply_on(bad, set())
    assert len(applied) >= 3
    assert [(one.check, one.line) for one in applied if not one.closes or one.computed is False] == []
