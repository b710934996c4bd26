"""Random commands of docker for a host as it is."""

from collections.abc import Callable

from lab.image import IDLE
from random_hosts.chance import Chance

from live_plans.network_commands import network_commands
from live_plans.there import There, address_in, free_name

_HOST_ADDRESSES = ("127.0.0.1", "192.0.2.10", "0.0.0.0", "[::1]", "[::]", "[2001:db8::10]")
_NAMES = ("amber", "beech", "cedar", "delta", "ember", "fable", "grove", "heron")
_OTHER_OPTIONS = (
    *("--restart=always", "-l=a=b", "-e=A=1", "--init", "--dns=192.0.2.1", "--hostname=other"),
    *(
        "--mac-address=02:42:ac:11:00:99",
        "--cap-add=NET_ADMIN",
        "--add-host=a:192.0.2.7",
        "--sysctl=net.core.somaxconn=99",
        "--network-alias=own",
        "--cgroupns=host",
        "--read-only",
        "--user=1000",
        "--ip=172.17.0.99",
    ),
)
EXPOSING = "busybox:exposing"  # the image exposes ports
EXPOSED = ("80/tcp", "6000/tcp", "6001/tcp", "53/udp")


def random_command(chance: Chance, there: There) -> list[str]:
    """Return a command that makes sense on this host; a few are refused."""
    able: list[Callable[[Chance, There], list[str]]] = [_run, _run, _run, *network_commands(there)]
    if there.containers:
        able += [_one_container, _one_container]
    return chance.one(*able)(chance, there)


def port(chance: Chance, *, sctp: bool = False) -> str:
    """Return what follows -p; the userland proxy knows no SCTP here."""
    number = chance.number(1, 12)
    container = chance.one("80", "443", "53/udp", "9000", "5432/tcp", "8000-8002", *(["90/sctp"] if sctp else []))
    width = 2 if "-" in container else 0
    first = 8000 + 10 * number
    host = chance.one("", str(first), str(first), f"{first}-{first + 3}" if not width else f"{first}-{first + width}")
    if width and not host:
        host = f"{first}-{first + width}"
    address = chance.one(*_HOST_ADDRESSES) if chance.happens(0.35) else ""
    if address and not host:
        return f"{address}::{container}"
    return ":".join(filter(None, (address, host, container)))


def _run(chance: Chance, there: There) -> list[str]:
    name = free_name(chance, _NAMES, there.containers)
    mode, running = chance.number(1, 20), there.running
    options = ["--name", name]
    for _ in range(chance.one(0, 1, 1, 1, 2, 3)):
        options += ["-p", port(chance, sctp="userland-proxy=false" in there.options)]
    if chance.happens(0.15):
        options += ["-P", "--expose", chance.one("7000", "7001-7003", "7004/udp")]
    if chance.happens(0.1):
        options += ["--expose", "99"]
    if mode == 1:
        options += ["--network", chance.one("host", "none")]
    elif mode == 2 and running:
        options = ["--name", name, "--network", f"container:{chance.one(*running)}"]
    elif mode > 8 and there.own_networks:
        options += _on_networks(chance, there)
    elif running and chance.happens(0.1):
        options += ["--link", chance.one(*running)]
    options += chance.some(2, list(_OTHER_OPTIONS))
    image = EXPOSING if chance.happens(0.2) else IDLE[0]
    chosen = chance.one("run", "run", "run", "run", "create")
    return ["docker", chosen, *(["-d"] if chosen == "run" else []), *options, image, *IDLE[1:]]


def _on_networks(chance: Chance, there: There) -> list[str]:
    names = chance.some(3, there.own_networks, least=1)
    first, *others = names
    if chance.happens(0.35):
        options = ["--network", _long_form(chance, there, first)]
    else:
        options = ["--network", first]
        for version, option in ((4, "--ip"), (6, "--ip6")):
            if address := address_in(chance, there, first, version):
                options += [option, address]
        if not there.subnets(first, 6) and chance.happens(0.05):
            options += ["--ip6", "2001:db8:9::9"]
        options += ["--network-alias", "other"] if chance.happens(0.2) else []
        options += ["--link", chance.one(*there.running)] if there.running and chance.happens(0.1) else []
    for name in others:
        options += ["--network", _long_form(chance, there, name) if chance.happens(0.3) else name]
    return options


def _long_form(chance: Chance, there: There, network: str) -> str:
    fields = [f"name={network}"]
    fields += ["alias=x"] if chance.happens(0.4) else []
    for version, field in ((4, "ip"), (6, "ip6")):
        if address := address_in(chance, there, network, version):
            fields.append(f"{field}={address}")
    fields += [f"gw-priority={chance.number(-2, 5)}"] if chance.happens(0.3) else []
    fields += ["mac-address=02:42:ac:11:00:77"] if chance.happens(0.1) else []
    fields += ["driver-opt=com.docker.network.endpoint.ifname=lan7"] if chance.happens(0.1) else []
    return ",".join(fields)


def _one_container(chance: Chance, there: There) -> list[str]:
    name = chance.one(*there.containers)
    match chance.number(1, 16):
        case 1 | 2:
            return ["docker", "rename", name, free_name(chance, _NAMES, there.containers)]
        case 3:
            return ["docker", "update", "--restart", chance.one("always", "no", "on-failure:3"), name]
    if not there.containers[name]:
        return ["docker", *chance.one(["start"], ["start"], ["rm"], ["restart"]), name]
    several = chance.some(2, there.running, least=1)
    return ["docker", *chance.one(["stop"], ["kill"], ["restart"], ["rm", "-f"], ["rm", "-f"]), *several]
