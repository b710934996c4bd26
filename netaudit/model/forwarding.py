"""Whether a host forwards packets: the kernel's switches, as sysctl(8) names them."""

from collections.abc import Mapping

from netaudit.model.netfilter.family import Family

_ON = "1"
# The kernel keeps both names of IPv4's switch the same.
_SWITCHES: Mapping[str, tuple[str, ...]] = {
    Family.IP: ("net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding"),
    Family.IP6: ("net.ipv6.conf.all.forwarding",),
}


def forwards(sysctls: Mapping[str, str], family: str) -> bool | None:
    """Tell whether the host forwards packets of a family; None where its switch was not recorded."""
    return _is_on(sysctls, _SWITCHES.get(family, ()))


def forwards_from(sysctls: Mapping[str, str], family: str, interface: str) -> bool | None:
    """Tell whether packets that come in by an interface are forwarded: IPv4 has a switch for each interface."""
    own = (f"net.ipv4.conf.{sysctl_name(interface)}.forwarding",) if family == Family.IP else ()
    return _is_on(sysctls, (*own, *_SWITCHES.get(family, ())))


def sysctl_name(interface: str) -> str:
    """Return an interface as sysctl(8) writes it: eth0.100 is eth0/100."""
    return interface.replace(".", "/")


def _is_on(sysctls: Mapping[str, str], names: tuple[str, ...]) -> bool | None:
    return next((sysctls[name] == _ON for name in names if name in sysctls), None)
