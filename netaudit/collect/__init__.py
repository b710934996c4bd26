"""Stage 1: the world -> Facts. Nothing here changes the host, not even by looking.

iptables  ┐
nftables  │  each asks its programs, files or API for what it knows
docker    ├─ and yields answers: Said, Unused or a Gap ─▶ Facts
daemon    │
host      ┘
"""
