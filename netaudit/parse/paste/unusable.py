"""A text in which nothing is read -> the line that tells what it is, and why it is not read."""

import re

_ROW = (
    r"\s*(?:\d+\s+)?(?:\d+[KMGT]?\s+\d+[KMGT]?\s+)?[A-Za-z][\w-]*\s+(?:all|tcp|udp|icmp|ipv6-icmp|icmpv6|\d{1,3})"
    r"\s+(?:--|-f|!f)\s+\S+\s+\S+"
)
_KNOWN: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"\s*trace id [0-9a-f]+ ", "what nft monitor says of packets, not the ruleset"),
        (r"\s*# new generation \d", "what nft monitor says of changes, not the ruleset"),
        (r"[^\n]{0,200}\bIN=\S* OUT=\S* (?:\S+ )*SRC=", "packets that the kernel logged, not rules"),
        (r"\s*(?:-\s+)?(?:ansible\.builtin\.)?iptables:\s*$", "a task of Ansible: what it makes is on the host"),
        (r"\s*Status: (?:in)?active\b|\s*Status: (?:ak|in)tiv", "of ufw status, which shows no rule of Docker"),
        (r"\s*To\s+Action\s+From\s*$", "of ufw status, which shows no rule of Docker"),
        (
            r"\s*icmp-block-inversion:|\s*target: (?:default|ACCEPT|DROP|%%REJECT%%)\s*$",
            "of firewall-cmd, which shows no rule of Docker",
        ),
        (
            r"\s*NETWORK ID\s+NAME\s+DRIVER",
            "docker network ls, without the networks' addresses: give docker network inspect",
        ),
        (r"\s*ID\s+NAME\s+MODE\s+REPLICAS", "docker service ls, which names no rules"),
        (r"services:\s*$", "of a Compose file: netaudit plan -f FILE tells what it would change"),
        (_ROW, "a row of iptables -L, and the line `Chain …` above it is not there"),
        (r"[^\n]{0,200}\bip6?tables\s+(?:-\S+\s+)*-[AID]\s+\S", "a command: what it makes is on the host"),
    )
)
_LONGEST = 2000


def line_that_tells(text: str) -> tuple[int, str] | None:
    """Return the first line that is known, by its number, and what it is; None where no line is."""
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, said in _KNOWN if len(line) <= _LONGEST else ():
            if pattern.match(line):
                return number, said
    return None
