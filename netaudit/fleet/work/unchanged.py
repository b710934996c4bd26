"""What decides in a recording, as one digest: the same for recordings of a host on which nothing but counters moved.

    [17:1020] -A DOCKER -d 172.17.0.2/32 … -j ACCEPT        the rule decides, what it has met does not
    # Completed on Sat Nov 28 06:00:00 2026                 nor does when it was printed

A host that is recorded every five minutes mostly is what it was, so most of its recordings need no audit of their own.
netaudit.model.history.noise leaves out more: it only keeps a history small, and here a remark or a handle may decide.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence

from netaudit.model.facts import IPTABLES_SOURCES, Facts, Source

_Masks = Sequence[tuple[re.Pattern[bytes], bytes]]
_OF_SAVES: _Masks = (
    (re.compile(rb"^\[\d+:\d+\] ", re.MULTILINE), b""),
    (re.compile(rb"^(:\S+ \S+) \[\d+:\d+\]$", re.MULTILINE), rb"\1"),
    (re.compile(rb"^(# .*) on \w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$", re.MULTILINE), rb"\1"),
)
_OF_NFT: _Masks = ((re.compile(rb'"counter": ?\{"packets": ?\d+, ?"bytes": ?\d+\}'), b'"counter": {}'),)
_COUNTED: Mapping[str, _Masks] = {
    **dict.fromkeys(IPTABLES_SOURCES.values(), _OF_SAVES),
    Source.NFT_RULESET: _OF_NFT,
}


def what_decides(facts: Facts) -> bytes:
    """Digest all of a host's facts, but for counters and when they were printed."""
    found = hashlib.sha256(repr((facts.host, facts.gaps, facts.unused, facts.partial, facts.names)).encode())
    for name, data in _without_counters(facts):
        found.update(b"%s %d\n" % (name.encode(errors="surrogateescape"), len(data)))
        found.update(data)
    return found.digest()


def _without_counters(facts: Facts) -> Iterator[tuple[str, bytes]]:
    for name in sorted(facts.files):
        data = facts.files[name]
        for counters, without in _COUNTED.get(name, ()):
            data = counters.sub(without, data)
        yield name, data
