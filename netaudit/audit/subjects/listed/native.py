"""What nft's own chains at the host's hooks tell by themselves, as the chains of iptables do."""

import re
from collections.abc import Collection, Iterator

from netaudit.model.docker import is_docker_bridge
from netaudit.model.facts import GapReason, Source
from netaudit.model.netfilter.ruleset import Backend, Chain
from netaudit.model.snapshot import Snapshot

# What only lets its own bridges in: its rules are no list of the ports that somebody opened.
_OF_BRIDGES = re.compile(r"netavark|libvirt_network|incus|lxd|lxc|cni_\w+|nm-shared-.+|io\.systemd\.nat|docker-bridges")
_VERDICT = re.compile(
    r"(?:^|\s)(?P<verdict>accept|drop|(?:reject|queue)\b.*|(?:jump|goto) (?P<to>\S+))(?: comment \"[^\"]*\")?$"
)
_MAPPED = re.compile(r"\bvmap\b")
_STATES = re.compile(r"\bct state (?!!)\{?([\w, ]+)")
_OUT = re.compile(r"\boif(?:name)? (!= )?(?:\"([^\"]+)\"|\{([^}]*)\})")
_IN = re.compile(r"\biif(?:name)? (!= )?(?:\"([^\"]+)\"|\{([^}]*)\})")
_NARROW = re.compile(r"\b(?:[ds]port|icmp|icmpv6|ipv6-icmp|saddr|mark|protocol (?:esp|ah|gre|igmp))\b")
_LETTING = ("accept", "jump", "goto", "queue")  # a program that is asked by a queue may let it pass
_NEW = frozenset({"new", "invalid"})
_BARE = re.compile(r"(?:counter |log (?:prefix \"[^\"]*\" )?|packets \d+ |bytes \d+ )*(?:drop|reject\b.*)")


class NativeChains:
    """The chains of nft's own tables that packets of one family meet."""

    def __init__(self, snapshot: Snapshot, family: str) -> None:
        families = (family, "inet")
        tables = [one for one in snapshot.ruleset.tables if one.backend is Backend.NFTABLES and one.family in families]
        self._tables = [one for one in tables if not _OF_BRIDGES.fullmatch(one.name)]
        self._whole = not any(
            gap.source == Source.NFT_RULESET and gap.reason is GapReason.NOT_RECORDED and gap.detail
            for gap in snapshot.gaps
        )

    def input_never_closes(self) -> bool:
        """Tell whether what meets input is accepted by port, and all else too: nothing there stops a packet."""
        chains = list(self._at("input"))
        texts = [rule.text for chain, _ in chains for rule in chain.rules]
        if not self._whole or any(chain.policy != "accept" or self._stops(chain, own) for chain, own in chains):
            return False
        return any(_opens_port(text) for text in texts)

    def output_stops(self, bridges: Collection[str]) -> bool:
        """Tell whether a chain at output drops new connections of the host to containers."""
        closing = (chain for chain, _ in self._at("output") if _closes(chain))
        return any(not any(_may_lead(rule.text, _OUT, bridges) for rule in chain.rules) for chain in closing)

    def input_keeps_out(self, bridges: Collection[str]) -> bool:
        """Tell whether a chain at input drops new connections from bridges, but for single ports."""
        closing = (chain for chain, _ in self._at("input") if _closes(chain))
        narrow = _NARROW.search
        return any(
            not any(_may_lead(rule.text, _IN, bridges) and not narrow(rule.text) for rule in chain.rules)
            for chain in closing
        )

    def _at(self, hook: str) -> Iterator[tuple[Chain, dict[str, Chain]]]:
        """Yield the filtering chains at a hook, each with the chains of its table."""
        for table in self._tables:
            own = {chain.name: chain for chain in table.chains}
            yield from ((chain, own) for chain in table.chains if chain.base.startswith(f"type filter hook {hook} "))

    def _stops(self, chain: Chain, own: dict[str, Chain]) -> bool:
        """Tell whether a chain, or one that it leads to, may stop a packet; a map may lead anywhere."""
        left, met = [chain], {chain.name}
        while left:
            for text in (rule.text for rule in left.pop().rules):
                found = _VERDICT.search(text)
                if _MAPPED.search(text) or (found and found["verdict"].startswith(("drop", "reject", "queue"))):
                    return True
                if found and found["to"] and found["to"] not in met:
                    met.add(found["to"])
                    if found["to"] not in own:
                        return True
                    left.append(own[found["to"]])
        return False


def _opens_port(text: str) -> bool:
    found = _VERDICT.search(text)
    named = _IN.search(text)
    outside = named is None or not any(is_docker_bridge(one) or one.startswith("virbr") for one in _names(named))
    return bool(found and found["verdict"] == "accept" and " dport " in text and "saddr" not in text and outside)


def _closes(chain: Chain) -> bool:
    return chain.policy == "drop" or bool(chain.rules and _BARE.fullmatch(chain.rules[-1].text))


def _may_lead(text: str, interface: re.Pattern[str], bridges: Collection[str]) -> bool:
    """Tell whether a rule may let new connections of bridges pass: it accepts them, or leads to what may."""
    found = _VERDICT.search(text)
    if _MAPPED.search(text) is None and (found is None or not found["verdict"].startswith(_LETTING)):
        return False
    states = _STATES.search(text)
    if states and _NEW.isdisjoint(states[1].replace(",", " ").split()):
        return False
    named = interface.search(text)
    if named is None or named[1]:
        return True
    return any(one in bridges or is_docker_bridge(one) or one.endswith("*") for one in _names(named))


def _names(named: re.Match[str]) -> list[str]:
    return [named[2]] if named[2] else [one.strip(' "') for one in named[3].split(",")]
