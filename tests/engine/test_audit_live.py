"""The security review on real engines: what is wrong is found on the host itself, and gone after the printed remedy."""

import json
from typing import Any

import pytest
from lab.bad_hosts import HOSTS, BadHost, play
from lab.host import LabHost

pytestmark = pytest.mark.engine
_LIVE = ("raw-rules-flushed", "docker-user-names-host-port", "database-on-every-address")


def _open(host: LabHost) -> set[tuple[str, str]]:
    done = host.python("-m", "netaudit", "audit", "--format", "json", "--fail-on", "none", timeout=300)
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    return {(one["check"], one["subject"]["name"]) for one in found if one["status"] == "open"}


@pytest.mark.parametrize("bad", [host for host in HOSTS if host.name in _LIVE], ids=lambda bad: bad.name)
def test_what_is_wrong_is_found_and_the_remedy_closes_it(bad: BadHost) -> None:
    wanted = set(bad.found.items())
    seen = {step: wanted & _open(host) for step, host in play(bad)}
    assert seen == {"before": wanted, "after": set()}


def test_an_audit_changes_nothing_on_the_host() -> None:
    (bad,) = [host for host in HOSTS if host.name == "database-on-every-address"]
    for step, host in play(bad):
        if step == "before":
            rules = host.run(["iptables-save"]).stdout.splitlines()
            host.python("-m", "netaudit", "audit", "--verify-fix", "--fail-on", "none", timeout=300)
            again = host.run(["iptables-save"]).stdout.splitlines()
            assert [line for line in again if line[:1] != "#"] == [line for line in rules if line[:1] != "#"]
