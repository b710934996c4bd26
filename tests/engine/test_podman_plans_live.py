"""Commands of Podman's are planned by its own client, then run: what netavark writes is what the plan said."""

from pathlib import Path

import pytest
from lab.podman_plans import attempts

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("podman")]


@pytest.mark.parametrize(("version", "driver"), [("5.4.2", "nftables"), ("5.8.6", "iptables")])
def test_what_podman_does_is_what_was_planned(version: str, driver: str, tmp_path: Path) -> None:
    found = dict(attempts(version, driver, tmp_path))
    assert {command: wrong for command, wrong in found.items() if wrong} == {}
    assert len(found) > 15
