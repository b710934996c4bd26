"""The candidates of a long chain: the rules that one packet may match. What the others mean is not read.

Docker writes a rule for each port of each container, and most differ in their one address or port. A rule one of whose
matches does not hold is not met, whatever else it says, so the text of that match is enough. No target of iptables
changes a packet's destination and lets it go on in the same chain.
"""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import ReadChain, ReadRule
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS
from netaudit.packets.values.packet import Packet

SHORT = 64  # rules that are read all the same
_WITH_PORTS = (6, 17)  # TCP, UDP
# As iptables-save prints them: what follows is an option of its own, with which the match is not read together.
_ADDRESS = re.compile(r"(?<!!) -d (\d+\.\d+\.\d+\.\d+)/32 (?=(?:! )?-[sdiopmjg] )")
_PORT = re.compile(r" -m (?:tcp|udp) --dport (\d+) (?=(?:! )?-[sdiopmjg] )")


def candidate_rules(chain: ReadChain, packet: Packet) -> tuple[ReadRule, ...]:
    """Return the rules that a packet may match, in order."""
    address = packet.number(Field.DADDR)
    iptables = chain.table.backend in IPTABLES_BACKENDS and chain.table.family == Family.IP
    if chain.size <= SHORT or chain.positions is not None or address is None or not iptables:
        return chain.rules
    kept = tuple(_kept(chain, packet, address))
    fewer = msgspec.structs.replace(chain.chain, rules=tuple(chain.chain.rules[at] for at in kept))
    return ReadChain(chain.table, fewer, chain.base, chain.reader, tuple(at + 1 for at in kept)).rules


def _kept(chain: ReadChain, packet: Packet, address: int) -> Iterator[int]:
    """Yield the places of the rules that are not about another address or port."""
    own = str(IPv4Address(address))
    port = str(packet.number(Field.DPORT)) if packet.number(Field.PROTOCOL) in _WITH_PORTS else "None"
    for at, rule in enumerate(chain.chain.rules):
        text = rule.text
        if '"' not in text:  # in quotes anything may stand
            if (found := _ADDRESS.search(text)) and found[1] != own:
                continue
            if port != "None" and (found := _PORT.search(text)) and found[1] != port:
                continue
        yield at
