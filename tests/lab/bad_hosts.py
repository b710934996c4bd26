"""Hosts with something wrong, what an audit must find on each, and what it says to do about it.

python -m lab.bad_hosts [NAME …]      record them anew, as root: tests/recordings/bad/NAME/{before,after}
"""

import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import packing
from makers.maker_host import MakerHost

from lab.engine import Engine
from lab.host import LabHost
from lab.image import IDLE, IMAGE

RECORDINGS = packing.RECORDINGS / "bad"
SERVE = (IMAGE, "/bin/busybox", "httpd", "-f", "-h", "/", "-p")
Do = str | Callable[[Engine], None]


@dataclass(frozen=True)
class BadHost:
    """How to get there (`does`), what is found (`check: subject`), and how to get out again (`remedy`)."""

    name: str
    engine: str
    does: tuple[Do, ...]
    found: Mapping[str, str]
    remedy: tuple[Do, ...] = ()
    options: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()


def run(name: str, flags: str, port: int = 0) -> str:
    """Run a container that listens on a port, or one that idles."""
    command = (*SERVE, str(port)) if port else IDLE
    return shlex.join(("docker", "run", "-d", "--name", name, *flags.split(), *command))


def again(name: str, flags: str, port: int = 0) -> tuple[str, ...]:
    """Replace a container."""
    return f"docker rm -f {name}", run(name, flags, port)


def _label(check: str, reason: str, owner: str, until: str) -> str:
    return f"--label netaudit.waive.{check}=reason={reason};owner={owner};until={until}"


def restart(engine: Engine) -> None:
    engine.restart()


def restart_on_socket(engine: Engine) -> None:
    engine.restart(())


HOSTS: tuple[BadHost, ...] = (
    BadHost(
        "database-on-every-address",
        "28.5.2",
        (run("db", "-p 5432:5432", 5432),),
        {
            "sensitive-port-published-everywhere": "db 0.0.0.0:5432/tcp",
            "sensitive-port-reachable": "db 0.0.0.0:5432/tcp",
        },
        again("db", "-p 127.0.0.1:5432:5432", 5432),
    ),
    BadHost(
        "loopback-on-engine-26",
        "26.1.5",
        (run("db", "-p 127.0.0.1:5432:5432", 5432),),
        {"loopback-port-open-to-neighbours": "db 127.0.0.1:5432/tcp"},
        ("iptables -t raw -I PREROUTING ! -i lo -d 127.0.0.0/8 -j DROP",),
    ),
    BadHost(
        "raw-rules-flushed",
        "28.5.2",
        (run("db", "-p 127.0.0.1:5432:5432", 5432), "iptables -t raw -F"),
        {
            "loopback-guard-missing": "missing rule raw/PREROUTING: -A PREROUTING -d 127.0.0.1/32 ! -i lo"
            " -p tcp -m tcp --dport 5432 -j DROP",
            "direct-access-guard-missing": "missing rule raw/PREROUTING: -A PREROUTING -d 172.17.0.2/32"
            " ! -i docker0 -j DROP",
        },
        (
            "iptables -t raw -A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 5432 -j DROP",
            "iptables -t raw -A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP",
        ),
    ),
    BadHost(
        "forward-flushed",
        "28.5.2",
        (run("web", "-p 8080:80", 80), "iptables -F FORWARD"),
        {
            "docker-user-not-asked": "IPv4 forwarding",
            "docker-rule-missing": "missing rule filter/FORWARD: -A FORWARD -j DOCKER-USER",
        },
        (restart, "docker start web"),
    ),
    BadHost(
        "docker-user-names-host-port",
        "28.5.2",
        (run("web", "-p 0.0.0.0:8080:80", 80), "iptables -I DOCKER-USER -i eth0 -p tcp --dport 8080 -j DROP"),
        {"docker-user-matches-host-port": "rule filter/DOCKER-USER#1"},
        (
            "iptables -D DOCKER-USER -i eth0 -p tcp --dport 8080 -j DROP",
            "iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",
        ),
    ),
    BadHost(
        "ufw-deny-bypassed",
        "28.5.2",
        (run("db", "-p 5432:5432", 5432), run("web", "-p 0.0.0.0:8080:80", 80)),
        {
            "host-firewall-bypassed": "db 0.0.0.0:5432/tcp",
            "host-firewall-default-bypassed": "web 0.0.0.0:8080/tcp",
        },
        (*again("db", "-p 127.0.0.1:5432:5432", 5432), *again("web", "-p 127.0.0.1:8080:80", 80)),
        makers=("ufw-denies",),
    ),
    BadHost(
        "ipv6-open-ipv4-closed",
        "28.5.2",
        (
            "docker network create --ipv6 --subnet 2001:db8:6::/64 six",
            run("web", "--network six -p 8080:80", 80),
            "iptables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",
        ),
        {"port-open-over-ipv6-only": "web [::]:8080/tcp"},
        (
            "ip6tables -I DOCKER-USER -i eth0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",
            "ip6tables -I INPUT -i eth0 -p tcp --dport 8080 -j DROP",
        ),
    ),
    BadHost(
        "stale-dnat-address-reused",
        "20.10.24",
        (
            run("old", "-p 8080:80", 80),
            "sh -c 'iptables-save > /run/lab/saved'",  # what iptables-persistent does, at the wrong moment
            "docker rm -f old",
            run("new", "", 80),
            "iptables-restore /run/lab/saved",
        ),
        {"stale-rule-address-reused": "rule nat/DOCKER#2"},
        (
            "iptables -t nat -D DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
            "iptables -t nat -D POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
            "iptables -D DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
        ),
    ),
    BadHost(
        "icc-off-not-enforced",
        "28.5.2",
        (
            "docker network create -o com.docker.network.bridge.enable_icc=false apart",
            run("one", "--network apart", 80),
            run("two", "--network apart", 80),
            "sysctl -w net.bridge.bridge-nf-call-iptables=0",
        ),
        {"icc-off-not-enforced": "network apart"},
        ("sysctl -w net.bridge.bridge-nf-call-iptables=1",),
    ),
    BadHost(
        "host-network",
        "28.5.2",
        (run("agent", "--network host --cap-add NET_ADMIN", 9100),),
        {"host-network-container": "container agent", "container-can-change-rules": "container agent"},
        again("agent", "", 9100),
    ),
    BadHost(
        "api-on-tcp",
        "28.5.2",
        (),
        {"docker-api-on-network": "Docker daemon"},
        (restart_on_socket,),
        options=("-H", "unix:///run/docker.sock", "-H", "tcp://0.0.0.0:2375", "--tls=false"),
    ),
    BadHost(
        "socket-mounted",
        "28.5.2",
        (run("agent", "-v /run/docker.sock:/var/run/docker.sock --privileged -p 127.0.0.1:9000:9000", 9000),),
        {"docker-socket-mounted": "container agent", "privileged-container": "container agent"},
        again("agent", "-p 127.0.0.1:9000:9000", 9000),
    ),
    BadHost(
        "docker-user-accepts-everything",
        "28.5.2",
        (run("web", "", 80), "iptables -I DOCKER-USER -j ACCEPT"),
        {"docker-user-accepts-everything": "IPv4 forwarding"},
        ("iptables -D DOCKER-USER -j ACCEPT",),
    ),
    BadHost(
        "rules-in-dockers-chains",
        "28.5.2",
        (run("web", "", 80), "iptables -I DOCKER -i eth0 -p tcp --dport 80 -j ACCEPT"),
        {"foreign-rule-in-docker-chain": "rule filter/DOCKER#1"},
        ("iptables -D DOCKER -i eth0 -p tcp --dport 80 -j ACCEPT",),
    ),
    BadHost(
        "internal-network-reaches-host",
        "28.5.2",
        (
            "sh -c 'busybox httpd -p 0.0.0.0:2222 -h /run/lab'",
            "docker network create --internal inner",
            run("db", "--network inner", 5432),
        ),
        {"internal-network-reaches-host": "network inner"},
        (
            "docker rm -f db",
            "docker network rm inner",
            "docker network create --internal -o com.docker.network.bridge.gateway_mode_ipv4=isolated inner",
            run("db", "--network inner", 5432),
        ),
    ),
    BadHost(
        "everything-flushed",
        "28.5.2",
        (
            run("web", "-p 8080:80", 80),
            "sh -c 'for table in filter nat raw; do iptables -t $table -F; iptables -t $table -X; done'",
            "sh -c 'for table in filter nat raw; do ip6tables -t $table -F; ip6tables -t $table -X; done'",
        ),
        {"docker-rules-absent": "Docker daemon"},
        (restart, "docker start web"),
    ),
    BadHost(
        "nat-flushed",
        "28.5.2",
        (run("web", "-p 8080:80", 80), "iptables -t nat -F DOCKER"),
        {"port-bindings-disagree": "web 0.0.0.0:8080/tcp"},
        ("docker restart -t 0 web",),
    ),
    BadHost(
        "operators-order",
        "28.5.2",
        (
            run("web", "", 80),
            "iptables -I DOCKER-USER -i eth0 ! -s 192.0.2.0/24 -j DROP",
            "iptables -I FORWARD -i eth0 -p tcp --dport 80 -j ACCEPT",
            "iptables-legacy -A INPUT -p tcp --dport 23 -j DROP",
        ),
        {
            "docker-user-drops-replies": "IPv4 forwarding",
            "accepted-before-docker-user": "IPv4 forwarding",
            "two-iptables-backends": "host lab",
        },
        (
            "iptables -I DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
            "iptables -D FORWARD -j DOCKER-USER",
            "iptables -I FORWARD -j DOCKER-USER",
            "iptables-legacy -F",
        ),
    ),
    BadHost(
        "rules-behind-others",
        "28.5.2",
        (
            run("web", "", 80),
            "iptables -A INPUT -i lo -j ACCEPT",
            "iptables -A INPUT -j ACCEPT",
            "iptables -A INPUT -p tcp --dport 5432 -j DROP",
            "iptables -A INPUT -i lo -j ACCEPT",
        ),
        {"deny-never-reached": "rule filter/INPUT#3", "rule-repeated": "rule filter/INPUT#4"},
        ("iptables -D INPUT 4", "iptables -D INPUT 3", "iptables -I INPUT 2 -p tcp --dport 5432 -j DROP"),
    ),
    BadHost(
        "edited-in-place",
        "28.5.2",
        (
            run("web", "-p 0.0.0.0:8080:80", 80),
            "iptables -P FORWARD ACCEPT",
            "iptables -R DOCKER 2 ! -i docker0 -o docker0 -j RETURN",
        ),
        {"forward-policy-accept": "IPv4 forwarding", "network-isolation-missing": "network bridge"},
        ("iptables -P FORWARD DROP", "iptables -R DOCKER 2 ! -i docker0 -o docker0 -j DROP"),
    ),
    BadHost(
        "odd-networks",
        "28.5.2",
        (
            "docker network create --subnet 198.51.100.0/24 theirs",
            "docker network create --ipv6 --subnet 2001:db8:7::/64 --subnet 172.30.0.0/16 six",
            "ip addr add 172.30.9.9/32 dev eth0",
            run("web", "--network six -p 80:80", 80),
            run("media", "--network six -p 127.0.0.1:7000-7049:7000-7049"),
        ),
        {
            "network-subnet-not-private": "network theirs",
            "network-overlaps-host": "network six",
            "global-address-open": "container web",
            "privileged-host-port": "web 0.0.0.0:80/tcp",
            "many-ports-published": "container media",
        },
    ),
    BadHost(
        "swarm-in-clear-text",
        "28.5.2",
        (
            "docker swarm init --advertise-addr 192.0.2.10",
            "docker network create -d overlay --attachable clear",
            "docker network create -d overlay --attachable --opt encrypted secret",
            run("one", "--network clear", 80),
            run("two", "--network secret", 80),
            "iptables -t mangle -F",
            "iptables -F INPUT",
        ),
        {"overlay-not-encrypted": "network clear", "encrypted-overlay-unprotected": "network secret"},
    ),
    BadHost(
        "waivers-in-labels",
        "28.5.2",
        (
            run("old", f"-p 8080:80 {_label('published-port-on-every-address', 'Web.', 'ops', '2026-01-31')}", 80),
            run("wrong", f"-p 8081:80 {_label('published-port-on-every-address', 'Web.', '', '2030-01-31')}", 80),
            run("idle", _label("docker-socket-mounted", "None.", "ops", "2030-01-31"), 80),
        ),
        {
            "waiver-expired": "waiver of published-port-on-every-address for container old",
            "waiver-invalid": "waiver of published-port-on-every-address for container wrong",
            "waiver-unused": "waiver of docker-socket-mounted for container idle",
        },
    ),
    BadHost(
        "api-on-loopback",
        "28.5.2",
        (),
        {"docker-api-on-loopback": "Docker daemon"},
        (restart_on_socket,),
        options=("-H", "unix:///run/docker.sock", "-H", "tcp://127.0.0.1:2375", "--tls=false"),
    ),
    BadHost(
        "two-managers",
        "28.5.2",
        (run("web", "", 80),),
        {"several-firewall-managers": "host makers"},
        makers=("firewalld nftables", "ufw-denies"),
    ),
    BadHost(
        "nothing-wrong",
        "28.5.2",
        ("docker network create front", run("web", "--network front -p 127.0.0.1:8080:80", 80)),
        {},
    ),
)


def main(names: list[str]) -> int:
    """Record the hosts named, or all; gives the exit code."""
    if unknown := sorted({*names} - {host.name for host in HOSTS}):
        print(f"no such host: {', '.join(unknown)}", file=sys.stderr)
        return 2
    packing.unpack(packing.TREE)
    for host in (host for host in HOSTS if not names or host.name in names):
        print(f"{host.name} …", flush=True)
        for step, lab in play(host):
            take(lab, RECORDINGS / host.name / step)
        packing.pack(packing.TREE, [f"bad/{host.name}"])
    return 0


def play(bad: BadHost) -> Iterator[tuple[str, LabHost]]:
    """Build a host; gives it as it is before and after the remedy."""
    with ExitStack() as stack:
        host = stack.enter_context(_host(bad))
        if isinstance(host, MakerHost):
            for maker in bad.makers:
                host.play(*maker.split())
        engine = stack.enter_context(Engine(host, bad.engine, options=bad.options))
        for step, doings in (("before", bad.does), ("after", bad.remedy)):
            if doings or step == "before":
                for one in doings:
                    _do(engine, one)
                yield step, host


def _host(bad: BadHost) -> LabHost:
    return MakerHost("bookworm") if bad.makers else LabHost(uplink=True)


def _do(engine: Engine, one: Do) -> None:
    if callable(one):
        one(engine)
    else:
        engine.host.run(shlex.split(one))


def take(host: LabHost, folder: Path) -> None:
    """Record a host, with netaudit itself."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    host.python("-m", "netaudit", "record", "-o", str(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
