"""What the kernel's switches (sysctl) say of the packets of one family."""

from collections.abc import Mapping

from netaudit.model.forwarding import forwards_from, sysctl_name
from netaudit.model.netfilter.family import Family

_ON = "1"


class Sysctls:
    """The switches that decide about the packets of one family; an answer is None where it was not recorded."""

    def __init__(self, values: Mapping[str, str], family: Family) -> None:
        self._values, self._family = values, family

    def forwards(self, interface: str) -> bool | None:
        """Tell whether packets that come in by an interface are forwarded."""
        return forwards_from(self._values, self._family, interface)

    def strict_source(self, interface: str) -> bool | None:
        """Tell whether the way back to a sender must lead out of the interface that its packet came by (rp_filter)."""
        if self._family == Family.IP6:
            return False
        levels = [self._values.get(f"net.ipv4.conf.{one}.rp_filter") for one in ("all", sysctl_name(interface))]
        known = [level for level in levels if level is not None]
        return max(known) == _ON if known else None

    def validates_marks(self, interface: str) -> bool:
        """Tell whether that way back is asked for with the mark of the packet (src_valid_mark)."""
        names = (f"net.ipv4.conf.{one}.src_valid_mark" for one in ("all", sysctl_name(interface)))
        return any(self._values.get(name) == _ON for name in names)

    def routes_loopback(self, interface: str) -> bool:
        """Tell whether 127.0.0.0/8 may come in and go out by an interface (route_localnet); ::1 never may."""
        if self._family == Family.IP6:
            return False
        names = (f"net.ipv4.conf.{one}.route_localnet" for one in ("all", sysctl_name(interface)))
        return any(self._values.get(name) == _ON for name in names)

    def filters_bridged(self) -> bool | None:
        """Tell whether the packets that a bridge passes on between its ports meet IP's hooks (br_netfilter)."""
        name = "iptables" if self._family == Family.IP else "ip6tables"
        value = self._values.get(f"net.bridge.bridge-nf-call-{name}")
        return value == _ON if value is not None else (False if self._values else None)
