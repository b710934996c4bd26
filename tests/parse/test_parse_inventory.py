"""Docker's JSON, the daemon's arguments and the host's tables -> values; only what is named is read."""

from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netaudit.errors import ParseError
from netaudit.model.docker import Container, DaemonOptions, Endpoint, GatewayMode, Network, PortBinding
from netaudit.model.facts import Facts, Source
from netaudit.model.host import HostAddress, Interface, Listener
from netaudit.parse import parse_snapshot
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.parse.host.host import parse_host

ID = "b" * 64


def _facts(files: Mapping[str, object], *, unused: tuple[str, ...] = ()) -> Facts:
    defaults = {Source.DOCKER_NETWORKS: [], Source.DOCKER_CONTAINERS: []}
    said = {**defaults, **files}
    return Facts(
        {name: data if isinstance(data, bytes) else msgspec.json.encode(data) for name, data in said.items()},
        unused=unused,
    )


def _options(argv: str, daemon_json: object = None, version: str = "26.1.5", info: object = None) -> DaemonOptions:
    files: dict[str, object] = {
        Source.DOCKERD_ARGV: argv.replace(" ", "\n").encode(),
        Source.DOCKER_VERSION: {"Server": {"Version": version}},
        Source.DOCKER_INFO: info or {},
    }
    if daemon_json is not None:
        files[Source.DAEMON_JSON] = daemon_json
    inventory = parse_inventory(_facts(files, unused=() if daemon_json is not None else (Source.DAEMON_JSON,)))
    assert inventory
    return inventory.options


# ---- networks and containers --------------------------------------------------------------------------------------


def test_a_bridge_network_is_read_with_what_decides_its_rules() -> None:
    raw = {
        "Id": ID,
        "Name": "lab",
        "Driver": "bridge",
        "EnableIPv6": True,
        "Internal": False,
        "IPAM": {"Config": [{"Subnet": "10.5.1.7/16"}, {"Subnet": "2001:db8::/64"}]},
        "Options": {
            "com.docker.network.bridge.enable_icc": "false",
            "com.docker.network.bridge.enable_ip_masquerade": "0",
            "com.docker.network.bridge.gateway_mode_ipv4": "routed",
            "com.docker.network.bridge.trusted_host_interfaces": "wg0:eth1",
            "com.docker.network.host_ipv4": "192.0.2.1",
        },
    }
    inventory = parse_inventory(_facts({Source.DOCKER_NETWORKS: [raw]}))
    assert inventory
    assert inventory.networks == (
        Network(
            id=ID,
            name="lab",
            driver="bridge",
            bridge="br-bbbbbbbbbbbb",
            subnet="10.5.0.0/16",
            subnet6="2001:db8::/64",
            icc=False,
            masquerade=False,
            host_ipv4="192.0.2.1",
            mode4=GatewayMode.ROUTED,
            trusted_interfaces=("wg0", "eth1"),
            ipv6=True,
        ),
    )


def test_a_container_is_read_with_its_live_bindings() -> None:
    raw = {
        "Id": ID,
        "Name": "/web",
        "State": {"Running": True, "Pid": 7},
        "Config": {"Image": "nginx", "Env": ["PASSWORD=secret"], "ExposedPorts": {"80/tcp": {}, "8000-8010/udp": {}}},
        "HostConfig": {"NetworkMode": "bridge"},
        "NetworkSettings": {
            "Ports": {
                "80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": ""}],
                "81/tcp": None,
            },
            "Networks": {"bridge": {"NetworkID": "n", "IPAddress": "172.17.0.2"}, "gone": None},
        },
    }
    inventory = parse_inventory(_facts({Source.DOCKER_CONTAINERS: [raw]}))
    assert inventory
    assert inventory.containers == (
        Container(
            id=ID,
            name="web",
            running=True,
            network_mode="bridge",
            endpoints=(Endpoint("n", "bridge", ipv4="172.17.0.2"),),
            bindings=(PortBinding("tcp", "0.0.0.0", 8080, 80), PortBinding("tcp", "::", 0, 80)),
            exposed=((80, "tcp"), (8000, "udp")),
            image="nginx",
            pid=7,
        ),
    )
    assert "secret" not in repr(inventory)


def test_without_containers_there_is_no_inventory() -> None:
    left = {name: data for name, data in _facts({}).files.items() if name != Source.DOCKER_CONTAINERS}
    assert parse_inventory(Facts(left)) is None


def test_containers_alone_tell_of_their_networks_and_that_is_not_all() -> None:
    ends = {
        "bridge": {"NetworkID": "1" * 64, "IPAddress": "172.17.0.2", "IPPrefixLen": 16},
        "own": {"NetworkID": "2" * 64, "GlobalIPv6Address": "2001:db8::2", "GlobalIPv6PrefixLen": 64},
        "host": {"NetworkID": "3" * 64},
        "down": {"NetworkID": "4" * 64, "IPAddress": "", "IPPrefixLen": 0},
    }
    data = msgspec.json.encode([{"Id": "c", "NetworkSettings": {"Networks": ends}}])
    inventory = parse_inventory(Facts({str(Source.DOCKER_CONTAINERS): data}))
    assert inventory is not None
    assert inventory.partial
    assert [(net.name, net.bridge, net.subnet, net.subnet6) for net in inventory.networks] == [
        ("bridge", "docker0", "172.17.0.0/16", ""),
        ("own", "br-222222222222", "", "2001:db8::/64"),
        ("down", "br-444444444444", "", ""),
    ]


@pytest.mark.parametrize("port", ["²", "9" * 5000, "-1", "x"])
def test_a_port_that_is_none_is_zero(port: str) -> None:
    ports = {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": port}], f"{port}/udp": None}
    container = {"Id": "c", "NetworkSettings": {"Ports": ports}, "Config": {"ExposedPorts": {f"{port}/tcp": {}}}}
    inventory = parse_inventory(Facts({str(Source.DOCKER_CONTAINERS): msgspec.json.encode([container])}))
    assert inventory is not None
    (read,) = inventory.containers
    assert (read.bindings, read.exposed) == ((PortBinding("tcp", "0.0.0.0", 0, 80),), ((0, "tcp"),))


@pytest.mark.parametrize("name", [Source.DOCKER_NETWORKS, Source.DOCKER_CONTAINERS, Source.DOCKER_INFO])
@pytest.mark.parametrize("data", [b"", b"{", b"7", b'[{"Name": 5}]', b"\xff", b"[" * 9999])
def test_what_docker_does_not_print_is_refused_with_its_file(name: Source, data: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_inventory(_facts({name: data}))
    assert str(caught.value).startswith(f"{name}: not what Docker prints: ")
    assert caught.value.hint == "record the host again"


@pytest.mark.parametrize(("port", "address"), [("8080", "0.0.0.0"), ("", "")])
def test_a_host_port_without_an_address_is_at_all_of_them_and_a_routed_port_at_none(port: str, address: str) -> None:
    container = {"Id": "c", "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "", "HostPort": port}]}}}
    inventory = parse_inventory(_facts({Source.DOCKER_NETWORKS: [], Source.DOCKER_CONTAINERS: [container]}))
    assert inventory
    assert [one.host_ip for one in inventory.containers[0].bindings] == [address]


def _with_address(place: str, text: str) -> tuple[Source, Facts]:
    """Return facts in which one of all addresses is another text, with the file that has it."""
    texts = {"pool": "10.9.0.0/24", "gateway": "10.9.0.1", "member": "10.9.0.2/24", "member6": "fd00::2/64"}
    texts |= {"end": "10.9.0.2", "end6": "fd00::2", "from": "10.9.0.1", "from6": "fd00::1", "host": "0.0.0.0"}
    texts |= {place: text}
    end = {"IPAddress": texts["end"], "GlobalIPv6Address": texts["end6"]}
    end |= {"Gateway": texts["from"], "IPv6Gateway": texts["from6"]}
    ports = {"80/tcp": [{"HostIp": texts["host"], "HostPort": "8080"}]}
    container = {"Id": "c", "NetworkSettings": {"Ports": ports, "Networks": {"n": end}}}
    network = {
        "Id": ID,
        "IPAM": {"Config": [{"Subnet": texts["pool"], "Gateway": texts["gateway"]}]},
        "Containers": {"c": {"IPv4Address": texts["member"], "IPv6Address": texts["member6"]}},
    }
    facts = _facts({Source.DOCKER_NETWORKS: [network], Source.DOCKER_CONTAINERS: [container]})
    of_network = place in ("pool", "gateway", "member", "member6")
    return (Source.DOCKER_NETWORKS if of_network else Source.DOCKER_CONTAINERS), facts


@pytest.mark.parametrize("text", ["foo", "1.2.3.4.5", pytest.param("9" * 5000, id="long"), "10.9.0.2 "])
@pytest.mark.parametrize("place", ["pool", "gateway", "member", "member6", "end", "end6", "from", "from6", "host"])
def test_what_is_no_address_is_refused_with_its_file(place: str, text: str) -> None:
    source, facts = _with_address(place, text)
    with pytest.raises(ParseError, match=f"^{source}: not an? .*{text[:4]}") as caught:
        parse_inventory(facts)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize(("place", "text"), [("end", "fd00::2"), ("end6", "10.9.0.2"), ("gateway", "fd00::1")])
def test_an_address_of_the_other_family_is_refused(place: str, text: str) -> None:
    with pytest.raises(ParseError, match=r": not an IPv[46] address: "):
        parse_inventory(_with_address(place, text)[1])


@pytest.mark.parametrize("place", ["pool", "gateway", "member", "end6", "from", "host"])
def test_an_address_may_be_absent(place: str) -> None:
    assert parse_inventory(_with_address(place, "")[1])


def test_inspecting_no_container_prints_nothing() -> None:
    inventory = parse_inventory(_facts({Source.DOCKER_NETWORKS: [{"Id": ID}], Source.DOCKER_CONTAINERS: b"\n"}))
    assert inventory
    assert inventory.containers == ()


def test_a_file_without_containers_that_a_network_lists_is_refused() -> None:
    network = {"Id": ID, "Name": "lab", "Driver": "bridge", "Containers": {"c" * 64: {"Name": "web"}}}
    with pytest.raises(ParseError, match=r"^docker-containers\.json: "):
        parse_inventory(_facts({Source.DOCKER_NETWORKS: [network], Source.DOCKER_CONTAINERS: b""}))


# ---- the daemon's options -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "daemon_json", "proxy"),
    [
        ("dockerd", None, True),
        ("dockerd --userland-proxy=false", None, False),
        ("dockerd --userland-proxy false", None, False),
        ("dockerd --userland-proxy", {"userland-proxy": False}, True),
        ("dockerd", {"userland-proxy": False}, False),
        ("dockerd --userland-proxy=false --debug", {"debug": True}, False),
        ("dockerd -D --userland-proxy=0", None, False),
        ("dockerd --userland-proxy -H fd:// --debug", {"userland-proxy": False}, True),
    ],
)
def test_arguments_go_before_the_file_and_both_before_the_default(
    argv: str, daemon_json: object, *, proxy: bool
) -> None:
    assert _options(argv, daemon_json).userland_proxy is proxy


def test_what_neither_told_is_not_known() -> None:
    inventory = parse_inventory(_facts({}))
    assert inventory
    assert inventory.options == DaemonOptions()


@pytest.mark.parametrize(("version", "ip6tables"), [("26.1.5", False), ("27.0.0", True), ("29.0.0-head", True)])
def test_the_default_hangs_on_the_version(version: str, *, ip6tables: bool) -> None:
    assert _options("dockerd", version=version).ip6tables is ip6tables


def test_the_engine_says_its_backend_itself() -> None:
    info = {"FirewallBackend": {"Driver": "nftables"}, "LiveRestoreEnabled": True}
    options = _options("dockerd", version="29.0.0", info=info)
    assert (options.firewall_backend, options.live_restore) == ("nftables", True)


def test_before_29_the_engine_writes_iptables_rules_whatever_it_says() -> None:
    assert (
        _options("dockerd", version="28.5.2", info={"FirewallBackend": {"Driver": "nftables"}}).firewall_backend is None
    )


def test_a_daemon_json_that_is_none_is_refused() -> None:
    with pytest.raises(ParseError, match=r"^daemon\.json: not JSON: "):
        _options("dockerd", b"{")


# ---- the host -----------------------------------------------------------------------------------------------------


def test_interfaces_listeners_and_sysctls_are_read() -> None:
    host = parse_host(
        Facts(
            {
                Source.IP_ADDR: msgspec.json.encode(
                    [
                        {
                            "ifname": "docker0",
                            "linkinfo": {"info_kind": "bridge"},
                            "addr_info": [{"local": "172.17.0.1", "prefixlen": 16}],
                        },
                        {},
                    ]
                ),
                Source.SOCKETS: b'tcp LISTEN 0 4096 0.0.0.0:8080 0.0.0.0:* users:(("docker-proxy",pid=1,fd=7))\n'
                b'udp UNCONN 0 0 [::1]%lo:53 [::]:* users:(("a \\" b",pid=2,fd=3),("c",pid=3,fd=1))\nshort line\n',
                Source.SYSCTL: b"net.ipv4.ip_forward = 1\nnonsense\n",
            }
        )
    )
    assert host.interfaces == (Interface("docker0", "bridge", (HostAddress("172.17.0.1", 16),)),)
    assert host.listeners == (
        Listener("tcp", "0.0.0.0", 8080, ("docker-proxy",), pids=(1,)),
        Listener("udp", "::1", 53, ('a \\" b', "c"), "lo", (2, 3)),
    )
    assert host.sysctls == (("net.ipv4.ip_forward", "1"),)


# ---- anything -----------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from(list(Source)), st.one_of(st.binary(max_size=40), st.just(b"[{}]")), max_size=4))
def test_any_facts_are_read_or_refused(files: dict[Source, bytes]) -> None:
    try:
        parse_snapshot(Facts({str(name): data for name, data in files.items()}))
    except ParseError as error:
        assert str(error).startswith(tuple(files))  # noqa: PT017
