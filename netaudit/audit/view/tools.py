"""The names of the programs that edit a host's rules, and who writes Docker's."""

from collections.abc import Iterable

from netaudit.attribute.attribution import AttributedItem
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend

_PROGRAMS = {Family.IP: "iptables", Family.IP6: "ip6tables"}


class Tools:
    """Looks up programs; where a host has rules of both backends of iptables, each is called by its full name."""

    def __init__(self, items: Iterable[AttributedItem]) -> None:
        used, docker = set(), set()
        for one in items:
            used.add(one.item.backend)
            if one.attribution.maker == "docker" or one.item.chain.startswith("DOCKER"):
                docker.add(one.item.backend)
        self._both = used.issuperset(IPTABLES_BACKENDS)
        self._dockers = next((one for one in IPTABLES_BACKENDS if one in docker), None)
        self._used = next((one for one in IPTABLES_BACKENDS if one in used), Backend.IPTABLES_NFT)

    def of(self, backend: str, family: str) -> str:
        """Return the program that edits rules of a backend and family, "nft" for native nftables."""
        if backend not in IPTABLES_BACKENDS:
            return "nft"
        name = _PROGRAMS.get(Family(family), "iptables") if family in _PROGRAMS else "iptables"
        return f"{name}-{backend.removeprefix('iptables-')}" if self._both else name

    def iptables(self, family: str) -> str:
        """Return the iptables of a family that Docker uses; that with rules where Docker uses none."""
        return self.of(self._dockers or self._used, family)
