"""What decides over the rules of a host that is not at hand."""

from collections.abc import Mapping

import msgspec

from netaudit.model.host import HostAddress, Interface, Listener
from netaudit.model.netfilter.ruleset import Backend


class ProfileInterface(msgspec.Struct, frozen=True):
    """An interface with its addresses, and the gateways of the default routes that lead out of it."""

    name: str
    addresses: tuple[HostAddress, ...] = ()
    gateways: tuple[str, ...] = ()


class HostProfile(msgspec.Struct, frozen=True):
    """A host before its daemon starts.

    `listeners` is None where nobody says which sockets are open. `forwarding`: the host forwards packets before
    Docker starts, so that Docker does not set the policy of FORWARD. `br_netfilter`: packets between the ports of a
    bridge meet iptables' rules before Docker asks for it.
    """

    engine: str
    backend: Backend = Backend.IPTABLES_NFT
    name: str = "profile"
    firewall: str = ""  # the path of a recording, or of what a firewall's own program printed
    forwarding: bool = False
    br_netfilter: bool = False
    daemon: Mapping[str, object] = {}
    interfaces: tuple[ProfileInterface, ...] = ()
    listeners: tuple[Listener, ...] | None = None


def interfaces_of(profile: HostProfile) -> list[Interface]:
    """Return the interfaces that a profile names."""
    return [
        Interface(one.name, "", one.addresses, at, up=True, state="UP") for at, one in enumerate(profile.interfaces, 2)
    ]
