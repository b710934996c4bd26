"""Ask both of iptables' backends. Each sees only its own rules, so both are asked."""

import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from netaudit.bounded import SMALL, UnfitError, read_plain
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.subprocesses import Ready, make_ready, run
from netaudit.collect.kernel.legacy_fingerprint import legacy_mark
from netaudit.collect.kernel.legacy_save import LegacySave
from netaudit.collect.kernel.nftables import iptables_families
from netaudit.model.facts import Gap, GapReason, Source


class _Family(msgspec.Struct, frozen=True):
    """What an address family calls its sources, programs and files."""

    name: str
    nft_source: Source
    nft_save: str
    any_save: str
    legacy_source: Source
    legacy_save: str
    legacy_tables: Path


_FAMILIES = (
    _Family(
        name="ip",
        nft_source=Source.IPTABLES_NFT,
        nft_save="iptables-nft-save",
        any_save="iptables-save",
        legacy_source=Source.IPTABLES_LEGACY,
        legacy_save="iptables-legacy-save",
        legacy_tables=Path("/proc/net/ip_tables_names"),
    ),
    _Family(
        name="ip6",
        nft_source=Source.IP6TABLES_NFT,
        nft_save="ip6tables-nft-save",
        any_save="ip6tables-save",
        legacy_source=Source.IP6TABLES_LEGACY,
        legacy_save="ip6tables-legacy-save",
        legacy_tables=Path("/proc/net/ip6_tables_names"),
    ),
)


def outputs_by_family(answers: Iterable[Answer]) -> Mapping[str, bytes]:
    """Sort what iptables-nft printed by address family."""
    families = {family.nft_source: family.name for family in _FAMILIES}
    return {families[answer.source]: answer.data for answer in answers if isinstance(answer, Answered)}


def ask_nft_backend(where: Where, ruleset: Answer) -> Iterator[Answer]:
    """Ask iptables-nft for its rules; `ruleset` is nft's outline, and decides what silence means."""
    for family in _FAMILIES:
        match ruleset:
            case Unused():  # nf_tables is not in the kernel: nothing can be written there
                yield Unused(family.nft_source)
            case Answered(data=data):
                yield _confirmed(family, _saved(family, where), data)
            case Gap():
                yield _as_answer(family, _saved(family, where))


def _saved(family: _Family, where: Where) -> bytes | Gap:
    """Run the save program; on hosts with one iptables only, it has no name of its own."""
    output = run(family.nft_source, [family.nft_save, "-c"], timeout=where.timeout)
    if isinstance(output, Gap) and output.reason is GapReason.ABSENT and _is_nft(family, where):
        return run(family.nft_source, [family.any_save, "-c"], timeout=where.timeout)
    return output


def _is_nft(family: _Family, where: Where) -> bool:
    version = run(family.nft_source, [family.any_save, "--version"], timeout=where.timeout)
    return isinstance(version, bytes) and b"nf_tables" in version


def _confirmed(family: _Family, output: bytes | Gap, ruleset: bytes) -> Answer:
    """Hold silence or absence of the program against what nft sees: rules of iptables-nft, or none."""
    match output:
        case Gap(reason=GapReason.ABSENT) if family.name not in iptables_families(ruleset):
            return Unused(family.nft_source)
        case b"" if family.name in iptables_families(ruleset):
            detail = f"{family.nft_save} printed nothing, but nft shows its tables"
            return Gap(family.nft_source, GapReason.EMPTY, detail)
        case _:
            return _as_answer(family, output)


def _as_answer(family: _Family, output: bytes | Gap) -> Answer:
    return output if isinstance(output, Gap) else Answered(family.nft_source, output)


class LegacyReader:
    """Asks the kernel for the tables of iptables-legacy that it already has, and for no other.

    Opening a legacy table that is not there creates it, and from then on every iptables-nft warns about it.
    Making one starts the programs that read; asking it, once, lets them.
    """

    def __init__(self, where: Where) -> None:
        self._timeout = where.timeout
        self._answers = {family: _start_reading(family, where) for family in _FAMILIES}

    def ask(self) -> Iterator[Answer]:
        """Read the tables, as they are now."""
        for family, ready in self._answers.items():
            match ready:
                case Ready() | LegacySave():
                    yield _read_tables(family, ready.begin(self._timeout))
                case _:
                    yield ready


def _start_reading(family: _Family, where: Where) -> Ready | LegacySave | Answer:
    tables = _legacy_tables(family)
    if isinstance(tables, Gap):
        return tables
    if not tables:
        return Unused(family.legacy_source)
    if not has_python_iptables():
        return LegacySave(family.legacy_source, (family.legacy_save, family.any_save), tables)
    return _start_child(family, tables, where)


def has_python_iptables() -> bool:
    """Tell whether python-iptables is installed: it has no wheel, and not every server has a compiler."""
    return importlib.util.find_spec("iptc") is not None


def _legacy_tables(family: _Family) -> list[str] | Gap:
    """Name the tables that are there; none where ip_tables is not in the kernel."""
    announce("read", str(family.legacy_tables))
    try:
        return read_plain(family.legacy_tables, SMALL).decode(errors="replace").split()
    except FileNotFoundError:
        return []
    except UnfitError as error:
        return Gap(family.legacy_source, GapReason.INVALID, f"{family.legacy_tables} {error}")
    except OSError as error:
        reason = GapReason.DENIED if isinstance(error, PermissionError) else GapReason.CRASHED
        return Gap(family.legacy_source, reason, f"{family.legacy_tables}: {error.strerror}")


def _start_child(family: _Family, tables: list[str], where: Where) -> Ready | Gap:
    """Read in a child: libxtables may exit or die, and takes its process with it."""
    argv = [sys.executable, "-P", "-m", "netaudit.collect.kernel.legacy_reader", family.name, *tables]
    # The child finds packages where we do. -P: never in the current directory, which may be anyone's.
    packages = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return make_ready(family.legacy_source, argv, timeout=where.timeout, environment=packages)


def _read_tables(family: _Family, output: bytes | Gap) -> Answer:
    match output:
        case Gap(reason=reason, detail=detail):
            return Gap(family.legacy_source, reason, f"reading legacy tables: {detail}")
        case _:
            return Answered(family.legacy_source, output)


def legacy_marks() -> Mapping[Source, object]:
    """Tell by source what identifies the legacy rules as they are now, counters apart; None where nobody may look."""
    marks: dict[Source, object] = {}
    for family in _FAMILIES:
        tables = _legacy_tables(family)
        known = [] if isinstance(tables, Gap) else tables
        marks[family.legacy_source] = tuple(legacy_mark(family.name, table) for table in known)
    return marks
