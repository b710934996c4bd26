"""Scenarios about networks: their options, their two address families, their gateway modes."""

from dataclasses import replace

from lab.scenario import BOTH, Scenario, does, network, network_gone, operator, remove, run

_BRIDGE = "-o com.docker.network.bridge"
_DUAL = "--ipv6 --subnet 172.30.0.0/24 --subnet fd00:9::/64"
_DUAL_STEPS = (
    network("n9", _DUAL),
    run("u9", "--network n9 -p 8209:80 -p [::1]:8210:81"),
    remove("u9"),
    network_gone("n9"),
)
_OLD_IPV6 = ("--experimental", "--ip6tables")


def _with_port(name: str, flags: str, rows: str, since: tuple[int, ...] = (20, 10)) -> Scenario:
    """Make a network with these options, use it, and undo both."""
    steps = (network("n1", flags), run("u1", "--network n1 -p 8201:80"), remove("u1"), network_gone("n1"))
    return Scenario(rows, name, steps, since=since)


NETWORKS = (
    Scenario("1 75", "fresh", backends=BOTH),
    Scenario("2 75", "user-net-rm", (network("n1"), network("n2"), network_gone("n1")), backends=BOTH),
    _with_port("bridge-name", f"{_BRIDGE}.name=br-own", "3"),
    Scenario(
        "4",
        "existing-bridge",
        (
            operator("ip link add br-own type bridge"),
            operator("ip addr add 172.30.0.1/24 dev br-own"),
            network("n1", f"--subnet 172.30.0.0/24 --gateway 172.30.0.1 {_BRIDGE}.name=br-own"),
            run("u1", "--network n1 -p 8201:80"),
            remove("u1"),
            network_gone("n1"),
        ),
    ),
    _with_port("user-net-icc-off", f"{_BRIDGE}.enable_icc=false", "5"),
    _with_port("user-net-internal", "--internal", "6"),
    _with_port("internal-icc-off", f"--internal {_BRIDGE}.enable_icc=false", "7"),
    _with_port("no-masquerade", f"{_BRIDGE}.enable_ip_masquerade=false", "8"),
    _with_port("host-ipv4", "-o com.docker.network.host_ipv4=192.0.2.10", "9"),
    _with_port("host-binding", f"{_BRIDGE}.host_binding_ipv4=127.0.0.1", "10"),
    _with_port("inhibit-ipv4", f"{_BRIDGE}.inhibit_ipv4=true", "11"),
    Scenario(
        "12", "config-only", (network("c1", "--config-only --subnet 172.30.0.0/24"), network("n1", "--config-from c1"))
    ),
    Scenario(
        "15",
        "two-nets",
        (network("nc"), network("nd"), run("i1", "--network nc -p 8211:80"), run("i2", "--network nd -p 8212:80")),
    ),
    Scenario("39", "dual-stack", _DUAL_STEPS),
    Scenario("39 42", "dual-stack-ip6tables", _DUAL_STEPS, options=_OLD_IPV6, before=(27,)),
    Scenario(
        "41", "dual-stack-internal", (network("n9", f"--internal {_DUAL}"), run("u9", "--network n9")), since=(28,)
    ),
    Scenario(
        "41",
        "dual-stack-internal-ip6tables",
        (network("n9", f"--internal {_DUAL}"), run("u9", "--network n9")),
        options=_OLD_IPV6,
        before=(27,),
    ),
    Scenario(
        "36",
        "gateway-priority",
        (
            network("aa"),
            network("bb"),
            run("web", "--network aa -p 8080:80"),
            does("docker network connect --gw-priority 1 bb web", "web"),
        ),
        since=(28,),
    ),
    Scenario(
        "37 40",
        "ipv6-only-network",
        (
            network("aa"),
            network("bb", "--ipv4=false --ipv6 --subnet fd00:b::/64"),
            run("six", "--network bb -p 8081:81"),
            run("web", "--network aa -p 8080:80"),
            does("docker network connect bb web", "web"),
        ),
        since=(28,),
    ),
    Scenario(
        "38",
        "routed-second-network",
        (
            network("aa"),
            network("routed", f"{_BRIDGE}.gateway_mode_ipv4=routed"),
            run("web", "--network aa -p 8080:80"),
            does("docker network connect routed web", "web"),
        ),
        since=(28,),
    ),
    _with_port("nat-unprotected", f"{_BRIDGE}.gateway_mode_ipv4=nat-unprotected", "43", (28,)),
    _with_port("user-net-routed", f"{_BRIDGE}.gateway_mode_ipv4=routed", "44", (27,)),
    _with_port(
        "routed-no-masquerade", f"{_BRIDGE}.gateway_mode_ipv4=routed {_BRIDGE}.enable_ip_masquerade=false", "44", (27,)
    ),
    _with_port("routed-icc-off", f"{_BRIDGE}.gateway_mode_ipv4=routed {_BRIDGE}.enable_icc=false", "44", (27,)),
    _with_port("routed-ipv6", f"{_DUAL} {_BRIDGE}.gateway_mode_ipv6=routed", "45", (27,)),
    _with_port("isolated", f"--internal {_BRIDGE}.gateway_mode_ipv4=isolated", "46", (28,)),
    Scenario(
        "46",
        "isolated-not-internal",
        (replace(network("n1", f"{_BRIDGE}.gateway_mode_ipv4=isolated"), fails=True),),
        since=(28,),
    ),
    _with_port("trusted-interfaces", f"{_BRIDGE}.trusted_host_interfaces=eth0:lo", "47", (28, 2)),
    Scenario(
        "68",
        "macvlan-on-the-lan",
        (
            network(
                "mv", "-d macvlan -o parent=eth0 --subnet 192.0.2.0/24 --gateway 192.0.2.1 --ip-range 192.0.2.128/25"
            ),
            run("web", "--network mv -p 8080:80"),
        ),
    ),
    Scenario("68", "macvlan", (network("mv", "-d macvlan -o parent=eth0"), run("web", "--network mv -p 8080:80"))),
)
