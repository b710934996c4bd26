"""Rules of iptables in any of its forms: iptables-save, `iptables -S`, `iptables -L`. The text itself tells which."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum

import msgspec

from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Backend, Chain, Rule, Table
from netaudit.parse.iptables.commands import read_commands
from netaudit.parse.iptables.console import read_command
from netaudit.parse.iptables.lines import require_short_lines
from netaudit.parse.iptables.save import read_save
from netaudit.parse.listing.names import BindingEvidence
from netaudit.parse.reading.result import Loss, ParseResult
from netaudit.parse.reading.states import earlier_state, lines_of_chains

_LOOK = 1 << 20  # a form shows within its first lines, however many warnings stand before
_WIDE = 400  # and at the beginning of a line
_FORM = re.compile(
    r"\s*(?:(?P<save>\*[a-z]+\s*$)|(?P<listing>(?:# )?Chain \S+ \()"
    r"|(?P<commands>(?:\S+ )?(?:\S*/)?(?:ip6?tables\S* (?:-w )?(?:-t \S+ )?)?-[PNA] \S))"
)
_BACKEND = re.compile(r"ip6?tables-(?:legacy|nft)\b|\(nf_tables\)")  # what tells the backend of a listing
_USUAL = ("filter", "nat", "mangle", "raw")
_Key = tuple[Backend, str, str]


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
    parts = split_forms(text) if len(text) < _LOOK else {}
    if len(parts) > 1:
        return _read_several(parts, text, Asked(backend, family, source, evidence))
    match find_form(text):
        case Form.LISTING:
            reading = _read_form(Form.LISTING, text, Asked(backend, family, source, evidence))
            reading = _with_losses(reading, text, backend)
        case Form.COMMANDS:
            reading = read_commands(text, backend=backend, family=family, source=source)
            reading = _with_losses(reading, text, backend)
        case Form.SAVE | None:
            reading = read_save(text, backend=backend, family=family, source=source, known=known)
    return _merged(reading, text)


class Asked(msgspec.Struct, frozen=True):
    """Whose rules are read, and what decides between the ports that a name of a service may stand for."""

    backend: Backend
    family: str
    source: str
    evidence: BindingEvidence | None


def split_forms(text: str) -> dict[Form, str]:
    """Return the lines of each form, where they stood; one form alone where the text has no other."""
    lines = text.split("\n")
    found: dict[Form, dict[int, str]] = {}
    form: Form | None = None
    command = ""
    for number, line in enumerate(lines):
        form, ended = _next_form(form, line), form is Form.SAVE and line.strip() == "COMMIT"
        if read_command(line) is not None and not _FORM.match(line[:_WIDE]):
            command, form = line, None
        elif form is not None:
            own = found.setdefault(form, {})
            if command and form is not Form.SAVE:
                own[number - 1] = own.get(number - 1) or command
            own[number], command = line, ""
        form = None if ended else form
    return {one: "\n".join(own.get(at, "") for at in range(len(lines))) for one, own in found.items()}


def _next_form(form: Form | None, line: str) -> Form | None:
    """Say of which form a line is, that stands behind a line of another: in a table everything is the table's."""
    found = _FORM.match(line[:_WIDE])
    if found is None or (form is Form.SAVE and found["commands"]):
        return form
    return Form.SAVE if found["save"] else Form.LISTING if found["listing"] else Form.COMMANDS


def _read_several(parts: Mapping[Form, str], text: str, asked: Asked) -> ParseResult:
    """Read each form by itself; of a chain that is in two, the one that says more counts."""
    readings = [_merged(_read_form(form, parts[form], asked), parts[form]) for form in Form if form in parts]
    tables: dict[_Key, Table] = {}
    for table in (table for reading in readings for table in reading.tables):
        first = tables.get(table.key)
        if first is None:
            tables[table.key] = table
            continue
        there = {chain.name for chain in first.chains if chain.rules or chain.policy is not None}
        more = tuple(chain for chain in table.chains if chain.name not in there)
        names = {chain.name for chain in more}
        kept = tuple(chain for chain in first.chains if chain.name not in names)
        tables[table.key] = msgspec.structs.replace(first, chains=(*kept, *more))
    losses = tuple(loss for reading in readings for loss in reading.losses)
    return _with_losses(ParseResult(tuple(tables.values()), losses), text, asked.backend)


def _read_form(form: Form, text: str, asked: Asked) -> ParseResult:
    match form:
        case Form.LISTING:
            from netaudit.parse.listing.reader import read_listing  # noqa: PLC0415 (late: recordings hold no listings)

            return read_listing(text, backend=asked.backend, family=asked.family, evidence=asked.evidence)
        case Form.COMMANDS:
            return read_commands(text, backend=asked.backend, family=asked.family, source=asked.source)
        case Form.SAVE:
            return read_save(text, backend=asked.backend, family=asked.family, source=asked.source)


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


def _merged(reading: ParseResult, text: str) -> ParseResult:
    """Put what was printed of one table at several times into one; of a chain with two states the last one counts."""
    merged: dict[_Key, Table] = {}
    chains: dict[_Key, dict[str, Chain]] = {}
    earlier: list[tuple[str, str, int]] = []  # chain, table, and how often the chain's name came before
    seen: Counter[str] = Counter()
    last: dict[tuple[_Key, str], int] = {}  # which of the places that name a chain is this table's
    for table in reading.tables:
        before = chains.setdefault(table.key, {})
        other = _other_states(before, table)
        for chain in table.chains:
            if chain.name in other:
                earlier.append((chain.name, table.name, last[table.key, chain.name]))
            last[table.key, chain.name] = seen[chain.name]
            seen[chain.name] += 1
        before |= {one.name: one for one in table.chains if one.name not in before or one.name in other}
        first = merged.setdefault(table.key, table)
        if first is not table:
            merged[table.key] = msgspec.structs.replace(first, chains=tuple(before.values()))
    losses = _earlier_states(earlier, text) if earlier else ()
    return msgspec.structs.replace(reading, tables=tuple(merged.values()), losses=(*reading.losses, *losses))


def _earlier_states(chains: Iterable[tuple[str, str, int]], text: str) -> Iterator[Loss]:
    lines = lines_of_chains(text)
    for name, table, at in chains:
        known = lines.get(name, [])
        yield earlier_state(known[at] if at < len(known) else None, f"{name} of table {table}")


def _other_states(before: Mapping[str, Chain], table: Table) -> set[str]:
    """Name the chains of a table that were printed before with other rules, or with another policy."""
    again = ((before[one.name], one) for one in table.chains if one.name in before)
    return {one.name for earlier, one in again if _content(earlier) != _content(one)}


def _content(chain: Chain) -> tuple[str | None, list[str]]:
    return chain.policy, [rule.text for rule in chain.rules]
