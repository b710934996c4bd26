"""Record again what other makers really write: `python tests/makers/record_makers.py [NAME …]`, as root.

Each recording is made on a lab host of its own by the maker's own program, from Debian's packages; nothing of this
machine's own rules, files or services is touched, and nothing is left behind but tests/recordings/makers, packed. Some
makers are not packaged, or do not run here: their rules are known from their source only, and said so.
"""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

import packing  # noqa: E402 (after the path is set)
from lab.engine import Engine  # noqa: E402
from lab.image import IDLE  # noqa: E402
from lab.namespaces import LabError  # noqa: E402

from makers.maker_host import MakerHost  # noqa: E402

RECORDINGS = packing.RECORDINGS / "makers"
DOCKER = ("20.10.24", "iptables-nft")


class Recording(NamedTuple):
    """What is played on one host, in order; each step is a scenario with its arguments, or `docker`."""

    name: str
    release: str
    steps: tuple[str, ...]


PLANS = (
    Recording("cni/iptables", "bookworm", ("cni",)),
    Recording("docker/flushed-by-firewalld", "bookworm", ("docker", "firewalld nftables")),
    Recording("docker/with-firewalld-and-fail2ban", "bookworm", ("firewalld nftables", "docker", "fail2ban iptables")),
    Recording("docker/with-libvirt", "bookworm", ("libvirt", "docker")),
    Recording("docker/with-operator", "bookworm", ("docker", "operator")),
    Recording("docker/with-podman", "bookworm", ("docker", "podman netavark")),
    Recording("docker/with-ufw", "bookworm", ("ufw", "docker")),
    Recording("fail2ban/iptables", "bookworm", ("fail2ban iptables",)),
    Recording("fail2ban/nftables", "bookworm", ("fail2ban nftables",)),
    Recording("firewalld/1-iptables", "bookworm", ("firewalld iptables",)),
    Recording("firewalld/1-nftables", "bookworm", ("firewalld nftables",)),
    Recording("firewalld/2-nftables", "trixie", ("firewalld nftables",)),
    Recording("incus/nftables", "trixie", ("incus nftables",)),
    Recording("incus/xtables", "trixie", ("incus xtables",)),
    Recording("libvirt/9-iptables", "bookworm", ("libvirt",)),
    Recording("libvirt/11-iptables", "trixie", ("libvirt iptables",)),
    Recording("libvirt/11-nftables", "trixie", ("libvirt nftables",)),
    Recording("lxc/iptables", "bookworm", ("lxc iptables",)),
    Recording("lxc/nftables", "bookworm", ("lxc nftables",)),
    Recording("operator/by-hand", "bookworm", ("operator",)),
    Recording("podman/4-cni", "bookworm", ("podman cni",)),
    Recording("podman/4-netavark-iptables", "bookworm", ("podman netavark",)),
    Recording("podman/5-netavark-iptables", "trixie", ("podman netavark iptables",)),
    Recording("podman/5-netavark-nftables", "trixie", ("podman netavark nftables",)),
    Recording("sshguard/iptables", "bookworm", ("sshguard iptables",)),
    Recording("sshguard/nftables", "bookworm", ("sshguard nft-sets",)),
    Recording("ufw/enabled", "bookworm", ("ufw",)),
    Recording("wg-quick/iptables", "bookworm", ("wg-quick iptables",)),
    Recording("wg-quick/nftables", "trixie", ("wg-quick nftables",)),
)
NOT_RUN = {
    "calico, cilium, flannel, kube-proxy, weave": "not packaged for Debian, and want a cluster",
    "crowdsec": "its bouncer wants a running CrowdSec with an account",
    "lxd": "does not start here; Incus, which runs the same code, does",
    "systemd": "systemd-networkd wants systemd as process 1",
    "tailscale": "not packaged for Debian, and wants a login",
}


def main(names: list[str]) -> int:
    """Make the recordings whose names begin with one of `names`, or all; return 1 where one could not be made."""
    packing.unpack(packing.TREE)
    failed = 0
    for plan in PLANS:
        if names and not plan.name.startswith(tuple(names)):
            continue
        try:
            _record(plan)
        except LabError as error:
            failed = 1
            sys.stdout.write(f"{plan.name}: NOT recorded, the old one stays: {error}\n")
        else:
            sys.stdout.write(f"{plan.name}: recorded\n")
    for maker, reason in NOT_RUN.items():
        sys.stdout.write(f"{maker}: known from its source only: {reason}\n")
    return failed


def _record(plan: Recording) -> None:
    with MakerHost(plan.release) as host, ExitStack() as stack:
        for step in plan.steps:
            if step == "docker":
                _publish(stack.enter_context(Engine(host, *DOCKER)))
            else:
                host.play(*step.split())
        host.record(RECORDINGS / plan.name)
    packing.pack(packing.TREE, [f"makers/{plan.name.partition('/')[0]}"])


def _publish(engine: Engine) -> None:
    """Run two containers on two networks, with ports published on all addresses and on one."""
    engine.docker("network", "create", "--subnet", "172.30.0.0/24", "backend")
    engine.docker("run", "-d", "--name", "web", "-p", "18080:80", *IDLE)
    engine.docker("run", "-d", "--name", "dns", "--network", "backend", "-p", "127.0.0.1:5300:53/udp", *IDLE)
    engine.docker("network", "create", "--internal", "--subnet", "172.31.0.0/24", "closed")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
