"""What is known of the daemon's options: what they were set to, else what the daemon's own rules show."""

from collections.abc import Iterable, Mapping

import msgspec

from netaudit.attribute.signatures.signature import Telltale, Value
from netaudit.model.docker import DaemonOptions
from netaudit.model.host import Host
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Rule, Ruleset

# Options that switch protection off: where they are not known, an absent rule may be right or a hole.
PROTECTIVE = ("direct-routing", "raw-rules")


class Options(msgspec.Struct, frozen=True):
    """The daemon's options as facts; None is not known."""

    backend: Backend
    facts: Mapping[str, Value]
    iptables: bool | None
    ip6tables: bool | None
    mark: str = ""
    maker: str = "docker"

    def manages(self, family: str) -> bool:
        """Return whether the daemon may write rules of a family at all."""
        switch = self.iptables if family == "ip" else self.ip6tables
        return switch is not False  # --iptables=false alone leaves IPv6 rules: seen on 28.5.2

    def certain(self, family: str) -> bool:
        """Return whether the daemon surely writes rules of a family."""
        return self.iptables is True if family == "ip" else self.ip6tables is True


def find_options(given: DaemonOptions, ruleset: Ruleset, host: Host, telltales: Iterable[Telltale]) -> Options:
    """Return the options as they were set; what was not recorded is derived from the rules."""
    backend = docker_backend(ruleset, given)
    derived = _DerivedOptions(ruleset, backend, tuple(telltales))
    mark = given.bridge_accept_fwmark
    facts: dict[str, Value] = {
        "userland-proxy": derived.get("userland-proxy", given.userland_proxy),
        "direct-routing": derived.get("direct-routing", given.allow_direct_routing),
        "raw-rules": derived.get("raw-rules", derived.is_flushed("raw")),
        "fwmark": None if mark is None else bool(mark),
        "wsl2": any(interface.name == "loopback0" for interface in host.interfaces) if host.interfaces else None,
        "sctp-checksum": None,  # an environment variable of the daemon, which netaudit never reads
    }
    if facts["wsl2"]:
        facts["wsl2"] = None  # the interface alone does not prove it
    return Options(
        backend=backend,
        facts=facts,
        iptables=False if given.rootless else derived.get_iptables(given.iptables),
        ip6tables=False if given.rootless else derived.get("ip6tables", given.ip6tables),
        mark=mark or "",
    )


def docker_backend(ruleset: Ruleset, given: DaemonOptions) -> Backend:
    """Return the backend that Docker writes to: what the engine reports, else where its chains are."""
    reported = (given.firewall_backend or "").partition("+")[0]
    tables = {(table.backend, table.name) for table in ruleset.tables}
    if reported == "nftables" or (reported != "iptables" and (Backend.NFTABLES, "docker-bridges") in tables):
        return Backend.NFTABLES
    counts = dict.fromkeys(IPTABLES_BACKENDS, 0)
    for table in ruleset.tables:
        if table.backend in counts:
            docker = (chain for chain in table.chains if chain.name.startswith("DOCKER"))
            counts[table.backend] += sum(1 + len(chain.rules) for chain in docker)
    return max(counts, key=lambda backend: counts[backend])


class _DerivedOptions:
    """Options of the daemon as its rules show them."""

    def __init__(self, ruleset: Ruleset, backend: Backend, telltales: tuple[Telltale, ...]) -> None:
        self._telltales = [telltale for telltale in telltales if backend in telltale.backends]
        self._chains: dict[tuple[str, str, str], tuple[Rule, ...]] = {
            (table.family, table.name, chain.name): chain.rules
            for table in ruleset.tables
            if table.backend is backend
            for chain in table.chains
        }

    def get(self, option: str, given: bool | None) -> bool | None:  # noqa: FBT001 (an option's value)
        """Return the value that was set, else that of the first telltale whose rule is there, else None."""
        if given is not None:
            return given
        for telltale in self._telltales:
            if telltale.option == option and self._is_there(telltale):
                return telltale.value
        return None

    def get_iptables(self, given: bool | None) -> bool | None:  # noqa: FBT001 (an option's value)
        """Return the value of --iptables that was set, else True where Docker has a chain, else None."""
        if given is not None:
            return given
        own = (table == "docker-bridges" or chain.startswith("DOCKER") for _, table, chain in self._chains)
        return True if any(own) else None

    def is_flushed(self, table: str) -> bool | None:
        """Return True for a table without rules, as a flush leaves it; a daemon that wrote nothing makes no table."""
        rules = [rules for (_, name, _), rules in self._chains.items() if name == table]
        return True if rules and not any(rules) else None

    def _is_there(self, telltale: Telltale) -> bool:
        return any(
            telltale.text.unify(rule.text) is not None
            for family in telltale.families
            for rule in self._chains.get((family, telltale.table, telltale.chain), ())
        )
