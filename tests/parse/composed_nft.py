"""Rulesets put together at random from the rules of native_rules.nft: their matches joined, remarks, sets between."""

import random
import re
from collections.abc import Iterator, Sequence

_DECIDES = re.compile(r" (?:accept|drop|return)$")
# Two of these may contradict each other, and nft 1.0.6 then prints `[invalid type]`.
_OF_PROTOCOLS = re.compile(
    r"\b(?:tcp|udp|sctp|dccp|udplite|icmp|icmpv6|igmp|ah|esp|comp|th|mh|hbh|dst|rt|frag|exthdr|l4proto|protocol|nexthdr|"
    r"nfproto|ip6?|ct (?:original|reply)|l3proto|ether|vlan|arp|@\w+)\b|@[a-z]{2},|meta [io]ifname|synproxy|socket|osf"
)
_REMARKS = ("ssh", "it's \\'quoted\\'", "a {b} # c; d", "jump x", "-A INPUT -j DROP", "ünïcode", "  spaces  ", "a,b=c")
_ENDS = ("", " timeout 1h", ' comment "e: {1}"', ' timeout 2d3h4m5s comment "x"', " counter", " limit rate 5/second")


def ruleset(seed: int, script: Sequence[str]) -> Iterator[str]:
    """Yield lines that `nft -f` takes, or refuses with their numbers: a few rules of each chain, and sets between."""
    chosen = random.Random(seed)  # noqa: S311 (the same rules for the same seed)
    rules: list[str] = []
    for line in script:
        if line.startswith("    "):
            rules.append(line.strip())
            if "type" in line and "hook" in line:
                yield line
            continue
        if line == "  }" and rules:
            yield from (f"    {rule}" for rule in _rules(chosen, rules))
        if line.startswith("  chain "):
            rules = []
        yield line
        if line.startswith("table ip") and line.endswith("{"):
            yield from _sets(chosen, "ipv6_addr" if line.startswith("table ip6") else "ipv4_addr")


def _rules(chosen: random.Random, rules: Sequence[str]) -> Iterator[str]:
    plain = [_DECIDES.sub("", one) for one in rules if _DECIDES.search(one)]
    matches = [one for one in plain if not _OF_PROTOCOLS.search(one)]
    for rule in rules:
        if "hook" in rule or "proto-" in rule or chosen.random() > 0.12:  # nft 1.0.6 misprints `ct original proto-dst`
            continue
        joined = chosen.sample(matches, k=min(len(matches), chosen.choice((0, 1, 1, 2))))
        said = " ".join([*joined, rule])
        if "comment" not in said and chosen.random() < 0.25:
            said += f' comment "{chosen.choice(_REMARKS)}"'
        yield said


def _sets(chosen: random.Random, kind: str) -> Iterator[str]:
    address = "2001:db8::{}" if kind == "ipv6_addr" else "192.0.2.{}"
    for name in ("r0", "r1", "r2"):
        end = chosen.choice(_ENDS)
        flags = [*(("timeout",) if "timeout" in end else ()), *(("interval",) if chosen.random() < 0.3 else ())]
        per = " counter;" if "counter" in end else " limit rate 5/second;" if "limit" in end else ""
        port = f" . {chosen.choice((22, 80, 443))}" if chosen.random() < 0.4 else ""
        elements = ", ".join(
            f"{address.format(at)}{port}{end}" for at in sorted(chosen.sample(range(1, 99), k=chosen.randint(1, 9)))
        )
        said = f" flags {','.join(flags)};" if flags else ""
        of = f"{kind} . inet_service" if port else kind
        yield f"  set {name} {{ type {of};{said}{per} elements = {{ {elements} }} }}"
