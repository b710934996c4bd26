"""Facts -> Snapshot: what the host's programs printed, read."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from netaudit.errors import ParseError
from netaudit.model.docker import Inventory
from netaudit.model.facts import IPTABLES_SOURCES, Facts, Gap, GapReason, Source
from netaudit.model.netfilter.ruleset import Backend, Rule, Ruleset, Table
from netaudit.model.snapshot import Inside, Snapshot
from netaudit.parse.engines import parse_engines
from netaudit.parse.forms import read_rules
from netaudit.parse.host.host import parse_host
from netaudit.parse.iptables.lists import ipset_tables
from netaudit.parse.listing.names import BindingEvidence
from netaudit.parse.nftables.ruleset import tables_made
from netaudit.parse.program import read_meanings
from netaudit.parse.reading.cache import Known
from netaudit.parse.reading.decode import decode_json
from netaudit.parse.reading.result import ParseResult
from netaudit.parse.translated.printed import read_nft

_LINE = re.compile(r"line \d+(?=[,:])")
_SAVES = {source: place for place, source in IPTABLES_SOURCES.items()}


def parse_snapshots(before: Facts, after: Facts) -> tuple[Snapshot, Snapshot]:
    """Read two recordings of a host, as `parse_snapshot` reads one; what is the same text is read once."""
    known = Known()
    return parse_snapshot(before, known), parse_snapshot(after, known)


def parse_snapshot(facts: Facts, known: Known | None = None) -> Snapshot:
    """Read all facts of a host.

    Raises ParseError, with file and line, for a file that does not hold what its name says. What is absent is
    a gap already.
    """
    try:
        return _parse(facts, known or Known())
    except ParseError as error:
        raise _as_the_user_calls_it(error, facts) from error


def _as_the_user_calls_it(error: ParseError, facts: Facts) -> ParseError:
    """Name the file that the user gave, where it has another name than a recording's: its lines are numbered alike."""
    source, colon, rest = error.message.partition(":")
    name = facts.names.get(source, source)
    return error if name == source else ParseError(f"{name}{colon}{rest}", hint=error.hint)


def _with_the_users_name(gap: Gap, facts: Facts) -> Gap:
    """Say of which file of the user's a line is, where a recording's file has another name."""
    name = facts.names.get(gap.source, gap.source)
    if name == gap.source or (line := _LINE.match(gap.detail)) is None:
        return gap
    return Gap(gap.source, gap.reason, f"{line[0]} of {name}{gap.detail[line.end() :]}")


def _parse(facts: Facts, known: Known) -> Snapshot:
    inventory, unknown = parse_engines(facts, known.containers)
    ruleset, gaps = read_ruleset(facts, known.rules, inventory)
    return Snapshot(
        ruleset=ruleset,
        inventory=inventory,
        host=parse_host(facts),
        gaps=tuple(_with_the_users_name(gap, facts) for gap in (*facts.gaps, *unknown, *gaps)),
        host_name=facts.host,
        taken_at=facts.taken_at,
        digest=facts.digest,
        partial=facts.partial,
        inside=tuple(_parse_inside(facts)),
        meanings=read_meanings(facts),
    )


def _parse_inside(facts: Facts) -> Iterator[Inside]:
    return (Inside(container, parse_ruleset(inside), read_meanings(inside)) for container, inside in read_inside(facts))


def read_inside(facts: Facts) -> Iterator[tuple[str, Facts]]:
    """Return what was printed inside containers, as facts of each of them. Raises ParseError."""
    if data := facts.files.get(Source.INSIDE):
        printed = decode_json(
            data, dict[str, dict[str, str]], source=Source.INSIDE, expected="rules by container and source"
        )
        for container, files in printed.items():
            yield container, Facts({name: text.encode(errors="replace") for name, text in files.items()})


def parse_ruleset(facts: Facts, known: dict[str, Rule] | None = None) -> Ruleset:
    """Read the rules alone."""
    return read_ruleset(facts, known)[0]


def read_ruleset(
    facts: Facts, known: dict[str, Rule] | None = None, inventory: Inventory | None = None
) -> tuple[Ruleset, tuple[Gap, ...]]:
    """Read the rules, and what the form that they were printed in does not say.

    `inventory` decides between the ports that a name of a service may stand for.
    """
    tables: list[Table] = []
    gaps: list[Gap] = []
    for source in _SAVES:
        reading = read_source(facts, source, known, inventory)
        tables += _partly(reading, facts, source)
        gaps += reading.gaps(source)
    if data := facts.files.get(Source.NFT_RULESET):
        reading = read_nft(data, {(one.family, one.name) for one in tables if one.backend is Backend.IPTABLES_NFT})
        tables += _partly(reading, facts, Source.NFT_RULESET)
        gaps += reading.gaps(Source.NFT_RULESET)
    tables += ipset_tables(facts)
    return Ruleset(tuple(tables), tuple(tables_made(facts))), tuple(gaps)


def _partly(reading: ParseResult, facts: Facts, source: Source) -> tuple[Table, ...]:
    """Return the tables of a source, marked where rules of it are not here; of a whole file no gap says so."""
    told = any(gap.source == source and gap.reason is GapReason.NOT_RECORDED for gap in facts.gaps)
    if not told and not any(loss.of_rules for loss in reading.losses):
        return reading.tables
    return tuple(replace(table, partly=True) for table in reading.tables)


def read_source(
    facts: Facts, source: Source, known: dict[str, Rule] | None = None, inventory: Inventory | None = None
) -> ParseResult:
    """Read one source of iptables' rules, in whatever form it is."""
    backend, family = _SAVES[source]
    text = facts.files.get(source, b"").decode(errors="surrogateescape")
    return read_rules(text, backend=backend, family=family, source=source, known=known, evidence=_evidence(inventory))


def _evidence(inventory: Inventory | None) -> BindingEvidence:
    containers = inventory.containers if inventory else ()
    return BindingEvidence(frozenset(bound.host_port for container in containers for bound in container.bindings))
