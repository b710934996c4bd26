"""Rules of iptables in any of its forms: iptables-save, `iptables -S`, `iptables -L`. The text itself tells which."""

import re
from collections.abc import Iterable
from enum import Enum

import msgspec

from netaudit.errors import ParseError
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Chain, Rule, Table
from netaudit.parse.iptables.commands import read_commands
from netaudit.parse.iptables.lines import require_short_lines
from netaudit.parse.iptables.save import read_save
from netaudit.parse.listing.names import BindingEvidence
from netaudit.parse.listing.reader import read_listing
from netaudit.parse.reading.result import Loss, ParseResult

_LOOK = 1 << 20  # a form shows within its first lines, however many warnings stand before
_WIDE = 400  # and at the beginning of a line
_FORM = re.compile(
    r"\s*(?:(?P<save>\*[a-z]+\s*$)|(?P<listing>(?:# )?Chain \S+ \()"
    r"|(?P<commands>(?:\S+ )?(?:\S*/)?(?:ip6?tables\S* (?:-w )?(?:-t \S+ )?)?-[PNA] \S))"
)
_BACKEND = re.compile(r"ip6?tables-(?:legacy|nft)\b|\(nf_tables\)")  # what tells the backend of a listing
_USUAL = ("filter", "nat", "mangle", "raw")
_HINT = "give each of them in a file of its own"


class Form(Enum):
    """How rules were printed."""

    SAVE = "iptables-save"
    COMMANDS = "iptables -S"
    LISTING = "iptables -L"


def find_form(text: str) -> Form | None:
    """Tell by its first line that says something how a text was printed; None where no line does."""
    for line in text[:_LOOK].removeprefix("\ufeff").split("\n"):
        if found := _FORM.match(line[:_WIDE]):
            return Form.SAVE if found["save"] else Form.LISTING if found["listing"] else Form.COMMANDS
    return None


def read_rules(
    text: str,
    *,
    backend: Backend,
    family: str,
    source: str,
    known: dict[str, Rule] | None = None,
    evidence: BindingEvidence | None = None,
) -> ParseResult:
    """Read rules in any form. Raises ParseError, with the line, for text in no such form."""
    require_short_lines(text, source)
    match find_form(text):
        case Form.LISTING:
            reading = read_listing(text, backend=backend, family=family, source=source, evidence=evidence)
            reading = _with_losses(reading, text, backend)
        case Form.COMMANDS:
            reading = read_commands(text, backend=backend, family=family, source=source)
            reading = _with_losses(reading, text, backend)
        case Form.SAVE | None:
            reading = read_save(text, backend=backend, family=family, source=source, known=known)
    return msgspec.structs.replace(reading, tables=_merge(reading.tables, source))


def _with_losses(reading: ParseResult, text: str, backend: Backend) -> ParseResult:
    """Add what no listing says: the tables that were not asked for, and whose rules it lists."""
    other = next(one for one in IPTABLES_BACKENDS if one is not backend)
    told = _BACKEND.search(text[:_LOOK]) is not None
    doubt = () if told else (Loss(f"the backend: taken for {backend}, could be {other}", doubtful=True),)
    return msgspec.structs.replace(reading, losses=(*reading.losses, *_unlisted(reading.tables), *doubt))


def _unlisted(tables: Iterable[Table]) -> tuple[Loss, ...]:
    """Name the tables that were not asked for: each is listed by a command of its own."""
    there = {table.name for table in tables}
    absent = [name for name in _USUAL if name not in there]
    return (Loss(f"not listed: table {', '.join(absent)}"),) if absent else ()


def _merge(tables: tuple[Table, ...], source: str) -> tuple[Table, ...]:
    """Put what was printed of one table at several times into one. Raises ParseError where it is not the same."""
    merged: dict[tuple[Backend, str, str], Table] = {}
    for table in tables:
        before = merged.get(table.key)
        merged[table.key] = table if before is None else _merge_two(before, table, source)
    return tuple(merged.values())


def _merge_two(one: Table, other: Table, source: str) -> Table:
    chains = {chain.name: chain for chain in one.chains}
    for chain in other.chains:
        if _content(chains.setdefault(chain.name, chain)) != _content(chain):
            raise ParseError(
                f"two states of the chain {chain.name} of table {one.name}: {source} holds more than one time or host",
                source=source,
                hint=_HINT,
            )
    return msgspec.structs.replace(one, chains=tuple(chains.values()))


def _content(chain: Chain) -> tuple[str | None, list[str]]:
    return chain.policy, [rule.text for rule in chain.rules]
