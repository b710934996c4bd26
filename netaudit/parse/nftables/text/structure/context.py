"""What the readers of nft's blocks share: the text, where they stand in it, and what they found."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.structure.defines import Defines
from netaudit.parse.nftables.text.structure.remarks import handle_of, managed_table
from netaudit.parse.nftables.text.tokens import Cursor, Kind, Token, tokenize

Object = tuple[str, dict[str, Json]]
PASSED_BY: Object = ("", {})  # in the place of an object that a later state of its chain replaces


class LostLine(msgspec.Struct, frozen=True, order=True):
    """A line that was not read, or not whole."""

    line: int
    text: str


class ChainText(msgspec.Struct):
    """A chain as the text declares it, what its rules say, its line, and where its objects are."""

    chain: dict[str, Json]
    line: int
    said: list[Json] = []
    own: list[range] = []
    first: list[Object] = []  # its rules that are inserted before the others


class Context:
    """One text while it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.cursor = Cursor(list(tokenize(text)))
        self.defines = Defines()
        self.objects: list[Object] = []
        self.tables: dict[tuple[str, str], list[int]] = {}  # where the objects of each are, rules aside
        self.sets: dict[tuple[str, str, str], dict[str, Json]] = {}
        self.lost: list[LostLine] = []
        self.managed: set[tuple[str, str]] = set()
        self.cut: str = ""  # what the text ends in the middle of
        self.commanded = False  # whether commands make some of it
        self.earlier: list[LostLine] = []  # chains of which the text holds a later state
        self.chains: dict[tuple[str, str, str], ChainText] = {}

    def put(self, kind: str, body: dict[str, Json]) -> None:
        """Keep an object."""
        table = (str(body["family"]), str(body["name" if kind == "table" else "table"]))
        self.tables.setdefault(table, []).append(len(self.objects))
        self.objects.append((kind, body))
        if kind in ("set", "map"):
            self.sets[str(body["family"]), str(body["table"]), str(body["name"])] = body

    def put_chain(self, chain: dict[str, Json], rules: list[dict[str, Json]], line: int) -> None:
        """Keep a chain with its rules; one that is there already may be repeated, or filled later on.

        Of two states the last one counts. What names no hook of a chain that has one adds to it, as nft(8) does.
        """
        key = (str(chain["family"]), str(chain["table"]), str(chain["name"]))
        said = [rule["expr"] for rule in rules]
        there = self.chains.get(key)
        if there and there.said and said:
            if len(there.said) == len(said) and _stateless(there.said) == _stateless(said):
                return
            if "hook" in chain or "hook" not in there.chain:
                self.earlier.append(LostLine(there.line, key[2]))
                self.forget(there)
                there = None
        at = len(self.objects)
        if there is None:
            there = self.chains[key] = ChainText(chain, line)
            self.put("chain", chain)
        self.objects += (("rule", rule) for rule in rules)
        there.line = line
        there.said += said
        there.own.append(range(at, len(self.objects)))

    def add_rules(self, chain: dict[str, Json], rules: list[dict[str, Json]], line: int, *, first: bool) -> None:
        """Put rules behind, or before, the others of a chain: as `add rule` and `insert rule` do."""
        key = (str(chain["family"]), str(chain["table"]), str(chain["name"]))
        if key not in self.chains:
            self.put_chain(chain, [], line)
        there = self.chains[key]
        there.said += (rule["expr"] for rule in rules)
        if first:
            there.first[:0] = (("rule", rule) for rule in rules)
            return
        there.own.append(range(len(self.objects), len(self.objects) + len(rules)))
        self.objects += (("rule", rule) for rule in rules)

    def read(self) -> Iterator[Object]:
        """Yield the objects in the order of the ruleset: what is inserted stands before its chain's other rules."""
        before = {id(chain.chain): chain.first for chain in self.chains.values() if chain.first}
        for one in self.objects:
            if one is not PASSED_BY:
                yield one
                yield from before.get(id(one[1]), ())

    def forget(self, chain: ChainText) -> None:
        """Take a chain and its rules away."""
        for at in (at for part in chain.own for at in part):
            self.objects[at] = PASSED_BY

    def lose(self, tokens: Iterable[Token]) -> None:
        """Keep what was not read."""
        found = list(tokens)
        if found:
            said = " ".join(self.source(found).split())
            self.lost.append(LostLine(found[0].line, said))

    def source(self, tokens: list[Token]) -> str:
        """Return the text of some tokens."""
        start, end = tokens[0].start, tokens[-1].end
        return self.text[start:end] if start <= end else " ".join(token.text for token in tokens)

    def statement(self) -> list[Token]:
        """Read a statement, with what its names stand for."""
        return self.defines.filled(self.cursor.statement())

    def handle(self) -> int | None:
        """Read a handle, where the next token is one."""
        token = self.cursor.peek()
        if token.kind is not Kind.REMARK:
            return None
        self.cursor.take()
        return handle_of(token)

    def skip_breaks(self) -> None:
        """Read ends of lines and remarks; of these, warnings are kept."""
        while self.cursor and (token := self.cursor.peek()).kind in (Kind.BREAK, Kind.REMARK):
            if table := managed_table(token):
                self.managed.add(table)
            self.cursor.take()

    def begins_block(self) -> bool:
        """Read the brace that begins a block, with the line ends before it."""
        at = self.cursor.at
        self.cursor.skip_breaks()
        if self.cursor.skip("{"):
            return True
        self.cursor.at = at
        return False

    def ends_block(self, name: str) -> bool:
        """Tell whether a block ends here, and read its brace; where the text ends before it, it was cut off."""
        self.skip_breaks()
        if not self.cursor:
            self.cut = self.cut or name
            return True
        return bool(self.cursor.skip("}"))


def _stateless(rules: list[Json]) -> list[Json]:
    """Return rules without their counters."""
    return [[None if isinstance(one, dict) and "counter" in one else one for one in rule] for rule in rules]
