"""A host full of ways in."""

from lab.engine import Engine
from lab.image import IDLE

NETWORKS = (
    "back",
    "closed --internal",
    "shy -o com.docker.network.bridge.enable_icc=false",
    "six --ipv6 --subnet 2001:db8:1::/64",
)
CONTAINERS = {
    "web": "-p 8080:80 -p 8080:80/udp",
    "db": "-p 127.0.0.1:5432:80",
    "quiet": "",
    "peer": "",
    "shop": "--network back -p 192.0.2.10:8081:81",
    "clerk": "--network back",
    "vault": "--network closed",
    "guard": "--network closed",
    "mole": "--network shy -p 8082:80",
    "bat": "--network shy",
    "ant": "--network six -p 8083:80",
    "bee": "--network six",
}


def build(engine: Engine) -> None:
    """Make the networks and containers."""
    for network in NETWORKS:
        name, *options = network.split()
        engine.docker("network", "create", *options, name)
    for name, options in CONTAINERS.items():
        engine.docker("run", "-d", "--name", name, *options.split(), *IDLE)
