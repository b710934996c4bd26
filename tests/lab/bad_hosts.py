"""Hosts with something wrong, what an audit must find on each, and what it says to do about it.

python -m lab.bad_hosts [NAME …]      record them again, as root: tests/recordings/bad/NAME/{before,after}
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
from lab.podman import Podman

RECORDINGS = packing.RECORDINGS / "bad"
SERVE = (IMAGE, "/bin/busybox", "httpd", "-f", "-h", "/", "-p")
Machine = Engine | Podman
Do = str | Callable[[Engine], None]
_PODMAN = "podman-"


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


def _another_engine(engine: Engine) -> None:
    """Start the machine's own dockerd beside it, on a bridge of its own, with a container that publishes a port."""
    engine.host.run(["sh", "-ec", _ANOTHER])


_ANOTHER = """
ip link add docker1 type bridge
ip addr add 172.31.0.1/16 dev docker1
ip link set docker1 up
other="-H unix:///run/other.sock"
dockerd $other -b docker1 --data-root /var/lib/docker/other --exec-root /run/other -p /run/other.pid \\
    >/run/lab/other.log 2>&1 &
for _ in $(seq 100); do docker $other version >/dev/null 2>&1 && break; sleep 0.2; done
docker -H unix:///run/docker.sock save busybox:local | docker $other load
docker $other run -d --name hidden -p 9090:80 busybox:local /bin/busybox httpd -f -p 80 -h /
"""


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
            "waiver-too-wide": "waiver of docker-socket-mounted for container idle",
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
        "another-tables-policy",
        "28.5.2",
        (
            run("web", "-p 0.0.0.0:8080:80", 80),
            "nft add table inet filter",
            "nft add chain inet filter forward '{ type filter hook forward priority 0 ; policy drop ; }'",
            "nft add rule inet filter forward ct state established,related accept",
            "nft add chain inet filter input '{ type filter hook input priority 0 ; policy drop ; }'",
            "nft add rule inet filter input ct state established,related accept",
            "nft add rule inet filter input iif lo accept",
            "sh -c 'busybox httpd -p 0.0.0.0:9100 -h /run/lab'",
        ),
        {
            "published-port-reached-by-nobody": "web 0.0.0.0:8080/tcp",
            "network-without-way-out": "network bridge",
            "host-ports-closed-to-containers": "network bridge",
        },
        (
            "nft insert rule inet filter forward ct status dnat accept",
            "nft insert rule inet filter forward iifname docker0 accept",
            "nft insert rule inet filter input iifname docker0 tcp dport 9100 accept",
        ),
    ),
    BadHost(
        "forwarding-off",
        "28.5.2",
        (run("web", "-p 0.0.0.0:8080:80", 80), "sysctl -w net.ipv4.ip_forward=0"),
        {"published-port-reached-by-nobody": "web 0.0.0.0:8080/tcp", "network-without-way-out": "network bridge"},
        ("sysctl -w net.ipv4.ip_forward=1",),
    ),
    BadHost(
        "address-gone",
        "28.5.2",
        (
            "ip addr add 192.0.2.20/24 dev eth0",
            run("web", "-p 192.0.2.20:8080:80", 80),
            "ip addr del 192.0.2.20/24 dev eth0",
        ),
        {"published-port-reached-by-nobody": "web 192.0.2.20:8080/tcp"},
        ("ip addr add 192.0.2.20/24 dev eth0",),
    ),
    BadHost(
        "masquerade-flushed",
        "28.5.2",
        (run("web", "", 80), "iptables -t nat -F POSTROUTING"),
        {"masquerade-missing": "network bridge", "network-without-way-out": "network bridge"},
        (restart, "docker start web"),
    ),
    BadHost(
        "route-hidden",
        "28.5.2",
        (
            "ip route add 172.20.0.0/16 via 192.0.2.1",
            "docker network create --subnet 172.20.5.0/24 app",
            run("web", "--network app", 80),
        ),
        {"network-hides-route": "network app"},
        ("docker rm -f web", "docker network rm app"),
    ),
    BadHost(
        "base-restarted",
        "28.5.2",
        (run("base", "", 80), run("guest", "--network container:base", 81), "docker restart -t 0 base"),
        {"shared-network-lost": "container guest"},
        ("docker restart -t 0 guest",),
    ),
    BadHost(
        "base-gone",
        "28.5.2",
        (run("base", "", 80), run("guest", "--network container:base", 81), "docker rm -f base"),
        {"shared-network-lost": "container guest"},
    ),
    BadHost(
        "second-engine",
        "28.5.2",
        (run("web", "-p 8080:80", 80), _another_engine),
        {"second-docker-daemon": "Docker daemon"},
    ),
    BadHost(
        "operators-rules",
        "28.5.2",
        (
            run("web", "-p 0.0.0.0:8080:80", 80),
            run("db", "", 5432),
            "iptables -I DOCKER-USER -i eth0 -d 172.17.0.3 -p tcp --dport 5432 -j ACCEPT",
            "iptables -I DOCKER-USER -i ext_if ! -s 192.0.2.2 -j DROP",
            "iptables -A INPUT -p tcp --dport 81 -j DROP",
            "iptables -A INPUT -p tcp --dport 81 -j ACCEPT",
            "iptables -A INPUT -p tcp --dport 82 -j DROP",
            "iptables -A INPUT -s 192.0.2.7 -p tcp --dport 82 -j DROP",
            "iptables -A INPUT -m conntrack --ctstate NEW -m conntrack --ctstate ESTABLISHED -j DROP",
            "iptables -A DOCKER-FORWARD -j DOCKER-CT",
        ),
        {
            "docker-user-accept-useless": "rule filter/DOCKER-USER#2",
            "rule-names-no-interface": "rule filter/DOCKER-USER#1",
            "rule-contradicted": "rule filter/INPUT#2",
            "rule-never-reached": "rule filter/INPUT#4",
            "rule-unmatchable": "rule filter/INPUT#5",
        },
    ),
    BadHost(
        "open-host",
        "28.5.2",
        (
            "ip link add eth1 type veth peer name far1",
            "ip link set far1 up",
            "ip addr add 198.51.100.1/24 dev eth1",
            "ip link set eth1 up",
            "ip link add br9 type bridge",
            "ip link set br9 up",
            "sysctl -w net.ipv4.conf.eth0.route_localnet=1",
            "sh -c 'busybox httpd -p 0.0.0.0:6379 -h /run/lab'",
            "docker network create --internal inner",
            run("dns", "-p 0.0.0.0:53:53/udp", 80),
            run("both", "--network inner", 80),
            "docker network connect bridge both",
        ),
        {
            "udp-amplifier-published": "dns 0.0.0.0:53/udp",
            "bridged-packets-meet-forward": "host lab",
            "loopback-routed-from-outside": "host lab",
            "bridges-internal-and-open-network": "container both",
            "docker-user-empty": "IPv4 forwarding",
            "forged-senders-accepted": "host lab",
        },
        (
            "iptables -I DOCKER-USER -i br9 -o br9 -j ACCEPT",
            "sysctl -w net.ipv4.conf.eth0.route_localnet=0",
            "docker network disconnect bridge both",
            "sysctl -w net.ipv4.conf.all.rp_filter=1",
            "docker rm -f dns",
        ),
    ),
    BadHost(
        "router",
        "28.5.2",
        (
            run("web", "", 80),
            "ip link add eth1 type veth peer name far1",
            "ip link set far1 up",
            "ip addr add 198.51.100.1/24 dev eth1",
            "ip link set eth1 up",
            "iptables -P FORWARD ACCEPT",
        ),
        {"host-routes-between-interfaces": "host lab", "forward-policy-accept": "IPv4 forwarding"},
        ("iptables -P FORWARD DROP",),
    ),
    BadHost(
        "jumps-flushed",
        "28.5.2",
        (
            run("web", "-p 8080:80", 80),
            "iptables -t nat -F PREROUTING",
            "iptables -t nat -F OUTPUT",
            "docker network create --internal inner",
            run("db", "--network inner", 5432),
            "iptables -F DOCKER-ISOLATION-STAGE-1",
        ),
        {"docker-chain-not-asked": "IPv4 forwarding", "internal-network-not-enforced": "network inner"},
        (restart, "docker start web", "docker start db"),
    ),
    BadHost(
        "ipv6-by-proxy",
        "28.5.2",
        (run("web", "-p 8080:80", 80), "iptables -I DOCKER-USER -i eth0 ! -s 192.0.2.0/24 -p tcp -j DROP"),
        {"ipv6-port-past-forward-rules": "web [::]:8080/tcp"},
        ("ip6tables -I INPUT -i eth0 -p tcp --dport 8080 -j DROP",),
    ),
    BadHost(
        "output-closed",
        "28.5.2",
        (
            "docker network create -o com.docker.network.bridge.name=br-app app",
            run("web", "--network app -p 8080:80", 80),
            "iptables -A OUTPUT -o lo -j ACCEPT",
            "iptables -A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "iptables -P OUTPUT DROP",
        ),
        {"output-stops-containers": "IPv4 forwarding"},
        ("iptables -I OUTPUT -o br-app -j ACCEPT",),
    ),
    BadHost(
        "old-guard-on-new-network",
        "28.5.2",
        (
            "docker network create --subnet 172.30.0.0/24 one",
            run("old", "--network one -p 8080:80", 80),
            "sh -c 'iptables-save -t raw > /run/lab/saved'",
            "docker rm -f old",
            "docker network rm one",
            "docker network create --subnet 172.30.0.0/24 two",
            run("new", "--network two -p 8080:80", 80),
            "iptables-restore -n /run/lab/saved",
        ),
        {"stale-rule-cuts-off": "rule raw/PREROUTING#2"},
        ("iptables -t raw -D PREROUTING 2",),
    ),
    BadHost(
        "nothing-wrong",
        "28.5.2",
        ("docker network create front", run("web", "--network front -p 127.0.0.1:8080:80", 80)),
        {},
    ),
)

# Podman's hosts are not recorded here: tests/recordings/podman-* have those of all that Podman does.
OF_PODMAN: tuple[BadHost, ...] = (
    BadHost(
        "podman-jump-flushed",
        "podman-5.4.2",
        (
            shlex.join(("podman", "run", "-d", "--name", "web", "-p", "8080:80", *SERVE, "80")),
            "nft flush chain inet netavark NETAVARK-HOSTPORT-DNAT",
        ),
        {
            "podman-rule-missing": "missing rule inet:netavark/NETAVARK-HOSTPORT-DNAT:"
            " tcp dport 8080 jump nv_2f259bab_10_88_0_0_nm16_dnat"
        },
        ("podman network reload --all",),
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
        engine = build(bad, stack)
        yield "before", engine.host
        for one in bad.remedy:
            _do(engine, one)
        if bad.remedy:
            yield "after", engine.host


def build(bad: BadHost, stack: ExitStack) -> Machine:
    """Build a host with what is wrong on it; it goes with the stack."""
    host = stack.enter_context(_host(bad))
    if isinstance(host, MakerHost):
        for maker in bad.makers:
            host.play(*maker.split())
    engine = _engine(host, bad)
    stack.enter_context(engine)
    for one in bad.does:
        _do(engine, one)
    return engine


def _engine(host: LabHost, bad: BadHost) -> Machine:
    if bad.engine.startswith(_PODMAN):
        return Podman(host, bad.engine.removeprefix(_PODMAN))
    return Engine(host, bad.engine, options=bad.options)


def _host(bad: BadHost) -> LabHost:
    return MakerHost("bookworm") if bad.makers else LabHost(uplink=True)


def _do(engine: Machine, one: Do) -> None:
    if callable(one):
        assert isinstance(engine, Engine)
        one(engine)
        return
    words = shlex.split(one)
    podman = isinstance(engine, Podman) and words[0] == "podman"
    engine.host.run(engine.command(*words) if podman else words)


def take(host: LabHost, folder: Path) -> None:
    """Record a host, with netaudit itself."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    host.python("-m", "netaudit", "record", "-o", str(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
