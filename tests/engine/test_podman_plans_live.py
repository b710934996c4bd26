"""Commands of Podman's are planned by its own client, then run: what netavark writes is what the plan said."""

from pathlib import Path

import pytest
from lab.podman_plans import COMMANDS, attempts

FEW = (*COMMANDS[:5], "podman rm -f -t 0 web app")  # all of them: python -m lab.podman_plans

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("podman")]


@pytest.mark.parametrize(("version", "driver"), [("5.4.2", "nftables"), ("5.8.6", "iptables")])
def test_what_podman_does_is_what_was_planned(version: str, driver: str, tmp_path: Path) -> None:
    found = dict(attempts(version, driver, tmp_path, FEW))
    assert found == {command: [] for command in FEW}
