"""Hosts of a few rules and containers, written by hand: engine 20.10 on the default bridge."""

from msgspec.structs import replace

from netaudit.api.rules import shipped_catalog
from netaudit.attribute import Attribution, attribute_snapshot
from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.model.docker import Container, DaemonOptions, Endpoint, Inventory, Network, PortBinding
from netaudit.model.netfilter.ruleset import Backend, ObjectKind, Ruleset
from netaudit.model.snapshot import Snapshot
from netaudit.parse.iptables.save import parse_save

CATALOG = shipped_catalog()
BRIDGE = Network(id="b" * 64, name="bridge", driver="bridge", bridge="docker0", subnet="172.17.0.0/16", default=True)
OPTIONS = DaemonOptions(
    userland_proxy=True, iptables=True, ip6tables=False, allow_direct_routing=False, bridge_accept_fwmark=""
)

# What a daemon and its default bridge have, container or none.
BASE = """*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
"""
ACCEPT = "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT"
HAIRPIN = "-A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE"


def dnat(host_port: int) -> str:
    """Write the rule that publishes port 80 of the container."""
    return f"-A DOCKER ! -i docker0 -p tcp -m tcp --dport {host_port} -j DNAT --to-destination 172.17.0.2:80"


def rules(*, nat: tuple[str, ...] = (), filter_: tuple[str, ...] = (), without: tuple[str, ...] = ()) -> Ruleset:
    """Give the base rules with more at the end of nat and filter, and without some."""
    text = BASE.replace("COMMIT\n*filter", "".join(f"{rule}\n" for rule in nat) + "COMMIT\n*filter")
    text = text.removesuffix("COMMIT\n") + "".join(f"{rule}\n" for rule in filter_) + "COMMIT\n"
    for rule in without:
        assert f"{rule}\n" in text
        text = text.replace(f"{rule}\n", "", 1)
    return Ruleset(parse_save(text, backend=Backend.IPTABLES_NFT, family="ip", source="small"))


def container(*host_ports: int, running: bool = True, name: str = "web", address: str = "172.17.0.2") -> Container:
    """Make a container whose port 80 is published on host ports."""
    return Container(
        id=name * 20,
        name=name,
        running=running,
        network_mode="bridge",
        endpoints=(Endpoint(BRIDGE.id, "bridge", ipv4=address),),
        bindings=tuple(PortBinding("tcp", "0.0.0.0", port, 80) for port in host_ports),
    )


def snapshot(ruleset: Ruleset, *containers: Container, options: DaemonOptions = OPTIONS) -> Snapshot:
    """Make the snapshot of such a host."""
    inventory = Inventory("20.10.24", options, (BRIDGE,), containers)
    return Snapshot(ruleset, inventory, host_name="example")


def without_docker(ruleset: Ruleset) -> Snapshot:
    """Make the snapshot of a host whose Docker could not be asked."""
    return replace(snapshot(ruleset), inventory=None)


def show(snap: Snapshot) -> AttributedSnapshot:
    """Attribute it by the signatures that ship."""
    return attribute_snapshot(snap, CATALOG)


def of_rule(shown: AttributedSnapshot, text: str) -> Attribution:
    """Give the attribution of the last rule of this text."""
    return [one.attribution for one in shown.items if one.item.object is ObjectKind.RULE and one.item.text == text][-1]


def causes(attribution: Attribution) -> list[str]:
    """Print the causes."""
    return [str(cause) for cause in attribution.causes]
