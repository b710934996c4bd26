"""Stage 1: the world -> Facts. Nothing here changes the host, not even by looking.

iptables  ┐
nftables  │  each asks its programs, files or API for what it knows
docker    ├─ and yields answers: Said, Unused or a Gap ─▶ Facts
daemon    │
host      ┘
"""

from netaudit.collect.asking.options import Where
from netaudit.collect.asking.search_path import writable_by_others
from netaudit.collect.collector import collect
from netaudit.collect.settle import collect_when_quiet
from netaudit.collect.watch import Watch

__all__ = ["Watch", "Where", "collect", "collect_when_quiet", "writable_by_others"]
