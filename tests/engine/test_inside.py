"""What Docker writes inside containers: recorded on request, kept apart from the host's rules, explained."""

import json
from collections.abc import Iterator

import pytest
from lab.engine import LEGACY, NFT, Engine
from lab.host import LabHost
from lab.image import IDLE

pytestmark = pytest.mark.engine
_NAMES = "nsenter --net=/proc/{pid}/ns/net cat /proc/net/ip_tables_names /proc/net/ip6_tables_names"


@pytest.fixture(scope="module", params=[NFT, LEGACY])
def shop(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with LabHost() as host, Engine(host, backend=request.param) as engine:
        engine.docker("network", "create", "shop")
        engine.docker("run", "-d", "--name", "web", "--network", "shop", "-p", "8080:80", *IDLE)
        engine.docker("run", "-d", "--name", "guest", "--network", "container:web", *IDLE)
        engine.docker("run", "-d", "--name", "plain", *IDLE)
        engine.docker("run", "-d", "--name", "hosts", "--network", "host", *IDLE)
        host.python("-m", "netaudit", "record", "--inside", "-o", "/run/lab/with")
        host.python("-m", "netaudit", "record", "-o", "/run/lab/without")
        yield engine


def _shown(engine: Engine, name: str) -> dict[str, object]:
    said = engine.host.python("-m", "netaudit", "show", f"/run/lab/{name}", "--format", "json").stdout
    return dict(json.loads(said))


def test_the_rules_of_embedded_dns_are_docker_s_for_their_container(shop: Engine) -> None:
    inside: list[dict[str, object]] = json.loads(json.dumps(_shown(shop, "with")["inside"]))
    rules = {one["container"]["name"]: one["rules"] for one in inside}  # type: ignore[index]
    web = [rule for rule in rules["web"] if rule["object"] == "rule"]  # type: ignore[attr-defined]
    assert {rule["backend"] for rule in web} == {shop.backend}
    assert [rule["attribution"]["signature"] for rule in web] == [
        f"docker-inside/{name}"
        for name in ("dns-output", "dns-postrouting", "dns-dnat", "dns-dnat", "dns-snat", "dns-snat")
    ]
    causes = {cause["name"] for rule in web for cause in rule["attribution"]["causes"]}
    assert causes == {"the embedded DNS of container web"}
    assert sorted(rules) == ["plain", "web"]  # guest shares web's namespace, hosts has the host's
    assert rules["plain"] == []


def test_the_host_s_own_rules_are_told_as_without(shop: Engine) -> None:
    ours, without = _shown(shop, "with"), _shown(shop, "without")
    assert "inside" not in without
    for key in ("rules", "missing", "defects", "coverage"):
        assert ours[key] == without[key]


def test_people_read_it_in_show_and_explain(shop: Engine) -> None:
    shown = shop.host.python("-m", "netaudit", "show", "/run/lab/with").stdout
    assert "inside container web\n" in shown
    assert "# the embedded DNS of container web (likely)" in shown
    explained = shop.host.python("-m", "netaudit", "explain", "web", "/run/lab/with").stdout
    assert "rules in its own network namespace:" in explained
    assert "# Sends questions to the port on which Docker's embedded DNS" in explained


def test_looking_inside_makes_no_table(shop: Engine) -> None:
    pid = shop.docker("inspect", "-f", "{{.State.Pid}}", "plain").strip()
    assert shop.host.run(["sh", "-c", _NAMES.format(pid=pid)]).stdout == ""
    assert shop.host.run(["nsenter", f"--net=/proc/{pid}/ns/net", "nft", "list", "ruleset"]).stdout == ""
