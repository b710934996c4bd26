"""Hosts whose chains jump to one another in hostile shapes, as iptables and as nft say them.

Every shape has about `size` rules, so a cost that grows faster than the size is a cost of the shape:

    line      A ─▶ B ─▶ C              diamond   A ═▶ B ═▶ C (three jumps to the next)
    ring      A ═▶ B ═▶ A              selves    A ═▶ A
    wide      A ─▶ B, A ─▶ C …         comb      a line in which each chain jumps to one leaf as well
    mesh      each chain jumps to all behind it
    bases     many base chains at one hook (nft only; iptables has one a hook and table)

A kernel refuses a loop that a base chain leads into, and takes one that nothing leads into; nft refuses more than 16
chains in one another, iptables-legacy takes any number. A recording may hold whatever somebody wrote into it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, cycle
from pathlib import Path

import msgspec

from netaudit.model.facts import Facts, Source
from netaudit.store import load

_RECORDINGS = Path(__file__).parents[1] / "recordings"
IPTABLES = _RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01"
NFT = _RECORDINGS / "29.0.0-nftables" / "default-one-port" / "01"
_NFT_TABLE = {"family": "ip", "table": "shapes"}
_BASE, _LEAF = "BASE", "LEAF"


class Edge(msgspec.Struct, frozen=True):
    """A rule of a shape: it asks, writes, then goes on in another chain, or decides where `to` is "".

    `asks` and `writes` are keys of `_ASKS` and `_WRITES`.
    """

    to: str
    asks: str = ""
    writes: str = ""


Chains = Mapping[str, Sequence[Edge]]

# What an edge may ask, and write, as iptables says it and as nft does.
_PROTOCOL: dict[str, object] = {"meta": {"key": "l4proto"}}
_ASKS: Mapping[str, tuple[str, list[object]]] = {
    "": ("", []),
    "tcp": ("-p tcp", [{"match": {"op": "==", "left": _PROTOCOL, "right": "tcp"}}]),
    "udp": ("-p udp", [{"match": {"op": "==", "left": _PROTOCOL, "right": "udp"}}]),
    "undecided": ("-m limit --limit 5/sec", [{"limit": {"rate": 5, "burst": 5, "per": "second"}}]),
}
_WRITES: Mapping[str, tuple[str, list[object]]] = {
    "": ("", []),
    "mark": ("-j MARK --set-xmark", []),
}


def _name(at: int) -> str:
    return f"C{at}"


def _layers(size: int, asks: Sequence[str], *, back: bool) -> Chains:
    """Let each chain jump to the next once for each of `asks`; `back`: the last one to the first again."""
    count = max(size // len(asks), 1)
    chains = {_name(at): [Edge(_name(at + 1), one) for one in asks] for at in range(count)}
    if back:
        chains[_name(count - 1)] = [Edge(_name(0), one) for one in asks]
        return chains
    return {**chains, _name(count): _leaf()}


def _leaf() -> list[Edge]:
    return [Edge("", "udp")]


def _selves(size: int) -> Chains:
    return {_name(0): [Edge(_name(0))] * size}


def _wide(size: int) -> Chains:
    leaves = {_name(at): _leaf() for at in range(1, size // 2 + 1)}
    return {_name(0): [Edge(one) for one in leaves], **leaves}


def _comb(size: int) -> Chains:
    count = max(size // 2, 1)
    return {_name(at): [Edge(_LEAF), Edge(_name(at + 1))] for at in range(count)} | {
        _name(count): _leaf(),
        _LEAF: _leaf(),
    }


def _mesh(size: int) -> Chains:
    """Let each chain jump to all behind it: of n chains, n²/2 jumps and 2ⁿ ways."""
    count = next(one for one in range(2, size + 2) if one * (one - 1) // 2 >= size)
    chains: dict[str, list[Edge]] = {_name(at): [] for at in range(count)}
    for one, other in combinations(range(count), 2):
        chains[_name(one)].append(Edge(_name(other)))
    chains[_name(count - 1)] = _leaf()
    return chains


def _fan(size: int) -> Chains:
    """Let one chain jump to one chain many times, and that one to another many times."""
    third = max(size // 3, 1)
    return {
        _name(0): [Edge(_name(1))] * third,
        _name(1): [Edge(_name(2))] * third,
        _name(2): [Edge("", "udp")] * third,
    }


def _three(ask: str) -> Sequence[str]:
    return (ask, ask, ask)


SHAPES: Mapping[str, Callable[[int], Chains]] = {
    "line": lambda size: _layers(size, ("",), back=False),
    "diamond": lambda size: _layers(size, _three(""), back=False),
    "diamond, asking": lambda size: _layers(size, ("tcp", "udp", ""), back=False),
    "diamond, undecided": lambda size: _layers(size, _three("undecided"), back=False),
    "ring": lambda size: _layers(size, ("",), back=True),
    "ring of diamonds": lambda size: _layers(size, _three(""), back=True),
    "ring, undecided": lambda size: _layers(size, _three("undecided"), back=True),
    "pair": lambda size: {_name(at): [Edge(_name(1 - at))] * (size // 2) for at in range(2)},
    "selves": _selves,
    "wide": _wide,
    "comb": _comb,
    "mesh": _mesh,
    "fan": _fan,
}


def marked(chains: Chains) -> Chains:
    """Let every jump stand behind a rule that turns one bit of the mark around: no two visits see the same packet."""
    bits = cycle(range(32))
    return {
        name: [part for edge in edges for part in (Edge("", edge.asks, str(next(bits))), edge)]
        for name, edges in chains.items()
    }


def iptables_host(chains: Chains, *, goto: bool = False) -> Facts:
    """Put chains before Docker's rules on a host of engine 28.5: INPUT and FORWARD jump to the first."""
    facts = load(IPTABLES)
    text = facts.files[Source.IPTABLES_NFT].decode()
    head, _, tail = text.partition("*filter\n")
    declared, at, rules = tail.partition("[0:0] -A") if "[0:0] -A" in tail else tail.partition("-A")
    first = next(iter(chains))
    own = [f":{name} - [0:0]" for name in chains]
    jumps = [f"[0:0] -A {base} -j {first}" for base in ("INPUT", "FORWARD")]
    jumps += [f"[0:0] {_iptables_rule(name, edge, goto=goto)}" for name, edges in chains.items() for edge in edges]
    whole = f"{head}*filter\n{declared}" + "\n".join([*own, *jumps]) + f"\n{at}{rules}"
    return msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: whole.encode()})


def _iptables_rule(name: str, edge: Edge, *, goto: bool) -> str:
    ask = _ASKS[edge.asks][0]
    if edge.writes:
        bit = 1 << int(edge.writes)
        target = f"-j MARK --set-xmark {bit:#x}/0x0"
    elif edge.to:
        target = f"{'-g' if goto else '-j'} {edge.to}"
    else:
        target = "-j DROP"
    return " ".join(part for part in (f"-A {name}", ask, target) if part)


def nft_host(chains: Chains, *, goto: bool = False, mapped: bool = False, bases: int = 1) -> Facts:
    """Put chains into a table of their own beside Docker's on a host of engine 29; `mapped`: jumps are in vmaps.

    `bases`: that many base chains at the forward hook jump to the first.
    """
    facts = load(NFT)
    ruleset = json.loads(facts.files[Source.NFT_RULESET])
    ruleset["nftables"] += [{"table": {"family": "ip", "name": "shapes"}}, *_nft_objects(chains, bases)]
    ruleset["nftables"] += _nft_rules(chains, bases, "goto" if goto else "jump", mapped=mapped)
    files = {**facts.files, Source.NFT_RULESET: json.dumps(ruleset).encode()}
    return msgspec.structs.replace(facts, files=files)


def _nft_objects(chains: Chains, bases: int) -> Iterator[object]:
    for at in range(bases):
        hooked = {"type": "filter", "hook": "forward", "prio": at - 10, "policy": "accept"}
        yield {"chain": {**_NFT_TABLE, "name": f"{_BASE}{at}", **hooked}}
    for name in chains:
        yield {"chain": {**_NFT_TABLE, "name": name}}


def _nft_rules(chains: Chains, bases: int, word: str, *, mapped: bool) -> Iterator[object]:
    first = next(iter(chains))
    expressions = [(f"{_BASE}{at}", [{"jump": {"target": first}}]) for at in range(bases)]
    expressions += [(name, _nft_rule(edge, word, mapped=mapped)) for name, edges in chains.items() for edge in edges]
    for handle, (chain, expression) in enumerate(expressions, 1):
        yield {"rule": {**_NFT_TABLE, "chain": chain, "handle": handle, "expr": expression}}


def _nft_rule(edge: Edge, word: str, *, mapped: bool) -> list[object]:
    ask = _ASKS[edge.asks][1]
    if edge.writes:
        mark = {"meta": {"key": "mark"}}
        return [*ask, {"mangle": {"key": mark, "value": {"^": [mark, 1 << int(edge.writes)]}}}]
    if not edge.to:
        return [*ask, {"drop": None}]
    verdict = {word: {"target": edge.to}}
    if not mapped:
        return [*ask, verdict]
    return [*ask, {"vmap": {"key": _PROTOCOL, "data": {"set": [[one, verdict] for one in ("tcp", "udp", "icmp")]}}}]


def rules_alone(chains: Chains) -> Facts:
    """Give the rules of such a host and nothing else; its own chains drop what nothing accepts."""
    rules = iptables_host(chains).files[Source.IPTABLES_NFT]
    for base in (b"INPUT", b"FORWARD"):
        rules = rules.replace(b":%b ACCEPT" % base, b":%b DROP" % base)
    return Facts({Source.IPTABLES_NFT: rules})


HOSTS: Mapping[str, Callable[[Chains], Facts]] = {
    "iptables": iptables_host,
    "iptables, goto": lambda chains: iptables_host(chains, goto=True),
    "rules alone": rules_alone,
    "iptables, marked": lambda chains: iptables_host(marked(chains)),
    "nft": nft_host,
    "nft, goto": lambda chains: nft_host(chains, goto=True),
    "nft, vmap": lambda chains: nft_host(chains, mapped=True),
    "nft, marked": lambda chains: nft_host(marked(chains)),
}


def bases_host(size: int) -> Facts:
    """Make many base chains at one hook, all of which jump to one chain."""
    return nft_host({_name(0): _leaf()}, bases=size)
