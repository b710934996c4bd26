"""Names in a listing -> addresses and numbers, offline: by the text itself, the inventory, and what IANA assigned.

A name that may stand for several things is read in its usual sense and said to be doubtful; one that may stand for
anything is not read.
"""

import re
from ipaddress import ip_address, ip_network

import msgspec

from netaudit.parse.reading.result import Loss
from netaudit.parse.reading.services import PORTS, PROTOCOLS

# Amazon's own scheme: ip-172-17-0-2.ec2.internal, ip-10-0-0-1.eu-west-1.compute.internal, ec2-… .amazonaws.com.
_AMAZON = re.compile(
    r"(?:ip|ec2)-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})\.(?:ec2\.internal|[a-z0-9-]+\.compute\.internal"
    r"|compute-1\.amazonaws\.com|[a-z0-9-]+\.compute\.amazonaws\.com)"
)
# Reverse names of multicast addresses (IANA), of loopback, and the names of networks in Debian's /etc/networks.
_ADDRESSES = {
    "base-address.mcast.net": "224.0.0.0",
    "all-systems.mcast.net": "224.0.0.1",
    "all-routers.mcast.net": "224.0.0.2",
    "ospf-all.mcast.net": "224.0.0.5",
    "ospf-dsig.mcast.net": "224.0.0.6",
    "rip2-routers.mcast.net": "224.0.0.9",
    "vrrp.mcast.net": "224.0.0.18",
    "igmp.mcast.net": "224.0.0.22",
    "mdns.mcast.net": "224.0.0.251",
    "link-local": "169.254.0.0",
}
_LOOPBACK = (
    "localhost",
    "localhost.localdomain",
    "loopback",
    "localhost4",
    "ip6-localhost",
    "ip6-loopback",
    "localhost6",
)
_ANY = {"anywhere": "", "default": "", "0.0.0.0/0": "", "::/0": ""}


class BindingEvidence(msgspec.Struct, frozen=True):
    """What is known beside the text: the host ports that Docker publishes."""

    ports: frozenset[int] = frozenset()


class ResolvedName(msgspec.Struct, frozen=True):
    """What a word stands for; `text` is None where that is not known."""

    text: str | None
    losses: tuple[Loss, ...] = ()


def read_address(word: str, family: str) -> ResolvedName:
    """Read an address or its name, as iptables-save writes it: `10.0.0.0/8`, "" for any address."""
    if word in _ANY:
        return ResolvedName("")
    name, slash, mask = word.partition("/")
    address = _find_address(name, family)
    if address is None:
        return ResolvedName(None, (Loss(f"the address of {name}"),))
    losses = (Loss(f"the address of {name}: taken for {address}", doubtful=True),) if _is_loopback(name, mask) else ()
    return ResolvedName(_with_mask(address, mask if slash else ""), losses)


def _find_address(name: str, family: str) -> str | None:
    if amazon := _AMAZON.fullmatch(name):
        name = ".".join(amazon.groups())
    if name in _LOOPBACK:
        return "::1" if family == "ip6" else "127.0.0.1"
    try:
        return str(ip_address(_ADDRESSES.get(name, name)))
    except ValueError:
        return None


def _is_loopback(name: str, mask: str) -> bool:
    """Tell whether a name is that of loopback and may be any of its addresses; its whole network is certain."""
    return name in _LOOPBACK and mask not in {"8", "255.0.0.0"}


def _with_mask(address: str, mask: str) -> str:
    if not mask:
        return f"{address}/{'128' if ':' in address else '32'}"
    try:
        return str(ip_network(f"{address}/{mask}", strict=False))
    except ValueError:  # a mask with holes, which iptables takes as it is
        return f"{address}/{mask}"


def read_port(word: str, protocol: str, evidence: BindingEvidence) -> ResolvedName:
    """Read a port, a range of ports, or their names: `22`, `ssh`, `ftp:ssh`."""
    read = [_read_one_port(part, protocol, evidence) for part in word.split(":")]
    losses = tuple(loss for one in read for loss in one.losses)
    texts = [one.text for one in read if one.text is not None]
    return ResolvedName(":".join(texts) if len(texts) == len(read) else None, losses)


def _read_one_port(word: str, protocol: str, evidence: BindingEvidence) -> ResolvedName:
    if word.isdecimal() and word.isascii():
        return ResolvedName(word)
    ports = PORTS.get(f"{word}/{protocol}") or PORTS.get(word, ())
    if not ports:
        return ResolvedName(None, (Loss(f"the port of {word}/{protocol}"),))
    published = [port for port in ports if port in evidence.ports]
    if len(ports) == 1 or len(published) == 1:
        return ResolvedName(str((published or ports)[0]))
    usual, *others = ports
    detail = f"the port of {word}/{protocol}: taken for {usual}, is {' or '.join(map(str, others))} on other systems"
    return ResolvedName(str(usual), (Loss(detail, doubtful=True),))


def read_protocol(word: str, family: str) -> str:
    """Read a protocol as iptables-save writes it; "" for any."""
    if word in ("all", "0", "ip") and not (word == "ip" and family == "ip6"):
        return ""
    if word == "icmpv6":
        return "ipv6-icmp"
    return PROTOCOLS.get(word, word)


def is_ipv6(word: str) -> bool:
    """Tell whether a word of an address column is of IPv6."""
    return word.count(":") > 1 or word.removeprefix("!").startswith(("ip6-", "localhost6"))
