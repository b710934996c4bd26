"""What the chains of iptables, as they were listed, tell by themselves: no inventory is needed for it."""

import re
from collections.abc import Collection, Iterator, Mapping

from netaudit.audit.subjects.listed.native import NativeChains
from netaudit.model.docker import is_docker_bridge
from netaudit.model.facts import GapReason, source_of_rules
from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS, IPTABLES_BACKENDS, Backend, Chain, Table
from netaudit.model.snapshot import Snapshot

_TARGET = re.compile(r" -[jg] (\S+)")
_OUT = re.compile(r"(! )?-o (\S+)")
_PAST_BRIDGE = re.compile(r"! -i (\S+)")
_LED_TO = re.compile(r"--to-destination \[?([0-9a-f.:]+?)\]?:\d+(?:-\d+)?$")
_ACCEPTED_AT = re.compile(r"-d ([0-9a-f.:]+)/\d+ .*-o (\S+) .*-j ACCEPT$")
_CLOSING = re.compile(r"-A \S+ -j (?:DROP|REJECT.*)")
_OWN_BRIDGE = re.compile(r"-i (?:lxcbr|lxdbr|incusbr|virbr|docker|br-|cni|podman)")
_STATES = re.compile(r"--(?:ct)?state (\S+)")
_STOPS = frozenset({"DROP", "REJECT"})
_ANCHORS = {"filter": "FORWARD", "nat": "PREROUTING"}
_OWN = "DOCKER"
_LATER = ("DOCKER-FORWARD", "DOCKER-BRIDGE", "DOCKER-CT", "DOCKER-INTERNAL")  # of engine 28 and later
_INGRESS = "DOCKER-INGRESS"
_COUNTING = re.compile(r" -m (?:limit|hashlimit|recent|statistic|quota|connlimit|nfacct) ")
_NEW = {"NEW", "INVALID"}
NOT_LISTED = " -m listing "  # a match that the listing does not show: two such rules may differ


class ListedChains:
    """The tables of one family that iptables printed."""

    def __init__(self, snapshot: Snapshot, family: str) -> None:
        self._snapshot = snapshot
        self._family = family
        self._native = NativeChains(snapshot, family)
        self._tables = [
            one for one in snapshot.ruleset.tables if one.family == family and one.backend in IPTABLES_BACKENDS
        ]

    def unasked(self) -> Iterator[str]:
        """Yield the chains of Docker's own that have rules and that no rule leads to, as table/chain."""
        for table in self._tables:
            chains = {chain.name: chain for chain in table.chains}
            for name in _own_chains(chains):
                if chains[name].rules and self._is_unasked(table, chains[name], {*chains}):
                    yield f"{table.name}/{name}"

    def _is_unasked(self, table: Table, chain: Chain, listed: set[str]) -> bool:
        """Believe the number of references that a listing prints, else the rules, where all of them were read."""
        asked = any(target == chain.name for one in table.chains for target in _targets(one))
        if chain.references is not None:
            return chain.references == 0 and not asked
        if table.partly:
            return False
        source = source_of_rules(table.backend, table.family)
        whole = all(gap.source != source or gap.reason is GapReason.PARTIAL for gap in self._snapshot.gaps)
        return whole and _ANCHORS.get(table.name, "") in listed and not asked

    def tells_of(self, chain: str) -> bool:
        """Tell whether a chain of filter is there, or surely is not: a part of a listing does not say."""
        if chain in self._chains("filter"):
            return True
        sources = {source_of_rules(backend, self._family) for backend in IPTABLES_BACKENDS}
        partly = (gap for gap in self._snapshot.gaps if gap.source in sources and gap.detail)
        return all(gap.reason is not GapReason.NOT_RECORDED for gap in partly)

    def is_unasked(self, name: str) -> bool:
        """Tell whether a listing shows a chain of filter, and that no rule leads to it."""
        found = self._chains("filter").get(name)
        return found is not None and found.references == 0

    def repeated(self) -> Iterator[str]:
        """Yield the rules that say word for word what an earlier one of their chain says."""
        for table in self._tables:
            for chain in table.chains:
                met: set[str] = set()
                for at, rule in enumerate(chain.rules, 1):
                    if rule.text in met and not _COUNTING.search(rule.text) and NOT_LISTED not in rule.text:
                        yield f"{table.name}/{chain.name}#{at}"
                    met.add(rule.text)

    def input_never_closes(self) -> bool:
        """Tell whether INPUT accepts named ports, and everything else too: nothing in it drops, nor does its policy."""
        chains = self._chains("filter")
        found = chains.get("INPUT")
        if found is None or (found.policy == "ACCEPT" and not found.rules):
            return self._native.input_never_closes()
        if found.policy != "ACCEPT" or self._elsewhere("input"):
            return False
        named = any(_opens_port(rule.text) for rule in found.rules)
        return named and not any(_may_stop(target, chains) for target in _targets(found))

    def output_stops_containers(self) -> bool:
        """Tell whether OUTPUT drops what the host itself sends to containers: docker-proxy connects from the host."""
        chains = self._chains("filter")
        found = chains.get("OUTPUT")
        bridges = self.published_bridges()
        published = any("DNAT" in _targets(chain) for chain in self._chains("nat").values()) or bool(
            _let_in(chains, self._chains("nat"))
        )
        if published and self._native.output_stops(bridges):
            return True
        if found is None or not published or not closes(found):
            return False
        return not any(_may_lead_to_containers(rule.text, bridges) for rule in found.rules)

    def published_bridges(self) -> tuple[str, ...]:
        """Name the bridges that NAT rules lead published ports to, as rules beside them name them."""
        led = [rule.text for chain in self._chains("nat").values() for rule in chain.rules]
        led = [text for text in led if " -j DNAT " in text]
        named = [found[1] for text in led if (found := _PAST_BRIDGE.search(text))]
        to = {found[1] for text in led if (found := _LED_TO.search(text))}
        accepted = [rule.text for chain in self._chains("filter").values() for rule in chain.rules]
        behind = [found[2] for text in accepted if (found := _ACCEPTED_AT.search(text)) and found[1] in to]
        return tuple(dict.fromkeys((*named, *behind, *_let_in(self._chains("filter"), self._chains("nat")))))

    def lacks_ingress(self) -> bool:
        """Tell whether rules name swarm's bridge, and nat has no chain that leads services' ports to it."""
        nat = self._chains("nat")
        used = any(
            "docker_gwbridge" in rule.text for one in self._tables for chain in one.chains for rule in chain.rules
        )
        filters = self._chains("filter")
        listed = nat if "PREROUTING" in nat else filters if not nat and _shows_docker(filters) else None
        return used and listed is not None and _INGRESS not in listed

    def _chains(self, name: str) -> dict[str, Chain]:
        return {chain.name: chain for table in self._tables if table.name == name for chain in table.chains}

    def _elsewhere(self, hook: str) -> bool:
        """Tell whether tables of nft's own have chains at a hook."""
        native = (one for one in self._snapshot.ruleset.tables if one.backend is Backend.NFTABLES)
        return any(f"hook {hook} " in chain.base for table in native for chain in table.chains)


def _let_in(filters: Mapping[str, Chain], nat: Collection[str]) -> tuple[str, ...]:
    """Name the bridges that chain DOCKER lets published ports to, where nobody printed nat."""
    own = filters.get(_OWN)
    if own is None or nat:
        return ()
    found = (_ACCEPTED_AT.search(rule.text) for rule in own.rules)
    return tuple(dict.fromkeys(one[2] for one in found if one))


def _own_chains(chains: Mapping[str, Chain]) -> tuple[str, ...]:
    """Name the chains that rules ought to lead to; where FORWARD itself leads to DOCKER, an older engine wrote it."""
    names = (_OWN, _INGRESS) if _leads_to(chains.get("FORWARD"), _OWN) else (_OWN, _INGRESS, *_LATER)
    return tuple(name for name in names if name in chains)


def _shows_docker(filters: Mapping[str, Chain]) -> bool:
    """Tell whether filter was printed whole, with its chains' declarations and Docker's."""
    return all(filters[name].policy is not None for name in ("INPUT", "FORWARD", "OUTPUT") if name in filters) and (
        {"INPUT", "FORWARD", "OUTPUT", _OWN} <= filters.keys()
    )


def _leads_to(chain: Chain | None, target: str) -> bool:
    return chain is not None and target in _targets(chain)


def _opens_port(text: str) -> bool:
    """Tell whether a rule accepts a port, but for what makers of bridges let in from their own: names and addresses."""
    return " --dport" in text and text.endswith("-j ACCEPT") and _OWN_BRIDGE.search(text) is None


def _targets(chain: Chain) -> list[str]:
    return [found[1] for rule in chain.rules if (found := _TARGET.search(rule.text))]


def closes(chain: Chain) -> bool:
    """Tell whether what no rule of a chain decided is dropped, by its policy or its last rule."""
    return chain.policy == "DROP" or bool(chain.rules and _CLOSING.fullmatch(chain.rules[-1].text))


def _may_stop(target: str, chains: dict[str, Chain]) -> bool:
    """Tell whether a target stops packets, or leads to a chain that does, or that was not listed."""
    if target in _STOPS or (target.islower() and target not in chains):
        return True
    return (
        target in chains
        and target not in BUILTIN_CHAINS["filter"]
        and bool(
            _STOPS.intersection(_targets(chains[target])) or any(one in chains for one in _targets(chains[target]))
        )
    )


def _may_lead_to_containers(text: str, bridges: Collection[str]) -> bool:
    target = _TARGET.search(text)
    if target is None or target[1] in _STOPS or target[1] in ("LOG", "NFLOG", "RETURN"):
        return False
    states = _STATES.search(text)
    if states and not _NEW.intersection(states[1].split(",")) and not states[0].startswith("!"):
        return False
    out = _OUT.search(text)
    return out is None or bool(out[1]) or out[2] in bridges or is_docker_bridge(out[2]) or out[2].endswith("+")
