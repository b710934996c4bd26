"""The tables of iptables-nft among nft's objects -> tables as iptables-nft-save prints them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS, Backend, Chain, Rule, Table
from netaudit.parse.listing.words import quoted, unlisted
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.printer import print_statement
from netaudit.parse.nftables.text.reader import NftText
from netaudit.parse.translated.matches import Header, NotTranslatedError, limit_options, match_options
from netaudit.parse.translated.targets import target_of

_NO_TARGETS = frozenset({"match", "counter", "limit", "vmap", "ct count", "set", "quota"})
Place = tuple[str, str]


def translated_tables(text: NftText, elsewhere: Collection[Place] = ()) -> tuple[Table, ...]:
    """Return the tables that iptables-nft made: nft says so of them, or they have its chains and nothing of nft's own.

    `elsewhere` are the tables that iptables-nft-save itself printed.
    """
    own: dict[Place, list[tuple[str, Mapping[str, Json]]]] = {}
    for kind, body in text.objects:
        place = (str(body["family"]), str(body["name"] if kind == "table" else body["table"]))
        own.setdefault(place, []).append((kind, body))
    found = []
    for place, objects in own.items():
        if place in elsewhere or place[0] not in ("ip", "ip6") or place[1] not in BUILTIN_CHAINS:
            continue
        table = _table(place, objects)
        if table and (place in text.managed or (_has_its_chains(place[1], objects) and _is_whole(objects, table))):
            found.append(table)
    return tuple(found)


def _has_its_chains(table: str, objects: Sequence[tuple[str, Mapping[str, Json]]]) -> bool:
    """Tell whether the base chains have the names of iptables' own."""
    bases = [str(body["name"]) for kind, body in objects if kind == "chain" and "hook" in body]
    chains = [str(body["name"]) for kind, body in objects if kind == "chain"]
    return {*bases} <= {*BUILTIN_CHAINS[table]} and bool(bases or any(name.isupper() for name in chains))


def _is_whole(objects: Sequence[tuple[str, Mapping[str, Json]]], table: Table) -> bool:
    """Tell whether all rules are rules of iptables: they count, and nothing in them is nft's own."""
    rules = [body for kind, body in objects if kind == "rule"]
    counted = all(any(isinstance(one, dict) and "counter" in one for one in rule["expr"]) for rule in rules)
    return counted and not any(kind in ("set", "map") for kind, _ in objects) and bool(table.chains)


def _table(place: Place, objects: Sequence[tuple[str, Mapping[str, Json]]]) -> Table | None:
    rules: dict[str, list[Rule]] = {}
    for kind, body in objects:
        if kind == "rule":
            rules.setdefault(str(body["chain"]), []).append(translate(body, place[0]))
    chains = tuple(_chains(objects, rules))
    return Table(Backend.IPTABLES_NFT, place[0], place[1], chains) if chains else None


def _chains(objects: Sequence[tuple[str, Mapping[str, Json]]], rules: Mapping[str, list[Rule]]) -> Iterator[Chain]:
    for kind, body in objects:
        if kind == "chain":
            name = str(body["name"])
            policy = str(body["policy"]).upper() if "policy" in body else None
            yield Chain(name, tuple(rules.get(name, ())), policy)


def translate(body: Mapping[str, Json], family: str) -> Rule:
    """Return a rule as iptables-save would print it; what nft does not say stands in it as a match `listing`."""
    header = Header()
    options: list[str] = []
    target: list[str] = []
    packets = octets = None
    for one in body["expr"]:
        if isinstance(one, dict) and isinstance(one.get("counter"), dict):
            packets, octets = one["counter"]["packets"], one["counter"]["bytes"]
        elif isinstance(one, dict) and "counter" in one:
            continue
        else:
            words, aim = _words(one, header, family)
            options += words
            target = aim or target
    comment = body.get("comment")
    options += ["-m", "comment", "--comment", quoted(str(comment))] if comment is not None else []
    words = ["-A", str(body["chain"]), *header.words(), *_joined(options), *target]
    return Rule(" ".join(words), packets, octets)


def _words(expression: Json, header: Header, family: str) -> tuple[list[str], list[str]]:
    """Return the options and the target of one expression."""
    try:
        match expression:
            case {"match": body}:
                return match_options(body, header), []
            case {"limit": body}:
                return limit_options(body), []
            case {"xt": {"type": "match", "name": "comment"}}:
                return [], []
            case {"xt": {"type": "target", "name": name}}:
                unread = [] if name == "MASQUERADE" else [quoted(print_statement(expression, family))]
                return (unlisted("--unread", *unread) if unread else []), target_of(
                    expression
                )  # its options tell no way
            case dict() if _NO_TARGETS.isdisjoint(expression):
                return [], target_of(expression)
            case _:
                raise NotTranslatedError  # noqa: TRY301 (one way out for all that iptables has no words for)
    except (NotTranslatedError, KeyError, TypeError, AttributeError):
        return unlisted("--unread", quoted(print_statement(expression, family))), []


def _joined(options: list[str]) -> list[str]:
    """Name a module once where its next option follows at once: `-m tcp --sport 1 --dport 2`."""
    found: list[str] = []
    module = ""
    at = 0
    while at < len(options):
        if options[at] == "-m" and at + 1 < len(options):
            if options[at + 1] != module:
                found += options[at : at + 2]
            module = options[at + 1] if options[at + 1] != "listing" else ""
            at += 2
        else:
            found.append(options[at])
            at += 1
    return found
