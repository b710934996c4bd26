"""`ipset save`, and what the kernel shows of the lists of `-m recent` -> the lists that rules look addresses up in."""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.lists import AddressLists, IpSet
from netaudit.model.netfilter.ruleset import Backend, NamedSet, Table
from netaudit.parse.iptables.rule import split_words

_FAMILIES = {"inet": "ip", "inet6": "ip6"}
_MOVING = frozenset({"timeout", "packets", "bytes", "initval", "hashsize", "bucketsize"})  # what changes by itself
_SEEN = re.compile(r"^src=(\S+) ")


def parse_lists(facts: Facts) -> AddressLists:
    """Read what was recorded of them."""
    return AddressLists(_recorded_sets(facts), _recorded_recent(facts))


def ipset_tables(facts: Facts) -> Iterator[Table]:
    """Yield the ipsets as tables of their own, one for each family; none where they were not recorded."""
    sets = _recorded_sets(facts)
    if sets is None:
        return
    declared = dict(_declarations(_text(facts, Source.IPSET)))
    for family in ("ip", "ip6"):
        mine = (one for one in sets.values() if (one.family or "ip") == family)
        named = tuple(NamedSet(one.name, "set", declared.get(one.name, one.kind), _elements(one)) for one in mine)
        yield Table(Backend.IPSET, family, "ipset", sets=named)


def _elements(one: IpSet) -> tuple[str, ...]:
    return (*one.members, *(f"{member} nomatch" for member in one.excluded))


def _recorded_sets(facts: Facts) -> Mapping[str, IpSet] | None:
    if Source.IPSET in facts.unused:
        return {}
    return dict(_sets(_text(facts, Source.IPSET))) if Source.IPSET in facts.files else None


def _recorded_recent(facts: Facts) -> Mapping[str, tuple[str, ...]] | None:
    if Source.XT_RECENT in facts.unused:
        return {}
    return dict(_recent(_text(facts, Source.XT_RECENT))) if Source.XT_RECENT in facts.files else None


def _text(facts: Facts, source: Source) -> str:
    return facts.files.get(source, b"").decode(errors="replace")


def _sets(text: str) -> Iterator[tuple[str, IpSet]]:
    """Read `create NAME TYPE family inet …` and `add NAME MEMBER timeout 599 nomatch`."""
    heads: dict[str, tuple[str, str]] = {}
    members: dict[str, list[str]] = {}
    excluded: dict[str, list[str]] = {}
    for words in map(split_words, text.splitlines()):
        match words:
            case ["create", name, kind, *options]:
                heads[name] = (kind, _family(kind, options))
            case ["add", name, member, *options]:
                (excluded if "nomatch" in options else members).setdefault(name, []).append(member)
            case _:
                continue
    for name, (kind, family) in heads.items():
        yield name, IpSet(name, kind, family, tuple(members.get(name, ())), tuple(excluded.get(name, ())))


def _family(kind: str, options: list[str]) -> str:
    if "family" in options[:-1]:
        return _FAMILIES.get(options[options.index("family") + 1], "")
    return "ip" if "ip" in kind.partition(":")[2].split(",") else ""


def _declarations(text: str) -> Iterator[tuple[str, str]]:
    """Say of each set what it was made with, but for what moves by itself."""
    for words in map(split_words, text.splitlines()):
        if words[0:1] == ["create"] and len(words) > 2:
            kept = [word for at, word in enumerate(words[2:], 2) if not _MOVING & {word, words[at - 1]}]
            yield words[1], " ".join(kept)


def _recent(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Read `list NAME`, and below it a line `src=ADDRESS ttl: …` for each address."""
    name, found = "", list[str]()
    for line in (*text.splitlines(), "list "):
        if line.startswith("list "):
            if name:
                yield name, tuple(found)
            name, found = line.removeprefix("list "), []
        elif seen := _SEEN.match(line):
            found.append(str(ip_address(seen[1])))
