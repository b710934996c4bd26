"""The kernel's switches that an engine turns on when it makes a bridge network: forwarding, and rules for bridges."""

from collections.abc import Iterator, Mapping

from netaudit.model.docker import DaemonOptions, Network
from netaudit.model.forwarding import sysctl_name
from netaudit.model.netfilter.family import Family
from netaudit.model.version import Version

_OFF, _ON = "0", "1"
_FIRST = {Family.IP: "net.ipv4.ip_forward", Family.IP6: "net.ipv6.conf.all.forwarding"}
_GROUPS = {Family.IP: "net.ipv4.conf.", Family.IP6: "net.ipv6.conf."}
# br_netfilter: packets that a bridge passes on meet the rules of IP. It is loaded with both switches on.
_BRIDGED = {Family.IP: "net.bridge.bridge-nf-call-iptables", Family.IP6: "net.bridge.bridge-nf-call-ip6tables"}
_LOADS_LATER = Version(28)  # before, the module is loaded when the daemon starts
_LOCALNET = "net.ipv4.conf.{}.route_localnet"


class Switches:
    """The switches of one host as they are after what was planned so far; what was not recorded stays unknown."""

    def __init__(self, sysctls: Mapping[str, str], options: DaemonOptions, version: Version) -> None:
        self.sysctls = dict(sysctls)
        self._options = options
        self._version = version

    def start(self) -> None:
        """Do what the daemon does with the module for bridges when it starts."""
        if self._version < _LOADS_LATER and True in (self._options.iptables, self._options.ip6tables):
            self._load()

    def forward(self, family: Family) -> bool:
        """Let packets of a family be forwarded; return whether the engine also sets the policy of FORWARD to DROP.

        It does where it was the engine that changed the switch.
        """
        names = list(self._names(family))
        changed = self._options.ip_forward is not False and any(self.sysctls.get(name) == _OFF for name in names[:2])
        if changed:
            self.sysctls |= {name: _ON for name in names if name in self.sysctls}
        return changed and self._options.ip_forward_no_drop is not True

    def drops_anyway(self, family: str) -> bool:
        """Return whether an engine before 28 sets the policy, no matter who switched forwarding on: IPv6's."""
        return family == Family.IP6 and self._options.ip_forward is not False

    def set_up(self, network: Network, families: tuple[Family, ...]) -> None:
        """Turn on what the rules of a bridge network need, once packets are forwarded."""
        no_proxy = self._options.userland_proxy is False
        localnet = _LOCALNET.format("default")
        if no_proxy and localnet in self.sysctls:
            self.sysctls[_LOCALNET.format(sysctl_name(network.bridge))] = _ON
        if network.icc and not (no_proxy and self._version >= _LOADS_LATER):
            return
        managed = {Family.IP: self._options.iptables, Family.IP6: self._options.ip6tables}
        for family in families:
            if managed[family] is not False and self.sysctls.get(_FIRST[family]) == _ON:
                self._load()
                self.sysctls[_BRIDGED[family]] = _ON

    def _load(self) -> None:
        if self.sysctls and not any(name in self.sysctls for name in _BRIDGED.values()):
            self.sysctls |= dict.fromkeys(_BRIDGED.values(), _ON)

    def _names(self, family: Family) -> Iterator[str]:
        """Name the switch, that of new interfaces, and that of each interface, which follow."""
        group = _GROUPS[family]
        known = [name for name in self.sysctls if name.startswith(group) and name.endswith(".forwarding")]
        default = f"{group}default.forwarding" if family is Family.IP6 else f"{group}all.forwarding"
        yield from (_FIRST[family], default, *known)
