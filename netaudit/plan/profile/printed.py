"""Rulesets and hosts, printed as the host's own programs print them: for facts of hosts that nobody recorded."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from netaudit.errors import NetauditError
from netaudit.model.host import Host, Interface, Route
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import Chain, Table
from netaudit.plan.rules.nft_text import read_element, read_rule


def print_save(tables: Iterable[Table]) -> bytes:
    """Print iptables' tables of one family as iptables-save does."""
    return "".join(f"*{table.name}\n{_chains(table)}COMMIT\n" for table in tables).encode()


def _chains(table: Table) -> str:
    heads = (f":{chain.name} {chain.policy or '-'} [0:0]\n" for chain in table.chains)
    rules = (f"{rule.text}\n" for chain in table.chains for rule in chain.rules)
    return "".join((*heads, *rules))


def nft_objects(table: Table) -> Iterator[dict[str, Any]]:
    """Return one of Docker's nft tables as objects of nft's JSON. Raises NetauditError for words that are not its."""
    place = {"family": table.family, "table": table.name}
    yield {"table": {"family": table.family, "name": table.name}}
    for chain in table.chains:
        yield {"chain": {**place, "name": chain.name, **_base(chain)}}
    for named in table.sets:
        kinds = named.declaration.removeprefix("type ").split(" : ")
        elements = [read_element(text) for text in named.elements]
        yield {named.kind: {**place, "name": named.name, "type": kinds[0], "map": kinds[-1], "elem": elements}}
    for chain in table.chains:
        for rule in chain.rules:
            yield {"rule": {**place, "chain": chain.name, **_rule(rule.text, table.family)}}


def _base(chain: Chain) -> dict[str, Any]:
    words = chain.base.split(" ")
    if len(words) != 6:
        return {}
    return {"type": words[1], "hook": words[3], "prio": int(words[5]), "policy": chain.policy or "accept"}


def _rule(text: str, family: str) -> dict[str, Any]:
    expressions = read_rule(text, family)
    if expressions is None:
        raise NetauditError(f"not a rule in Docker's words: {text}", hint="this is a bug: please report it")
    comment = text.rpartition(' comment "')[2].removesuffix('"') if ' comment "' in text else None
    return {"expr": expressions} if comment is None else {"comment": comment, "expr": expressions}


def print_addresses(host: Host) -> bytes:
    """Print interfaces as `ip -j -d addr` does."""
    return msgspec.json.encode([_interface(one) for one in host.interfaces])


def _interface(one: Interface) -> dict[str, Any]:
    addresses = [{"local": each.local, "prefixlen": each.prefix, "scope": each.scope} for each in one.addresses]
    return {
        "ifindex": one.index,
        "ifname": one.name,
        "flags": ["UP"] if one.up else [],
        "operstate": one.state,
        "linkinfo": {"info_kind": one.kind},
        "addr_info": addresses,
    }


def print_routes(host: Host) -> dict[str, bytes]:
    """Print routes as `ip -j route show table all` does, for each family."""
    routes = {family: [_route(one) for one in host.routes if one.family == family] for family in IP_FAMILIES}
    return {str(family): msgspec.json.encode(found) for family, found in routes.items()}


def _route(one: Route) -> dict[str, Any]:
    hop = one.hops[0]
    destination = "default" if one.destination in ("0.0.0.0/0", "::/0") else one.destination
    said = {"dst": destination, "dev": hop.interface, "type": one.kind, "table": one.table, "scope": one.scope}
    known = {"gateway": hop.gateway, "prefsrc": one.source}
    return {**said, **{name: value for name, value in known.items() if value}, "metric": one.metric, "flags": []}
