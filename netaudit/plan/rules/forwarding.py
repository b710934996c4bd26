"""The kernel's forwarding switches, which an engine turns on when it makes a bridge network."""

from collections.abc import Iterator, Mapping

from netaudit.model.docker import DaemonOptions
from netaudit.model.netfilter.family import Family

_OFF, _ON = "0", "1"
_FIRST = {Family.IP: "net.ipv4.ip_forward", Family.IP6: "net.ipv6.conf.all.forwarding"}
_GROUPS = {Family.IP: "net.ipv4.conf.", Family.IP6: "net.ipv6.conf."}


class Forwarding:
    """The switches of one host as they are after what was planned so far."""

    def __init__(self, sysctls: Mapping[str, str], options: DaemonOptions) -> None:
        self.sysctls = dict(sysctls)
        self._allowed = options.ip_forward is not False
        self._drops = options.ip_forward_no_drop is not True

    def switch_on(self, family: Family) -> bool:
        """Let packets of a family be forwarded; return whether the engine also sets the policy of FORWARD to DROP.

        It does where it was the engine that changed the switch.
        """
        names = list(self._names(family))
        changed = self._allowed and any(self.sysctls.get(name) == _OFF for name in names[:2])
        if changed:
            self.sysctls |= {name: _ON for name in names if name in self.sysctls}
        return changed and self._drops

    def drops_anyway(self, family: str) -> bool:
        """Return whether an engine before 28 sets the policy, no matter who switched forwarding on: IPv6's."""
        return family == Family.IP6 and self._allowed

    def _names(self, family: Family) -> Iterator[str]:
        """Name the switch, that of new interfaces, and that of each interface, which follow."""
        group = _GROUPS[family]
        known = [name for name in self.sysctls if name.startswith(group) and name.endswith(".forwarding")]
        default = f"{group}default.forwarding" if family is Family.IP6 else f"{group}all.forwarding"
        yield from (_FIRST[family], default, *known)
