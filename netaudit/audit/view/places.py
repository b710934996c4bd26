"""Where rules stand: their handles, how often their text stands in their chain, and their words behind it."""

from bisect import bisect_left
from collections import defaultdict

from msgspec.structs import replace

from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Chain, Item, Ruleset
from netaudit.parse.iptables.rule import Option, parse_rule, print_rule, split_words, unquote

_ORIGINAL = Option("--ctdir", ("ORIGINAL",))
_Place = tuple[Backend, str, str, str]


class Places:
    """Looks up rules by their places; a chain is indexed when it is first asked about."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._chains: dict[_Place, Chain] = {
            (*table.key, chain.name): chain for table in ruleset.tables for chain in table.chains
        }
        self._positions: dict[_Place, dict[str, list[int]]] = {}

    def handle(self, item: Item) -> int:
        """Return a rule's handle, 0 where it was not recorded."""
        chain = self._chains.get(_place(item))
        if chain is None or not item.position or item.position > len(chain.rules):
            return 0
        return chain.rules[item.position - 1].handle or 0

    def twins(self, item: Item) -> int:
        """Return how many rules of a rule's chain before it have its text."""
        place = _place(item)
        if place not in self._positions:
            self._positions[place] = _by_text(self._chains.get(place))
        return bisect_left(self._positions[place].get(item.text, []), item.position or 0)


def _place(item: Item) -> _Place:
    return item.backend, item.family, item.table, item.chain


def _by_text(chain: Chain | None) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for position, rule in enumerate(chain.rules if chain else (), 1):
        found[rule.text].append(position)
    return found


def spec_of(item: Item) -> tuple[str, ...]:
    """Return what stands behind a rule's chain, each word as a shell passes it to iptables."""
    if item.backend not in IPTABLES_BACKENDS:
        return ()
    return tuple(unquote(word) for word in split_words(item.text)[2:])


def original_spec(item: Item) -> tuple[str, ...]:
    """Return the words of a rule with its one `--dport` in conntrack's words."""
    if spec_of(item).count("--dport") != 1:
        return ()
    rule = parse_rule(item.text)
    ports = [one for one in rule.matches if one.name == "--dport"]
    if not ports:  # of a line that is no rule: the word stands behind the target
        return ()
    kept = [one for one in rule.matches if not (one.module in ("tcp", "udp", "sctp") and one.name in ("-m", "--dport"))]
    asked = Option("-m", ("conntrack",)), replace(ports[0], name="--ctorigdstport", module="conntrack"), _ORIGINAL
    return spec_of(replace(item, text=print_rule(replace(rule, matches=(*kept, *asked)))))
