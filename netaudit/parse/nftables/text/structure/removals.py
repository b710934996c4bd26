"""nft's commands that take something away: `flush`, `delete`, `destroy` (nft(8)); they count from where they stand."""

from netaudit.parse.nftables.text.structure.blocks import FAMILIES, Place
from netaudit.parse.nftables.text.structure.context import PASSED_BY, ChainText, Context, Object
from netaudit.parse.nftables.text.tokens import Token

_VERBS = frozenset({"flush", "delete", "destroy"})


def remove(context: Context, tokens: list[Token]) -> bool:
    """Obey a command that takes away what the text made, or lose it; False, with nothing done, for any other."""
    verb, *words = (token.text for token in tokens)
    if verb not in _VERBS:
        return False
    kind, *words = words or [""]
    if kind == "ruleset":
        places = [place for place in context.tables if words in ([], [place[0]])]
        for place in places:
            _delete_table(context, place)
        return True
    family = words.pop(0) if words[1:] and words[0] in FAMILIES else "ip"
    place = (family, words[0] if words else "")
    by_handle = "handle" in words[:1] and context.tables
    if place not in context.tables and not by_handle:
        return True  # it is not of this text
    context.commanded = True
    if by_handle or not _obeyed(context, (verb, kind), place, words[1:]):
        context.lose(tokens)
    return True


def _obeyed(context: Context, command: tuple[str, str], place: Place, names: list[str]) -> bool:
    """Do what a command says of a table, or of what has one name in it; False where only nft could."""
    match (*command, *names):
        case ("flush", "table"):
            _flush_table(context, place)
        case ("delete" | "destroy", "table"):
            _delete_table(context, place)
        case ("flush", "chain", name):
            _flush_chain(context, (*place, name))
        case (_, "chain", name):
            _delete_chain(context, (*place, name))
        case (_, "rule", chain, *_):
            return (*place, chain) not in context.chains
        case ("flush", "set" | "map", name):
            context.sets.get((*place, name), {}).pop("elem", None)
        case _:
            return False
    return True


def _flush_table(context: Context, place: Place) -> None:
    for name in {str(context.objects[at][1].get("name")) for at in context.tables[place]}:
        _flush_chain(context, (*place, name))


def _delete_table(context: Context, place: Place) -> None:
    context.commanded = True
    for at in context.tables.pop(place):
        kind, body = context.objects[at]
        context.objects[at] = PASSED_BY
        key = (*place, str(body.get("name")))
        if kind == "chain":
            _delete_chain(context, key)
        elif kind in ("set", "map"):
            context.sets.pop(key, None)


def _delete_chain(context: Context, key: tuple[str, str, str]) -> None:
    if there := context.chains.pop(key, None):
        context.forget(there)


def _flush_chain(context: Context, key: tuple[str, str, str]) -> None:
    if there := context.chains.get(key):
        take_rules(context, there)
        there.said = []


def take_rules(context: Context, chain: ChainText) -> list[Object]:
    """Take a chain's rules away, and return them in their order."""
    own = [at for part in chain.own for at in part]
    rules = [*chain.first, *(context.objects[at] for at in own if context.objects[at][0] == "rule")]
    for at in own:
        if context.objects[at][0] == "rule":
            context.objects[at] = PASSED_BY
    chain.own = [range(at, at + 1) for at in own if context.objects[at][0] == "chain"]
    chain.first = []
    return rules
