"""Policy rules as `ip -j rule` printed them -> the commands that make them."""

from collections.abc import Iterator, Mapping

from netaudit.bounded import decode_json
from netaudit.model.facts import Facts, Source
from netaudit.replica.order import Json

_BY_ITSELF = (0, 32766, 32767)  # priorities of the rules that every network has
_NETWORKS = (("src", "srclen", "from"), ("dst", "dstlen", "to"))
_WORDS = {
    "iif": "iif",
    "oif": "oif",
    "ipproto": "ipproto",
    "sport": "sport",
    "dport": "dport",
    "table": "table",
    "suppress_prefixlen": "suppress_prefixlength",
    "goto": "goto",
}


def policy_of(facts: Facts, source: Source) -> Iterator[str]:
    """Write the rules of a family; the words are ip-rule(8)'s."""
    data = facts.files.get(source, b"")
    for rule in decode_json(data, list[dict[str, Json]]) if data.strip() else []:
        if rule.get("priority") not in _BY_ITSELF:
            words = " ".join(_words(rule))
            if words.isprintable():
                yield f"rule add {words}"


def _words(rule: Mapping[str, Json]) -> Iterator[str]:
    if "not" in rule:
        yield "not"
    for key, length, word in _NETWORKS:
        if key in rule:
            yield f"{word} {rule[key]}" + (f"/{rule[length]}" if length in rule else "")
    if "fwmark" in rule:
        yield f"fwmark {rule['fwmark']}" + (f"/{rule['fwmask']}" if "fwmask" in rule else "")
    yield from (f"{word} {rule[key]}" for key, word in _WORDS.items() if key in rule)
    yield f"priority {rule.get('priority')}"
    if "action" in rule:
        yield str(rule["action"])
