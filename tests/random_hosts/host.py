"""A random host as commands: what was there before the engine, what Docker was told, and the firewall around it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from lab.engine import BACKENDS, VERSIONS
from lab.image import IDLE

from random_hosts.beside import before_engine, more_containers, more_rules
from random_hosts.chance import Chance
from random_hosts.firewall import firewall

_NETWORKS, _CONTAINERS = (0, 2), (1, 3)
_INSIDE = (80, 81)  # the ports that containers publish
_OPTION = "-o com.docker.network.bridge"
_FORWARDING = "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"
_BEFORE = {  # what an operator did before the engine came, and in which share of the hosts
    _FORWARDING: 0.5,
    "ip addr add 192.0.2.11/24 dev eth0": 0.4,
    "sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.eth0.rp_filter=1": 0.15,
    "sysctl -qw net.ipv4.conf.all.rp_filter=2": 0.1,
    "ip addr add 203.0.113.129/32 dev lo": 0.2,
}


@dataclass(frozen=True)
class RandomHost:
    """An engine and the command lines that make the host, in order."""

    seed: int
    version: str
    backend: str
    options: tuple[str, ...]
    style: str
    before: tuple[str, ...]
    docker: tuple[str, ...]
    firewall: tuple[str, ...]

    def __str__(self) -> str:
        start = " ".join(("dockerd", *self.options))
        lines = (*self.before, f"{start} # {self.version} {self.backend}", *self.docker, f"# {self.style}")
        return "\n".join(("#!/bin/sh", f"# host {self.seed}", *lines, *self.firewall))


def random_host(seed: int) -> RandomHost:
    """Make the host of a seed."""
    chance = Chance(seed)
    version, backend = chance.one(*VERSIONS), chance.one(*BACKENDS)
    networks = [f"net{at}" for at in range(chance.number(*_NETWORKS))]
    style, rules = firewall(chance)
    host = RandomHost(
        seed=seed,
        version=version,
        backend=backend,
        options=tuple(_options(chance, version)),
        style=style,
        before=tuple(line for line, share in _BEFORE.items() if chance.happens(share)),
        docker=(*_made(chance, version, networks), *_run(chance, networks), *_later(chance, networks)),
        firewall=rules,
    )
    return _with_more(host, chance)


def _with_more(host: RandomHost, chance: Chance) -> RandomHost:
    """Add what hosts have beside bridges and a firewall."""
    options = ("--ipv6", "--fixed-cidr-v6=2001:db8:1:f::/64") if chance.happens(0.1) else ()
    return replace(
        host,
        options=(*host.options, *options),
        before=(*host.before, *before_engine(chance)),
        docker=(*host.docker, *more_containers(chance)),
        firewall=(*host.firewall, *more_rules(chance)),
    )


def _options(chance: Chance, version: str) -> Iterator[str]:
    shares = {
        "--userland-proxy=false": 0.3,
        "--ip-masq=false": 0.1,
        "--icc=false": 0.15,
        "--ip=192.0.2.10": 0.08,
        "--ip=127.0.0.1": 0.05,
        "--iptables=false": 0.04,
    }
    if version.startswith("28"):
        shares |= {"--allow-direct-routing": 0.15, "--ip-forward-no-drop": 0.15, "--ip6tables=false": 0.06}
    yield from (option for option, share in shares.items() if chance.happens(share))
    if not version.startswith("28") and chance.happens(0.4):
        yield from ("--experimental", "--ip6tables")


def _made(chance: Chance, version: str, networks: list[str]) -> Iterator[str]:
    for at, name in enumerate(networks):
        options = [f"--subnet 172.28.{at}.0/24", f"{_OPTION}.name=br-own{at}"]
        six = chance.happens(0.4)
        options += ["--ipv6", f"--subnet 2001:db8:1:{at}::/64"] if six else []
        internal = chance.happens(0.25)
        options += ["--internal"] if internal else []
        options += [f"{_OPTION}.enable_icc=false"] if chance.happens(0.15) else []
        options += [f"{_OPTION}.enable_ip_masquerade=false"] if chance.happens(0.15) else []
        options += [f"{_OPTION}.inhibit_ipv4=true"] if chance.happens(0.1) and not internal else []
        if version.startswith("28"):
            modes = ("nat-unprotected", "routed", *(("isolated",) if internal else ()))
            options += [f"{_OPTION}.gateway_mode_ipv4={chance.one(*modes)}"] if chance.happens(0.3) else []
            options += [f"{_OPTION}.gateway_mode_ipv6={chance.one(*modes)}"] if six and chance.happens(0.4) else []
        yield " ".join(("docker network create", *options, name))


def _run(chance: Chance, networks: list[str]) -> Iterator[str]:
    port = 8000
    for at in range(chance.number(*_CONTAINERS)):
        published = []
        for inside in chance.some(3, [80, 81, 80, 7000]):
            published.append(f"-p {_binding(chance, port)}:{inside}{chance.one('', '', '/udp')}")
            port += 1
        where = chance.one("", "", *(f"--network {one}" for one in networks))
        yield " ".join(("docker run -d --name", f"con{at}", where, *published, *IDLE))


def _binding(chance: Chance, port: int) -> str:
    address = chance.one("", "", "", "0.0.0.0:", "[::]:", "192.0.2.10:", "127.0.0.1:", "172.17.0.1:")
    return f"{address}{port}"


def _later(chance: Chance, networks: list[str]) -> Iterator[str]:
    if networks and chance.happens(0.25):
        yield f"docker network connect {chance.one(*networks)} con0 || true"
    if chance.happens(0.15):
        yield "docker restart con0"
    if chance.happens(0.1):
        yield "sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-ip6tables=0 || true"
