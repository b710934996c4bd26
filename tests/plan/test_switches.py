"""The kernel's switches that an engine turns on with a bridge network."""

import pytest

from netaudit.model.docker import DaemonOptions, Network
from netaudit.model.netfilter.family import Family
from netaudit.model.version import Version
from netaudit.plan.rules.switches import Switches

_BRIDGED, _BRIDGED6 = "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"
_LOCALNET = "net.ipv4.conf.br0/1.route_localnet"
_FORWARDS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv6.conf.all.forwarding": "0",
    "net.ipv4.conf.default.route_localnet": "0",
}


def _changed(
    version: str, network: Network, options: DaemonOptions, sysctls: dict[str, str] = _FORWARDS
) -> dict[str, str]:
    switches = Switches(sysctls, options, Version.parse(version))
    switches.set_up(network, (Family.IP, Family.IP6))
    return {name: value for name, value in switches.sysctls.items() if sysctls.get(name) != value}


@pytest.mark.parametrize(
    ("version", "icc", "proxy", "changed"),
    [
        ("28.5.2", True, True, set()),
        ("28.5.2", False, True, {_BRIDGED, _BRIDGED6}),  # the kernel loads the module with both on
        ("28.5.2", True, False, {_BRIDGED, _BRIDGED6, _LOCALNET}),
        ("26.1.5", True, False, {_LOCALNET}),
        ("26.1.5", False, True, {_BRIDGED, _BRIDGED6}),
    ],
)
def test_a_network_whose_rules_are_for_bridged_packets_has_them_shown_to_the_rules(
    version: str, changed: set[str], *, icc: bool, proxy: bool
) -> None:
    network = Network("1", "n", "bridge", "br0.1", icc=icc)
    found = _changed(version, network, DaemonOptions(userland_proxy=proxy))
    assert found == dict.fromkeys(changed, "1")


def test_a_switch_that_is_off_is_turned_on_where_packets_of_the_family_are_forwarded() -> None:
    network = Network("1", "n", "bridge", "br0", icc=False)
    off = {**_FORWARDS, _BRIDGED: "0", _BRIDGED6: "0"}
    assert _changed("28.5.2", network, DaemonOptions(), off) == {_BRIDGED: "1"}
    assert _changed("28.5.2", network, DaemonOptions(iptables=False), off) == {}
    assert _changed("28.5.2", network, DaemonOptions(), {**off, "net.ipv4.ip_forward": "0"}) == {}


def test_what_was_not_recorded_stays_unknown() -> None:
    network = Network("1", "n", "bridge", "br0", icc=False)
    assert _changed("28.5.2", network, DaemonOptions(userland_proxy=False), {}) == {}


@pytest.mark.parametrize(("version", "loads"), [("20.10.24", True), ("27.5.1", True), ("28.5.2", False)])
def test_engines_before_28_load_the_module_when_they_start(version: str, *, loads: bool) -> None:
    switches = Switches(_FORWARDS, DaemonOptions(iptables=True), Version.parse(version))
    switches.start()
    assert (_BRIDGED in switches.sysctls) is loads
