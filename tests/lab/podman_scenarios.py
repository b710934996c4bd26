"""What is tried with Podman: each step is a command; `inside` runs a program of the release that has Podman."""

from dataclasses import dataclass

_IDLE = "busybox:local /bin/busybox sleep 100000"
_INFRA = "--infra-image busybox:local --infra-command '/bin/busybox sleep 100000'"


_FIREWALLD = (
    "inside sh -ec 'mkdir -p /run/dbus; dbus-daemon --system --fork --nopidfile; firewalld --nopid --log-file /tmp/log;"
    " for _ in $(seq 100); do firewall-cmd --state >/dev/null 2>&1 && break; sleep 0.1; done; firewall-cmd --state;"
    " firewall-cmd --zone=public --change-interface=eth0'"
)


@dataclass(frozen=True)
class Scenario:
    """Steps after each of which the host is looked at."""

    name: str
    steps: tuple[str, ...]
    beside_docker: bool = False


def _run(name: str, flags: str = "") -> str:
    return f"podman run -d --name {name} {flags} {_IDLE}"


def _network(name: str, flags: str = "") -> str:
    return f"podman network create {flags} {name}"


SCENARIOS = (
    Scenario("no-ports", (_run("web"),)),
    Scenario("one-port", (_run("web", "-p 8080:80"),)),
    Scenario("range", (_run("web", "-p 8080-8083:80-83 -p 9101:91 -p 9102:92"),)),
    Scenario("udp-and-tcp", (_run("dns", "-p 5353:53/udp -p 5353:53"),)),
    Scenario("host-address", (_run("web", "-p 192.0.2.10:8080:80 -p 127.0.0.1:8081:81"),)),
    Scenario("every-ipv4-address", (_network("dual", "--ipv6"), _run("web", "--network dual -p 0.0.0.0:8080:80"))),
    Scenario(
        "internal", (_network("inner", "--internal --subnet 10.91.0.0/24"), _run("in", "--network inner -p 6000:60"))
    ),
    Scenario(
        "isolate",
        (
            _network("one", "--opt isolate=true --subnet 10.92.0.0/24"),
            _run("a", "--network one -p 8001:80"),
            _network("two", "--opt isolate=true --subnet 10.93.0.0/24"),
            _run("b", "--network two"),
            _run("c", "-p 8003:80"),
        ),
    ),
    Scenario(
        "isolate-strict",
        (
            _network("strict", "--opt isolate=strict --subnet 10.92.0.0/24"),
            _run("a", "--network strict -p 8001:80"),
            _run("c", "-p 8003:80"),
        ),
    ),
    Scenario(
        "isolated-one-of-two-ends",
        (
            _network("one", "--opt isolate=true --subnet 10.92.0.0/24"),
            _network("two", "--opt isolate=true --subnet 10.93.0.0/24"),
            _run("a", "--network one"),
            _run("b", "--network two"),
            "podman rm -f -t 0 a",
        ),
    ),
    Scenario(
        "two-networks",
        (
            _network("front", "--subnet 10.92.0.0/24"),
            _network("back", "--subnet 10.93.0.0/24"),
            _run("web", "--network front --network back -p 8080:80"),
        ),
    ),
    Scenario(
        "ipv6",
        (
            _network("dual", "--subnet 10.92.0.0/24 --ipv6 --subnet 2001:db8:1:92::/64"),
            _run("web", "--network dual -p 8080:80 -p [2001:db8::10]:8081:81 -p [::1]:8082:82"),
        ),
    ),
    Scenario(
        "ipv6-only", (_network("six", "--ipv6 --subnet 2001:db8:1:92::/64"), _run("web", "--network six -p 8080:80"))
    ),
    Scenario("host-network", (_run("web", "--network host"),)),
    Scenario("none", (_run("web", "--network none"),)),
    Scenario(
        "pod",
        (f"podman pod create {_INFRA} --name pd -p 8080:80", _run("a", "--pod pd"), _run("b", "--pod pd")),
    ),
    Scenario("guest", (_run("web", "-p 8080:80"), _run("guest", "--network container:web"))),
    Scenario(
        "static-address",
        (_network("lab", "--subnet 10.92.0.0/24"), _run("web", "--network lab --ip 10.92.0.77 -p 8080:80")),
    ),
    Scenario(
        "removed", (_run("web", "-p 8080:80"), _run("b", "-p 8081:80"), "podman rm -f -t 0 web", "podman rm -f -t 0 b")
    ),
    Scenario("restarted", (_run("web", "-p 8080:80"), "podman stop -t 0 web", "podman start web")),
    Scenario(
        "connect",
        (
            _network("lab", "--subnet 10.92.0.0/24"),
            _run("web", "--network lab -p 8080:80"),
            _network("more", "--subnet 10.93.0.0/24"),
            "podman network connect more web",
            "podman network disconnect more web",
        ),
    ),
    Scenario(
        "no-dns", (_network("plain", "--disable-dns --subnet 10.92.0.0/24"), _run("web", "--network plain -p 8080:80"))
    ),
    Scenario(
        "bridge-name",
        (
            _network("named", "--interface-name br-shop --subnet 10.92.0.0/24"),
            _run("web", "--network named -p 8080:80"),
        ),
    ),
    Scenario("all-exposed", (_run("web", "--expose 80 --expose 81 -P"),)),
    Scenario("reload", (_run("web", "-p 8080:80"), "iptables -t nat -F", "podman network reload -a")),
    Scenario("forward-drop", (_run("web", "-p 8080:80"), "iptables -P FORWARD DROP")),
    Scenario("flushed", (_run("web", "-p 8080:80"), "inside nft flush ruleset")),
    Scenario("firewalld", (_FIREWALLD, _run("web", "-p 8080:80"))),
    Scenario(
        "docker-beside",
        (
            "docker network create --subnet 172.30.0.0/24 shop",
            "docker run -d --name app --network shop -p 8000:80 busybox:local /bin/busybox sleep 100000",
            _run("web", "-p 8080:80"),
            "docker rm -f app",
        ),
        beside_docker=True,
    ),
)
