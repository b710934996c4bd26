"""A host as towns have them: Compose projects of five services on two networks each, some with mistakes.

Each project has a web server on two published ports, an API on a loopback port, a cache and a worker that publish
nothing, and a database; every seventh database is published on every address, and every ninth web server on the LAN's
address alone. The rules are those that engine 28.5 writes for that.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec.structs import replace

from netaudit.model.facts import Facts, Source
from netaudit.store import load

_EMPTY = Path(__file__).parents[1] / "recordings" / "tour" / "shop" / "00"
_NAMES = ("shop", "blog", "wiki", "crm", "mail", "chat", "docs", "git", "ci", "bank", "erp", "maps")
_SERVICES = ("web", "api", "cache", "db", "worker")
JsonObject = dict[str, object]


class Net(msgspec.Struct, frozen=True):
    """A network: one of a project's two."""

    project: str
    side: str
    number: int

    @property
    def name(self) -> str:
        return f"{self.project}_{self.side}"

    @property
    def id(self) -> str:
        return f"{self.number + 0xABC000:012x}" * 5 + "0000"

    @property
    def bridge(self) -> str:
        return f"br-{self.id[:12]}"

    def address(self, last: int) -> str:
        return f"10.{self.number // 250}.{self.number % 250}.{last}"


class Box(msgspec.Struct, frozen=True):
    """A container on one network; `published` are host address, host port and its own."""

    name: str
    number: int
    net: Net
    published: tuple[tuple[str, int, int], ...]

    @property
    def address(self) -> str:
        return self.net.address(2 + self.number % 250)

    @property
    def service(self) -> str:
        return self.name.split("-")[1]


def make_town(containers: int, *, mistakes: bool = True) -> Facts:
    """Return the facts of a host with so many containers, with or without published databases."""
    empty = load(_EMPTY)
    copies = next(number for most, number in _COPIES if containers <= most)
    boxes = [_box(at, copies, mistakes=mistakes) for at in range(containers)]
    projects = dict.fromkeys(box.net.project for box in boxes)
    nets = [Net(project, side, 2 * at + end) for at, project in enumerate(projects) for end, side in _SIDES]
    files = {
        **empty.files,
        Source.DOCKER_NETWORKS: _more(empty, Source.DOCKER_NETWORKS, map(_network, nets)),
        Source.DOCKER_CONTAINERS: json.dumps([*map(_container, boxes)]).encode(),
        Source.IP_ADDR: _more(empty, Source.IP_ADDR, map(_bridge, nets)),
        Source.IP_ROUTE: _more(empty, Source.IP_ROUTE, (route for net in nets for route in _routes(net))),
        Source.SYSCTL: empty.files[Source.SYSCTL] + "".join(map(_switches, nets)).encode(),
        Source.IPTABLES_NFT: "".join(f"{line}\n" for line in _save(nets, boxes)).encode(),
    }
    return replace(empty, files=files, host="town.example", taken_at="2026-01-02T03:04:05Z")


_SIDES = ((0, "front"), (1, "back"))
_COPIES = ((60, 1), (400, 5), (10_000, 20))  # containers of a service, by the size of the host


def _box(at: int, copies: int, *, mistakes: bool) -> Box:
    project, service = at // (len(_SERVICES) * copies), _SERVICES[at % len(_SERVICES)]
    copy = at // len(_SERVICES) % copies
    name = _NAMES[project % len(_NAMES)] + (f"{project // len(_NAMES) + 1}" if project >= len(_NAMES) else "")
    end = 0 if service in ("web", "api") else 1
    published = {
        "web": [
            ("192.0.2.10" if at // len(_SERVICES) % 9 == 8 else "", port + at, own)
            for port, own in ((8000, 80), (9000, 443))
        ],
        "api": [("127.0.0.1", 20000 + at, 8080)],
        "db": [("", 15000 + at, 5432)] if mistakes and at // len(_SERVICES) % 7 == 0 else [],
    }
    return Box(
        f"{name}-{service}" + (f"-{copy + 1}" if copies > 1 else ""),
        at,
        Net(name, _SIDES[end][1], 2 * project + end),
        tuple(published.get(service, ())),
    )


def _more(facts: Facts, source: Source, further: Iterable[JsonObject]) -> bytes:
    return json.dumps([*json.loads(facts.files[source]), *further]).encode()


def _network(net: Net) -> JsonObject:
    config = [{"Subnet": net.address(0) + "/24", "Gateway": net.address(1)}]
    return {
        "Name": net.name,
        "Id": net.id,
        "Created": "2026-01-01T00:00:00Z",
        "Scope": "local",
        "Driver": "bridge",
        "EnableIPv4": True,
        "EnableIPv6": False,
        "IPAM": {"Driver": "default", "Options": {}, "Config": config},
        "Internal": False,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Options": {},
        "Labels": {"com.docker.compose.project": net.project},
    }


def _container(box: Box) -> JsonObject:
    ports = {
        f"{own}/tcp": [{"HostIp": ip, "HostPort": str(port)} for ip in ([host] if host else ["0.0.0.0", "::"])]
        for host, port, own in box.published
    }
    endpoint = {"NetworkID": box.net.id, "EndpointID": f"{box.number:064x}", "Gateway": box.net.address(1)}
    endpoint |= {"IPAddress": box.address, "IPPrefixLen": 24, "MacAddress": "02:42:0a:00:00:02"}
    endpoint |= {"IPv6Gateway": "", "GlobalIPv6Address": "", "GlobalIPv6PrefixLen": 0}
    labels = {"com.docker.compose.project": box.net.project, "com.docker.compose.service": box.service}
    return {
        "Id": f"{box.number + 1:064x}",
        "Name": f"/{box.name}",
        "State": {"Status": "running", "Running": True, "Pid": 1000 + box.number},
        "Config": {"Image": "busybox:local", "ExposedPorts": {port: {} for port in ports}, "Labels": labels},
        "HostConfig": {"NetworkMode": box.net.name, "Links": None, "Privileged": False, "PublishAllPorts": False},
        "Mounts": [],
        "NetworkSettings": {
            "SandboxKey": f"/run/netns/{box.number}",
            "Ports": ports,
            "Networks": {box.net.name: endpoint},
        },
    }


def _bridge(net: Net) -> JsonObject:
    address = {"family": "inet", "local": net.address(1), "prefixlen": 24, "scope": "global", "label": net.bridge}
    named = {"ifindex": 10 + net.number, "ifname": net.bridge, "flags": ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"]}
    kind = {"linkinfo": {"info_kind": "bridge", "info_data": {"nf_call_iptables": 0, "nf_call_ip6tables": 0}}}
    return {**named, "mtu": 1500, "operstate": "UP", "link_type": "ether", **kind, "addr_info": [address]}


def _routes(net: Net) -> Iterator[JsonObject]:
    own = {"dev": net.bridge, "protocol": "kernel", "prefsrc": net.address(1), "flags": []}
    yield {"dst": f"{net.address(0)}/24", "scope": "link", **own}
    yield {"type": "local", "dst": net.address(1), "table": "local", "scope": "host", **own}


def _switches(net: Net) -> str:
    switches = {"accept_local": 0, "forwarding": 1, "route_localnet": 0, "rp_filter": 0, "src_valid_mark": 0}
    return "".join(f"net.ipv4.conf.{net.bridge}.{name} = {value}\n" for name, value in switches.items())


def _save(nets: list[Net], boxes: list[Box]) -> Iterator[str]:
    """Print what iptables-save prints of the tables that the engine writes to."""
    bridges = ["docker0", *(net.bridge for net in nets)]
    bound = [(box, *one) for box in boxes for one in box.published]
    yield from ("*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]")
    yield from (f"-A PREROUTING -d {box.address}/32 ! -i {box.net.bridge} -j DROP" for box in boxes)
    loopback = [port for _, host, port, _ in bound if host.startswith("127.")]
    yield from (f"-A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport {port} -j DROP" for port in loopback)
    yield from ("COMMIT", "*filter", ":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
    yield from (f":DOCKER{end} - [0:0]" for end in ("", "-BRIDGE", "-CT", "-FORWARD", *_STAGES, "-USER"))
    yield from ("-A FORWARD -j DOCKER-USER", "-A FORWARD -j DOCKER-FORWARD")
    for box, _, _, own in reversed(bound):
        to = f"-d {box.address}/32 ! -i {box.net.bridge} -o {box.net.bridge}"
        yield f"-A DOCKER {to} -p tcp -m tcp --dport {own} -j ACCEPT"
    yield from (f"-A DOCKER ! -i {name} -o {name} -j DROP" for name in bridges)
    yield from (f"-A DOCKER-BRIDGE -o {name} -j DOCKER" for name in bridges)
    established = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    yield from (f"-A DOCKER-CT -o {name} {established}" for name in bridges)
    yield from (f"-A DOCKER-FORWARD -j DOCKER{end}" for end in ("-CT", _STAGES[0], "-BRIDGE"))
    yield from (f"-A DOCKER-FORWARD -i {name} -j ACCEPT" for name in bridges)
    yield from (f"-A DOCKER{_STAGES[0]} -i {name} ! -o {name} -j DOCKER{_STAGES[1]}" for name in bridges)
    yield from (f"-A DOCKER{_STAGES[1]} -o {name} -j DROP" for name in reversed(bridges))
    yield from (
        "COMMIT",
        "*nat",
        *(f":{hook} ACCEPT [0:0]" for hook in ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")),
    )
    yield from (":DOCKER - [0:0]", "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER")
    yield "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"
    subnets = [("172.17.0.0/16", "docker0"), *((f"{net.address(0)}/24", net.bridge) for net in nets)]
    yield from (f"-A POSTROUTING -s {subnet} ! -o {name} -j MASQUERADE" for subnet, name in reversed(subnets))
    yield from (f"-A DOCKER -i {name} -j RETURN" for name in reversed(bridges))
    for box, host, port, own in bound:
        to = f"-d {host}/32 " if host else ""
        led = f"--dport {port} -j DNAT --to-destination {box.address}:{own}"
        yield f"-A DOCKER {to}! -i {box.net.bridge} -p tcp -m tcp {led}"
    yield "COMMIT"


_STAGES = ("-ISOLATION-STAGE-1", "-ISOLATION-STAGE-2")
